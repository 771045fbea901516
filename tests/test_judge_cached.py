"""A sentence in two parts, given to an object that keeps keys, or pretends.

The object is played here: it computes with the weights that it is sent, and
what it does with the mask of the second part is what a test is about.
"""

from collections.abc import Callable, Sequence

import pytest

from attnbook.checker.finding import Cause
from attnbook.checker.judge.cached import (
    OTHERWISE,
    TOP_LEFT,
    UNMASKED,
    of_cache,
)
from attnbook.checker.match.asked import Asked
from attnbook.checker.match.described import Made
from attnbook.checker.match.layout import Layout
from attnbook.checker.match.slots import Slot
from attnbook.checker.reader.program import Reply, Request
from attnbook.simple import softmax
from attnbook.vectors import Matrix, dot, matmul
from tests.checking import asked_by

THREE = Layout(
    tuple(Slot(f"W_{letter}", (0, 0), letter, bias=False) for letter in "qkv")
)
CAUSAL = "causal_attention"
Sees = Callable[[int, int, int], Sequence[int]]


def to_bottom_right(i: int, n: int, m: int) -> Sequence[int]:
    """What query i of n sees of m keys."""
    return range(i + 1 + m - n)


def to_top_left(i: int, _n: int, _m: int) -> Sequence[int]:
    return range(i + 1)


def everything(_i: int, _n: int, m: int) -> Sequence[int]:
    return range(m)


def its_part(i: int, n: int, m: int) -> Sequence[int]:
    return range(m - n, i + 1 + m - n)


def rows_of(sees: Sees, first: Matrix, then: Matrix, sent: Request) -> Matrix:
    """The rows of `then`, which the tokens of `first` came before."""
    W_q, W_k, W_v = (sent["weights"][f"W_{letter}"] for letter in "qkv")
    tokens = [*first, *then]
    queries, keys, values = (
        matmul(rows, W)
        for rows, W in ((then, W_q), (tokens, W_k), (tokens, W_v))
    )
    found = []
    for i, query in enumerate(queries):
        seen = sees(i, len(queries), len(keys))
        root = len(query) ** 0.5
        weights = softmax([dot(query, keys[j]) / root for j in seen])
        mixed = [values[j] for j in seen]
        found += matmul([weights], mixed)
    return found


def with_reply(asked: Asked, reply: Reply) -> Asked:
    return asked._replace(ask=lambda _: reply)


class Keeping:
    """An object with a cache; each request that came is kept."""

    def __init__(self, sees: Sees, before: Sees = to_top_left) -> None:
        self.sees, self.before = sees, before
        self.sent: list[Request] = []
        self.only: str = ""
        self.until = 99

    def ask(self, sent: Request) -> Reply:
        self.sent.append(sent)
        wanted = sent["cache"]["kind"]
        if len(self.sent) > self.until or self.only not in ("", wanted):
            return {"error": {"type": "TypeError"}}
        (first,), (then,) = sent["args"], sent["then"]["args"]
        return {
            "value": [
                rows_of(self.before, [], first, sent),
                rows_of(self.sees, first, then, sent),
            ]
        }

    def told(self, *names: str) -> tuple[Cause | None, str]:
        asked = asked_by(lambda *_: None, CAUSAL)
        call = asked.binding.arrangement._replace(positional=("inputs",))
        binding = asked.binding._replace(
            arrangement=call,
            init=(("length", "context_length"),),
            made=Made(THREE, context_length=None),
            cache=names,
        )
        cause, cautions, note = of_cache(Asked(self.ask, binding), [])
        assert cautions == ()
        return cause, note


AGREES = "its `use_cache` too: a sentence in two parts agrees"
ALONE = "its `use_cache` was left alone"


def test_a_sentence_in_two_parts_agrees() -> None:
    keeping = Keeping(to_bottom_right)
    assert keeping.told("use_cache") == (None, AGREES)
    assert {str(sent["cache"]) for sent in keeping.sent} == {
        "{'name': 'use_cache', 'kind': 'flag'}"
    }
    for sent in keeping.sent:
        assert len(sent["args"][0]) == 3
        assert len(sent["then"]["args"][0]) == 2
        assert len(sent["args"][0][0]) == 2
        assert sent["init"] == {"length": 5}  # of both parts together
        assert sent["constants"]["contextlength"] == 5


@pytest.mark.parametrize(
    ("sees", "cause"), [(to_top_left, TOP_LEFT), (everything, UNMASKED)]
)
def test_what_the_mask_of_the_second_part_does_is_told(
    sees: Sees, cause: Cause
) -> None:
    assert cause.measured
    assert Keeping(sees).told("use_cache") == (cause, "")
    (found,) = {Keeping(sees).told("past_kv")[0]}
    assert found == cause


def test_another_mistake_has_no_name() -> None:
    assert OTHERWISE.measured

    def all_but_the_last(i: int, n: int, m: int) -> Sequence[int]:
        return range(i + m - n)

    def two(i: int, _n: int, _m: int) -> Sequence[int]:
        return range(min(i + 2, 2))

    for sees in (all_but_the_last, two):
        assert Keeping(sees).told("use_cache") == (OTHERWISE, "")
    before = Keeping(to_top_left, before=everything)
    assert before.told("use_cache") == (OTHERWISE, "")


def test_what_does_not_notice_the_first_part_is_no_cache() -> None:
    def the_first_alone(i: int, n: int, m: int) -> Sequence[int]:
        return range(i * (m - n), m)

    def but_the_first(i: int, n: int, m: int) -> Sequence[int]:
        return range(1, i + 1 + m - n)

    for sees in (its_part, the_first_alone, but_the_first):
        assert Keeping(sees).told("use_cache") == (None, ALONE)
    for until in (0, 1, 2):
        stopping = Keeping(to_bottom_right)
        stopping.until = until
        assert stopping.told("use_cache") == (None, ALONE)
    for value in (None, 1.0, [[[0.5]], 1.0], {"other": "Cache"}):
        asked = asked_by(lambda *_: None, CAUSAL)
        binding = asked.binding._replace(made=Made(THREE), cache=("use",))
        always = with_reply(asked._replace(binding=binding), {"value": value})
        told = of_cache(always, [])
        assert told == (None, (), "its `use` was left alone")


def test_a_store_is_asked_for_as_a_dictionary_and_as_what_came() -> None:
    said = "its `past_kv`, `use_cache` too: a sentence in two parts agrees"
    for only, tried in (("dictionary", 1), ("returned", 2)):
        keeping = Keeping(to_bottom_right)
        keeping.only = only
        assert keeping.told("past_kv", "use_cache") == (None, said)
        kinds = [*dict.fromkeys(s["cache"]["kind"] for s in keeping.sent)]
        assert kinds == ["dictionary", "returned"][:tried]
        assert keeping.sent[0]["cache"]["name"] == "past_kv"
        assert keeping.sent[0]["cache"]["flags"] == ["use_cache"]
    flags = Keeping(to_bottom_right)
    flags.told("use_cache", "use_kv")
    assert flags.sent[0]["cache"]["name"] == "use_cache"


def test_the_first_mistake_is_told_unless_another_way_is_right() -> None:
    class Both(Keeping):
        def ask(self, sent: Request) -> Reply:
            is_first = sent["cache"]["kind"] == "dictionary"
            self.sees = everything if is_first else self.before
            return super().ask(sent)

    wrong = Both(everything, before=to_top_left)
    assert wrong.told("past_kv") == (UNMASKED, "")
    cause, note = Both(everything, before=to_bottom_right).told("past_kv")
    assert cause is None
    assert note == "its `past_kv` too: a sentence in two parts agrees"


def test_only_what_is_causal_and_has_a_cache_is_asked() -> None:
    def ask(_: Request) -> Reply:
        raise AssertionError

    for step, names, note in (
        (CAUSAL, (), ""),
        ("trainable_self_attention", (), ""),
        ("trainable_self_attention", ("use_cache",), ALONE),
        ("scaled_dot_product_attention", (), ""),
    ):
        asked = asked_by(lambda *_: None, step)
        binding = asked.binding._replace(made=Made(THREE), cache=names)
        assert of_cache(Asked(ask, binding), []) == (None, (), note)
