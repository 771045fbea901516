"""What the page *Play with it* shows, computed by the package.

The build calls `view` once, for what the page shows before its script runs;
from then on `play-view.js` shows the same, and tests compare the two.
"""

from typing import NamedTuple

from attnbook.require import require_list
from attnbook.vectors import Matrix, Vector
from inpage.shade import reach, shade
from inpage.steps import State, Steps, parameters_of, steps_of
from inpage.words import (
    KINDS,
    Cell,
    Lines,
    Scene,
    is_hidden,
    lines,
    meaning,
    shown,
)

TITLES = {
    "queries": "Queries",
    "keys": "Keys",
    "values": "Values",
    "attn_scores": "Attention scores",
    "attn_weights": "Attention weights",
    "mixing_weights": "Weights after dropout",
    "head_context_vecs": "Context vectors of the head",
    "merged_context_vecs": "Heads side by side",
    "context_vecs": "Context vectors",
}


class Table(NamedTuple):
    """One step of attention: a table that is its own heat map."""

    name: str
    title: str
    columns: list[str]
    cells: list[list[str]]  # the empty text is hidden
    shades: list[list[int]]  # below 0, at 0, above it


class Arithmetic(NamedTuple):
    """How a cell comes about."""

    of: str
    lines: Lines


class View(NamedTuple):
    """All that the page shows for a state."""

    parameters: dict[str, list[list[str]]]
    tables: list[Table]
    cell: Cell
    arithmetic: Arithmetic


def view(state: State) -> View:
    """Compute every step of attention, and spell out the chosen cell.

    `state` has `section` ("3.3" to "3.6"), `tokens`, `inputs` and `cell` (a
    step, a row, a column; where there is no such cell, the first score is
    chosen). From 3.4 on it has a `seed` and a `width`, or the `parameters`
    by name; in 3.6 also `heads`, `causal` and `head`, from 0,
    whose steps are shown, and `stacked` where no W_out mixes the heads. It
    can have a `temperature`, in 3.5 a `dropout` with the seed of its `dice`,
    and `even`, which shades weights by how far they are from an even share.

    Raises:
        ValueError: If there is not one token for each input, or the package
            refuses the numbers.

    Examples:
        >>> inputs = [[0.55, 0.87, 0.66], [0.43, 0.15, 0.89]]
        >>> state = {"section": "3.3", "tokens": ["journey", "Your"]}
        >>> state |= {"inputs": inputs, "cell": ["attn_scores", 0, 1]}
        >>> view(state).arithmetic.lines
        ['0.55 × 0.43 + 0.87 × 0.15 + 0.66 × 0.89 = 0.9544']
    """
    tokens, inputs = state["tokens"], state["inputs"]
    require_list("tokens", tokens, "tokens", length=len(inputs))
    parameters = parameters_of(state)
    steps = _ordered(steps_of(state, parameters))
    cell = _cell(steps, *state["cell"])
    told = lines(Scene(state, parameters, steps), cell)
    return View(
        {name: _texts(matrix) for name, matrix in parameters.items()},
        [_table(state, name, matrix) for name, matrix in steps.items()],
        cell,
        Arithmetic(meaning(tokens, cell), told),
    )


def _ordered(steps: Steps) -> Steps:
    """The steps in the order in which they are shown."""
    return {name: steps[name] for name in TITLES if name in steps}


def _cell(steps: Steps, name: str, row: int, column: int) -> Cell:
    """The chosen cell, or the first score where there is no such cell."""
    matrix = steps.get(name, [[]])
    if row < len(matrix) and column < len(matrix[0]):
        return name, row, column
    return "attn_scores", 0, 0


def _texts(matrix: Matrix) -> list[list[str]]:
    """A matrix as the page shows it."""
    return [[shown(entry) for entry in row] for row in matrix]


def _table(state: State, name: str, matrix: Matrix) -> Table:
    """A step with its numbers as text, and the shade of each."""
    columns = [str(j + 1) for j in range(len(matrix[0]))]
    texts = [
        [
            "" if is_hidden(state, (name, i, j)) else text
            for j, text in enumerate(row)
        ]
        for i, row in enumerate(_texts(matrix))
    ]
    return Table(
        name,
        TITLES[name],
        state["tokens"] if name in KINDS else columns,
        texts,
        _shades(state, name, matrix),
    )


def _shades(state: State, name: str, matrix: Matrix) -> list[list[int]]:
    """How dark each cell is: its own distance from 0, or an even share."""
    least = 0.0
    if state.get("even") and name in KINDS and name != "attn_scores":
        matrix = [_uneven(state, name, i, row) for i, row in enumerate(matrix)]
        least = 1 / len(matrix)
    most = max(reach(entry for row in matrix for entry in row), least)
    return [[shade(entry, most) for entry in row] for row in matrix]


def _uneven(state: State, name: str, i: int, row: Vector) -> Vector:
    """How far the weights of a row are from an even share, if not hidden."""
    hidden = [is_hidden(state, (name, i, j)) for j in range(len(row))]
    even = 1 / hidden.count(False)
    return [
        0.0 if out else weight - even
        for weight, out in zip(row, hidden, strict=True)
    ]
