"""The report as a card, and the page whose field checks a reader's file."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from inpage.checker import check, source_of, survey_source
from press.book import BOOK, DOCS
from press.exercise import attempt_lines
from press.pages.page import read_page
from tests.axe import flaws
from tests.visiting import (
    DESKTOP,
    PHONE,
    Visit,
    arrive,
    go,
    visit,
    without_scripts,
)

browsed = pytest.mark.xdist_group("check page")

CHECKED = re.compile(r"^Checked: ")

RIGHT = """\
from math import exp
def softmax(scores):
    exps = [exp(score - max(scores)) for score in scores]
    return [e / sum(exps) for e in exps]
"""
WRONG = RIGHT.replace("e / sum(exps)", "e")
TORCH = """\
import torchless.nn as nn
class CausalAttention(nn.Module):
    def __init__(self, d_in, d_out):
        self.W_query = nn.Linear(d_in, d_out)
    def forward(self, x):
        return self.W_query(x)
"""


def notebook(*cells: str) -> str:
    """A notebook of these code cells, with a text and a command between."""
    code = [
        {"cell_type": "code", "source": ["!pip list\n", cell]}
        for cell in cells
    ]
    text = {"cell_type": "markdown", "source": "def softmax: no Python"}
    return json.dumps({"cells": [text, *code], "nbformat": 4})


def attempts() -> dict[str, str]:
    """The files behind the buttons of the page, by what the buttons say."""
    page = read_page(DOCS / "check" / "index.md", BOOK)
    lines = [each.lines for each in page.fences if each.tag == "attempt"]
    return {first[2:]: "\n".join(rest) for first, *rest in lines}


# In Python.


@pytest.mark.parametrize(
    ("label", "verdicts", "cause"),
    [
        ("overflows", {"softmax": "overflow"}, ""),
        ("wrong for some widths", {"attention": "differs"}, "value_width"),
        ("axis swapped", {"self_attention": "differs"}, "quer"),
        ("mask after softmax", {"causal_attention": "differs"}, "mask"),
        ("a right one", {}, ""),
    ],
)
def test_each_button_fills_in_what_it_says(
    label: str, verdicts: dict[str, str], cause: str
) -> None:
    found = survey_source(attempts()[label]).findings
    said = {
        each.function: "".join(c.kind for c in each.warnings) or each.verdict
        for each in found
        if each.verdict != "agrees" or each.warnings
    }
    assert said == verdicts
    causes = [f"{f.cause.name} {f.cause.sentence}" for f in found if f.cause]
    assert all(cause in each for each in causes)
    assert bool(causes) == bool(cause)


def test_what_is_to_mend_has_a_colour_of_its_own() -> None:
    html = check(attempts()["overflows"]).html
    assert '<span class="sign some">✓ agrees, but overflows</span>' in html
    assert '<span class="sign good">✓ agrees</span>' in html


def test_there_is_a_test_for_each_button() -> None:
    assert len(attempts()) == 5


@pytest.mark.parametrize(
    ("lines", "flaw"),
    [
        ([], "the first line of an attempt must be a comment"),
        (["def dot(x, y): ..."], "the first line of an attempt must be"),
        (["# mine", "def mine(x): ..."], "the checker knows none of: mine"),
        (["# mine", "def dot("], "a file that is not Python"),
    ],
)
def test_an_attempt_is_a_named_file_that_can_be_checked(
    lines: list[str], flaw: str
) -> None:
    with pytest.raises(ValueError, match=flaw):
        attempt_lines(lines)


def test_a_notebook_is_read_by_its_name_or_by_its_look() -> None:
    text = notebook(WRONG)
    for name in ("mine.ipynb", "mine.py"):
        assert WRONG.strip() in source_of(text, name)
        assert not source_of(text, name).startswith("{")
        assert check(text, name).said == "it differs"


def test_what_needs_a_library_says_so_in_a_sentence_with_the_command() -> None:
    found = check(TORCH, "mine.py")
    assert found.said == "it could not be checked"
    assert (
        "Your file needs torchless, which this page does not have. "
        "Check it on your own machine: <code>attnbook check mine.py</code>."
    ) in found.html
    assert "<h3>" not in found.html


def test_a_library_that_no_function_misses_is_not_spoken_of() -> None:
    assert check("import torchless\n" + RIGHT).agrees
    assert "torchless" not in check("import torchless\n" + RIGHT).html
    both = check(RIGHT + TORCH)
    assert "Your file needs torchless" in both.html
    assert "✓ agrees" in both.html


def test_the_page_has_no_style_and_no_script_in_a_report() -> None:
    for text in (RIGHT, WRONG, "def softmax(:", ""):
        html = check(text, "<b>.py", "/book/").html
        assert "style" not in html
        assert "<script" not in html
        assert "<b>" not in html


# In Chromium.


@pytest.fixture
def page(opened: Visit) -> Page:
    """Check yours, as if opened for the first time; the worker is kept."""
    opened.page.evaluate("localStorage.clear()")
    go(opened.page, "check/")
    expect(editor(opened.page)).to_be_visible()
    return opened.page


@pytest.fixture
def exercise(opened: Visit) -> Locator:
    """The exercise on softmax, as if opened for the first time."""
    opened.page.evaluate("localStorage.clear()")
    go(opened.page, "3.3/softmax/")
    found = opened.page.locator(".exercise")
    expect(found.locator("textarea")).to_be_visible()
    return found


def editor(page: Page) -> Locator:
    return page.locator(".check-here textarea")


def report(place: Page | Locator) -> Locator:
    return place.get_by_role("region", name="Report on")


def status(place: Page | Locator) -> Locator:
    return place.locator(".live-panel [role=status]")


def press(place: Page | Locator) -> Locator:
    """Check, and wait for the report."""
    place.get_by_role("button", name="Check", exact=False).last.click()
    expect(status(place)).to_have_text(CHECKED)
    return report(place)


DROP = """(place, [name, text, kind]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], name));
    const { ClipboardEvent: Paste, DragEvent: Drag } = window;
    const options = { bubbles: true, cancelable: true };
    const event = kind === "paste"
        ? new Paste(kind, { ...options, clipboardData: dataTransfer })
        : new Drag(kind, { ...options, dataTransfer });
    return place.dispatchEvent(event);
}"""


@browsed
@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_file_is_dropped_or_pasted_and_checked(
    page: Page, kind: str
) -> None:
    unhindered = editor(page).evaluate(DROP, ["his.py", WRONG, kind])
    assert not unhindered
    expect(editor(page)).to_have_value(WRONG)
    expect(status(page)).to_have_text("This is his.py. Now press Check.")
    assert "his.py" in press(page).inner_text()


@browsed
def test_a_notebook_shows_its_code_and_no_more(page: Page) -> None:
    editor(page).evaluate(DROP, ["his.ipynb", notebook(WRONG), "drop"])
    expect(editor(page)).to_have_value(re.compile("def softmax"))
    assert "nbformat" not in editor(page).input_value()
    assert "# !pip list" in editor(page).input_value()
    expect(press(page)).to_contain_text("✗ differs")
    editor(page).evaluate(DROP, ["his.ipynb", "{}", "drop"])
    expect(status(page)).to_have_text(
        "his.ipynb cannot be read: the notebook holds no cells to read."
    )


@browsed
def test_a_notebook_may_be_pasted_as_text(page: Page) -> None:
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const paste = new ClipboardEvent("paste", {
                clipboardData: data, bubbles: true, cancelable: true });
            const [field] = document.querySelectorAll(".check-here textarea");
            field.dispatchEvent(paste);
        }""",
        notebook(RIGHT),
    )
    expect(editor(page)).to_have_value(re.compile("def softmax"))
    expect(press(page)).to_contain_text("✓ agrees")


@browsed
def test_a_file_is_chosen_and_another_kind_refused(page: Page) -> None:
    picker = page.locator("input[type=file]")
    for name, said in {
        "cat.png": "cat.png is neither .py nor .ipynb.",
        "his.py": "This is his.py. Now press Check.",
    }.items():
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a file").click()
        chooser.value.set_files(
            {"name": name, "mimeType": "", "buffer": RIGHT.encode()}
        )
        expect(status(page)).to_have_text(said)
    assert picker.count() == 1
    expect(editor(page)).to_have_value(RIGHT)


@browsed
def test_the_buttons_fill_the_field_with_what_the_page_holds(
    page: Page,
) -> None:
    for label, text in attempts().items():
        page.get_by_role("button", name=label, exact=True).click()
        expect(editor(page)).to_have_value(text)
    assert page.locator(".check-here details.example").count() == 0
    expect(press(page)).to_contain_text("✓ agrees")


@browsed
def test_the_card_shows_sign_tables_map_ladder_and_a_link_that_leads(
    page: Page, served: str
) -> None:
    page.get_by_role("button", name="wrong for some widths").click()
    card = press(page)
    expect(status(page)).to_have_text("Checked: it differs.")
    assert card.locator("td.wrong").inner_text() == "≠ 0.669762"
    marks = card.locator(".map td").all_inner_texts()
    assert marks.count("✓") == 2
    assert marks.count("±") == 10
    cause = card.get_by_text("You divided by")
    assert not cause.is_visible()
    card.get_by_text("A hint: the likely cause").click()
    expect(cause).to_be_visible()
    card.get_by_text("One thing to try").click()
    link = card.get_by_text("Explained on").get_by_role("link")
    link.click()
    page.wait_for_url(f"{served}check/catalogue/#scaled_dot*")
    arrive(page, "check/catalogue/")
    anchor = page.url.partition("#")[2]
    expect(page.locator(f"[id='{anchor}']")).to_be_in_viewport()


@browsed
def test_axe_finds_nothing_in_the_field_and_in_any_card(page: Page) -> None:
    assert flaws(page, ".check-here") == []
    for text in (attempts()["mask after softmax"], RIGHT, TORCH):
        editor(page).fill(text)
        press(page)
        assert flaws(page) == []
    page.set_viewport_size(PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    size = editor(page).evaluate(
        "it => parseFloat(getComputedStyle(it).fontSize)"
    )
    page.set_viewport_size(DESKTOP)
    assert width <= PHONE["width"]
    assert size >= 16


FORGES = """
import inpage.checker
def forged(*_):
    return ('<p>Forged</p><img src=x><a href="https://a.example/">x</a>'
            '<p id="y" onclick="alert(1)" style="color:red">z</p>'
            '<script>alert(1)</script><iframe></iframe>')
inpage.checker.as_fragment = forged
"""


@browsed
def test_a_forged_report_brings_nothing_but_words(
    new_context: CreateContextCallback, served: str
) -> None:
    forges = "def softmax(s):\n" + FORGES.replace("\n", "\n    ")
    with visit(new_context, f"{served}3.3/softmax/") as opened:
        exercise = opened.page.locator(".exercise")
        exercise.locator("textarea").fill(forges)
        card = press(exercise)
        expect(card).to_contain_text("Forged")
        for brought in (
            "img, script, iframe",
            "[id], [onclick], [style], [href]",
        ):
            assert card.locator(brought).count() == 0
        assert opened.foreign(served) == []


@browsed
def test_a_solved_exercise_keeps_its_tick(
    exercise: Locator, opened: Visit
) -> None:
    tick = exercise.get_by_text("✓ solved")
    exercise.locator("textarea").fill(WRONG)
    press(exercise)
    assert not tick.is_visible()
    exercise.locator("textarea").fill(RIGHT)
    press(exercise)
    expect(tick).to_be_visible()
    exercise.locator("textarea").fill(WRONG)
    press(exercise)
    assert tick.is_visible()
    go(opened.page, "3.3/scores/")
    assert not tick.is_visible()
    go(opened.page, "3.3/softmax/")
    expect(tick).to_be_visible()


@browsed
def test_a_second_tab_writes_over_nothing_before_the_reader_decides(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/softmax/") as opened:
        first, second = opened.page, opened.page.context.new_page()
        second.goto(first.url)
        fields = [
            each.locator(".exercise textarea") for each in (first, second)
        ]
        expect(fields[1]).to_be_visible()
        fields[0].fill(RIGHT)
        asked = second.get_by_text("changed in another tab")
        expect(asked).to_be_visible()
        fields[1].fill(WRONG)  # not kept yet
        third = opened.page.context.new_page()
        third.goto(first.url)
        expect(third.locator(".exercise textarea")).to_have_value(RIGHT)
        second.get_by_role("button", name="Keep this one").click()
        expect(asked).not_to_be_visible()
        expect(first.get_by_text("changed in another tab")).to_be_visible()
        expect(fields[0]).to_have_value(RIGHT)
        first.get_by_role("button", name="Take that text").click()
        expect(fields[0]).to_have_value(WRONG)
        assert opened.complaints == []


@browsed
def test_a_download_that_never_answers_is_said_and_can_be_tried_again(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/softmax/") as opened:
        page, exercise = opened.page, opened.page.locator(".exercise")
        page.evaluate("scale = 0.1")
        page.route("**/pyodide.asm.wasm", lambda _: None)
        exercise.get_by_role("button", name="Check").click()
        expect(status(exercise)).to_contain_text("nothing came for 30 seconds")
        page.unroute("**/pyodide.asm.wasm")
        page.evaluate("scale = 10")
        exercise.locator("textarea").fill(RIGHT)
        exercise.get_by_role("button", name="Retry").click()
        report = exercise.locator(".live-report")
        expect(report).to_contain_text("✓ agrees")


@browsed
def test_without_javascript_the_command_and_the_files_stand_there(
    new_context: CreateContextCallback, served: str
) -> None:
    page = without_scripts(new_context, f"{served}check/")
    assert page.get_by_text("$ attnbook check mine.py").is_visible()
    assert page.get_by_role("button", name="Check").count() == 0
    page.locator("summary", has_text="overflows").click()
    assert page.get_by_text("exps = [exp(score) for").is_visible()


@browsed
def test_all_this_asked_no_other_host_and_raised_no_complaint(
    opened: Visit, served: str
) -> None:
    assert opened.foreign(served) == []
    assert opened.complaints == []
