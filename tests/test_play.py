"""What the page *Play with it* computes, and what it does in a browser.

The tests of the open page share one page and its worker, in order.
"""

import re
from collections.abc import Iterator
from itertools import chain
from math import exp, inf, sqrt
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from attnbook.causal import causal_attention
from attnbook.multihead import MultiHead, multi_head_attention
from attnbook.sentence import inputs, tokens
from attnbook.simple import self_attention, softmax
from attnbook.torch_random import Generator
from attnbook.trainable import Projections
from attnbook.trainable import self_attention as trainable_attention
from attnbook.vectors import Matrix
from inpage.play import View, view
from press.figures.presets import Preset, presets
from tests.axe import flaws
from tests.book import assert_agrees, book_value
from tests.visiting import PHONE, Visit, go, visit, without_scripts

pytestmark = pytest.mark.xdist_group("play")

CONFIRMED = "confirmed by Python: {} numbers"

WEIGHTS = {"seed": 123, "width": 6, "heads": 3, "head": 1, "causal": True}
SECTIONS = ["3.3", "3.4", "3.5", "3.6"]


def play(section: str, **changes: object) -> View:
    """What is shown of the six tokens, changed as told."""
    state = {"section": section, "tokens": tokens, "inputs": inputs}
    head = {} if section == "3.6" else {"head": 0}
    cell = ("attn_scores", 0, 0)
    return view({**state, "cell": cell, **WEIGHTS, **head, **changes})


def number(text: str) -> float:
    """A number as the page writes it."""
    return float(text.replace("−", "-").replace("∞", "inf"))


def shown(view: View) -> dict[str, Matrix]:
    """The numbers of every table; what is hidden has no text."""
    hidden = {"attn_scores": "-inf"}
    return {
        table.name: [
            [number(text or hidden.get(table.name, "0")) for text in row]
            for row in table.cells
        ]
        for table in view.tables
    }


def texts(matrix: Matrix) -> list[str]:
    """Every entry as the page writes it, row by row."""
    entries = [f"{entry:.4f}" for row in matrix for entry in row]
    return [
        text.replace("-0.0000", "0.0000").replace("-inf", "−∞")
        .replace("-", "−")
        for text in entries
    ]  # fmt: skip


def drawn(seed: int, d_in: int, width: int) -> list[Matrix]:
    """The three weight matrices that follow a seed."""
    generator = Generator(seed)
    return [generator.linear(d_in, width).weight for _ in range(3)]


def drawn_heads(seed: int, d_in: int, width: int, heads: int) -> MultiHead:
    """The parameters of several heads that follow a seed."""
    generator = Generator(seed)
    W = [generator.linear(d_in, width).weight for _ in range(3)]
    W_out, b_out = generator.linear(width, width, bias=True)
    assert b_out is not None
    return MultiHead(W[0], W[1], W[2], W_out, b_out, heads)


# ---- What is computed ----------------------------------------------------


@pytest.mark.parametrize(
    ("section", "seed", "name", "entry_id"),
    [
        ("3.3", None, "attn_weights", "s332_weights"),
        ("3.3", None, "context_vecs", "s332_context"),
        ("3.4", 789, "context_vecs", "s342_sa_v2"),
        ("3.5", 789, "attn_scores", "s351_masked_scores"),
        ("3.5", 789, "attn_weights", "s351_weights_masked"),
    ],
)
def test_the_seeds_that_the_page_names_give_the_books_numbers(
    section: str, seed: int | None, name: str, entry_id: str
) -> None:
    assert_agrees(entry_id, shown(play(section, seed=seed, width=2))[name])


def test_seed_123_gives_the_books_several_heads() -> None:
    several = shown(play("3.6", seed=123, width=2, heads=2))
    batch = book_value("s362_mha")
    for row, expected in zip(several["context_vecs"], batch[0], strict=True):
        assert row == pytest.approx(expected, abs=5e-5)


def cells(section: str) -> Iterator[tuple[str, int, int]]:
    for table in play(section).tables:
        for i, row in enumerate(table.cells):
            for j in range(len(row)):
                yield table.name, i, j


def evaluated(text: str) -> float:
    """The value of a line's left side, by Python itself."""
    python = re.sub(r"√(\d)", r"sqrt(\1)", text)
    for sign, operator in {"×": "*", "−": "-", "∞": "inf"}.items():
        python = python.replace(sign, operator)
    names = {"exp": exp, "sqrt": sqrt, "inf": inf}
    return float(eval(python, {"__builtins__": {}}, names))  # noqa: S307


@pytest.mark.parametrize("section", SECTIONS)
def test_the_arithmetic_of_every_cell_is_right_and_ends_in_the_cell(
    section: str,
) -> None:
    steps = shown(play(section))
    for name, i, j in cells(section):
        found = play(section, cell=(name, i, j))
        assert found.cell == (name, i, j)
        if section in {"3.5", "3.6"} and j > i and "attn" in name:
            (line,) = found.arithmetic.lines
            assert f": {tokens[j]} comes after {tokens[i]}" in line
            continue
        for line in found.arithmetic.lines:
            left, right = line.split(" = ")
            if name != "merged_context_vecs":
                # six products of factors that are rounded to 4 decimals
                assert evaluated(left) == pytest.approx(
                    number(right.strip("()")), abs=6e-4
                ), line
        assert number(right) == steps[name][i][j]


def test_an_entry_of_the_merged_vector_is_that_of_its_head() -> None:
    merged = shown(play("3.6"))["merged_context_vecs"]
    for j in range(6):
        found = play("3.6", cell=("merged_context_vecs", 2, j))
        left, right = found.arithmetic.lines[0].split(" = ")
        entry, head = map(int, re.findall(r"\d", left))
        own = shown(play("3.6", head=head - 1))["head_context_vecs"]
        assert own[2][entry - 1] == number(right) == merged[2][j]


@pytest.mark.parametrize("section", SECTIONS)
def test_the_greatest_number_of_a_table_has_the_strongest_shade(
    section: str,
) -> None:
    found = play(section)
    for table in found.tables:
        rows = zip(shown(found)[table.name], table.shades, strict=True)
        cells = [cell for row in rows for cell in zip(*row, strict=True)]
        seen = [cell for cell in cells if cell[0] != -inf]
        _, shade = max(seen, key=lambda cell: abs(cell[0]))
        assert abs(shade) == max(abs(shade) for _, shade in cells) == 9
        assert all(entry * shade >= 0 for entry, shade in seen)
        assert all(shade == 0 for entry, shade in cells if entry == -inf)


def test_a_cell_that_is_not_there_gives_way_to_the_first_score() -> None:
    for cell in [("queries", 0, 0), ("context_vecs", 0, 3), ("x", 7, 7)]:
        assert play("3.3", cell=cell).cell == ("attn_scores", 0, 0)


def test_own_weights_are_used_as_they_are() -> None:
    W_query, W_key, W_value = drawn(5, 3, 4)
    own = {"W_query": W_query, "W_key": W_key, "W_value": W_value}
    state = {"tokens": tokens, "inputs": inputs, "cell": ("keys", 0, 0)}
    found = shown(view({**state, "section": "3.4", "parameters": own}))
    expected = trainable_attention(inputs, Projections(**own))
    for name, matrix in expected._asdict().items():
        for row, numbers in zip(found[name], matrix, strict=True):
            assert row == pytest.approx(numbers, abs=5e-5)


# ---- What happens in the page --------------------------------------------


@pytest.fixture(scope="module")
def opened(browser: Browser, served: str) -> Iterator[Visit]:
    """One page, where Python is started by the first test that needs it."""
    with visit(browser.new_context, f"{served}play/") as opened:
        yield opened


@pytest.fixture
def page(opened: Visit) -> Page:
    """The page with the book's example in section 3.3."""
    section(opened.page, "3.3 Simple")
    press(opened.page, "Reset to the book")
    assert_shows(opened.page, "context_vecs", expected_simple(inputs)[2])
    return opened.page


def section(page: Page, name: str) -> None:
    page.locator(".play-sections").get_by_text(name).click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def enter(page: Page, label: str, text: str) -> None:
    page.get_by_label(label, exact=True).fill(text)


def status(page: Page) -> Any:
    return expect(page.locator(".play-status"))


def assert_shows(page: Page, name: str, matrix: Matrix) -> None:
    """Wait until a table shows a matrix."""
    found = page.locator(f".play-steps [data-name={name}] td")
    expect(found).to_have_text(texts(matrix))


def assert_shows_below_the_mask(page: Page, name: str, matrix: Matrix) -> None:
    """Wait until a table shows a matrix, and what comes later hatched."""
    found = page.locator(f".play-steps [data-name={name}] td")
    flat = iter(texts(matrix))
    shown = [
        next(flat) if j <= i else (next(flat), "")[1]
        for i, row in enumerate(matrix)
        for j in range(len(row))
    ]
    expect(found).to_have_text(shown)
    hidden = page.locator(f".play-steps [data-name={name}] .play-hidden")
    expect(hidden).to_have_count(shown.count(""))


def assert_spelled(page: Page, *lines: str) -> None:
    expect(page.locator(".play-arithmetic p")).to_have_text(list(lines))


def expected_simple(vectors: Matrix) -> list[Matrix]:
    return list(self_attention(vectors))


def changed(i: int, j: int, value: float) -> Matrix:
    """The six vectors with one number changed."""
    vectors = [list(row) for row in inputs]
    vectors[i][j] = value
    return vectors


def test_answers_come_at_once_and_python_confirms_when_asked(
    opened: Visit,
) -> None:
    page = opened.page
    status(page).to_have_text("Computed here, at once.")
    enter(page, "Token 1, number 1", "0.5")
    for name, matrix in self_attention(changed(0, 0, 0.5))._asdict().items():
        assert_shows(page, name, matrix)
    assert not any("pyodide" in url for url in opened.requests)
    press(page, "Let Python confirm")
    status(page).to_contain_text(CONFIRMED.format(6 * 6 + 6 * 6 + 6 * 3))
    assert any("pyodide" in url for url in opened.requests)
    section(page, "3.4 Trainable")
    weights, vectors = 3 * 3 * 2, 4 * 6 * 2
    status(page).to_contain_text(CONFIRMED.format(weights + vectors + 72))


def test_python_that_does_not_agree_says_so(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}play/") as opened:
        page = opened.page
        page.route(
            "**/play-attention.js",
            lambda route: route.fulfill(
                content_type="text/javascript",
                body=route.fetch().text().replace("sum + it *", "sum - it *"),
            ),
        )
        page.reload()
        press(page, "Let Python confirm")
        status(page).to_contain_text("Python does not agree: look at attn_sc")


def test_an_edited_number_changes_every_step(page: Page) -> None:
    enter(page, "Token 2, number 3", "-2.5")
    vectors = changed(1, 2, -2.5)
    for name, matrix in self_attention(vectors)._asdict().items():
        assert_shows(page, name, matrix)
    assert "inputs=0.43,0.15,0.89;0.55,0.87,-2.5;" in page.url


def test_tokens_and_numbers_are_added_and_removed(page: Page) -> None:
    press(page, "Add a token")
    enter(page, "Token 7", "<b>&")
    enter(page, "Token 7, number 1", "1.5")
    press(page, "Remove token 1")
    press(page, "Add a number")
    enter(page, "Token 1, number 4", "3")
    vectors = [[*row, 0.0] for row in [*inputs[1:], [1.5, 0.0, 0.0]]]
    vectors[0][3] = 3.0
    assert_shows(page, "attn_weights", expected_simple(vectors)[1])
    assert_shows(page, "context_vecs", expected_simple(vectors)[2])
    head = page.locator(".play-steps [data-name=attn_weights] thead th")
    expect(head).to_have_text(["token", *tokens[1:], "<b>&"])
    press(page, "Remove a number")
    without = [row[:3] for row in vectors]
    assert_shows(page, "context_vecs", expected_simple(without)[2])


def test_there_are_2_to_8_tokens_of_1_to_6_numbers(page: Page) -> None:
    for name, count, most in [
        ("Add a token", 2, 8),
        ("Add a number", 3, 6),
        ("Remove a number", 5, 1),
    ]:
        for _ in range(count):
            press(page, name)
        button = page.get_by_role("button", name=name)
        expect(button).to_be_disabled()
        fields = page.locator("[data-name=inputs] tbody")
        where = "th" if name == "Add a token" else "tr:first-child td input"
        assert fields.locator(where).count() == most
    for _ in range(6):
        press(page, "Remove token 1")
    expect(page.get_by_role("button", name="Remove token 1")).to_be_disabled()
    assert fields.locator("tr").count() == 2


def test_the_arithmetic_of_a_chosen_cell_is_spelled_out(page: Page) -> None:
    def choose(name: str) -> None:
        row = page.locator(f".play-steps [data-name={name}] tbody tr").nth(1)
        row.get_by_role("button").nth(0).click()

    choose("attn_scores")
    assert_spelled(
        page,
        "Score of Your for journey",
        "0.55 × 0.43 + 0.87 × 0.15 + 0.66 × 0.89 = 0.9544",
    )
    choose("attn_weights")
    expect(page.locator(".play-arithmetic p").nth(1)).to_have_text(
        "exp(0.9544 − 1.4950) = 0.5824"
    )
    choose("context_vecs")
    expect(page.locator(".play-arithmetic p").nth(1)).to_have_text(
        re.compile(r"^0\.1385 × 0\.43 \+ 0\.2379 × 0\.55 .* = 0\.4419$")
    )
    assert page.url.endswith("cell=context_vecs,2,1")


def test_the_keyboard_alone_edits_chooses_and_reads(page: Page) -> None:
    page.get_by_label("Token 1, number 1", exact=True).focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("1.25")
    assert_shows(page, "attn_scores", expected_simple(changed(0, 0, 1.25))[0])
    while not page.evaluate("document.activeElement.closest('.play-steps')"):
        page.keyboard.press("Tab")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    name, i, j = page.evaluate(
        """() => {
            const cell = document.activeElement.closest("td");
            const { name } = cell.closest("table").dataset;
            const { sectionRowIndex } = cell.parentElement;
            return [name, sectionRowIndex, cell.cellIndex - 1];
        }"""
    )
    assert name == "attn_scores"
    of = f"Score of {tokens[j]} for {tokens[i]}"
    expect(page.locator(".play-arithmetic p").first).to_have_text(of)
    chosen = page.locator(".play-steps [aria-pressed=true]")
    expect(chosen).to_have_count(1)
    assert chosen.evaluate("it => it === document.activeElement")
    assert page.locator(".play-arithmetic[aria-live=polite]").count() == 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        ("1,5", "is not a number: write 1.5"),
        ("1e3", "is not a number"),
        ("0x10", "is not a number"),
        ("Infinity", "is not a number"),
        ("100.5", "is beyond 100"),
        ("0.12345", "has more than four decimals"),
    ],
)
def test_what_is_no_number_is_marked_and_the_last_result_stays(
    page: Page, text: str, fault: str
) -> None:
    before, address = expected_simple(inputs)[1], page.url
    enter(page, "Token 3, number 2", text)
    field = page.get_by_label("Token 3, number 2", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(f"Token 3, number 2 {fault}.")
    status(page).to_contain_text("Below is still the last valid result.")
    press(page, "Add a number")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert_shows(page, "attn_weights", before)
    assert page.url == address
    enter(page, "Token 3, number 2", "0.5")
    expect(page.locator(".play-fault")).to_have_count(0)
    vectors = [[*row, 0.0] for row in changed(2, 1, 0.5)]
    assert_shows(page, "attn_weights", expected_simple(vectors)[1])


def test_an_answer_that_comes_late_says_nothing_over_a_fault(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}play/") as fresh:
        page = fresh.page
        press(page, "Let Python confirm")
        enter(page, "Token 3, number 2", "none")
        fault = "Below is still the last valid result."
        status(page).to_contain_text(fault)
        expect(page.locator(".play-bar progress")).to_be_hidden()
        page.wait_for_timeout(2000)  # the answer has come, or comes unseen
        status(page).to_contain_text(fault)
        enter(page, "Token 3, number 2", "0.5")
        status(page).to_contain_text("confirmed by Python")


def test_trainable_and_causal_attention_are_the_packages(page: Page) -> None:
    projections = Projections(*drawn(789, 3, 2))
    section(page, "3.4 Trainable")
    expected = trainable_attention(inputs, projections)
    for name, matrix in expected._asdict().items():
        assert_shows(page, name, matrix)
    section(page, "3.5 Causal")
    hidden = causal_attention(inputs, projections)
    for name in ("attn_scores", "attn_weights"):
        assert_shows_below_the_mask(page, name, getattr(hidden, name))
    assert_shows(page, "context_vecs", hidden.context_vecs)
    enter(page, "Seed of the weights", "7")
    page.get_by_label("Width").select_option("4")
    redrawn = causal_attention(inputs, Projections(*drawn(7, 3, 4)))
    assert_shows(page, "context_vecs", redrawn.context_vecs)
    assert "seed=7&width=4" in page.url


def test_an_edited_weight_makes_all_of_them_the_readers(page: Page) -> None:
    section(page, "3.4 Trainable")
    W = [[[round(w, 4) for w in row] for row in m] for m in drawn(789, 3, 2)]
    expect(page.locator("#play-W_value-2-1")).to_have_value(texts(W[2])[-1])
    enter(page, "W_query, row 2, column 1", "2")
    W[0][1][0] = 2.0
    expected = trainable_attention(inputs, Projections(*W))
    assert_shows(page, "attn_weights", expected.attn_weights)
    assert "seed" not in page.url
    press(page, "Add a number")
    wider = [[*row, 0.0] for row in inputs]
    longer = Projections(*([*matrix, [0.0, 0.0]] for matrix in W))
    expected = trainable_attention(wider, longer)
    assert_shows(page, "context_vecs", expected.context_vecs)
    address = page.url
    press(page, "Reset to the book")
    expect(page.get_by_label("Seed of the weights")).to_have_value("789")
    page.goto(address)
    expect(page.get_by_label("Seed of the weights")).to_have_value("")
    assert_shows(page, "attn_weights", expected.attn_weights)


def test_axe_finds_nothing_while_the_reader_plays(page: Page) -> None:
    for name in ("3.3 Simple", "3.4", "3.5", "3.6"):
        section(page, name)
        status(page).to_contain_text("Computed here")
        cell = page.locator(".play-steps [data-name=attn_weights] button")
        cell.nth(7).click()
        assert flaws(page) == [], name
    enter(page, "Token 3, number 2", "half")
    status(page).to_contain_text("Below is still the last valid result.")
    assert flaws(page) == []


def test_a_seed_that_is_none_is_marked_until_there_are_own_weights(
    page: Page,
) -> None:
    section(page, "3.5 Causal")
    seed = page.get_by_label("Seed of the weights")
    for text in ("", "-1", "1.5", "4294967296"):
        seed.fill(text)
        expect(seed).to_have_attribute("aria-invalid", "true")
    enter(page, "W_value, row 1, column 1", "0")
    expect(page.locator(".play-fault")).to_have_count(0)
    W = [[[round(w, 4) for w in row] for row in m] for m in drawn(789, 3, 2)]
    W[2][0][0] = 0.0
    expected = causal_attention(inputs, Projections(*W))
    assert_shows(page, "context_vecs", expected.context_vecs)


def test_several_heads_are_the_packages(page: Page) -> None:
    section(page, "3.6 Several heads")
    page.get_by_label("Width").select_option("4")
    page.get_by_label("Head shown").select_option("2")
    several = drawn_heads(123, 3, 4, heads=2)
    masked = multi_head_attention(inputs, several)
    assert_shows_below_the_mask(page, "attn_weights", masked.attn_weights[1])
    assert_shows(page, "merged_context_vecs", masked.merged_context_vecs)
    assert_shows(page, "context_vecs", masked.context_vecs)
    page.get_by_label("Causal mask").uncheck()
    bare = multi_head_attention(inputs, several, causal=False)
    assert_shows(page, "attn_scores", bare.attn_scores[1])
    assert_shows(page, "context_vecs", bare.context_vecs)


SHARED = (
    "#section=3.6&tokens=caf%C3%A9,a%2Cb&inputs=1,0.5;-2,0.25&seed=9&width=4"
    "&heads=2&head=2&causal=no&cell=context_vecs,2,3"
)


def test_a_link_shows_its_numbers_without_python(
    new_context: CreateContextCallback, served: str
) -> None:
    expected = multi_head_attention(
        [[1.0, 0.5], [-2.0, 0.25]],
        drawn_heads(9, 2, 4, heads=2),
        causal=False,
    )
    with visit(new_context, f"{served}play/{SHARED}") as fresh:
        page = fresh.page
        status(page).to_contain_text("These are the numbers of the link.")
        name = page.get_by_label("Token 1", exact=True)
        expect(name).to_have_value("café")
        assert_shows(page, "attn_weights", expected.attn_weights[1])
        assert_shows(page, "context_vecs", expected.context_vecs)
        of = "Entry 3 of the context vector of a,b"
        expect(page.locator(".play-arithmetic p").first).to_have_text(of)
        enter(page, "Token 1", "café!")
        expect(page).to_have_url(
            f"{served}play/{SHARED.replace('%C3%A9', '%C3%A9%21')}"
        )
        assert not any("pyodide" in url for url in fresh.requests)
        assert fresh.complaints == []


def test_a_copied_link_is_the_state(page: Page, served: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    enter(page, "Token 1, number 1", "0.25")
    press(page, "Copy link")
    status(page).to_contain_text("copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    assert copied.startswith(f"{served}play/#section=3.3&tokens=Your,journey")


GOOD = "section=3.3&tokens=a,b&inputs=1,2;3,4&cell=attn_scores,1,1"
SCRIPT = quote("<img src=x onerror=window.ran=1>")


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        (GOOD.replace("=a,b", f"={SCRIPT},b"), "a token is not a name"),
        (GOOD.replace("1,2;", "alert(1),2;"), "inputs is not a number"),
        (GOOD.replace("1,2;", "1e9,2;"), "inputs is not a number"),
        (GOOD.replace("1,2;", "1,200;"), "inputs is beyond 100"),
        (GOOD.replace("1,2;", "1;"), "inputs must be 2 rows of 1 numbers"),
        (GOOD.replace("=a,b", "=a"), "tokens must be 2 to 8, not 1"),
        (GOOD.replace("=a,b", "=a,%E0%A4%A"), "a token cannot be read"),
        (GOOD.replace("=a,b", "=a,%E2%80%AE"), "a token is not a name"),
        (GOOD.replace("attn_scores", "__class__"), ""),
        (GOOD.replace("attn_scores,1", "attn_scores,9"), "cell cannot be"),
        (f"{GOOD}&module=os", "module is unknown here"),
        (f"{GOOD}&seed=1", "seed is unknown here"),
        (f"{GOOD}&tokens=c,d", "tokens is there twice"),
        (f"{GOOD}&__proto__=1", "__proto__ is unknown here"),
        (GOOD.replace("3.3", "3.4"), "W_query is missing"),
        (
            GOOD.replace("3.3", "3.4") + "&seed=99999999999&width=2",
            "seed is no",
        ),
        (GOOD.replace("3.3", "3.7"), "section cannot be read"),
        (f"{GOOD}&temperature=3", "temperature must be one of 0.1, 0.2"),
        (f"{GOOD}&dropout=0.5", "dropout is unknown here"),
        (f"{GOOD}&stacked=yes", "stacked is unknown here"),
        ("section=3.3" + "&" * 4000, "it is too long"),
    ],
)
def test_a_hostile_link_is_refused_and_runs_nothing(
    page: Page, served: str, link: str, reason: str
) -> None:
    page.goto(f"{served}play/#{link}")
    if reason:
        status(page).to_contain_text("The link was refused")
        status(page).to_contain_text(reason)
        first = page.get_by_label("Token 1", exact=True)
        expect(first).to_have_value("Your")
        assert_shows(page, "attn_weights", expected_simple(inputs)[1])
    else:  # a name that no step has: the first score is chosen instead
        assert_shows(page, "attn_scores", [[5.0, 11.0], [11.0, 25.0]])
        expect(page).to_have_url(re.compile("__class__"))
    assert page.evaluate("window.ran") is None


def test_a_name_is_text_wherever_it_is_shown(page: Page) -> None:
    enter(page, "Token 2", "<img src=x>")
    expect(page.locator(".play-steps th").nth(2)).to_have_text("<img src=x>")
    assert page.locator(".play img").count() == 0


def test_all_this_asked_no_other_host_and_raised_no_complaint(
    opened: Visit, served: str
) -> None:
    assert opened.foreign(served) == []
    assert opened.complaints == []


def test_a_failed_download_is_said_and_can_be_tried_again(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}play/", PHONE, "dark") as opened:
        page = opened.page
        page.route("**/python_stdlib.zip", lambda route: route.abort())
        enter(page, "Token 1, number 1", "2")
        press(page, "Let Python confirm")
        status(page).to_contain_text("a download failed")
        page.unroute("**/python_stdlib.zip")
        press(page, "Let Python confirm")
        status(page).to_contain_text("confirmed by Python")
        assert_shows(page, "attn_scores", expected_simple(changed(0, 0, 2))[0])
        section(page, "3.6 Several heads")
        page.locator("[data-name=W_out]").wait_for()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]


def test_the_page_opens_from_another_without_a_reload(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, served) as opened:
        page = opened.page
        page.goto(f"{served}3.3/")
        for address in ("play/", "3.3/", "play/"):
            go(page, address)
        press(page, "Add a token")
        assert page.locator("[data-name=inputs] tbody tr").count() == 7
        assert opened.complaints == []


def test_without_javascript_the_page_shows_the_books_example(
    new_context: CreateContextCallback, served: str
) -> None:
    page = without_scripts(new_context, f"{served}play/")
    for name, matrix in self_attention(inputs)._asdict().items():
        assert_shows(page, name, matrix)
    vectors = [f"{entry:.2f}" for row in inputs for entry in row]
    given = page.locator("[data-name=inputs] td")
    expect(given).to_have_text(vectors)
    assert_spelled(
        page,
        "Score of Your for journey",
        "0.55 × 0.43 + 0.87 × 0.15 + 0.66 × 0.89 = 0.9544",
    )
    assert page.get_by_text("needs JavaScript").is_visible()
    assert page.locator(".play :is(button, input)").count() == 0


# ---- Sliders, presets, two states, films --------------------------------


def preset(page: Page, name: str) -> None:
    page.locator(".play-presets").get_by_text(name, exact=True).click()


PRESETS = presets(tokens, inputs)


@pytest.mark.parametrize("found", PRESETS, ids=[it.name for it in PRESETS])
def test_a_preset_opens_its_numbers_and_says_what_to_look_at(
    page: Page, found: Preset
) -> None:
    preset(page, found.name)
    status(page).to_contain_text(found.note)
    address = page.evaluate("location.hash")
    preset(page, found.name)
    assert page.evaluate("location.hash") == address
    expect(page.locator(".play-fault")).to_have_count(0)


def weights(page: Page, name: str = "attn_weights") -> Matrix:
    """The weights that the page shows, a row a token; hidden ones as 0."""
    found = page.locator(f".play-steps [data-name={name}] tbody tr")
    return [
        [number(it or "0") for it in row.locator("td").all_text_contents()]
        for row in found.all()
    ]


def test_what_the_presets_say_is_so(page: Page) -> None:
    preset(page, "Twins")
    twins = weights(page)
    assert twins[0] == twins[1]
    assert all(row[0] == row[1] for row in twins)
    preset(page, "One long vector")
    assert all(row[0] == max(row) for row in weights(page))
    preset(page, "Temperature")
    assert all(max(row) > 0.5 for row in weights(page)[1:3])
    preset(page, "Look-up by hand")
    for i, row in enumerate(weights(page)):
        assert row.index(max(row)) == (i + 1) % 6
        assert max(row) > 0.99
    preset(page, "Mask")
    for i, row in enumerate(weights(page)):
        assert sum(row[: i + 1]) == pytest.approx(1, abs=4e-4)
        assert not any(row[i + 1 :])
    preset(page, "Dropout")
    before, after = weights(page), weights(page, "mixing_weights")
    for one, other in zip(chain(*before), chain(*after), strict=True):
        assert other == pytest.approx(0) or other == pytest.approx(
            2 * one, abs=2e-4
        )


def test_the_stacked_heads_are_the_books(page: Page) -> None:
    preset(page, "Stacked heads")
    found = weights(page, "context_vecs")
    for row, expected in zip(
        found, book_value("s361_wrapper")[0], strict=True
    ):
        assert row == pytest.approx(expected, abs=5e-5)
    assert page.locator("[data-name=W_out]").count() == 0


def test_dropout_is_what_the_seed_keeps(page: Page) -> None:
    section(page, "3.5 Causal")
    size = page.locator(".play-size").filter(has_text="Dropout")
    size.locator("select").select_option("0.2")
    enter(page, "Seed of the dropout", "7")
    keep = Generator(7).dropout_keep(6, 6, 0.2)
    projections = Projections(*drawn(789, 3, 2))
    expected = causal_attention(inputs, projections, keep, 0.2)
    assert_shows_below_the_mask(
        page, "mixing_weights", expected.mixing_weights
    )
    assert_shows(page, "context_vecs", expected.context_vecs)


def test_temperature_divides_the_scores(page: Page) -> None:
    page.get_by_label("Temperature").select_option("0.5")
    scores = expected_simple(inputs)[0]
    sharp = [softmax([score / 0.5 for score in row]) for row in scores]
    assert_shows(page, "attn_weights", sharp)
    assert "temperature=0.5" in page.url


def test_the_slider_moves_the_number_in_hand(page: Page) -> None:
    page.get_by_label("Token 3, number 2", exact=True).focus()
    slider = page.get_by_role("slider", name="starts, number 2")
    slider.fill("-1.5")
    field = page.get_by_label("Token 3, number 2", exact=True)
    expect(field).to_have_value("-1.5")
    assert_shows(page, "attn_scores", expected_simple(changed(2, 1, -1.5))[0])
    field.press("ArrowUp")
    expect(field).to_have_value("-1.4")
    expect(slider).to_have_value("-1.4")


def test_another_state_stays_beside_and_differences_are_marked(
    page: Page,
) -> None:
    press(page, "Keep beside")
    enter(page, "Token 6, number 1", "1")
    kept = page.locator(".play-kept").filter(has_text="Attention scores")
    before, after = inputs, changed(5, 0, 1)
    expect(kept.locator("td")).to_have_text(texts(expected_simple(before)[0]))
    assert_shows(page, "attn_scores", expected_simple(after)[0])
    marked = page.locator("[data-name=attn_scores] .play-differs")
    expect(marked).to_have_count(11)  # the last row and the last column
    press(page, "Let go")
    expect(page.locator(".play-kept")).to_have_count(0)
    expect(page.locator(".play-differs")).to_have_count(0)


def test_a_link_holds_what_is_kept_beside_too(page: Page) -> None:
    press(page, "Keep beside")
    enter(page, "Token 6, number 1", "1")
    address = page.url
    press(page, "Let go")
    assert "&beside&" not in page.url
    page.goto("about:blank")
    page.goto(address)
    kept = page.locator(".play-kept").filter(has_text="Attention scores")
    expect(kept.locator("td")).to_have_text(texts(expected_simple(inputs)[0]))
    assert_shows(page, "attn_scores", expected_simple(changed(5, 0, 1))[0])
    marked = page.locator("[data-name=attn_scores] .play-differs")
    expect(marked).to_have_count(11)  # the last row and the last column
    assert page.url == address
    page.goto("about:blank")
    page.goto(f"{address}&beside&section=3.3")
    expect(page.locator(".play-kept")).to_have_count(0)
    status(page).to_contain_text("The link was refused: beside is there twice")


def lit(page: Page, name: str) -> list[tuple[int, int]]:
    """The cells of a table that are marked as sources."""
    found: list[tuple[int, int]] = page.locator(
        f"[data-name={name}] .play-source"
    ).evaluate_all(
        "all => all.map(it => "
        "[it.parentElement.sectionRowIndex, it.cellIndex - 1])"
    )
    return [(i, j) for i, j in found]


def test_what_a_cell_is_computed_from_is_lit(page: Page) -> None:
    def choose(name: str, i: int, j: int) -> None:
        rows = page.locator(f".play-steps [data-name={name}] tbody tr")
        rows.nth(i).get_by_role("button").nth(j).click()

    choose("attn_scores", 1, 4)
    assert lit(page, "inputs") == [(i, j) for i in (1, 4) for j in range(3)]
    choose("attn_weights", 2, 0)
    assert lit(page, "attn_scores") == [(2, j) for j in range(6)]
    assert lit(page, "inputs") == []
    choose("context_vecs", 3, 1)
    assert lit(page, "attn_weights") == [(3, j) for j in range(6)]
    assert lit(page, "inputs") == [(i, 1) for i in range(6)]
    section(page, "3.6 Several heads")
    choose("context_vecs", 3, 1)
    assert lit(page, "merged_context_vecs") == [(3, 0), (3, 1)]
    assert lit(page, "W_out") == [(0, 1), (1, 1)]
    assert lit(page, "b_out") == [(0, 1)]


def test_the_film_goes_through_the_row_of_who_asks(page: Page) -> None:
    asks = page.locator(".play-asks")
    asks.get_by_role("button", name="one", exact=True).click()
    expect(page.locator(".play-arithmetic p").first).to_have_text(
        "Score of Your for one"
    )
    widths = asks.locator("path").evaluate_all(
        "all => all.map(it => Number(it.getAttribute('stroke-width')))"
    )
    shares = self_attention(inputs).attn_weights[4]
    assert widths == pytest.approx([28 * share for share in shares])
    for expected in ("Score of journey for one", "Score of starts for one"):
        asks.get_by_role("button", name="Next").click()
        of = page.locator(".play-arithmetic p").first
        expect(of).to_have_text(expected)
    lit = asks.locator("li.lit")
    expect(lit).to_have_text("attn_scores = matmul(inputs, transpose(inputs))")
    expect(asks.locator("span.lit")).to_have_text("q · x")
    for _ in range(3):
        asks.get_by_role("button", name="Back").click()
    expect(of).to_have_text("Entry 3 of the context vector of one")
    expect(lit).to_have_text("context_vecs = matmul(attn_weights, inputs)")


def test_the_code_is_that_of_the_section(page: Page) -> None:
    section(page, "3.6 Several heads")
    code = page.locator(".play-asks li")
    expect(code.last).to_contain_text("output_projection(merge_heads(heads)")
    page.get_by_label("Stacked").check()
    expect(code.last).to_have_text("context_vecs = merge_heads(heads)")
    preset(page, "Dropout")
    expect(page.locator(".play-asks li.lit")).to_have_text(
        "mixing_weights = dropout(attn_weights, keep, 0.5)"
    )
    preset(page, "Temperature")
    expect(page.locator(".play-asks li.lit")).to_have_text(
        "attn_weights = "
        "[softmax([s / 0.1 for s in row]) for row in attn_scores]"
    )
