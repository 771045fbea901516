"""A report's words, tables and marks, from findings that are given."""

import csv
import io
from itertools import product
from math import inf, nan
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from attnbook.checker.finding import (
    AGREES,
    CANNOT_RUN,
    DIFFERS,
    HELPERS,
    Cause,
    Caution,
    Cell,
    Checked,
    Example,
    Finding,
    gravest,
)
from attnbook.checker.judge.dimensions import rule
from attnbook.checker.say.grid import Grid, grid
from attnbook.checker.say.junit import as_junit
from attnbook.checker.say.receipt import as_receipt
from attnbook.checker.say.table import (
    as_class_page,
    as_csv,
    as_pages,
    as_table,
)
from attnbook.checker.say.text import as_text, error, shown, wrapped
from attnbook.checker.say.verdict import left, message, short, verdict
from attnbook.checker.steps.compare import (
    Difference,
    compare,
    plain,
    shape,
    single,
    size,
)
from attnbook.checker.steps.compare import error as largest_error
from attnbook.checker.steps.table import step_named
from attnbook.checker.words import (
    borrowed,
    difference,
    lines_of,
    listed,
    nested,
    problem,
)

CAUSE = Cause("no_scale", "You do not scale.", "Divide.", measured=True)
ATTENTION = "causal_attention"
SCALED = "scaled_dot_product_attention"


def finding(verdict: str, step: str = ATTENTION, **other: Any) -> Finding:
    return Finding("mine", step_named(step), verdict, **other)


def of(*findings: Finding, **other: Any) -> Checked:
    return Checked("mine.py", "a/mine.py", findings=findings, **other)


RIGHT = finding("agrees", shapes=3, cases=5, rejected=7, known=8)
WRONG = finding("differs", cause=CAUSE, line=4)
FAILED = finding("cannot run", sentence="It raises.")


def test_the_status_is_that_of_the_gravest_finding() -> None:
    left_out, helper = finding("left out"), finding("agrees", "softmax")
    table = (
        (of(RIGHT), AGREES),
        (of(RIGHT, WRONG, FAILED), DIFFERS),
        (of(RIGHT, FAILED), CANNOT_RUN),
        (of(), CANNOT_RUN),
        (of(RIGHT, refused="no"), CANNOT_RUN),
        (of(RIGHT, left_out), CANNOT_RUN),
        (of(RIGHT, finding("left out", "softmax")), AGREES),
        (of(helper, finding("left out", "softmax")), CANNOT_RUN),
        (of(helper), AGREES),
        (of(helper, not_checked=("f",)), CANNOT_RUN),
        (of(RIGHT, helper, not_checked=("f",)), AGREES),
        (of(finding("waits")), CANNOT_RUN),
    )
    for checked, status in table:
        assert checked.status == status


def test_the_statuses_are_those_of_the_command() -> None:
    assert (AGREES, DIFFERS, CANNOT_RUN) == (0, 1, 2)
    helpers = [finding("agrees", step) for step in sorted(HELPERS)]
    assert of(*helpers, not_checked=("f",)).status == CANNOT_RUN


def test_of_several_files_a_wrong_one_counts_first() -> None:
    right, wrong, failed = of(RIGHT), of(WRONG), of(FAILED)
    assert gravest([right, failed, wrong]) == DIFFERS
    assert gravest([right, failed]) == CANNOT_RUN
    assert gravest([right, right]) == AGREES
    assert gravest([]) == CANNOT_RUN


def test_a_finding_is_explained_where_its_cause_is() -> None:
    step = step_named(ATTENTION)
    assert WRONG.page == step.page
    assert WRONG._replace(place="there").page == "there"
    told = WRONG._replace(cause=CAUSE._replace(page="scale"), place="there")
    assert told.page == "scale"
    caution = Caution("overflow", "It overflows.", page="overflow")
    assert RIGHT._replace(warnings=(caution,)).page == "overflow"
    assert told._replace(warnings=(caution,)).page == "scale"


def test_a_verdict_begins_with_the_first_wrong_step() -> None:
    said = verdict(of(RIGHT, WRONG))
    assert said == (
        "First wrong step: causal_attention (section 3.5.1), your `mine`."
    )
    assert verdict(of(WRONG, WRONG)).startswith(said)
    assert "may follow from it" in verdict(of(WRONG, WRONG))
    assert verdict(of(RIGHT, FAILED)) == "Could not run `mine`."
    assert verdict(of(finding("waits"))) == "Could not run `mine`."
    other = FAILED._replace(function="other")
    assert verdict(of(RIGHT, FAILED, other)) == "Could not run `mine`."
    other = WRONG._replace(function="other")
    assert "your `mine`." in verdict(of(WRONG, other))
    assert verdict(of(WRONG, refused="No file.")) == "No file."
    made = of(not_made=("A", "B"))
    assert verdict(made) == "Could not run: `A` could not be made."
    assert "no function has a name" in verdict(of())
    assert "--as softmax=softmax" in verdict(of(elsewhere=("softmax", "dot")))


def test_agreement_is_counted() -> None:
    said = verdict(of(RIGHT, RIGHT._replace(shapes=2, cases=1)))
    assert said == (
        "Your 2 functions agree with 3.5 on these 5 shapes and 6 sets of "
        "values, which reject 14 of 16 known mistakes."
    )
    assert verdict(of(RIGHT)).startswith("Your `mine` agrees with 3.5 on")
    steps = ("dot", SCALED, ATTENTION)
    three = verdict(of(*(finding("agrees", step) for step in steps)))
    assert "agree with 3.3, 3.4 and 3.5 on" in three
    caution = Caution("overflow", "It overflows.")
    warned = verdict(of(RIGHT._replace(warnings=(caution,))))
    assert warned.endswith("See the lines marked ! for what to mend.")
    own = RIGHT._replace(warnings=(Caution("own", "It is the book's."),))
    assert "the book's own code" in verdict(of(own))
    assert "5 sets" in verdict(of(own, RIGHT))
    helper = finding("agrees", "softmax", shapes=1)
    unattended = verdict(of(helper, not_checked=("f",)))
    assert "The attention itself was not checked." in unattended
    assert "itself" not in verdict(of(helper))


def test_a_few_words_tell_what_agreement_is_worth() -> None:
    for kind, words in {
        "own": "the book's own code",
        "overflow": "agrees, but overflows",
        "float32": "agrees, in float32",
        "mismatch": "agrees",
    }.items():
        caution = Caution(kind, "It.")
        assert short(RIGHT._replace(warnings=(caution,))) == words
    assert short(WRONG) == "differs"


def test_one_line_says_the_cause_the_sentence_or_the_caution() -> None:
    assert message(WRONG._replace(sentence="other")) == "You do not scale."
    assert message(FAILED) == "It raises."
    caution = Caution("overflow", "It overflows."), Caution("own", "Own.")
    assert message(RIGHT._replace(warnings=caution)) == "It overflows."
    assert message(RIGHT) == "on these 3 shapes and 5 sets of values."


def test_what_was_not_checked_can_be() -> None:
    (said,) = left(of(not_checked=("f", "h", "g")))
    assert said.startswith("Not checked: f, h, g. ")
    assert "--as self_attention=g" in said
    (here,) = left(Checked("objects", not_checked=("f", "h", "g")))
    assert 'check(g, step="self_attention")' in here
    users = (("f", "softmax"), ("h", "dot"), ("g", "softmax"))
    two, one = left(of(RIGHT, users=users))
    assert two.startswith("`f`, `g` use `softmax`, which is checked above")
    assert two.endswith("what else they do is not.")
    assert one.startswith("`h` uses `dot`,")
    assert one.endswith("what else it does is not.")
    assert not [*left(of(RIGHT))]
    assert listed(["a", "b", "c"], most=3) == "a, b, c"
    assert listed(["a"] * 11) == f"{', '.join('a' * 10)} and 1 more"
    assert listed(["a"] * 2_003, most=2) == "a, a and 2,001 more"
    assert listed(["a" * 80, "b" * 81]) == f"{'a' * 80}, {'b' * 77}..."


def cells(fails: Any, **axes: tuple[int, ...]) -> list[Cell]:
    (a, one), (b, two) = axes.items()
    return [
        Cell({a: x, b: y}, agrees=not fails(x, y)) for x in one for y in two
    ]


def test_a_map_marks_what_agrees_fails_and_does_both() -> None:
    found = grid(cells(lambda n, d: n > d, n=(1, 2), d=(1, 2)), "")
    assert found == Grid("d", "n", [1, 2], [1, 2], [[".", "."], ["x", "."]])
    three = [
        Cell({"n": n, "d": d, "h": h}, agrees=d == 1 or h == 1)
        for n in (1, 2)
        for d in (1, 2)
        for h in (1, 2)
        if (n, d) != (2, 2)
    ]
    found = grid(three, "")
    assert (found.across, found.down) == ("d", "n")
    assert found.marks == [[".", "o"], [".", " "]]
    heads = [
        Cell({"n": 1, "d_k": a, "d_v": b}, agrees=a == b)
        for a in (1, 2)
        for b in (1, 2)
    ]
    for words in ("d_k differs from d_v", "d_k equals d_v"):
        about = grid(heads, f"fails whenever {words}")
        assert (about.across, about.down) == ("d_v", "d_k")
        number = f"fails whenever {words} or the number of tokens is 1"
        about = grid(heads, number)
        assert (about.across, about.down) == ("d_v", "d_k")
    one = grid([Cell({"n": 2}, agrees=False), Cell({"n": 1}, agrees=True)], "")
    assert one == Grid("n", "", [1, 2], [0], [[".", "x"]])
    named = grid(heads, "fails whenever d_v is 1 and the number of tokens is")
    assert (named.across, named.down) == ("d_v", "n")


SIZES = {"d": (1, 2, 3), "e": (1, 2, 4)}


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        (lambda d, _: d > 2, "the width is above 2"),
        (lambda d, _: d < 2, "the width is below 2"),
        (lambda d, _: d == 2, "the width is 2"),
        (lambda d, _: d != 2, "the width is not 2"),
        (lambda d, e: d != e, "the width differs from e"),
        (lambda d, e: d == e, "the width equals e"),
        (lambda d, e: d > e, "the width is above e"),
        (lambda d, e: d < e, "the width is below e"),
        (
            lambda d, e: d > 1 and e > 2,
            "the width is above 1 and e is above 2",
        ),
        (lambda d, e: d > 2 or e > 2, "the width is above 2 or e is above 2"),
    ],
)
def test_a_rule_is_the_shortest_that_fits(fails: Any, words: str) -> None:
    assert rule(cells(fails, **SIZES)) == f"fails whenever {words}"


def test_where_no_rule_fits_the_sizes_are_counted() -> None:
    assert rule(cells(lambda *_: True, **SIZES)) == "fails in every dimension"
    assert (
        rule(cells(lambda *_: False, **SIZES)) == "agrees in every dimension"
    )
    odd = [(1, 2), (2, 4), (3, 1), (3, 4)]
    said = rule(cells(lambda *at: at in odd, **SIZES))
    assert said == "fails in 4 of 9 sizes, without a rule"


def test_a_rule_may_have_one_exception_in_25_sizes() -> None:
    def said(right: set[tuple[int, ...]], *most: int) -> str:
        places = product(*(range(1, each + 1) for each in most))
        return rule([
            Cell(dict(zip("def", at, strict=True)), agrees=at in right)
            for at in places
        ])  # fmt: skip

    assert said({(2, 2, 2)}, 3, 3, 3) == "fails, in all sizes but 1"
    assert "all sizes but" not in said({(2, 2, 2)}, 2, 3, 4)
    five = [
        Cell(dict(zip("def", at, strict=True)), agrees=at == (2, 2, 2))
        for at in product((1, 2, 3), repeat=3)
        if at not in {(1, 2, 3), (3, 2, 1)}
    ]
    assert rule(five) == "fails, in all sizes but 1"
    assert "all sizes but" not in said({(2, 2, 2), (1, 3, 1)}, 3, 3, 3)


def test_a_table_has_a_line_for_each_file_and_the_causes() -> None:
    paths = ("class/ada/mine.py", "class/bo/mine.py", "class/cy/mine.py")
    wrong, right, failed = (
        each._replace(path=path)
        for each, path in zip(
            (of(WRONG), of(RIGHT), of(FAILED)), paths, strict=True
        )
    )
    said = as_table([wrong, right, failed]).splitlines()
    assert said[0] == "ada/mine.py differs    causal_attention: no scale"
    assert said[1] == "bo/mine.py  agrees"
    assert said[2] == "cy/mine.py  cannot run causal_attention: It raises."
    assert said[4] == "1 of 3 agree."
    assert said[-1] == "   1  causal_attention: no scale"
    twice = as_table([of(WRONG, WRONG), of(WRONG)])
    assert "   2  causal_attention: no scale" in twice
    assert "likely causes" not in as_table([right])
    first_counts = as_table([of(FAILED, WRONG, WRONG._replace(cause=None))])
    assert "causal_attention: no scale" in first_counts.splitlines()[0]
    long = as_table([of(refused="x" * 100)]).splitlines()[0]
    assert len(long) == 78
    assert long.endswith("x…")
    fits = as_table([of(refused="x" * (78 - 19))]).splitlines()[0]
    assert len(fits) == 78
    assert fits.endswith("x")


def test_the_causes_of_a_class_are_ten_at_most() -> None:
    causes = [
        WRONG._replace(cause=CAUSE._replace(name=f"cause_{i}"))
        for i in range(11)
    ]
    said = as_table([of(*causes)])
    assert said.count("\n   1  ") == 10
    long = WRONG._replace(cause=CAUSE._replace(name="word " * 20))
    lines = as_table([of(long)]).splitlines()
    assert lines[-1].startswith("      word")
    assert lines[-2].startswith("   1  causal_attention: word")


def test_one_file_has_a_page_of_its_own_and_several_have_one() -> None:
    alone = as_pages([of(WRONG)])
    assert "<title>attnbook: mine.py</title>" in alone
    assert "<summary>a/mine.py" not in alone
    for several in ([], [of(WRONG), of(RIGHT)]):
        assert "<title>attnbook: a class</title>" in as_pages(several)


def test_a_spreadsheet_takes_no_cell_for_a_formula() -> None:
    bad = FAILED._replace(sentence="=1+1")
    rows = [*csv.reader(io.StringIO(as_csv([of(WRONG), of(bad), of()])))]
    assert rows[0] == [
        "file", "status", "first wrong step", "line", "cause", "verdict",
    ]  # fmt: skip
    assert rows[1][:5] == [
        "a/mine.py", "differs", "causal_attention", "4", "You do not scale.",
    ]  # fmt: skip
    assert rows[2][3:5] == ["", "'=1+1"]
    assert rows[3][1:5] == ["cannot run", "", "", ""]
    for sign in "+-@":
        text = as_csv([of(bad._replace(sentence=f"{sign}1"))])
        assert f",'{sign}1," in text


def test_a_page_of_a_class_escapes_what_is_the_readers() -> None:
    page = as_class_page([of(WRONG), of(RIGHT, refused="<b>")])
    assert page.count("<details><summary>a/mine.py</summary>") == 2
    assert "<td>&lt;b&gt;</td>" in page
    assert page.count("<tr>") == 3
    assert page.count("Divide.") == 1


def suite(checked: Checked) -> ET.Element:
    (found,) = ET.fromstring(as_junit([checked]))  # noqa: S314 - ours
    return found


def test_a_test_server_is_told_of_each_finding() -> None:
    found = suite(of(RIGHT, WRONG, FAILED, finding("waits")))
    counts = {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    assert found.attrib == {"name": "a/mine.py", **counts}
    kinds = [[part.tag for part in case] for case in found]
    assert kinds == [[], ["failure"], ["error"], ["skipped"]]
    assert found[1].attrib["name"] == "mine as causal_attention"
    assert found[1][0].attrib["message"] == "You do not scale."
    left_out = suite(of(RIGHT, finding("left out")))
    assert left_out.attrib["errors"] == "1"
    assert left_out.attrib["tests"] == "3"
    assert left_out[-1].attrib["name"] == "the attention itself"
    assert suite(of(RIGHT)).attrib["errors"] == "0"


def test_a_receipt_says_what_repeats_it() -> None:
    said = as_receipt(
        of(RIGHT, WRONG, digest="abc", version="9", seed=4, command="again")
    )
    assert (
        "| `mine` | causal_attention (3.5.1) | agrees | 3 | 0 | 7 of 8 |"
        in (said)
    )
    assert "| `mine` | causal_attention (3.5.1) | differs |  |  |  |" in said
    assert said.count("```text") == 1
    assert "Likely cause: You do not scale." in said
    assert "```text" not in as_receipt(of(RIGHT))
    assert "attnbook 9, seed 4" in said
    assert "`abc`" in said
    assert "`again`" in said
    assert "Not checked" not in said
    assert "Not checked: f." in as_receipt(of(RIGHT, not_checked=("f",)))
    warned = RIGHT._replace(warnings=(Caution("own", "Own."),))
    assert as_receipt(of(warned)).count("```text") == 1


def test_a_report_gives_an_advice_once() -> None:
    caution = Caution("overflow", "It overflows.", "Subtract.", "page")
    one, two = (
        RIGHT._replace(function=name, warnings=(caution,)) for name in "ab"
    )
    said = as_text(of(one, two))
    assert said.count("Subtract.") == 1
    assert "See `a` above." in said
    assert said.count("See page") == 1


def test_a_report_shows_the_smallest_input() -> None:
    example = Example({"x": [[0.5]]}, [[1.0]], {"other": "NoneType"})
    wrong = WRONG._replace(example=example, sentence="expected 1.")
    said = as_text(of(wrong))
    for line in (
        "    x = [[0.5]]", "    expected [[1]]", "    got      None",
        "  expected 1.", "  Likely cause: You do not scale.",
        "  Try: Divide.",
    ):  # fmt: skip
        assert f"\n{line}\n" in said
    without = as_text(of(wrong._replace(example=example._replace(got=None))))
    assert "got " not in without
    mapped = wrong._replace(
        cells=tuple(cells(lambda n, _: n > 1, n=(1, 2), d=(3, 4))),
        rule="fails whenever n is above 1",
    )
    said = as_text(of(mapped))
    assert "\n  It fails whenever n is above 1.\n" in said
    assert "\n           n |   3   4  d\n" in said
    assert "\n           2 |   x   x\n" in said


def test_an_error_is_told_to_one_digit() -> None:
    assert error(RIGHT._replace(error=1.26e-7)) == "1e-07"
    assert error(RIGHT) == "0"
    assert error(WRONG._replace(error=1e-7)) == ""
    assert "below 1e-12" in as_text(of(RIGHT._replace(error=9e-13)))
    assert "error 1e-11" in as_text(of(RIGHT._replace(error=1e-11)))
    assert "error 1e-12" in as_text(of(RIGHT._replace(error=1e-12)))


def test_a_report_says_how_a_function_was_called_and_what_it_cannot_tell() -> (
    None
):
    said = as_text(of(RIGHT._replace(call="mine(x)")))
    assert "\nmine(x): agrees\n" in said
    assert "\nmine: agrees\n" in as_text(of(RIGHT))
    assert "What this cannot tell" not in said
    simple = finding("agrees", "self_attention")
    assert "What this cannot tell: In 3.3" in as_text(of(simple))
    assert "Explained on the page 3.5/" in as_text(of(WRONG))
    assert "Explained on the page" not in as_text(of(FAILED))


def test_long_examples_go_on_below_their_numbers() -> None:
    rows = [[0.25] * 8] * 4
    example = Example({"inputs": rows}, rows, rows)
    lines = as_text(of(WRONG._replace(example=example))).split("\n")
    for start in ("    inputs = [[", "    expected [[", "    got      [["):
        at = next(i for i, e in enumerate(lines) if e.startswith(start))
        indent = len(start) - 2
        assert lines[at + 1][:indent] == " " * indent
        assert lines[at + 1][indent] != " "


def test_lines_hang_where_they_go_on() -> None:
    said = wrapped("word " * 30, "  ", 4).split("\n")
    assert said[0].startswith("  word")
    assert said[1].startswith("      word")
    assert wrapped("word " * 30).split("\n")[1].startswith("word")
    assert max(map(len, said)) <= 78


def test_what_came_is_shown_though_it_is_no_number() -> None:
    assert shown([1.5, {"other": "map"}]) == "[1.5, map]"
    assert shown({"other": "NoneType"}) == "None"
    assert shown({"fields": []}) == "several named results"
    assert shown(0.25) == "0.25"


def test_numbers_are_written_as_a_person_does() -> None:
    assert nested({"fields": ["W", "b"], "items": [[1.0], 2]}) == (
        "W = [1], b = 2"
    )
    assert nested([True, 0.1234567]) == "[True, 0.123457]"


LINES = ["def f():", "    return 1 / 0", "a" * 100]


def raised(
    kind: str, said: str = "", line: int | None = 2, **more: Any
) -> str:
    error = {"type": kind, "message": said, "line": line, **more}
    return problem("`f`", {"error": error}, LINES)


def test_what_went_wrong_is_told_in_a_sentence() -> None:
    assert raised("ZeroDivisionError", "by 0") == (
        "`f` raises ZeroDivisionError: by 0 (line 2: `return 1 / 0`)."
    )
    assert raised("KeyError", line=None) == "`f` raises KeyError."
    assert "(line 1: `def f():`)" in raised("KeyError", line=1)
    assert raised("KeyError", line=0) == "`f` raises KeyError."
    assert raised("KeyError", line=4) == "`f` raises KeyError."
    assert f"(line 3: `{'a' * 80}`)" in raised("KeyError", line=3)
    assert raised("KeyError", "a\nb\x1b", line=None).endswith("a?b?.")
    missing = raised("ModuleNotFoundError", missing="jax", line=None)
    assert missing == "`f` imports jax, not installed here."
    assert "raises OSError" in raised("OSError", missing="jax")
    assert (
        raised("UnfitError", "is odd") == "`f` is odd, so it was not checked."
    )
    assert raised("TooMuchError", "9 values") == (
        "`f` returns too much: 9 values."
    )
    assert "calls itself without an end" in raised("RecursionError", "depth")
    assert "nests an expression too deeply" in raised(
        "RecursionError", "maximum depth during compilation"
    )
    assert "ends the program" in raised("SystemExit")


def test_a_program_that_stopped_is_told_by_how_it_did() -> None:
    def stopped(**reply: Any) -> str:
        return problem("`f`", {"stopped": "end", **reply}, [])

    slow = problem("the file", {"stopped": "time", "seconds": 2.5}, [])
    assert slow.startswith("The file did not finish within 2.5 seconds")
    assert "disturbed what attnbook reads" in stopped(status=None)
    assert "exit status 0" in stopped(status=0)
    assert "exit status 3" in stopped(status=3)
    assert "(SIGKILL)" in stopped(status=-9)
    assert "ended Python by a signal (SIGHUP)" in stopped(status=-1)
    assert "brought Python itself down (SIGSEGV)" in stopped(status=-11)
    assert "(signal 99)" in stopped(status=-99)


def test_a_difference_is_told_with_its_place() -> None:
    def told(kind: str, where: str, right: Any, came: Any) -> str:
        return difference(Difference(kind, where, right, came, 0.0))

    assert told("value", "", 1.0, 2.0) == "expected 1, got 2"
    assert told("shape", "[1]", (), (2,)) == (
        "expected shape a single number at [1], got 2"
    )
    assert told("shape", "", "2 parts", "3 parts") == (
        "expected 2 parts, got 3 parts"
    )
    assert told("nan", "[0]", "a finite number", nan) == (
        "expected a finite number at [0], got nan"
    )


def test_lines_end_where_pythons_do() -> None:
    assert lines_of("a\rb\r\nc\nd\x0ce") == ["a", "b", "c", "d\x0ce"]


def test_a_file_that_imports_attnbook_is_told() -> None:
    assert [*borrowed("import math\nfrom attnbook.simple import dot")]
    assert [*borrowed("def f():\n    import attnbook")]
    assert not [*borrowed("import attnbooks\n# import attnbook")]


def kind(expected: Any, got: Any) -> str:
    found = compare(expected, got)
    return f"{found.kind}{found.where}" if found else ""


def test_a_comparison_forgives_what_float32_explains() -> None:
    assert kind([1.0, 2.0], [1.0, 2.0 + 1.9e-5]) == ""
    assert kind([1.0, 2.0], [1.0, 2.0 + 2.1e-5]) == "value[1]"
    assert kind([0.1], [0.1 + 9e-6]) == ""
    assert kind([0.1], [0.1 + 1.1e-5]) == "value[0]"
    assert kind([-100.0, 0.0], [-100.0, 9e-4]) == ""
    worst = compare([1.0, 2.0, 3.0], [1.5, 4.0, 3.5])
    assert worst == Difference("value", "[1]", 2.0, 4.0, 2.0)


def test_what_is_no_number_comes_before_shape_and_value() -> None:
    assert kind([1.0], [2.0, {"other": "NoneType"}]) == "number[1]"
    assert kind([[1.0]], [[nan]]) == "nan[0][0]"
    assert kind(1.0, inf) == kind(1.0, -inf) == "nan"
    none = compare(1.0, {"other": "NoneType"})
    assert none is not None
    assert none.got == "None"
    named = compare(1.0, {"fields": ["a"], "items": [1.0]})
    assert named is not None
    assert named.got == "a tuple with names"


def test_shapes_are_told_with_the_lengths_of_ragged_rows() -> None:
    ragged = compare([[1.0, 2.0]], [[1.0], [2.0, 3.0], 4.0])
    assert ragged is not None
    assert ragged.got == "rows of lengths [1, 2, 1]"
    assert ragged.expected == (1, 2)
    assert kind([[1.0], [2.0, 3.0]], [[1.0], [2.0, 3.0]]) == "shape"
    assert kind([], []) == ""
    assert shape([]) == (0,)
    assert shape([[], []]) == (2, 0)


def test_parts_are_compared_one_by_one() -> None:
    right = ([1.0], [[2.0, 3.0]])
    assert kind(right, [[1.0], [[2.0, 3.0]]]) == ""
    assert kind(right, [[1.0], [[2.0, 4.0]]]) == "value[1][0][1]"
    few, number = compare(right, [[1.0]]), compare(right, 1.0)
    assert few is not None
    assert number is not None
    assert (few.expected, few.got) == ("2 parts", "1 parts")
    assert number.got == "a number"


def test_an_error_is_relative_to_the_largest_entry_or_1() -> None:
    assert size([0.5, -0.25]) == 1.0
    assert size([0.5, -4.0]) == 4.0
    assert largest_error([0.5, -4.0], [1.5, -2.0]) == 0.5
    assert largest_error([0.5], [0.75]) == 0.25
    assert largest_error([], []) == 0.0
    assert plain([[1.0], 2])
    assert not plain([[1.0], [nan]])


def test_what_float32_holds_is_known() -> None:
    assert single([0.5, [1.5, 3]])
    assert not single([0.5, 0.1])
    assert single([1e300])
