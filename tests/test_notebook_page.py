"""The lines of torch and of lists on *You have a notebook*, both run."""

import math
import re
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import pytest

from attnbook import causal, multihead, simple, trainable, vectors
from attnbook.multihead import MultiHead
from attnbook.sentence import inputs
from attnbook.trainable import Projections
from docs.data.printed import paired
from press.book import DOCS

ROW = re.compile(r"^\| `(\w+)` \| `(.+?)` \| `(.+?)` \|$", re.MULTILINE)
MODULES = (vectors, simple, trainable, causal, multihead)


class Line(NamedTuple):
    """One name, made on both sides."""

    name: str
    torch: str
    lists: str


def lines() -> list[Line]:
    text = (DOCS / "check" / "notebook.md").read_text(encoding="utf-8")
    return [Line(*found) for found in ROW.findall(text)]


def weights() -> dict[str, Any]:
    """What no line makes: drawn, and no two alike."""
    random = Random(34)

    def drawn(rows: int) -> list[list[float]]:
        return [[random.uniform(-1, 1) for _ in "ab"] for _ in range(rows)]

    names = ("W_query", "W_key", "W_value")
    return {name: drawn(3) for name in names} | {
        "W_out": drawn(2),
        "b_out": drawn(1)[0],
    }


def on_lists() -> Iterator[tuple[str, Any]]:
    """Each name with its value, in the order of the page."""
    space: dict[str, Any] = {"sqrt": math.sqrt, "inputs": inputs, **weights()}
    for module in MODULES:
        space |= {k: v for k, v in vars(module).items() if callable(v)}
    for line in lines():
        space[line.name] = eval(line.lists, space)  # noqa: S307
        yield line.name, space[line.name]


def test_the_lines_of_lists_are_the_steps_of_the_book() -> None:
    made = list(on_lists())
    drawn = weights()
    projections = Projections(
        *(drawn[f"W_{n}"] for n in ("query", "key", "value"))
    )
    simply = simple.self_attention(inputs)
    freely = trainable.self_attention(inputs, projections)
    hidden = causal.causal_attention(inputs, projections)
    parameters = MultiHead(*projections, drawn["W_out"], drawn["b_out"], 2)
    whole = multihead.multi_head_attention(inputs, parameters)
    expected = [
        ("attn_weights_2", simply.attn_weights[1]),
        ("context_vec_2", simply.context_vecs[1]),
        ("all_context_vecs", simply.context_vecs),
        ("context_vecs", freely.context_vecs),
        ("attn_weights", hidden.attn_weights),
        ("context_vecs", hidden.context_vecs),
        ("heads", whole.values),
    ]
    for name, value in expected:
        same = [_near(value, came) for other, came in made if name == other]
        assert any(same), name
    assert len(made) == 21


def _near(value: Any, came: Any) -> bool:
    """Whether nested lists have one shape and the same numbers."""
    if isinstance(value, list) != isinstance(came, list):
        return False
    if isinstance(value, list):
        return len(value) == len(came) and all(map(_near, value, came))
    return bool(abs(value - came) <= 1e-12)


def test_the_scores_are_those_that_the_book_prints() -> None:
    made = dict(on_lists())
    for number, ours in paired("s331_scores_2", made["attn_scores_2"]):
        assert abs(number - ours) <= 5e-5 + 1e-9


@pytest.mark.torch
def test_each_line_of_torch_gives_the_numbers_of_the_line_beside_it() -> None:
    import torch  # noqa: PLC0415

    given = {"inputs": inputs, **weights()}
    space: dict[str, Any] = {"torch": torch, "sqrt": math.sqrt}
    for name, value in given.items():
        space[name] = torch.tensor(value, dtype=torch.float64)
    for line, (name, expected) in zip(lines(), on_lists(), strict=True):
        assert line.name == name
        space[name] = actual = eval(line.torch, space)  # noqa: S307
        wanted, came = (
            torch.as_tensor(each, dtype=torch.float64)
            for each in (expected, actual)
        )
        assert wanted.shape == came.shape, name
        assert torch.allclose(wanted, came, rtol=0, atol=1e-6), name
