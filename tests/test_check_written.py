"""Each line of the catalogue, right and wrong, within a whole program."""

import pytest

from attnbook.checker.finding import Finding
from attnbook.checker.mistakes import Written, all_written
from tests.checking import check
from tests.written import HEAD, PROGRAMS

PROGRAM = {name: text for text, names in PROGRAMS.items() for name in names}


def marked(entry: Written) -> object:
    """The entry, with the mark of what needs torch."""
    torch = PROGRAM[entry.name].startswith(HEAD)
    marks = [pytest.mark.torch] if torch else []
    return pytest.param(entry, marks=marks, id=entry.name)


def said(found: list[Finding]) -> dict[str, str]:
    """The names of all causes and cautions, with the pages of each."""
    causes = {c.name: c.page for f in found if (c := f.cause) is not None}
    return causes | {c.kind: c.page for f in found for c in f.warnings}


@pytest.mark.parametrize("entry", [*map(marked, all_written())])
@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
def test_the_wrong_line_is_called_by_its_name_and_explained(
    entry: Written,
) -> None:
    program = PROGRAM[entry.name]
    assert entry.right in program
    found = said(check(program.replace(entry.right, entry.wrong)))
    assert entry.name in found
    assert found[entry.name].startswith("check/catalogue/#")


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            text, id=names[0],
            marks=[pytest.mark.torch] if text.startswith(HEAD) else [],
        )
        for text, names in PROGRAMS.items()
    ],
)  # fmt: skip
def test_the_program_around_it_is_right(program: str) -> None:
    found = check(program)
    assert {each.verdict for each in found} == {"agrees"}
    assert said(found) == {}


@pytest.mark.torch
def test_the_line_that_cuts_a_graph_is_the_findings() -> None:
    program = PROGRAM["cut_graph"].replace("weights @ v", "weights.data @ v")
    lines = program.split("\n")
    (finding,) = check(program)[-1:]
    assert "weights.data @ v" in lines[finding.line - 1]


def test_the_line_that_draws_is_the_findings() -> None:
    program = PROGRAM["drawn_at_random"].replace(
        "seen = weights", "seen = weights + np.random.rand()"
    )
    (finding,) = check(program)
    assert "random" in program.split("\n")[finding.line - 1]
