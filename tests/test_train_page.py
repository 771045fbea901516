"""What was written on many pages becomes one file, and trains in the page."""

import json
import posixpath
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from attnbook.training import Settings, run
from inpage import interpreter
from inpage.checker import check
from inpage.gather import completed, gathered
from inpage.training import WHERE, train
from press.course import exercises, training_lines
from press.exercise import is_local
from press.mine import FILE, all_solved
from tests.axe import flaws
from tests.visiting import DESKTOP, PHONE, Visit, go, visit

browsed = pytest.mark.xdist_group("site")

MINE = FILE.read_text("utf-8")
# The last gradient wins where a token comes twice.
WRONG = MINE.replace(
    "grad_embeddings[token] = [x + y for x, y in pairs]",
    "grad_embeddings[token] = [y for x, y in pairs]",
)
PAGE = "backward/train-yours.md"

DOT = "def dot(x, y):\n    return sum(a * b for a, b in zip(x, y))"
NORM = "from attnbook.vectors import dot\n\ndef norm(x):\n    return dot(x, x)"


# In Python.


def test_what_the_reader_wrote_is_not_taken_from_the_book() -> None:
    assert gathered([NORM]).text.startswith("from attnbook.vectors import dot")
    found = gathered([DOT, NORM])
    assert "attnbook" not in found.text
    assert found.functions == ["dot", "norm"]
    assert "attnbook" not in gathered([NORM, DOT]).text


def test_what_is_written_again_replaces_the_older_one() -> None:
    text = gathered([DOT, NORM, "def dot(x, y):\n    return 0.0"]).text
    assert text.count("def dot") == 1
    assert "return 0.0" in text


def test_what_is_still_to_write_and_what_is_no_python_stays_out() -> None:
    stub = 'def dot(x, y):\n    """Soon."""\n    ...'
    found = gathered([stub, NORM, "def half(:\n    return"])
    assert "from attnbook.vectors import dot" in found.text
    assert found.functions == ["norm"]
    assert found.unread == ["def half(:"]


def test_imports_constants_and_decorators_come_along() -> None:
    piece = (
        "import math\nfrom math import exp, sqrt as root\nSCALE = 2\n"
        "@property\ndef f(x):  # mine\n    return exp(x)\nprint(f)"
    )
    text = gathered([piece, "from math import log"]).text
    assert text.startswith("from math import exp, log, sqrt as root\nimport")
    assert "SCALE = 2" in text
    assert "@property\ndef f(x):  # mine" in text
    assert "print" not in text


def test_a_text_is_completed_by_what_it_uses_and_by_no_more() -> None:
    text = "def norm(x):\n    return dot(x, x)"
    whole = completed(text, ["from math import exp\n" + DOT, "def f(): pass"])
    assert whole.startswith(text)
    assert whole.endswith(DOT)
    assert "exp" not in whole
    assert completed(NORM, [DOT]) == NORM  # it says where it has it from
    assert completed("def (", [DOT]) == "def ("


def test_a_check_may_use_what_was_written_before_and_judges_its_own() -> None:
    scores = "def scores(query, inputs):\n"
    scores += "    return [dot(query, x) for x in inputs]"
    assert not check(scores).agrees
    assert check(scores, earlier=[DOT]).agrees
    wrong = check(scores, earlier=[DOT.replace("a * b", "a + b")])
    assert wrong.said == "it differs"
    assert "<h3>dot" not in wrong.html.replace("<code>", "")


def test_all_exercises_gathered_train_as_the_book_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(interpreter, "emit", shown.append)
    pieces = [each.source for each in all_solved()]
    learned = train(gathered(pieces).text, "mine.py", "", 7)
    expected = run(Settings(steps=7)).losses
    steps = [json.loads(line) for line in shown]
    assert [each["step"] for each in steps] == [1, 2, 3, 4, 5, 6, 7]
    assert [each["loss"] for each in steps] == pytest.approx(expected)
    books = [each["book"] for each in steps]
    assert books == [*([loss] for loss in expected[:5]), [], []]
    assert "mine.py imports nothing of attnbook." in learned.told
    assert WHERE in learned.receipt
    assert "--steps 7`" in learned.receipt
    assert learned.html == ""


def test_a_wrong_gradient_trains_nothing_and_is_reported() -> None:
    assert WRONG != MINE
    learned = train(WRONG, "mine.py", "/book/", 5)
    name = "loss_and_gradients"
    assert learned.said == f"Nothing was trained: `{name}` does not agree yet."
    assert "differs" in learned.html
    assert learned.told == learned.receipt == ""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def dot(x, y): return 0", "mine.py has no function loss_and"),
        ("", "mine.py has no function loss_and"),
        ("def (", "invalid syntax"),
    ],
)
def test_what_cannot_train_is_said(source: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        train(source, "mine.py", "", 5)


def test_the_page_names_every_exercise_on_lists_before_it() -> None:
    table = "\n".join(training_lines([PAGE]))
    on_lists = [it for it in exercises() if not is_local([it.stub])]
    assert len(on_lists) < len(exercises())
    assert "arrays.md" not in table
    pages = [each.page for each in on_lists]
    for each in on_lists[: pages.index(PAGE) + 1]:
        there = posixpath.relpath(each.page, "backward")
        assert f"]({there})" in table
        assert all(f"`{it.name}`" in table for it in each.functions)
    with pytest.raises(ValueError, match=r"index\.md has no exercise"):
        training_lines(["index.md"])


# In Chromium.


@pytest.fixture(scope="module")
def opened(browser: Browser, served: str) -> Iterator[Visit]:
    """One browser window, in which pages change without a reload."""
    with visit(browser.new_context, f"{served}3.3/") as opened:
        yield opened


@pytest.fixture
def page(opened: Visit) -> Page:
    """The page that trains, for a reader who has solved every exercise."""
    opened.page.evaluate("localStorage.clear()")
    go(opened.page, "backward/train-yours/")
    keep(opened.page)
    expect(field(opened.page)).to_be_visible()
    return opened.page


def keep(page: Page) -> None:
    """Put the model solutions where the exercises keep the reader's."""
    scope = page.evaluate("new URL(__md_scope).pathname")
    for each in all_solved():
        path = each.path.relative_to("docs").with_suffix("").as_posix()
        path = path.removesuffix("index").rstrip("/")
        key = f"attnbook exercise {scope}{path}/ {each.names[0]}"
        page.evaluate("it => localStorage.setItem(...it)", [key, each.source])


def field(page: Page) -> Locator:
    return page.locator(".train-here textarea")


@browsed
def test_it_trains_by_what_the_pages_keep_and_gives_a_receipt(
    page: Page,
) -> None:
    here = page.locator(".train-here")
    here.get_by_label("Steps").fill("12")
    here.get_by_role("button", name="Train").click()
    status = here.locator(".live-panel [role=status]")
    expect(status).to_have_text(re.compile("^Trained: "))
    text = here.locator("textarea").input_value()
    assert "attnbook" not in text
    losses = run(Settings(steps=12)).losses
    rows = here.locator(".train-run tr").all_inner_texts()
    assert [row.split() for row in rows[1:]] == [
        [str(i), f"{loss:.4f}", f"{loss:.4f}"]
        for i, loss in enumerate(losses[:5], 1)
    ]
    expect(here.locator(".train-now")).to_have_text(
        f"step 12 of 12, loss {losses[-1]:.4f}"
    )
    assert "mine.py imports nothing of attnbook." in here.inner_text()
    drawn = here.locator("polyline").get_attribute("points") or ""
    assert len(drawn.split()) == 12
    with page.expect_download() as saved:
        here.get_by_role("button", name="Download the receipt").click()
    receipt = saved.value.path().read_text("utf-8")
    assert receipt.startswith("# Receipt: a model trained by mine.py")
    assert f"{losses[-1]:.4f} at last" in receipt
    assert flaws(page, ".train-here") == []
    page.set_viewport_size(PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(DESKTOP)
    assert width <= PHONE["width"]


@browsed
def test_a_wrong_gradient_is_shown_and_not_trained(page: Page) -> None:
    here = page.locator(".train-here")
    here.locator("textarea").fill(WRONG)
    here.get_by_role("button", name="Train").click()
    status = here.locator(".live-panel [role=status]")
    expect(status).to_have_text(
        "Nothing was trained: `loss_and_gradients` does not agree yet."
    )
    expect(here.locator(".attnbook-report")).to_contain_text("✗ differs")
    assert here.locator(".train-run").count() == 0
    here.locator("textarea").fill("def dot(x, y): return 0")
    here.get_by_role("button", name="Train").click()
    expect(status).to_contain_text("mine.py has no function loss_and_grad")


@browsed
def test_a_run_can_be_stopped(page: Page) -> None:
    here = page.locator(".train-here")
    here.get_by_label("Steps").fill("1000")
    here.get_by_role("button", name="Train").click()
    expect(here.locator(".train-now")).to_contain_text("of 1000")
    here.get_by_role("button", name="Stop").click()
    status = here.locator(".live-panel [role=status]")
    expect(status).to_have_text("Stopped.")


@browsed
def test_the_exercise_may_call_what_other_pages_keep(page: Page) -> None:
    exercise = page.locator(".exercise")
    (own,) = (s for s in all_solved() if "training_step" in s.names)
    bare = re.sub(r"^from .*\n", "", own.source, flags=re.MULTILINE)
    exercise.locator("textarea").fill(bare)
    exercise.get_by_role("button", name="Check").click()
    report = exercise.get_by_role("region", name="Report on")
    expect(report).to_contain_text("✓ agrees")
    assert "✗" not in report.inner_text()


@browsed
def test_nothing_of_it_left_the_site_or_complained(
    opened: Visit, served: str
) -> None:
    assert opened.foreign(served) == []
    assert opened.complaints == []
