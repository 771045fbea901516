"""How a cell of *Play with it* comes about, in words and numbers.

`play-words.js` says the same in the page.
"""

from collections.abc import Callable
from math import exp, inf
from typing import NamedTuple, TypeAlias

from attnbook.simple import softmax
from attnbook.vectors import Matrix, Vector
from inpage.steps import State, Steps, is_causal, scale_of

Cell: TypeAlias = tuple[str, int, int]  # a step, a row, a column
Lines: TypeAlias = list[str]

WEIGHTS = {"queries": "W_query", "keys": "W_key", "values": "W_value"}
KINDS = {
    "attn_scores": "Score",
    "attn_weights": "Weight",
    "mixing_weights": "Weight after dropout",
}  # a row for each query, a column for each key
VECTORS = {
    "queries": "query",
    "keys": "key",
    "values": "value",
    "merged_context_vecs": "merged vector",
}


class Scene(NamedTuple):
    """What the arithmetic of a cell is made of."""

    state: State
    parameters: dict[str, Matrix]
    steps: Steps


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
    """One weight of a softmax, step by step; what is hidden adds nothing.

    Examples:
        >>> for line in share([1.0, 3.0, -inf], 0):
        ...     print(line)
        exp(1.0000 − 3.0000) = 0.1353
        0.1353 + 1.0000 = 1.1353
        0.1353 / 1.1353 = 0.1192
    """
    largest = max(scores)
    exps = [exp(score - largest) for score in scores]
    seen = [e for e, s in zip(exps, scores, strict=True) if s != -inf]
    own, total = shown(exps[j]), shown(sum(exps))
    less = _bracketed(shown(largest))
    return [
        f"exp({shown(scores[j])} − {less}) = {own}",
        f"{' + '.join(map(shown, seen))} = {total}",
        f"{own} / {total} = {shown(softmax(scores)[j])}",
    ]


def meaning(tokens: list[str], cell: Cell) -> str:
    """What a cell is, in words."""
    name, i, j = cell
    if kind := KINDS.get(name):
        return f"{kind} of {tokens[j]} for {tokens[i]}"
    vector = VECTORS.get(name, "context vector")
    return f"Entry {j + 1} of the {vector} of {tokens[i]}"


def lines(scene: Scene, cell: Cell) -> Lines:
    """How a cell comes about, from the cells before it."""
    name, i, j = cell
    if is_hidden(scene.state, cell):
        return [_hidden(scene.state["tokens"], cell)]
    if name == "attn_weights":
        return _weight(scene, i, j)
    found = TOLD.get(name, _context)(scene, cell)
    return [f"{found} = {shown(scene.steps[name][i][j])}"]


def is_hidden(state: State, cell: Cell) -> bool:
    """Whether the causal mask hides a cell."""
    name, i, j = cell
    return name in KINDS and is_causal(state) and j > i


def _hidden(tokens: list[str], cell: Cell) -> str:
    name, i, j = cell
    value = {"attn_scores": "−∞", "attn_weights": "exp(−∞) = 0"}.get(name, "0")
    return f"{value}: {tokens[j]} comes after {tokens[i]}, so it is hidden"


def _projected(scene: Scene, cell: Cell) -> str:
    """An entry of a query, a key or a value."""
    name, i, j = cell
    first = len(scene.steps[name][0]) * scene.state.get("head", 0)
    column = _column(scene.parameters[WEIGHTS[name]], first + j)
    return product(scene.state["inputs"][i], column)


def _score(scene: Scene, cell: Cell) -> str:
    _, i, j = cell
    return product(_vectors(scene, "queries")[i], _vectors(scene, "keys")[j])


def _weight(scene: Scene, i: int, j: int) -> Lines:
    """A weight from its row of scores, which are scaled if they are."""
    scores = scene.steps["attn_scores"][i]
    width = len(_vectors(scene, "keys")[0])
    scale = scale_of(scene.state, width)
    temperature = scene.state.get("temperature", 1.0)
    root = "" if scene.state["section"] == "3.3" else f" / √{width}"
    heat = "" if temperature == 1 else f" / {_factor(temperature)}"
    if not root + heat or (width == 1 and not heat):
        return share(scores, j)
    scaled = [score / scale for score in scores]
    first = f"{shown(scores[j])}{root}{heat} = {shown(scaled[j])}"
    return [first, *share(scaled, j)]


def _mixing(scene: Scene, cell: Cell) -> str:
    """A weight that dropout has kept, or has not."""
    name, i, j = cell
    weight = shown(scene.steps["attn_weights"][i][j])
    if scene.steps[name][i][j] == 0:
        return f"{weight} × 0"
    return f"{weight} / (1 − {_factor(scene.state['dropout'])})"


def _merged(scene: Scene, cell: Cell) -> str:
    """An entry of the heads side by side: that of one of them."""
    width = len(scene.steps["values"][0])
    head, entry = divmod(cell[2], width)
    return f"entry {entry + 1} of head {head + 1}"


def _context(scene: Scene, cell: Cell) -> str:
    """An entry of a context vector: of one head, or of all."""
    name, i, j = cell
    steps = scene.steps
    if name == "context_vecs" and "merged_context_vecs" in steps:
        column = _column(scene.parameters["W_out"], j)
        found = product(steps["merged_context_vecs"][i], column)
        return f"{found} + {_factor(scene.parameters['b_out'][0][j])}"
    if name == "context_vecs" and "head_context_vecs" in steps:
        return _merged(scene, cell)
    mixing = steps.get("mixing_weights", steps["attn_weights"])
    return product(mixing[i], _column(_vectors(scene, "values"), j))


TOLD: dict[str, Callable[[Scene, Cell], str]] = {
    **dict.fromkeys(WEIGHTS, _projected),
    "attn_scores": _score,
    "mixing_weights": _mixing,
    "merged_context_vecs": _merged,
}  # how a cell is told, by its table


def _vectors(scene: Scene, name: str) -> Matrix:
    """Queries, keys or values: in section 3.3 the inputs are all three."""
    if name in scene.steps:
        return scene.steps[name]
    inputs: Matrix = scene.state["inputs"]
    return inputs


def _factor(value: float) -> str:
    """A number in a product."""
    text = shown(value)
    if round(value, 4) == value and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return _bracketed(text)


def _bracketed(text: str) -> str:
    """A number after an operator."""
    return f"({text})" if text.startswith("−") else text


def _column(matrix: Matrix, j: int) -> Vector:
    """One column of a matrix."""
    return [row[j] for row in matrix]
