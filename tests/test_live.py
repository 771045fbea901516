"""Python in the page: run, edit, stop, reset, and nothing unasked.

All tests but those that say otherwise share one page and its worker.
"""

import json
import re
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from attnbook.checker import command
from tests.axe import FOUR, flaws, flaws_in
from tests.cells import (
    AS_PRINTED,
    RAN,
    block,
    button,
    change,
    edit,
    forget,
    run,
    status,
)
from tests.visiting import (
    DESKTOP,
    PHONE,
    Visit,
    addresses,
    go,
    visit,
    without_scripts,
)

pytestmark = pytest.mark.xdist_group("live")

CHECKED = re.compile(r"^Checked: ")


@pytest.fixture
def page(opened: Visit) -> Page:
    """The page on softmax, as if opened for the first time.

    The worker is kept.
    """
    forget(opened.page)
    go(opened.page, "3.3/softmax/")
    return opened.page


def test_nothing_is_loaded_before_it_is_asked_for(opened: Visit) -> None:
    go(opened.page, "3.3/softmax/")
    assert button(opened.page, "Run", 1).is_visible()
    assert not any("pyodide" in url for url in opened.requests)


def test_a_run_begins_with_the_blocks_above(page: Page) -> None:
    run(page, 4)
    for number in (1, 2, 3, 4):
        expect(status(page, number)).to_have_text(AS_PRINTED)
    expect(status(page, 5)).to_be_empty()
    assert page.locator(".live-now").count() == 0


def test_an_edited_block_shows_both_outputs_and_so_do_those_after_it(
    page: Page,
) -> None:
    edit(
        page, 1, "attn_scores = [1, 2, 3]\n[round(s, 1) for s in attn_scores]"
    )
    run(page, 2)
    for number in (1, 2):
        text = block(page, number).inner_text().upper()
        assert "YOUR RUN" in text
        assert "AS PRINTED" in text
    assert "[1, 2, 3]" in block(page, 1).inner_text()
    assert "[0.1667, 0.3333, 0.5]" in block(page, 2).inner_text()
    assert "[0.1455, 0.2278" in block(page, 2).inner_text()
    expect(status(page, 2)).to_have_text(
        "Ran. One output differs from the page."
    )


def test_reset_restores_the_text_and_the_output(page: Page) -> None:
    before = block(page, 2).locator("pre").inner_text()
    edit(page, 1, "attn_scores = [1, 2, 3]")
    run(page, 2)
    button(page, "Reset", 1).click()
    button(page, "Reset", 2).click()
    assert before == block(page, 2).locator("pre").inner_text()
    assert block(page, 1).locator("textarea").count() == 0
    run(page, 2)
    expect(status(page, 2)).to_have_text(AS_PRINTED)


def test_an_exception_shows_the_readers_own_line(page: Page) -> None:
    edit(page, 1, "x = [1, 2]\nfor i in range(3):\n    x[i]\n'goes on'")
    shown = block(page, 1).inner_text()
    assert 'File "block 1", line 3' in shown
    assert "IndexError: list index out of range" in shown
    assert "interpreter.py" not in shown
    assert "'goes on'" in shown
    assert "AS PRINTED" not in shown.upper()
    expect(status(page, 1)).to_have_text("Ran. Line 3 raised IndexError.")


FAILS_LATER = "def f():\n    raise ValueError('Odd: it is')"


def test_what_is_raised_is_said_with_its_place(page: Page) -> None:
    for text, said in {
        "\nx = (1,": "Ran. Line 2 raised SyntaxError.",
        "raise SystemExit": "Ran. Line 1 raised SystemExit.",
        "'twice'\nimport numpy": "Ran. Line 2 raised ModuleNotFoundError. "
        "This page has no numpy: it comes with the standard library and "
        "attnbook, and loads nothing else.",
        FAILS_LATER: "Ran. It prints nothing.",
    }.items():
        edit(page, 1, text)
        expect(status(page, 1)).to_have_text(said)
        button(page, "Reset", 1).click()
    edit(page, 1, FAILS_LATER)
    edit(page, 2, "f()")
    said = "Ran. Line 2 of block 1 raised ValueError."
    expect(status(page, 2)).to_have_text(said)


def test_changed_blocks_are_kept_until_they_are_reset(
    opened: Visit, page: Page
) -> None:
    texts = {1: "attn_scores = [1, 2, 3]", 3: "'mine'"}
    for number, text in texts.items():
        change(page, number, text)
    go(page, "3.3/softmax/")
    mark = page.get_by_text("changed by you")
    expect(mark.locator("visible=true")).to_have_count(2)
    for number, text in texts.items():
        editor = block(page, number).locator("textarea")
        expect(editor).to_have_value(text)
    button(page, "Reset all", 3).click()
    expect(mark.locator("visible=true")).to_have_count(0)
    go(page, "3.3/softmax/")
    assert block(page, 1).locator("textarea").count() == 0
    change(page, 1, texts[1])
    assert not button(page, "Reset all", 1).is_visible()
    button(page, "Reset", 1).click()
    go(page, "3.3/softmax/")
    assert page.locator(".language-pycon textarea").count() == 0
    assert opened.complaints == []


def test_a_second_tab_writes_over_no_changed_block(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/softmax/") as opened:
        first, second = opened.page, opened.page.context.new_page()
        second.goto(first.url)
        button(second, "Edit", 1).wait_for(state="attached")
        change(first, 1, "'mine'")
        button(second, "Edit", 1).click()
        texts = [block(it, 1).locator("textarea") for it in (first, second)]
        expect(texts[1]).to_have_value("'mine'")
        asked = [
            block(it, 1).get_by_text("changed in another tab")
            for it in (first, second)
        ]
        expect(asked[1]).not_to_be_visible()
        texts[0].fill("'mine, too'")
        expect(asked[1]).to_be_visible()
        texts[1].fill("'theirs'")  # not kept yet
        third = opened.page.context.new_page()
        third.goto(first.url)
        kept = block(third, 1).locator("textarea")
        expect(kept).to_have_value("'mine, too'")
        block(second, 1).get_by_role("button", name="Keep this one").click()
        expect(asked[1]).not_to_be_visible()
        expect(asked[0]).to_be_visible()
        expect(texts[0]).to_have_value("'mine, too'")
        block(first, 1).get_by_role("button", name="Take that text").click()
        expect(texts[0]).to_have_value("'theirs'")
        button(first, "Reset", 1).click()
        expect(asked[1]).to_be_visible()
        assert opened.complaints == []


EDITED = """\
from math import exp
@staticmethod
def f(x, *y):  # why "not"
    return f"a{x}" if x is None else 1.5e3 + len('''b
c''')
class A: pass
"open"""
COLOURS = """(copy) => [...copy.querySelectorAll("span[class]")].map(
    ({ className, textContent }) => `${className}:${textContent}`)"""


def test_a_text_that_is_edited_keeps_its_colours_and_numbers_its_lines(
    page: Page,
) -> None:
    change(page, 1, EDITED)
    cell = block(page, 1)
    copy, field = cell.locator(".live-copy"), cell.locator("textarea")
    assert copy.text_content() == EDITED + "\n"
    found = copy.evaluate(COLOURS)
    for colour in (
        *("kn:from", "kn:import", "nd:@staticmethod", "k:def", "nf:f"),
        *('c1:# why "not"', 's2:f"a{x}"', "ow:is", "kc:None", "mi:1.5e3"),
        *("nb:len", "s1:'''b\nc'''", "nc:A", 's2:"open'),
    ):
        assert colour in found
    lines = cell.locator(".live-lines").inner_text().split()
    assert lines == [str(i + 1) for i in range(EDITED.count("\n") + 1)]
    assert field.evaluate(SAME_PLACE) == []
    shade = "it => getComputedStyle(it).color"
    printed = block(page, 2).locator("code .nb").first.evaluate(shade)
    assert copy.locator(".nb").evaluate(shade) == printed
    assert copy.locator(".mi").evaluate(shade) != printed
    field.fill("x = [" + "1, " * 200 + "]")
    assert field.evaluate(SAME_PLACE) == []


# In what the field and its coloured copy differ, letter by letter.
SAME_PLACE = """(field) => {
    const [own, copy] = [field, field.previousElementSibling].map((it) => {
        const { font, padding, tabSize, letterSpacing } = getComputedStyle(it);
        const { x, y, width, height } = it.getBoundingClientRect();
        return { font, padding, tabSize, letterSpacing, x, y, width, height };
    });
    const names = Object.keys(own).filter((it) => own[it] !== copy[it]);
    const scrolls = field.scrollWidth > field.clientWidth;
    return scrolls ? [...names, "scrolls"] : names;
}"""


def test_what_answers_a_prediction_is_covered_until_it_is_asked_for(
    page: Page,
) -> None:
    covered = page.locator(".live-covered")
    answer = page.locator(".language-pycon", has=covered.first)
    reveal = answer.get_by_role("button", name="Reveal")
    assert answer.count() == reveal.count() == 1
    answer.scroll_into_view_if_needed()  # what is out of sight has no text
    call = "naive_softmax([score + 1000"
    expect(answer).to_contain_text(call, use_inner_text=True)
    assert "OverflowError" not in answer.inner_text()
    place = "it => it.getBoundingClientRect().height"
    height = answer.locator("pre").evaluate(place)
    page.emulate_media(media="print")
    assert "OverflowError" in answer.inner_text()
    page.emulate_media(media="screen")
    reveal.press("Enter")
    expect(covered).to_have_count(0)
    assert page.evaluate("document.activeElement.localName") == "pre"
    session = page.locator(".language-pycon", has_text="score + 1000").first
    assert "OverflowError" in session.inner_text()
    assert session.locator("pre").evaluate(place) == height
    go(page, "3.3/softmax/")
    expect(covered).to_have_count(0)
    forget(page)
    go(page, "3.3/softmax/")
    session.get_by_role("button", name=RUNS).click()
    expect(session.get_by_role("status").first).to_have_text(AS_PRINTED)
    expect(covered).to_have_count(0)


RUNS = re.compile("^Run ")


def test_on_a_phone_the_text_to_edit_is_large_enough_not_to_zoom(
    page: Page,
) -> None:
    change(page, 1, "1 + 1")
    page.set_viewport_size(PHONE)
    size = "field => parseFloat(getComputedStyle(field).fontSize)"
    assert block(page, 1).locator("textarea").evaluate(size) >= 16
    page.set_viewport_size(DESKTOP)


def test_what_cannot_be_parsed_is_shown_and_not_run(page: Page) -> None:
    edit(page, 1, "print('ran')\nx = (1,\n")
    shown = block(page, 1).locator(".live-results").inner_text()
    assert 'File "block 1", line 2' in shown
    assert "SyntaxError" in shown
    assert "\nran\n" not in shown


def test_output_is_text_and_never_html(page: Page) -> None:
    edit(page, 1, "print('<b>x</b>')\n'<img src=x onerror=alert(1)>'")
    results = block(page, 1).locator(".live-results")
    assert "<b>x</b>" in results.inner_text()
    assert results.locator("b, img").count() == 0


def test_a_flood_is_cut_and_stays_in_a_box(page: Page) -> None:
    change(page, 1, "while True: print('water')")
    button(page, "Run", 1).click()
    expect(status(page, 1)).to_have_text("Stopped: too much output.")
    results = block(page, 1).locator(".live-results")
    shown = results.inner_text()
    assert "Stopped: more than 10,000 characters" in shown
    assert shown.count("water") < 2000
    height = "box => box.getBoundingClientRect().height"
    assert results.evaluate(height) < DESKTOP["height"] / 2
    expect(results).to_have_attribute("tabindex", "0")


def test_memory_has_a_limit(page: Page) -> None:
    edit(page, 1, "len([0.0] * 10 ** 8)")
    assert "MemoryError" in block(page, 1).inner_text()


def test_an_endless_loop_stops_at_once_and_another_run_works(
    page: Page,
) -> None:
    button(page, "Edit", 1).click()
    endless = "print('begins')\nwhile True: pass"
    block(page, 1).locator("textarea").fill(endless)
    button(page, "Run", 1).click()
    expect(block(page, 1).locator(".live-results")).to_have_text("begins\n")
    button(page, "Stop", 1).click()
    expect(status(page, 1)).to_have_text("Stopped.")
    button(page, "Reset", 1).click()
    run(page, 2)
    expect(status(page, 2)).to_have_text(AS_PRINTED)


def test_a_run_ends_at_its_limit_which_the_reader_can_extend(
    page: Page,
) -> None:
    page.evaluate("scale = 0.1")
    button(page, "Edit", 1).click()
    block(page, 1).locator("textarea").fill("while True: pass")
    button(page, "Run", 1).click()
    expect(status(page, 1)).to_have_text("Stopped after 10 seconds.")
    page.evaluate("scale = 10")
    button(page, "10 s more", 1).click()
    expect(block(page, 1)).to_contain_text("of 20 seconds")
    button(page, "10 s more", 1).click()
    expect(block(page, 1)).to_contain_text("of 30 seconds")
    assert page.evaluate("limits.at(-1)") > 20_000
    button(page, "Stop", 1).click()
    expect(status(page, 1)).to_have_text("Stopped.")


def test_the_keyboard_alone_edits_and_runs(page: Page) -> None:
    button(page, "Edit", 1).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type("def f(x):\nreturn 2 * x\n\nf(4)")
    expected = "def f(x):\n    return 2 * x\n    \n    f(4)"
    assert expected == block(page, 1).locator("textarea").input_value()
    page.keyboard.press("Control+a")
    page.keyboard.type("2 * 4")
    page.keyboard.press("Control+Enter")
    expect(block(page, 1).locator(".live-results")).to_contain_text("8")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "Reset block 1"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.ariaLabel") == "Run block 1"


def test_axe_finds_nothing_in_what_a_run_shows(page: Page) -> None:
    edit(page, 1, "attn_scores = [1, 2, 3]\nprint('own')\nattn_scores")
    run(page, 2)
    edit(page, 3, "1 / 0\n'goes on'")
    edit(page, 4, "x = (1,")
    button(page, "Edit", 5).click()
    block(page, 5).locator("textarea").fill("print('on')\nwhile True: pass")
    button(page, "Run", 5).click()
    expect(block(page, 5)).to_contain_text("of 10 seconds")
    assert flaws(page) == []
    button(page, "Stop", 5).click()
    expect(status(page, 5)).to_have_text("Stopped.")
    assert flaws(page) == []
    page.set_viewport_size(PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(DESKTOP)
    assert width <= PHONE["width"]


SESSION = """\
'sentence' in dir()
from attnbook.sentence import tokens
tokens[0]
"""


def test_another_page_is_another_session(opened: Visit, page: Page) -> None:
    edit(page, 1, "from attnbook import sentence\nsentence.tokens[0] = 'My'")
    go(page, "3.3/scores/")
    edit(
        page,
        1,
        "from attnbook.sentence import tokens\ntokens[0], 'x' in dir()",
    )
    assert "('Your', False)" in block(page, 1).inner_text()
    edited = "print(sorted(set(globals()) - {'__builtins__'}))"
    block(page, 1).locator("textarea").fill(edited)
    run(page, 1)
    assert "['__name__']" in block(page, 1).inner_text()
    runtimes = [url for url in opened.requests if url.endswith(".mjs")]
    assert len(set(runtimes)) == 2


# What a run changes; the rest of the article is not looked at.
RUN_HERE = ".language-pycon, .exercise"
WITHOUT_REST = """(kept) => {
    for (const part of document.querySelectorAll("article > *"))
        if (!part.matches(kept) && !part.querySelector(kept)) part.remove();
}"""


def test_every_session_of_the_book_gives_in_the_page_what_it_prints(
    opened: Visit, site: Path
) -> None:
    page = opened.page
    forget(page)
    modes = cycle(FOUR)
    for address in addresses(site):
        text = (site / address / "index.html").read_text(encoding="utf-8")
        blocks = text.count("language-pycon live")
        if blocks:
            go(page, address)
            last = page.locator(f"[aria-label='Run block {blocks}']")
            last.dispatch_event("click")  # it may be in a folded solution
            expect(status(page, blocks)).to_have_text(RAN)
            # whole pages are toured elsewhere, and here what a run changes
            page.evaluate(WITHOUT_REST, RUN_HERE)
            assert flaws_in(page, next(modes), RUN_HERE) == [], address
        for number in range(1, blocks + 1):
            expect(status(page, number)).to_have_text(AS_PRINTED)


RIGHT = """\
def scores(query, inputs):
    result = []
    for row in inputs:
        if len(row) != len(query):
            raise ValueError("lengths differ")
        result.append(sum(q * x for q, x in zip(query, row)))
    return result
"""
WRONG = RIGHT.replace("q * x", "q + x")


@pytest.fixture
def exercise(opened: Visit) -> Locator:
    """The exercise of the page on scores, as it was written."""
    forget(opened.page)
    go(opened.page, "3.3/scores/")
    found = opened.page.locator(".exercise")
    found.get_by_role("button", name="Reset").click()
    return found


def check(exercise: Locator, text: str) -> str:
    """The report on a text."""
    exercise.locator("textarea").fill(text)
    exercise.get_by_role("button", name="Check").click()
    expect(exercise.get_by_role("status")).to_have_text(CHECKED)
    return exercise.get_by_role("region").inner_text()


@pytest.mark.parametrize(
    "text",
    [RIGHT, WRONG, "def scores(:", ""],
    ids=["right", "wrong", "no Python", "empty"],
)
def test_a_check_says_what_the_command_says(
    exercise: Locator,
    text: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text or "pass", encoding="utf-8")
    command.run([str(path), "--seed", "0", "--json"])
    told = json.loads(capsys.readouterr().out)
    actual = check(exercise, text)
    assert told["verdict"].replace("`", "") in actual
    signs = {RIGHT: "✓ agrees", WRONG: "✗ differs"}
    assert actual.startswith(signs.get(text, "! cannot run"))
    for finding in told["findings"]:
        assert finding["call"] in actual
        assert "; ".join(finding["notes"]) in actual


def test_axe_finds_nothing_in_a_diagnosis(
    exercise: Locator, opened: Visit
) -> None:
    for text in (WRONG, RIGHT):
        check(exercise, text)
        assert flaws(opened.page) == []


def test_an_endless_exercise_stops_and_the_session_begins_anew(
    exercise: Locator, opened: Visit
) -> None:
    run(opened.page, 1)
    loop = "def scores(query, inputs):\n    while True: pass"
    exercise.locator("textarea").fill(loop)
    exercise.get_by_role("button", name="Check").click()
    exercise.get_by_role("button", name="Stop").click()
    expect(exercise.get_by_role("status")).to_have_text("Stopped.")
    run(opened.page, 2)
    expect(status(opened.page, 2)).to_have_text(AS_PRINTED)


def test_the_readers_text_can_be_reset_and_taken_along(
    exercise: Locator, opened: Visit
) -> None:
    editor = exercise.locator("textarea")
    start = editor.input_value()
    editor.fill(RIGHT)
    with opened.page.expect_download() as download:
        exercise.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "mine.py"
    saved = download.value.path().read_text(encoding="utf-8")
    assert RIGHT.strip() == saved.strip()
    go(opened.page, "3.3/scores/")
    assert editor.input_value() == RIGHT
    exercise.get_by_role("button", name="Reset").click()
    go(opened.page, "3.3/scores/")
    assert start == editor.input_value()


def test_all_this_asked_no_other_host_and_raised_no_complaint(
    opened: Visit, served: str
) -> None:
    assert opened.foreign(served) == []
    assert opened.complaints == []
    runtime = f"{served}assets/pyodide/pyodide.asm.wasm"
    assert runtime in opened.requests, "what a worker asks for is not noted"


def test_a_session_with_numpy_says_how_to_run_it(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/arrays/") as opened:
        page = opened.page
        assert page.get_by_text("runs on your own machine").count() == 1
        assert page.get_by_text("pip install '.[arrays]'").is_visible()
        assert page.locator(".live-bar").count() > 0
        assert page.get_by_role("button", name="Run").count() == 0


def test_run_says_once_what_it_costs(
    new_context: CreateContextCallback, served: str, site: Path
) -> None:
    files = (site / "assets" / "pyodide").iterdir()
    cost = sum(path.stat().st_size for path in files) / 10**6
    with visit(new_context, f"{served}3.3/softmax/") as opened:
        page = opened.page
        said = page.locator(".live-cost")
        expect(said).to_have_text(f"Run loads Python: {cost:.1f} MB, once")
        run(page, 1)
        expect(said).to_have_count(0)
        page.reload()
        button(page, "Run", 1).wait_for()
        expect(said).to_have_count(0)


@pytest.mark.parametrize("saves", [False, True])
def test_python_comes_when_the_reader_is_about_to_run(
    new_context: CreateContextCallback, served: str, *, saves: bool
) -> None:
    connection = f"{{ value: {{ saveData: {str(saves).lower()} }} }}"
    define = f"Object.defineProperty(navigator, 'connection', {connection})"
    with visit(new_context, f"{served}3.3/softmax/") as opened:
        page = opened.page
        page.add_init_script(define)
        page.reload()
        run_it = button(page, "Run", 1)
        if saves:
            run_it.hover()
            page.wait_for_timeout(1000)
            assert not any("live/worker.js" in it for it in opened.requests)
        else:
            with page.expect_request("**/live/worker.js"):
                run_it.hover()
        run(page, 1)


def test_a_failed_download_is_said_and_can_be_tried_again(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/softmax/", PHONE) as opened:
        page = opened.page
        page.route("**/python_stdlib.zip", lambda route: route.abort())
        button(page, "Run", 1).click()
        expect(status(page, 1)).to_have_text(
            "Python could not be loaded: a download failed."
        )
        page.unroute("**/python_stdlib.zip")
        button(page, "Retry", 1).click()
        expect(status(page, 1)).to_have_text(AS_PRINTED)
        edit(page, 1, "print('wide ' * 100)")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]


def test_the_text_of_an_exercise_survives_a_reload(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/scores/") as opened:
        editor = opened.page.locator(".exercise textarea")
        editor.fill(RIGHT)
        opened.page.reload()
        assert editor.input_value() == RIGHT


def test_without_javascript_there_is_nothing_that_would_not_work(
    new_context: CreateContextCallback, served: str
) -> None:
    page = without_scripts(new_context, f"{served}3.3/softmax/")
    assert page.get_by_role("button", name="Run").count() == 0
    first = block(page, 1).inner_text()
    assert "[0.9544, 1.495, 1.4754, 0.8434, 0.707, 1.0865]" in first
    assert page.get_by_text("OverflowError").first.is_visible()
    page.goto(f"{served}3.3/scores/")
    exercise = page.locator(".exercise").inner_text()
    assert "def scores(query, inputs):" in exercise
    assert "$ attnbook check mine.py" in exercise
