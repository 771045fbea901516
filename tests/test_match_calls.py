"""How an object is called, what it shows itself to be, what is said of it."""

from collections.abc import Callable
from typing import Any

import pytest

from attnbook.checker.match.asked import Asked
from attnbook.checker.match.calls import calls, masks, roles_of
from attnbook.checker.match.described import IDS, OFF, ON, Made
from attnbook.checker.match.layout import Layout
from attnbook.checker.match.names import Arrangement, Parameter
from attnbook.checker.match.remarks import (
    NOT_TURNED,
    SHARED,
    SQUARE,
    UNCUT,
    UNREGISTERED,
    fault_of,
    only_whole,
    seen,
    served,
    told,
)
from attnbook.checker.match.shown import (
    is_causal,
    is_unsteady,
    is_wrong_by_tokens,
    promises,
    says_nothing,
    with_heads_it_has,
    with_one_head,
    with_tokens_first,
)
from attnbook.checker.match.slots import BLOCKS, Array, Slot
from attnbook.checker.match.trial import Trial
from attnbook.checker.reader.program import Reply, Request
from attnbook.checker.steps.masked import meanings
from attnbook.checker.steps.objects import Parts, form_of
from attnbook.checker.steps.table import step_named
from tests.checking import asked_by

PLAIN, ONLY = "POSITIONAL_OR_KEYWORD", "KEYWORD_ONLY"
PROJECTED = "trainable_self_attention"


def with_reply(asked: Asked, reply: Reply) -> Asked:
    return asked._replace(ask=lambda _: reply)


def must(*names: str, kind: str = PLAIN) -> list[Parameter]:
    return [Parameter(name, kind, optional=False) for name in names]


def may(*names: str, kind: str = PLAIN) -> list[Parameter]:
    return [Parameter(name, kind, optional=True) for name in names]


def first(parameters: list[Parameter]) -> Arrangement:
    call, *others = calls(parameters)
    assert not others
    return call


def place(*roles: str) -> Arrangement:
    return Arrangement(roles)


def by_name(**roles: str) -> Arrangement:
    return Arrangement((), tuple(roles.items()))


def test_a_sentence_goes_wherever_one_is_wanted() -> None:
    assert first(must("x")) == place("inputs")
    assert first(must("q", "k", "v")) == place(*["inputs"] * 3)
    assert first(must("a", "b", "c", "d")) == place(*["inputs"] * 4)
    assert first(must("x") + may("key", "value")) == place(*["inputs"] * 3)
    assert first(must("q", "k") + may("x", "v")) == place(*["inputs"] * 3)
    assert first(must("x") + may("scale")) == place("inputs")
    assert first(may("scale") + must("x")) == by_name(x="inputs")
    assert first([]) == place()
    several = [Parameter("args", "VAR_POSITIONAL", optional=False)]
    assert first(several) == place("inputs")
    assert first([*must("x"), *several]) == place("inputs")
    options = [Parameter("options", "VAR_KEYWORD", optional=False)]
    assert first(options) == place()


def test_a_mask_is_left_away_or_hides_nothing() -> None:
    for name in ("mask", "key_padding", "valid_lens", "valid_len", "lengths"):
        assert first(must("x") + may(name)) == place("inputs")
        none, hides_nothing = calls(must("x", name))
        assert none == place("inputs", "none")
        assert hides_nothing == place("inputs", "mask")
        none, nothing = calls(may("scale") + must("x", name))
        assert none == by_name(x="inputs", **{name: "none"})
        assert nothing == by_name(x="inputs", **{name: "mask"})


def test_flags_and_caches_are_off() -> None:
    for name in ("use_cache", "verbose", "need_weights", "kv_cache"):
        assert first(must("x") + may(name)) == place("inputs")
        assert first(must("x", name)) == place("inputs", "no")
    for name in ("training", "train", "is_training"):
        assert first(must("x") + may(name)) == place("inputs", OFF)
    for name in ("deterministic", "inference"):
        assert first(must("x", name)) == place("inputs", ON)


def test_a_key_is_of_random_numbers_unless_of_a_query() -> None:
    assert first(must("x", "key")) == place("inputs", "key")
    assert first(must("x") + may("rngs")) == place("inputs", "rngs")
    assert first(must("query", "key")) == place("inputs", "inputs")
    only = must("query") + must("key", kind=ONLY)
    assert first(only) == place("inputs", "key")


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("cos", "cosines"), ("sin_table", "sines"), ("freqs_cis", "turns"),
        ("position_embeddings", "cosines and sines"),
        ("rope", "cosines and sines"), ("position_ids", "places"),
        ("start_pos", "start"), ("offset", "start"),
        ("token_ids", IDS), ("indices", IDS),
    ],
)  # fmt: skip
def test_turns_places_and_ids_come_after_the_sentence(
    name: str, role: str
) -> None:
    assert first(must("x", name)) == place("inputs", role)
    assert first(must("x") + may(name)) == place("inputs")
    assert first(must(name)) == place("inputs")


def test_a_mask_has_every_meaning_and_those_of_padding() -> None:
    rows = ["keep bool row", "hide bool row"]
    assert masks() == [*meanings(), *rows]
    call = Arrangement(("inputs",), (("mask", "mask"), ("k", "key")))
    assert roles_of(call) == {"inputs", "mask", "key"}


def test_names_may_promise_a_causal_attention() -> None:
    for name in ("CausalAttention", "masked_attention", "DecoderBlock"):
        assert promises(name)
    assert not promises("SelfAttention")


def mixing(tokens: Callable[[int, int], range]) -> Callable[..., Any]:
    """Rows that are sums of the values of some tokens."""

    def answer(*given: Any) -> Any:
        values = given[-1]
        return [
            [
                sum(values[j][c] for j in tokens(i, len(values)))
                for c in range(len(values[0]))
            ]
            for i in range(len(values))
        ]

    return answer


def inputs_alone(answer: Callable[..., Any], **binding: Any) -> Asked:
    """Something of inputs, and no weights are handed over."""
    return asked_by(answer, PROJECTED, arrangement=place("inputs"), **binding)


def test_what_is_causal_shows_it_in_its_first_row() -> None:
    assert is_causal(inputs_alone(mixing(lambda i, _: range(i + 1)))) is True
    assert is_causal(inputs_alone(mixing(lambda _, n: range(n)))) is False
    last = inputs_alone(
        mixing(lambda i, n: range(n - 1, n) if i else range(1))
    )
    assert is_causal(last) is True
    but_the_last = mixing(lambda i, n: range(n - 1) if i else range(n))
    assert is_causal(inputs_alone(but_the_last)) is False
    early = mixing(lambda i, n: range(n - 1) if i == 0 else range(n))
    assert is_causal(inputs_alone(early)) is True
    for none in NOTHING:
        assert is_causal(answering(none, A)) is None
        assert is_causal(answering(A, none)) is None


def answering(*values: Any) -> Asked:
    """Something that answers these, one after the other."""
    left = iter(values)
    return inputs_alone(lambda _: next(left), batch=1)


def test_keys_and_values_of_the_last_token_are_changed_too() -> None:
    seen_values: list[Any] = []
    step, qkv = "causal_attention", ("queries", "keys", "values")
    form = [each.roles for each in step_named(step).forms].index(qkv)
    asked = asked_by(lambda *given: seen_values.append(given), step, form)
    is_causal(asked)
    (q, k, v), (other_q, other_k, other_v) = seen_values
    assert q == other_q
    for one, other in ((k, other_k), (v, other_v)):
        assert one[:-1] == other[:-1]
        assert [1.5 - entry for entry in one[-1]] == other[-1]


def test_with_one_head_there_are_four_tokens() -> None:
    step = step_named("multi_head_attention")
    values = with_one_head(step)
    assert values["num_heads"] == 1
    assert len(values["inputs"]) == 4
    assert len(values["W_query"][0]) == max(step.axes["head_dim"])
    assert len(with_one_head(step_named(PROJECTED))["inputs"]) == 4


HOLDS_NO = {"error": {"message": "the object holds no W_out"}}


def test_what_holds_less_with_one_head_is_asked_with_several() -> None:
    asked = asked_by(lambda *_: None, "multi_head_attention")
    refusing = asked._replace(ask=lambda _: HOLDS_NO)
    several = with_heads_it_has(refusing).binding
    assert several.step.axes["heads"] == (2, 3, 4)
    assert several.notes == ("asked with several heads only",)
    for heads in ((1,), (2, 3), (1, 3)):
        step = asked.binding.step
        few = step._replace(axes={**step.axes, "heads": heads})
        binding = refusing.binding._replace(step=few)
        found = with_heads_it_has(refusing._replace(binding=binding))
        wanted = (3,) if heads == (1, 3) else heads
        assert found.binding.step.axes["heads"] == wanted
    other = asked._replace(ask=lambda _: {"error": {"message": "another"}})
    fine = asked._replace(ask=lambda _: {"value": 1.0})
    assert with_heads_it_has(other) == other
    assert with_heads_it_has(fine) == fine
    single = asked_by(lambda *_: None, PROJECTED)
    assert with_heads_it_has(single) == single


def test_the_batch_stands_second_where_tokens_then_notice_each_other() -> None:
    def by_second(request: Request) -> Reply:
        (given,) = request["args"]  # each token is a batch of its own
        if len(given) == 1:
            return {"value": given}
        total = [sum(c) for c in zip(*(t[0] for t in given), strict=True)]
        return {"value": [[total] for _ in given]}

    asked = inputs_alone(lambda *_: None, batch=1)._replace(ask=by_second)
    assert with_tokens_first(asked).binding.second
    for batch in (0, 2):
        other = asked._replace(binding=asked.binding._replace(batch=batch))
        assert with_tokens_first(other) == other

    def always(request: Request) -> Reply:
        (given,) = request["args"]
        (rows,) = given if len(given) == 1 else [[t[0] for t in given]]
        return {"value": [[rows[0]] * len(rows)]}

    mixing_anyway = asked._replace(ask=always)
    assert with_tokens_first(mixing_anyway) == mixing_anyway


A, LAST, EARLY = [[0.0], [0.0]], [[0.0], [1.0]], [[1.0], [0.0]]
NOTHING: list[Any] = [None, 1.0, []]


def test_the_last_row_is_looked_at_for_the_first_token() -> None:
    def second(rows: Any) -> Any:
        return [[row] for row in rows] if isinstance(rows, list) else rows

    def is_second(*values: Any) -> bool:
        (one, other), (three, four) = values[:2], map(second, values[2:])
        each = [[one] if one else one, [other] if other else other]
        return with_tokens_first(answering(*each, three, four)).binding.second

    assert is_second(A, A, A, LAST)
    assert not is_second(A, LAST, A, LAST)
    for none in [A, EARLY, *NOTHING]:
        assert is_second(A, none, A, LAST)
        assert not is_second(A, A, A, none)
    for none in NOTHING:
        assert is_second(none, A, A, LAST)
        assert not is_second(A, A, none, LAST)


def test_what_differs_with_the_tokens_first_is_known() -> None:
    asked = inputs_alone(lambda *_: None, batch=1)
    second = asked._replace(binding=asked.binding._replace(second=True))
    for quality in (0, 1, 2, 3):
        assert is_wrong_by_tokens(Trial(quality, second, {})) == (quality == 2)
        assert not is_wrong_by_tokens(Trial(quality, asked, {}))


def test_what_gives_a_bias_alone_says_nothing() -> None:
    step = step_named(PROJECTED)
    form = form_of(step, Parts(("W_query", "W_key", "W_value")))
    roles = place(*form.roles)
    values = step.trial().values

    def without_mixing(*given: Any) -> Any:
        inputs, _, _, W, *_, bias = given
        return [[b + sum(map(abs, map(sum, W))) for b in bias] for _ in inputs]

    asked = asked_by(without_mixing, PROJECTED, arrangement=roles)
    asked = asked._replace(binding=asked.binding._replace(form=form))
    assert says_nothing(asked, values)
    for entry in (1.0, -1.0):
        same = [[entry] * len(values["b_value"]) for _ in values["inputs"]]
        reply: Reply = {"value": same, "several": False}
        assert not says_nothing(with_reply(asked, reply), values)


def test_what_gives_another_result_the_second_time_is_unsteady() -> None:
    replies = iter([1.0, 2.0, 3.0, 3.0])
    asked = asked_by(lambda *_: next(replies), "dot")
    values = {"x": [1.0], "y": [1.0]}
    assert is_unsteady(asked, values)
    assert not is_unsteady(asked, values)


def slot(path: str, **other: Any) -> Slot:
    return Slot(path, (2, 2), "q", bias=False)._replace(**other)


def test_where_weights_lie_may_be_a_fault() -> None:
    used = Layout((slot("W"),))
    assert fault_of(used, [Array("W", (2, 2))]) is None
    lost = Array("W", (2, 2), registered=False)
    assert fault_of(used, [Array("V", (2, 2)), lost]) == UNREGISTERED
    assert fault_of(used, [lost._replace(path="V")]) is None
    assert fault_of(Layout((slot("W", shared=True),)), []) == SHARED
    path = "attn.in_proj_weight"
    assert fault_of(Layout((slot(path, order=BLOCKS),)), []) == NOT_TURNED
    assert fault_of(Layout((slot(path),)), []) is None
    assert fault_of(Layout((slot("W", order=BLOCKS),)), []) is None


def test_what_takes_whole_sentences_alone_refuses_or_fails() -> None:
    trial = Trial(3, inputs_alone(lambda *_: None, notes=("first",)), {})
    for kind in ("ValueError", "AssertionError"):
        binding = only_whole(trial, {"type": kind}).asked.binding
        wanted = ("first", "it takes no sentence but the longest")
        assert binding.notes == wanted
        assert binding.fault is None
    for refused in ({"type": "RuntimeError"}, {}):
        binding = only_whole(trial, refused).asked.binding
        assert binding.notes == ("first",)
        assert binding.fault == UNCUT


def test_how_it_was_asked_is_told_in_words() -> None:
    def said(
        call: Arrangement, *, square: bool = False, wide: bool = False,
        **other: Any,
    ) -> list[str]:  # fmt: skip
        binding = inputs_alone(lambda *_: None, **other).binding
        bound = binding._replace(arrangement=call)
        return [*told(bound, square=square, wide=wide)]

    assert [*served(1)] == []
    assert "one head of keys and values serves all" in "".join(served(0))
    assert [*served(2)] == [
        "2 heads of queries share one of keys (grouped-query)"
    ]
    everything = "every token sees all tokens"
    assert seen(causal=True) == "it is causal"
    x = place("inputs")
    assert said(x) == [everything]
    assert said(x, batch=1) == ["a batch axis first", everything]
    second = "a batch axis second: (tokens, batch, width)"
    assert said(x, batch=1, second=True) == [second, everything]
    ids = said(place("inputs", IDS))
    assert ids == [everything, "none of its tokens is padding"]
    assert said(x, square=True) == [everything, SQUARE]
    wide = said(x, wide=True)
    assert wide == [everything, "each head is as wide as the inputs"]
    assert said(x, made=Made(Layout((slot("W"),)))) == [everything]
    off = Made(Layout((), ("a", "b"), ("c", "d")), unturned=True)
    assert said(x, made=off)[1:] == [
        "its `a` set to 0",
        "its `b` set to 0",
        "its other weights, as `c`, set to 0",
        "what turns queries and keys by their places (RoPE) left out",
    ]
