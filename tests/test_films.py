"""Films: what they show at each moment, and their stills where none may move.

What a film shows is read from what the build has written, as its script does.
"""

import json
from copy import deepcopy
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from attnbook.causal import causal_mask
from attnbook.sentence import inputs, tokens
from attnbook.simple import self_attention
from attnbook.trainable import masked_scores, scaled_softmax
from attnbook.vectors import matmul
from press.figures.draw import figure_lines
from tests.visiting import PHONE, visit, without_scripts

browsed = pytest.mark.xdist_group("site")

SCORES = self_attention(inputs).attn_scores
HIDDEN = masked_scores(SCORES, causal_mask(6))
WEIGHTS = scaled_softmax(HIDDEN, d_k=1)
RIGHT = [[0.5, -1.0], [0.25, 2.0], [1.0, 0.125]]
NAMED = [[10 * t + c for c in range(4)] for t in (1, 2, 3)]
NAMES: dict[str, Any] = {
    "tokens": tokens,
    "scores": SCORES,
    "weights": WEIGHTS,
    "left": inputs[:2],
    "right": RIGHT,
    "product": matmul(inputs[:2], RIGHT),
    "named": NAMED,
}


def drawn(*lines: str) -> ET.Element:
    """The film that a fence describes."""
    fence = [*lines, "alt: words", "caption: words"]
    (line,) = figure_lines(fence, NAMES).lines
    found = ET.fromstring(line).find("div")  # noqa: S314 - drawn here
    assert found is not None
    return found


def moments(film: ET.Element) -> list[tuple[ET.Element, str]]:
    """The drawing of every moment, and what is said of it."""
    stage = film.find("div[@class='film-stage']/svg")
    assert stage is not None
    said = json.loads(film.attrib["data-said"])
    found = []
    for k, text in enumerate(said):
        drawing = deepcopy(stage)
        parts = list(drawing.iter())
        frames = json.loads(film.attrib["data-frames"])
        for part, name, values, order in frames:
            value = values[int(order[k], 36)]
            if name:
                parts[part].set(name, value)
            else:
                parts[part].text = value
        found.append((drawing, text))
    return found


def stills(film: ET.Element) -> list[ET.Element]:
    return film.findall("div[@class='film-stills']/div")


def shown(drawing: ET.Element, name: str = "value") -> list[str]:
    """The texts of the cells of a drawing."""
    cells = drawing.iter("text")
    return [it.text or "" for it in cells if name in it.attrib["class"]]


def rounded(value: float, digits: int = 2) -> str:
    return f"{value:z.{digits}f}".replace("-", "−")


MASK = (
    "kind: mask-film",
    "scores: scores",
    "weights: weights",
    "rows: tokens",
)


def test_the_mask_falls_row_by_row_and_then_rows_are_shared_anew() -> None:
    found = moments(drawn(*MASK))
    assert len(found) == 1 + 6 + 6
    for k, (drawing, _) in enumerate(found):
        expected = []
        for i in range(6):
            row = WEIGHTS[i] if i < k - 6 else SCORES[i]
            expected += [
                "" if j > i and i < k else rounded(value)
                for j, value in enumerate(row)
            ]
        assert shown(drawing) == expected
        hatched = [it for it in drawing.iter("path") if it.get("d")]
        assert len(hatched) == expected.count("")
    assert found[1][1] == (
        "Your may not see journey, starts, with, one, step."
    )
    assert found[8][1].startswith("journey shares one whole: ")


def test_the_stills_of_a_film_are_moments_of_it() -> None:
    film = drawn(*MASK)
    every = [(shown(drawing), said) for drawing, said in moments(film)]
    found = stills(film)
    assert len(found) == 3
    for still in found:
        (svg,), (said,) = still.findall("svg"), still.findall("p")
        assert (shown(svg), said.text) in every
    assert said.text == every[-1][1]


def test_a_product_comes_cell_by_cell_with_its_arithmetic() -> None:
    film = drawn(
        "kind: product-film",
        "left: left",
        "right: right",
        "product: product",
        "rows: tokens[:2]",
        "names: \"['a', 'b', 'product']\"",
    )
    found, product = moments(film), matmul(inputs[:2], RIGHT)
    entries = [rounded(entry) for row in product for entry in row]
    for k, (drawing, said) in enumerate(found):
        assert shown(drawing)[-4:] == [*entries, "", "", ""][: k + 1] + [
            ""
        ] * (3 - k)
        total = rounded(product[k // 2][k % 2], 4)
        assert said.endswith(f" = {total}")
    assert found[1][1].startswith("Your, column 2: 0.43 × −1.00 + 0.15 × 2.00")
    assert "0.1250" in found[1][1]  # as it is, not rounded


def corners(drawing: ET.Element) -> dict[str, tuple[float, float]]:
    """Where each tile stands, by its number."""
    tiles = [it for it in drawing.iter("g") if it.get("class") == "tile"]
    found = {}
    for tile in tiles:
        place = tile.attrib["transform"].removeprefix("translate(")
        x, y = map(float, place.removesuffix(")").split())
        found[shown(tile)[0]] = (x, y)
    return found


def test_tiles_are_cut_and_no_number_changes() -> None:
    film = drawn("kind: view-film", "values: named", "num_heads: '2'")
    found = [corners(drawing) for drawing, _ in moments(film)]
    assert all(set(places) == set(found[0]) for places in found)
    line, at_once, last = found[1], found[2], found[-1]
    in_line = sorted(line, key=lambda number: line[number])
    assert in_line == [str(entry) for row in NAMED for entry in row]
    assert len({y for _, y in line.values()}) == 1
    assert at_once["12"][0] < at_once["23"][0]  # token 1 is in one head only
    assert last["10"][1] == last["12"][1] < last["20"][1]
    assert last["10"][0] == last["20"][0] < last["12"][0] == last["22"][0]


def test_heads_part_and_come_together_where_they_were() -> None:
    film = drawn("kind: heads-film", "values: named", "num_heads: '2'")
    (first, _), (apart, _), (last, _) = moments(film)
    assert corners(first) == corners(last) != corners(apart)
    gap = corners(apart)["12.00"][0] - corners(apart)["11.00"][0]
    step = corners(apart)["11.00"][0] - corners(apart)["10.00"][0]
    assert gap > step


def test_gradients_go_back_along_the_arrows() -> None:
    nodes = ["queries", "keys", "values", "attn_scores", "attn_weights"]
    nodes.append("context_vecs")
    NAMES["flow"] = {node: [[0.5, -2.0]] for node in nodes}
    film = drawn("kind: flow-film", "values: flow", "grads: flow")

    def lines(drawing: ET.Element, name: str) -> set[str]:
        flows = list(drawing.iter("path"))[::2]
        return {
            it.attrib["d"] for it in flows if it.get("class") == f"flow {name}"
        }

    found = [drawing for drawing, _ in moments(film)]
    down, back = found[3], found[-1]
    assert len(lines(down, "there")) == 5
    assert lines(down, "there") == lines(back, "back")
    assert lines(found[0], "there") == lines(down, "back") == set()
    assert "gradient to 2.0000" in shown(back, "tiny")
    assert "(1, 2)" in shown(down, "tiny")


def test_a_training_run_shows_the_map_and_the_loss_of_each_step() -> None:
    NAMES["looks"] = {1: [[0.5, 0.5]], 3: [[0.0, 1.0]]}
    film = drawn(
        "kind: training-film",
        "looks: looks",
        "losses: '[2.0, 1.0, 0.5]'",
        "rows: tokens[:1]",
        "columns: tokens[:2]",
    )
    (first, one), (last, three) = moments(film)
    assert shown(first) == ["0.50", "0.50"]
    assert shown(last) == ["0.00", "1.00"]
    assert one == "Step 1: the loss is 2.0000."
    assert three == "Step 3: the loss is 0.5000."


# ---- In the page ---------------------------------------------------------


def stage(page: Page) -> Any:
    return page.locator(".film-stage").first


@browsed
def test_a_film_is_played_stepped_and_moved_by_its_handle(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.5/mask/") as opened:
        page = opened.page
        said = stage(page).locator(".film-said")
        expect(said).to_contain_text("step shares one whole")
        expect(page.locator(".film-stills").first).to_be_hidden()
        stage(page).get_by_role("button", name="Next").click()
        expect(said).to_contain_text("All scores")
        handle = stage(page).get_by_role("slider", name="Moment")
        handle.fill("8")
        expect(said).to_contain_text("journey shares one whole: 0.55 + 0.45")
        handle.press("ArrowRight")
        expect(said).to_contain_text("starts shares one whole")
        handle.fill("11")
        stage(page).get_by_role("button", name="Play").click()
        expect(said).to_contain_text("step shares one whole")
        expect(stage(page).get_by_role("button", name="Play")).to_be_visible()
        assert opened.complaints == []


def still_alone(page: Page) -> None:
    """The stills are to be seen, and nothing that moves."""
    expect(page.locator(".film-stills").first).to_be_visible()
    expect(stage(page)).to_be_hidden()
    words = page.locator(".film-stills").first.locator("p")
    expect(words.first).to_contain_text("All scores")
    expect(words.last).to_contain_text("step shares one whole")


@browsed
def test_stills_tell_it_where_motion_is_unwelcome_or_on_paper(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.5/mask/", PHONE) as opened:
        opened.page.emulate_media(reduced_motion="reduce")
        still_alone(opened.page)
        width = opened.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
        opened.page.emulate_media(
            media="print", reduced_motion="no-preference"
        )
        still_alone(opened.page)


@browsed
def test_stills_tell_it_without_javascript(
    new_context: CreateContextCallback, served: str
) -> None:
    page = without_scripts(new_context, f"{served}3.5/mask/")
    still_alone(page)


@browsed
def test_the_same_token_asks_in_every_head(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.6/stacked/") as opened:
        page = opened.page
        film = page.locator(".one-query")
        said = film.locator(".query-said")
        expect(said).to_contain_text("with takes home (−0.5675, −0.0843)")
        film.get_by_role("button", name="Head 2").click()
        expect(said).to_contain_text("with takes home (0.5478, 0.3589)")
        film.get_by_role("button", name="one", exact=True).click()
        expect(said).to_contain_text("one takes home (0.5321, 0.3428)")
        page.set_viewport_size(PHONE)
        heads = film.get_by_role("button", name="Head").all()
        tops = {head.evaluate("it => it.offsetTop") for head in heads}
        assert len(heads) == 2
        assert len(tops) == 1, "they stay side by side"
        page.emulate_media(reduced_motion="reduce")
        expect(heads[1]).to_be_visible()
