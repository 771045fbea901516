"""Causal attention whose keys were kept from before: fewer queries than keys.

A sentence in two parts has to come out as it does in one. The last token of
the second part sees all keys; so a causal mask belongs to the bottom right.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attnbook.checker.finding import Cause, Caution
from attnbook.checker.judge.gradient import small_case
from attnbook.checker.match.binding import Asked
from attnbook.checker.match.names import plain_name
from attnbook.checker.match.requests import request
from attnbook.checker.steps.cases import Values
from attnbook.checker.steps.compare import compare

_BLOCKS = {"queries", "keys", "values"}
_SPEAKS = re.compile(r"cache|past_k|layer_past|past_v", re.IGNORECASE)
_FIRST, _TOKENS = 3, 5

TOP_LEFT = Cause(
    "mask_at_top_left",
    "With fewer queries than keys the mask lies at the top left: the first "
    "query sees the first key alone, although the keys before it are kept.",
    "With n queries and m keys, query i sees the keys up to i + m - n: "
    "`torch.ones(n, m).tril(m - n)`.",
    measured=True,
)
UNMASKED = Cause(
    "no_mask_with_cache",
    "With a cache the tokens of one call see each other whether they come "
    "later or not: the mask is left out.",
    "Mask with a cache as without: of n queries and m keys, query i sees the "
    "keys up to i + m - n.",
    measured=True,
)
OTHERWISE = Cause(
    "wrong_with_cache",
    "A sentence in two parts, with a cache, comes out otherwise than in one.",
    "Append the new keys and values to those that are kept, and mask by the "
    "positions in the whole sentence.",
    measured=True,
)

Told = tuple[Cause | None, tuple[Caution, ...], str]


def of_cache(asked: Asked, lines: Sequence[str]) -> Told:
    """A fault, cautions, and what is worth a word."""
    binding = asked.binding
    if {*binding.form.roles} >= _BLOCKS and binding.step.causal:
        return _of_blocks(asked, lines)
    if binding.cache and binding.step.causal:
        return _of_parts(asked)
    left = ", ".join(f"`{name}`" for name in binding.cache)
    return None, (), f"its {left} was left alone" if left else ""


def _of_blocks(asked: Asked, lines: Sequence[str]) -> Told:
    """A function of queries, keys and values, given the last two queries."""
    values = small_case(asked.binding.step, _TOKENS)
    whole = asked.expected(values)
    last = {**values, "queries": values["queries"][-2:]}
    answer = asked.answer(last)
    if not answer.came:
        return None, (), "asked with as many queries as keys"
    if compare(whole[-2:], answer.value) is None:
        return None, (), "fewer queries than keys too, as with a cache"
    first = {**values, "queries": [*values["queries"][-2:], *_zeros(values)]}
    if compare(asked.expected(first)[:2], answer.value) is not None:
        return None, (), "asked with as many queries as keys"
    if any(_SPEAKS.search(line) for line in lines):
        return TOP_LEFT, (), ""
    said = Caution("top left", TOP_LEFT.sentence, TOP_LEFT.advice)
    return None, (said,), ""


def _zeros(values: Values) -> list[list[float]]:
    """Queries that are there for their number only."""
    width = len(values["queries"][0])
    return [[0.0] * width for _ in values["queries"][2:]]


def _of_parts(asked: Asked) -> Told:
    """An object with a cache, given a sentence in two parts."""
    left = ", ".join(f"`{name}`" for name in asked.binding.cache)
    values = small_case(asked.binding.step, _TOKENS)
    right = asked.expected(values)
    wrong = None
    for cache in _ways(asked.binding.cache):
        came = _in_two(asked, values, cache)
        if came is None or not _notices(asked, values, cache, -1, 0):
            continue  # what the second part does not notice is no cache
        if compare(right, came) is None:
            return None, (), f"its {left} too: a sentence in two parts agrees"
        wrong = wrong or _why(asked, values, cache, came)
    return wrong, (), "" if wrong else f"its {left} was left alone"


def _ways(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """How a cache may be asked for: a flag, a dictionary, or what came."""
    flags = [name for name in names if plain_name(name).startswith("use")]
    stores = [name for name in names if name not in flags]
    if not stores:
        yield {"name": flags[0], "kind": "flag"}
    for name in stores:
        for kind in ("dictionary", "returned"):
            yield {"name": name, "kind": kind, "flags": flags}


def _in_two(
    asked: Asked, values: Values, cache: Mapping[str, Any]
) -> list[Any] | None:
    """The rows of both parts; None where it does not come."""
    inputs = values["inputs"]
    one = request(asked.binding, {**values, "inputs": inputs[:_FIRST]})
    two = request(asked.binding, {**values, "inputs": inputs[_FIRST:]})
    then = {"args": two["args"], "kwargs": two["kwargs"]}
    whole = request(asked.binding, values)
    made = {key: whole[key] for key in ("init", "constants")}
    reply = asked.ask(one | made | {"then": then, "cache": cache})
    if not isinstance(reply.get("value"), list):
        return None
    bare = asked._replace(binding=asked.binding._replace(pick=None))
    parts = [bare.taken(part, values) for part in reply["value"]]
    if not all(isinstance(part, list) for part in parts):
        return None
    return [row for part in parts for row in part]


def _notices(
    asked: Asked,
    values: Values,
    cache: Mapping[str, Any],
    row: int,
    token: int,
) -> bool:
    """Whether a row changes with a token."""
    inputs = list(values["inputs"])
    inputs[token] = [-entry - 1.0 for entry in inputs[token]]
    before = _in_two(asked, values, cache)
    after = _in_two(asked, {**values, "inputs": inputs}, cache)
    if before is None or after is None:
        return False
    return repr(before[row]) != repr(after[row])


def _why(
    asked: Asked, values: Values, cache: Mapping[str, Any], came: list[Any]
) -> Cause:
    """Which of the known mistakes a wrong result in two parts shows."""
    right = asked.expected(values)
    if compare(right[-1], came[-1]) is None:  # it sees all, masked or not
        return UNMASKED
    if compare(right[:_FIRST], came[:_FIRST]) is not None:
        return OTHERWISE
    seen = _notices(asked, values, cache, _FIRST, 1)
    return OTHERWISE if seen else TOP_LEFT
