"""Formulas: set while the site is built, or the build fails."""

import logging
import re
from pathlib import Path

import pytest
from markdown import Markdown

from press.site import formulas
from press.site.formulas import set_formulas

ALIGNED = r"""
$$
\begin{aligned}
z &= \sum_j \alpha_j x_j \\
\alpha &= \operatorname{softmax}(\omega)
\end{aligned}
$$
"""
MATRIX = r"$$ X = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} $$"


def built(markdown: str) -> str:
    """A page as MkDocs would build it, down to its formulas."""
    converter = Markdown(
        extensions=["admonition", "tables", "pymdownx.arithmatex"],
        extension_configs={"pymdownx.arithmatex": {"generic": True}},
    )
    return set_formulas(converter.convert(markdown), "page.md")


@pytest.mark.parametrize(
    "markdown",
    [
        "A score $x^2$ in prose.",
        "| token | score |\n| --- | --- |\n| one | $x^2$ |",
        "- an item with $x^2$",
        "!!! note\n    A box with $x^2$.",
        "A comparison: $x^2 < y$.",
    ],
    ids=["prose", "table", "list", "admonition", "comparison"],
)
def test_inline_formulas_are_set_wherever_they_stand(markdown: str) -> None:
    html = built(markdown)
    assert '<span class="formula" data-search-exclude><span class="k' in html
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in html  # for screen readers
    assert "arithmatex" not in html
    assert "$" not in html


@pytest.mark.parametrize("markdown", [ALIGNED, MATRIX])
def test_display_formulas_are_set_apart(markdown: str) -> None:
    html = built(markdown)
    assert '<div class="formula" data-search-exclude>' in html
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML" disp' in html
    assert "arithmatex" not in html


def test_code_keeps_its_dollars() -> None:
    assert built("`$x^2$`") == "<p><code>$x^2$</code></p>"


@pytest.mark.parametrize("tex", [r"\frac{1}{2", r"\nosuch{x}", "x^2^3", "é"])
def test_bad_latex_is_a_warning_that_names_page_and_formula(
    tex: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="mkdocs"):
        html = built(f"Broken: ${tex}$, fine: $y$.")
    (record,) = caplog.records
    assert record.name.startswith("mkdocs.")  # these fail a strict build
    assert f"page.md: formula {tex!r}: KaTeX" in record.getMessage()
    assert f"<code>{tex}</code>" in html
    assert "<mi>y</mi>" in html


def test_bad_latex_is_a_warning_on_every_build(
    caplog: pytest.LogCaptureFixture,
) -> None:
    built(r"$\again{x}$")
    built(r"$\again{x}$")
    assert len(caplog.records) == 2


def test_a_number_that_can_be_asked_is_set_with_its_mark() -> None:
    html = built("$$\nx = \\htmlData{asked=a1b2}{0.88}\n$$")
    assert re.findall(r'data-asked="(\w+)"[^>]*><span[^>]*>0.88<', html) == [
        "a1b2"
    ]
    assert "x = 0.88" in html  # in TeX, as it was written


def test_a_formula_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = built(r"$\alpha_{41}$")
    monkeypatch.setattr(formulas, "mini_racer", None)
    assert first == built(r"$\alpha_{41}$")


def test_inline_and_display_are_different_formulas() -> None:
    inline, display = built(r"$\sum_j$"), built(r"$$\sum_j$$")
    assert "katex-display" not in inline
    assert "katex-display" in display


def test_a_formula_is_kept_for_the_next_build_unless_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(formulas, "_place", lambda: tmp_path / "formulas")
    html = r'<span class="arithmatex">\({}\)</span>'
    first = set_formulas(html.format(r"\kappa_7"), "page.md")
    set_formulas(html.format(r"\nosuch"), "page.md")
    monkeypatch.setattr(formulas, "_rendered", {})
    monkeypatch.setattr(formulas, "mini_racer", None)
    assert set_formulas(html.format(r"\kappa_7"), "page.md") == first
    with pytest.raises(TypeError):
        set_formulas(html.format(r"\nosuch"), "page.md")
