"""A report for programs and for pages, from findings that are given."""

import json
from collections.abc import Sequence
from math import inf, nan
from typing import Any

import pytest

from attnbook.checker.finding import (
    Cause,
    Caution,
    Cell,
    Checked,
    Example,
    Finding,
)
from attnbook.checker.report import Report
from attnbook.checker.say.forms import FORMS, form
from attnbook.checker.say.html import SIGNS, as_html, as_page, sign
from attnbook.checker.steps.table import step_named

CAUSE = Cause("no_scale", "You do not `scale`.", "Divide.", measured=True)


def finding(verdict: str, **other: Any) -> Finding:
    step = step_named("causal_attention")
    return Finding("mine", step, verdict, **other)


def of(*findings: Finding, **other: Any) -> Checked:
    return Checked("mine.py", "a b/mine.py", findings=findings, **other)


RIGHT = finding("agrees", shapes=3, cases=5, rejected=7, known=8)
WRONG = finding("differs", cause=CAUSE, line=4)
FAILED = finding("cannot run", sentence="It raises.")
LEFT = finding("left out", sentence="It is left out.")


@pytest.mark.parametrize("name", FORMS)
def test_every_form_tells_of_every_file(name: str) -> None:
    said = form(name)([of(WRONG), of(RIGHT, refused="No <file>.")])
    assert "No <file>." in said or "No &lt;file&gt;." in said
    assert said.endswith("\n")


def read(*checked: Checked) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(form("json")(checked))
    return found


def test_one_check_is_an_object_and_several_are_files() -> None:
    one = read(of(WRONG, version="9", digest="abc", command="again", seed=4))
    assert one["status"] == 1
    assert one["schema"] == 1
    assert (one["version"], one["sha256"]) == ("9", "abc")
    assert (one["command"], one["seed"]) == ("again", 4)
    two = read(of(RIGHT), of(FAILED))
    assert two["status"] == 2
    assert [each["status"] for each in two["files"]] == [0, 2]
    assert read()["files"] == []


def test_of_what_was_not_asked_nothing_is_told() -> None:
    whole = read(Checked("mine.py", findings=(finding("waits"),)))
    assert whole["seed"] == 0
    (found,) = whole["findings"]
    assert found["line"] is None
    for name in (
        "cases", "shapes", "largest_error", "mistakes_rejected",
        "mistakes_known",
    ):  # fmt: skip
        assert found[name] == 0


def test_a_finding_is_told_with_all_that_it_holds() -> None:
    example = Example({"x": [nan, inf]}, [1.0], [(2.0, -inf)], "[0]")
    cells = (Cell({"d": 2}, agrees=False),)
    (found,) = read(
        of(WRONG._replace(example=example, cells=cells, dependency="dot"))
    )["findings"]
    assert found["line"] == 4
    assert found["cause"]["name"] == "no_scale"
    assert found["example"]["arguments"] == {"x": ["nan", "inf"]}
    assert found["example"]["got"] == [[2.0, "-inf"]]
    assert found["cells"] == [[{"d": 2}, False]]
    assert found["dependency"] == "dot"
    (bare,) = read(of(RIGHT))["findings"]
    assert bare["line"] is bare["cause"] is bare["example"] is None
    assert "dependency" not in bare
    assert bare["mistakes_rejected"] == 7


def results(*checked: Checked) -> list[dict[str, Any]]:
    (found,) = json.loads(form("sarif")(checked))["runs"]
    rules = [each["id"] for each in found["tool"]["driver"]["rules"]]
    assert rules == sorted({each["ruleId"] for each in found["results"]})
    said: list[dict[str, Any]] = found["results"]
    return said


def test_an_editor_is_told_what_is_wrong_and_where() -> None:
    found = results(of(RIGHT, WRONG, FAILED, LEFT))
    assert [each["ruleId"] for each in found] == [
        "no_scale", "cannot_run", "left_out",
    ]  # fmt: skip
    assert [each["level"] for each in found] == ["error", "error", "warning"]
    place = found[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/mine.py"
    assert place["region"] == {"startLine": 4}
    place = found[1]["locations"][0]["physicalLocation"]
    assert "region" not in place
    assert found[0]["message"]["text"] == (
        "mine, causal_attention: You do not `scale`."
    )
    (refused,) = results(of(refused="No file."))
    assert refused["message"]["text"] == "No file."
    assert "region" not in refused["locations"][0]["physicalLocation"]
    run = json.loads(form("sarif")([of(version="9")]))["runs"][0]
    assert run["tool"]["driver"]["version"] == "9"
    empty = json.loads(form("sarif")([]))["runs"][0]
    assert empty["tool"]["driver"]["version"] == ""
    odd = of(WRONG)._replace(path="é\\~.py")
    (location,) = results(odd)[0]["locations"]
    uri = location["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "%C3%A9/~.py"


def lines(name: str, checked: Sequence[Checked]) -> list[str]:
    return form(name)(checked).splitlines()


def test_a_line_of_an_editor_begins_with_its_place() -> None:
    assert lines("concise", [of(WRONG, RIGHT)]) == [
        "a b/mine.py:4:1: differs: causal_attention: You do not `scale`.",
        "a b/mine.py:1:1: agrees: causal_attention: on these 3 shapes and 5 "
        "sets of values.",
    ]
    (refused,) = lines("concise", [of(refused="No\nfile.")])
    assert refused == "a b/mine.py:1:1: cannot run: No file."
    (nothing,) = lines("concise", [of()])
    assert nothing.startswith("a b/mine.py:1:1: cannot run: Could not run")


def test_a_pull_request_is_marked_where_something_is_wrong() -> None:
    odd = of(WRONG, RIGHT, LEFT, finding("waits", sentence="100%, x:y"))
    odd = odd._replace(path="a,b:c.py")
    assert lines("github", [odd]) == [
        "::error file=a%2Cb%3Ac.py,line=4::differs: causal_attention: You do "
        "not `scale`.",
        "::warning file=a%2Cb%3Ac.py::left out: causal_attention: It is left "
        "out.",
        "::notice file=a%2Cb%3Ac.py::waits: causal_attention: 100%25, x:y",
    ]
    (refused,) = lines("github", [of(refused="No file.")])
    assert refused == "::error file=a b/mine.py::No file."
    (nothing,) = lines("github", [of()])
    assert nothing.startswith("::error file=a b/mine.py::Could not run")


def page(*findings: Finding, site: str = "", **other: Any) -> str:
    return as_html([of(*findings, **other)], site)


def test_a_page_shows_the_smallest_input_with_the_wrong_entry_marked() -> None:
    example = Example(
        {"x": [[0.5, 1.5]], "d": 2}, [[1.0, 2.0]], [[1.0, 2.5]], "[0][1]"
    )
    said = page(WRONG._replace(example=example))
    assert said.count('<td class="wrong">') == 1
    assert '<td>1</td><td class="wrong">≠ 2.5</td>' in said
    assert '<th scope="row">d</th><td>2</td>' in said
    vector = Example({"x": [0.5]}, [1.0], [2.0], "[0]")
    assert '<td class="wrong">≠ 2</td>' in page(WRONG._replace(example=vector))
    parts = Example({}, ([1.0], [2.0]), [[[1.0]], [[3.0]]], "[1][0][0]")
    said = page(WRONG._replace(example=parts))
    assert said.count('<td class="wrong">') == 1
    assert '<td class="wrong">≠ 3</td>' in said
    none = Example({"p": {"fields": ["W"], "items": [[1.0]]}}, 1.0, None)
    said = page(WRONG._replace(example=none))
    assert "got" not in said
    assert "W = <table>" in said
    odd = Example({}, [1.0], [{"other": "map"}], "[0]")
    assert "≠ map" in page(WRONG._replace(example=odd))


def test_a_page_shows_the_map_with_a_sign_in_each_cell() -> None:
    cells = tuple(
        Cell({"n": n, "d": d}, agrees=n == 1) for n in (1, 2) for d in (3, 4)
    )
    said = page(
        WRONG._replace(cells=cells, rule="fails whenever n is above 1")
    )
    assert "<p>It fails whenever n is above 1.</p>" in said
    assert '<th scope="col">3</th><th scope="col">4</th>' in said
    assert '<th scope="row">2</th>' in said
    assert '<th scope="col">n \\ d</th>' in said
    one = (Cell({"n": 1}, agrees=True), Cell({"n": 2}, agrees=False))
    said = page(WRONG._replace(cells=one, rule="fails"))
    assert '<th scope="row">result</th>' in said


def test_a_page_leads_where_there_is_a_site() -> None:
    assert "<a " not in page(WRONG)
    said = page(WRONG, site="https://x/")
    assert '<a href="https://x/3.5/causal/">' in said
    caution = Caution("own", "It is `odd`.", "Mend it.", "check/#a")
    warned = page(RIGHT._replace(warnings=(caution,)), site="s")
    assert "It is <code>odd</code>. Mend it." in warned
    assert '<a href="s/check/#a">Explained in the catalogue</a>' in warned
    marked = WRONG._replace(cause=CAUSE._replace(page="check/#no_scale"))
    assert ">check/</a>" in page(marked, site="s")
    assert "check/#no_scale" in page(marked)


def test_hints_of_a_page_are_opened_one_by_one() -> None:
    said = page(WRONG)
    assert said.count("<details>") == said.count("</details>") == 2
    hint, rest = said.split("One thing to try")
    assert "You do not <code>scale</code>." in hint
    assert "Divide." not in hint
    assert "Divide." in rest
    bare = page(WRONG._replace(cause=None))
    assert "<details>" not in bare
    assert "Explained on" in bare
    assert "Explained on" not in page(FAILED)


def test_a_page_says_how_a_function_was_called_and_what_that_is_worth() -> (
    None
):
    said = page(RIGHT._replace(call="mine(x<y)", line=7))
    assert "<code>mine(x&lt;y)</code>" in said
    assert ", line 7" in said
    assert "reject 7 of 8" in said
    assert "reject" not in page(FAILED)
    assert "<code>mine</code>" in page(RIGHT)
    assert ", line" not in page(RIGHT)
    overflows = Caution("overflow", "It overflows.")
    but = page(RIGHT._replace(warnings=(overflows,)))
    assert "agrees, but overflows" in but
    assert page(RIGHT).count('class="sign') == 2
    limited = RIGHT._replace(warnings=(overflows,))
    assert SIGNS["but"][1] in sign(limited)
    assert SIGNS["agrees"][1] in sign(RIGHT)
    assert SIGNS["but"][1] != SIGNS["agrees"][1]
    assert "<p>It raises.</p>" in page(FAILED)
    assert "<p></p>" not in page(RIGHT)
    whole = as_page("<t>", "body")
    assert "<title>&lt;t&gt;</title>" in whole
    assert page(notes=("A `note`.",)).count("A <code>note</code>.") == 1


def test_a_report_is_true_where_all_of_it_agrees() -> None:
    right, wrong = Report((of(RIGHT),)), Report((of(RIGHT), of(WRONG)))
    assert right
    assert right.ok
    assert not wrong
    assert wrong.status == 1
    assert wrong.findings == (RIGHT, WRONG)
    assert str(wrong) == repr(wrong) == form("text")(wrong.checked)
    assert wrong.to_json() == form("json")(wrong.checked)
    assert wrong.to_junit() == form("junit")(wrong.checked)
    assert wrong.to_sarif() == form("sarif")(wrong.checked)
    assert wrong._repr_html_() == form("notebook")(wrong.checked)
    assert not Report(())
