"""A mask that is handed over, and what is right behind it.

What a token does not see could as well not be there: so a masked row is the
row of an attention that was given only what this token sees. Whatever answers
a form answers it masked, too.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

from attnbook.checker.steps.cases import Case, Values, distinct
from attnbook.checker.steps.step import Canonical, Form, Step

MASKED = "a mask handed over"
PADDED = "a padding mask handed over"

MEANINGS = {
    "keep": ("where it is 1 or True it keeps, 0 hides", 0.0, 1.0),
    "hide": ("where it is 1 or True it hides", 1.0, 0.0),
    "added": ("it is added to the scores", -1e9, 0.0),
}
"""Of each meaning: in words, what hides, and what does not."""


def masked(form: Form, *, instead: bool = False) -> Form:
    """The form that also answers where a case says what is hidden.

    `instead` says that later tokens are hidden no longer, where they were.
    """

    def answer(f: Canonical, case: Values) -> Any:  # noqa: ANN401
        if "hidden" not in case:
            return form.answer(f, case)
        rows = enumerate(case["hidden"][: case.get("real")])
        row = _alone if instead else _row
        return [row(form, f, case, i, hidden) for i, hidden in rows]

    return form._replace(answer=answer)


def _row(
    form: Form, f: Canonical, case: Values, i: int, hidden: Sequence[bool]
) -> Any:  # noqa: ANN401
    """One token's row, from what this token sees."""
    seen = [j for j, gone in enumerate(hidden) if not gone]
    plain = {role: value for role, value in case.items() if role != "hidden"}
    if "queries" in form.roles:
        kept = {role: [case[role][j] for j in seen] for role in _KEPT}
        queries = [case["queries"][i]]
        return form.answer(f, {**plain, **kept, "queries": queries})[0]
    inputs = [case["inputs"][j] for j in seen]
    return form.answer(f, {**plain, "inputs": inputs})[seen.index(i)]


def _alone(
    form: Form, f: Canonical, case: Values, i: int, hidden: Sequence[bool]
) -> Any:  # noqa: ANN401
    """One token's row; it stands last, from where a causal one sees all."""
    others = [j for j, gone in enumerate(hidden) if not gone and j != i]
    plain = {role: value for role, value in case.items() if role != "hidden"}
    inputs = [case["inputs"][j] for j in (*others, i)]
    return form.answer(f, {**plain, "inputs": inputs})[-1]


_KEPT = ("keys", "values")


def mask_handed(step: Step) -> Case:
    """A case in which each token sees some of the tokens, and itself."""
    sizes = {**distinct(step.axes)}
    for axis in ("n", "queries", "keys"):
        if axis in sizes:
            sizes[axis] = 4
    rng = Random(2027)  # noqa: S311 - test data
    values = step.draw(rng, **sizes)
    hidden = [
        [i != j and (3 * i + j) % 4 < 2 for j in range(4)] for i in range(4)
    ]
    return Case(sizes, {**values, "hidden": hidden}, MASKED)


def padding_handed(step: Step) -> Case:
    """A case whose last token is padding, that no token sees.

    What comes in its own row is nobody's concern, and is not compared.
    """
    sizes, values, _ = mask_handed(step)
    hidden = [[j == 3 for j in range(4)] for _ in range(4)]
    return Case(sizes, {**values, "hidden": hidden, "real": 3}, PADDED)


def encoded(meaning: str, hidden: Sequence[Sequence[bool]]) -> Any:  # noqa: ANN401
    """A mask in the form that code wants: `keep`, `hide bool`, `added axis`.

    A `row` says of each key whether it is seen, for all tokens alike.
    """
    name, *options = meaning.split()
    _, gone, seen = MEANINGS[name]
    mask: Any = [[gone if cell else seen for cell in row] for row in hidden]
    if "bool" in options:
        mask = [[bool(cell) for cell in row] for row in mask]
    if "row" in options:
        mask = mask[:1]
    if "padding" in options:
        mask = mask[0]
    for _ in range(sum(option == "axis" for option in options)):
        mask = [mask]
    return mask


def meanings() -> list[str]:
    """Every form of a mask that readers' code takes, the likeliest first."""
    axes = ("", " axis", " axis axis")
    kinds = ("keep", "hide bool", "keep bool", "hide", "added")
    return [f"{kind}{axis}" for axis in axes for kind in kinds]


def padding_meanings() -> list[str]:
    """The same of a mask that has one entry for each token."""
    return [
        f"{kind} padding{axis}"
        for axis in (" axis", "", " axis axis", " axis axis axis")
        for kind in ("keep", "hide bool", "keep bool", "hide", "added")
    ]
