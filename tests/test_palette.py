"""Every text colour is readable on every surface it may stand on."""

import re
from pathlib import Path

import pytest

PALETTE = Path(__file__).parents[1] / "docs" / "stylesheets" / "palette.css"

# The least contrast of WCAG 2.2, level AA, for text and for graphics.
TEXT, GRAPHICS = 4.5, 3.0

COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);",
        PALETTE.read_text(encoding="utf-8"),
    )
}
SURFACES = ["paper", "paper-tint", "paper-deep"]
LINES = ["line", "line-strong", "figure-line"]  # these only decorate
STEPS = [name for name in COLOURS if re.fullmatch(r"heat-\d", name)]
EMBERS = ["heat-0", *(it for it in COLOURS if re.fullmatch(r"ember-\d", it))]
GRAPHIC = ["figure-bar", "figure-accent"]
ON_MARK = [*SURFACES, "mark", "figure-accent-soft"]
INKS = [
    name
    for name in COLOURS
    if name not in [*ON_MARK, *LINES, *GRAPHIC]
    and not name.startswith(("heat-", "ember-"))
]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG, 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb`, 0 to 1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def assert_contrast(one: str, other: str, least: float) -> None:
    for scheme, pair in enumerate(
        zip(COLOURS[one], COLOURS[other], strict=True)
    ):
        ratio = contrast(*pair)
        assert ratio >= least, (one, other, ["light", "dark"][scheme], ratio)


def test_the_ratio_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == 21
    # The grey that is known to be the lightest that passes on white.
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def test_every_colour_of_the_palette_is_read() -> None:
    css = PALETTE.read_text(encoding="utf-8")
    assert set(re.findall(r"--([\w-]+):", css)) == set(COLOURS)
    assert len(STEPS) == len(EMBERS) == 10
    assert len(INKS) >= 15


@pytest.mark.parametrize("ink", INKS)
@pytest.mark.parametrize("surface", SURFACES)
def test_text_is_readable_on_every_surface(ink: str, surface: str) -> None:
    assert_contrast(ink, surface, TEXT)


@pytest.mark.parametrize("surface", ON_MARK)
def test_plain_text_is_readable_on_marks(surface: str) -> None:
    assert_contrast("ink", surface, TEXT)


@pytest.mark.parametrize("step", [*STEPS, *EMBERS[1:]])
def test_values_are_readable_in_heat_maps(step: str) -> None:
    assert_contrast(step.replace("-", "-ink-"), step, TEXT)


@pytest.mark.parametrize("name", GRAPHIC)
def test_bars_stand_out_from_the_page(name: str) -> None:
    assert_contrast(name, "paper", GRAPHICS)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("steps", [STEPS, EMBERS], ids=["above", "below"])
def test_heat_grows_from_paper_to_its_opposite(
    scheme: int, steps: list[str]
) -> None:
    paper = COLOURS["paper"][scheme]
    contrasts = [contrast(COLOURS[step][scheme], paper) for step in steps]
    assert contrasts == sorted(contrasts)
    assert contrasts[0] < 1.25
    assert contrasts[-1] > 10
