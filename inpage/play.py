"""What the page *Play with it* shows, computed by the package.

This module is in the site's archive: the worker calls `view` at every edit,
and the build calls it once, for what the page shows before that. A state is
data: tokens, numbers and sizes, none of which is ever run.
"""

from math import exp, inf, isfinite, sqrt
from typing import Any, NamedTuple, TypeAlias

from attnbook.causal import causal_attention
from attnbook.multihead import MultiHead, multi_head_attention
from attnbook.require import require_list
from attnbook.simple import self_attention, softmax
from attnbook.torch_random import Generator
from attnbook.trainable import Projections
from attnbook.trainable import self_attention as trainable_attention
from attnbook.vectors import Matrix, Vector
from inpage.shade import shade

State: TypeAlias = dict[str, Any]
Steps: TypeAlias = dict[str, Matrix]
Cell: TypeAlias = tuple[str, int, int]  # a step, a row, a column
Lines: TypeAlias = list[str]

PARAMETERS = ("W_query", "W_key", "W_value", "W_out", "b_out")
WEIGHTS = {"queries": "W_query", "keys": "W_key", "values": "W_value"}
PAIRS = ("attn_scores", "attn_weights")  # a row a query, a column a key
TITLES = {
    "queries": "Queries",
    "keys": "Keys",
    "values": "Values",
    "attn_scores": "Attention scores",
    "attn_weights": "Attention weights",
    "head_context_vecs": "Context vectors of the head",
    "merged_context_vecs": "Heads side by side",
    "context_vecs": "Context vectors",
}


class Table(NamedTuple):
    """One step of attention: a table that is its own heat map."""

    name: str
    title: str
    columns: list[str]
    cells: list[list[str]]
    shades: list[list[int]]  # 0 to 9, least to greatest


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
    whose steps are shown.

    Raises:
        ValueError: If there is not one token an input, or the package
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
    parameters = _parameters(state)
    steps = _steps(state, parameters)
    cell = _cell(steps, *state["cell"])
    vectors = {"queries": inputs, "keys": inputs, "values": inputs}
    lines = _lines(state, parameters, {**vectors, **steps}, cell)
    return View(
        {name: _texts(matrix) for name, matrix in parameters.items()},
        [_table(name, matrix, tokens) for name, matrix in steps.items()],
        cell,
        Arithmetic(_meaning(tokens, *cell), lines),
    )


def shown(value: float) -> str:
    """A computed number: four decimals, or a power of ten where it is long.

    Examples:
        >>> shown(-0.45194), shown(-0.00001), shown(2.16e10), shown(-inf)
        ('−0.4519', '0.0000', '2.160e+10', '−∞')
    """
    if value == -inf:
        return "−∞"
    text = f"{value:.4f}" if abs(value) < 1e5 else f"{value:.3e}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def product(x: Vector, y: Vector) -> str:
    """A dot product, written out; what is exact is written short.

    Examples:
        >>> product([0.5, -1.0], [2.0, 0.23789])
        '0.5 × 2 + (−1) × 0.2379'
    """
    return " + ".join(
        f"{_factor(a)} × {_factor(b)}" for a, b in zip(x, y, strict=True)
    )


def share(scores: Vector, j: int) -> Lines:
    """One weight of a softmax, step by step.

    Examples:
        >>> for line in share([1.0, 3.0], 0):
        ...     print(line)
        exp(1.0000 − 3.0000) = 0.1353
        0.1353 + 1.0000 = 1.1353
        0.1353 / 1.1353 = 0.1192
    """
    largest = max(scores)
    exps = [exp(score - largest) for score in scores]
    own, total = shown(exps[j]), shown(sum(exps))
    less = _bracketed(shown(largest))
    return [
        f"exp({shown(scores[j])} − {less}) = {own}",
        f"{' + '.join(map(shown, exps))} = {total}",
        f"{own} / {total} = {shown(softmax(scores)[j])}",
    ]


def _factor(value: float) -> str:
    """A number in a product."""
    text = shown(value)
    if round(value, 4) == value and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return _bracketed(text)


def _bracketed(text: str) -> str:
    """A number after an operator."""
    return f"({text})" if text.startswith("−") else text


def _parameters(state: State) -> dict[str, Matrix]:
    """The weights by name, as they are given or drawn as the book does."""
    section = state["section"]
    names = {"3.3": (), "3.6": PARAMETERS}.get(section, PARAMETERS[:3])
    if not names or "seed" not in state:
        return {name: state["parameters"][name] for name in names}
    generator, width = Generator(state["seed"]), state["width"]
    d_in = len(state["inputs"][0])
    drawn = [generator.linear(d_in, width).weight for _ in range(3)]
    W_out, b_out = generator.linear(width, width, bias=True)
    return dict(zip(names, [*drawn, W_out, [b_out or []]], strict=False))


def _steps(state: State, parameters: dict[str, Matrix]) -> Steps:
    """The steps of the section by name; of several heads, those of one."""
    section, inputs = state["section"], state["inputs"]
    if section == "3.3":
        return self_attention(inputs)._asdict()
    if section == "3.6":
        return _steps_of_heads(state, parameters)
    attend = trainable_attention if section == "3.4" else causal_attention
    steps = attend(inputs, Projections(**parameters))._asdict()
    return {name: steps[name] for name in TITLES if name in steps}


def _steps_of_heads(state: State, parameters: dict[str, Matrix]) -> Steps:
    """The steps of the head that is shown, and of all heads together."""
    W_query, W_key, W_value, W_out, [b_out] = parameters.values()
    attention = multi_head_attention(
        state["inputs"],
        MultiHead(W_query, W_key, W_value, W_out, b_out, state["heads"]),
        causal=state["causal"],
    )
    *each, merged_context_vecs, context_vecs = attention
    steps = [heads[state["head"]] for heads in each]
    all_steps = [*steps, merged_context_vecs, context_vecs]
    return dict(zip(TITLES, all_steps, strict=True))


def _cell(steps: Steps, name: str, row: int, column: int) -> Cell:
    """The chosen cell, or the first score where there is no such cell."""
    matrix = steps.get(name, [[]])
    if row < len(matrix) and column < len(matrix[0]):
        return name, row, column
    return "attn_scores", 0, 0


def _texts(matrix: Matrix) -> list[list[str]]:
    """A matrix as the page shows it."""
    return [[shown(entry) for entry in row] for row in matrix]


def _table(name: str, matrix: Matrix, tokens: list[str]) -> Table:
    """A step with its numbers as text, and the shade of each."""
    finite = [entry for row in matrix for entry in row if isfinite(entry)]
    low, high = min(0.0, *finite), max(0.0, *finite)
    columns = [str(j + 1) for j in range(len(matrix[0]))]
    return Table(
        name,
        TITLES[name],
        tokens if name in PAIRS else columns,
        _texts(matrix),
        [[shade(entry, low, high) for entry in row] for row in matrix],
    )


def _meaning(tokens: list[str], name: str, i: int, j: int) -> str:
    """What a cell is, in words."""
    if name in PAIRS:
        kind = "Score" if name == "attn_scores" else "Weight"
        return f"{kind} of {tokens[j]} for {tokens[i]}"
    vector = {
        "queries": "query",
        "keys": "key",
        "values": "value",
        "merged_context_vecs": "merged vector",
    }.get(name, "context vector")
    return f"Entry {j + 1} of the {vector} of {tokens[i]}"


def _lines(
    state: State, parameters: dict[str, Matrix], steps: Steps, cell: Cell
) -> Lines:
    """How a cell comes about, from the cells before it."""
    name, i, j = cell
    result, width = shown(steps[name][i][j]), len(steps["values"][0])
    match name:
        case "queries" | "keys" | "values":
            first = width * state.get("head", 0)
            column = _column(parameters[WEIGHTS[name]], first + j)
            found = product(state["inputs"][i], column)
        case "attn_scores" if result == "−∞":
            asks, comes = state["tokens"][i], state["tokens"][j]
            return [f"−∞: {comes} comes after {asks}, so it is hidden"]
        case "attn_scores":
            found = product(steps["queries"][i], steps["keys"][j])
        case "attn_weights":
            scale = 1 if state["section"] == "3.3" else width
            return _weight(steps["attn_scores"][i], j, scale)
        case "merged_context_vecs":
            head, entry = divmod(j, width)
            found = f"entry {entry + 1} of head {head + 1}"
        case "context_vecs" if "merged_context_vecs" in steps:
            column = _column(parameters["W_out"], j)
            found = product(steps["merged_context_vecs"][i], column)
            found += f" + {_factor(parameters['b_out'][0][j])}"
        case _:
            column = _column(steps["values"], j)
            found = product(steps["attn_weights"][i], column)
    return [f"{found} = {result}"]


def _weight(scores: Vector, j: int, width: int) -> Lines:
    """A weight from its row of scores, scaled by the width of the keys."""
    if width == 1:
        return share(scores, j)
    scaled = [score / sqrt(width) for score in scores]
    first = f"{shown(scores[j])} / √{width} = {shown(scaled[j])}"
    return [first, *share(scaled, j)]


def _column(matrix: Matrix, j: int) -> Vector:
    """One column of a matrix."""
    return [row[j] for row in matrix]
