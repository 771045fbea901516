"""Where to begin with *Play with it*: states as addresses, which hold no code.

`docs/javascripts/live/play-state.js` reads them.
"""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from press.figures.svg import Rows


class Preset(NamedTuple):
    """A state to open, and what to look at there."""

    name: str
    address: str
    note: str


def presets(tokens: Sequence[str], inputs: Rows) -> list[Preset]:
    """States that show one thing each, made from a sentence.

    Examples:
        >>> twins = presets(["a", "b"], [[1.0], [2.0]])[0]
        >>> twins.address
        '#section=3.3&tokens=a,b&inputs=1.0;1.0&cell=attn_weights,2,1'
    """
    first, *rest = inputs
    names = f"{tokens[0]} and {tokens[1]}"
    return [
        Preset(
            "Twins",
            address("3.3", tokens, [first, first, *rest[1:]]),
            f"{names} have one vector: their rows agree, and their columns.",
        ),
        Preset(
            "One long vector",
            address("3.3", tokens, [[2 * x for x in first], *rest]),
            f"{tokens[0]} is twice as long, and everybody listens to it most.",
        ),
        Preset(
            "Temperature",
            address("3.3", tokens, inputs, temperature="0.1"),
            "Scores are divided by 0.1: the largest takes nearly all.",
        ),
        Preset(
            "Look-up by hand",
            _look_up(tokens),
            "Weights set by hand: every token looks at the one after it.",
        ),
        Preset(
            "Mask",
            address("3.5", tokens, inputs, seed="789", width="2"),
            "What comes later is hidden, and what is left shares anew.",
        ),
        Preset(
            "Dropout",
            _dropout(tokens, inputs),
            "Half of the weights are dropped, the others count twice.",
        ),
        Preset(
            "Stacked heads",
            _stacked(tokens, inputs),
            "Two heads with weights of their own, side by side.",
        ),
    ]


def _dropout(tokens: Sequence[str], inputs: Rows) -> str:
    seeds = {"seed": "789", "width": "2", "dropout": "0.5", "dice": "123"}
    cell = "mixing_weights,3,1"
    return address("3.5", tokens, inputs, cell, **seeds)


def _stacked(tokens: Sequence[str], inputs: Rows) -> str:
    sizes = {"seed": "123", "width": "4", "heads": "2", "head": "1"}
    kind = {"causal": "yes", "stacked": "yes"}
    return address("3.6", tokens, inputs, **sizes, **kind)


def _look_up(tokens: Sequence[str]) -> str:
    """Every token asks by its own name for the key of the one before it."""
    n = len(tokens)
    names = [[float(i == j) for j in range(n)] for i in range(n)]
    strong = [[20 * entry for entry in name] for name in names]
    before = [names[i - 1] for i in range(n)]
    matrices = {"W_query": strong, "W_key": before, "W_value": names}
    own = {name: _rows(matrix) for name, matrix in matrices.items()}
    return address("3.4", tokens, names, **own)


def address(
    section: str,
    tokens: Sequence[str],
    inputs: Rows,
    cell: str = "attn_weights,2,1",
    **rest: str,
) -> str:
    """The address of a state."""
    names = ",".join(quote(token, safe="") for token in tokens)
    parts = {"section": section, "tokens": names, "inputs": _rows(inputs)}
    all_parts = {**parts, **rest, "cell": cell}
    return "#" + "&".join(f"{name}={it}" for name, it in all_parts.items())


def _rows(matrix: Rows) -> str:
    return ";".join(",".join(f"{x}" for x in row) for row in matrix)
