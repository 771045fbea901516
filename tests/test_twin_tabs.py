"""A listing can be read on lists, in NumPy and in PyTorch."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from press.site.twins import tabbed
from tests.visiting import arrive, visit, without_scripts

browsed = pytest.mark.xdist_group("site")


def listing(symbol: str) -> str:
    name = symbol.rpartition(".")[2]
    return (
        f'```python title="x.py"\ndef {name}():\n    ...\n```\n\n'
        f"[Reference: `{name}`][{symbol}]{{ .listing-link }}\n"
    )


def names(markdown: str) -> list[str]:
    return re.findall(r'^===!? "(.*)"$', markdown, re.MULTILINE)


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("attnbook.simple.softmax", ["Lists", "NumPy", "PyTorch"]),
        (
            "attnbook.backward.softmax_backward",
            ["Lists", "NumPy", "PyTorch"],
        ),
        ("attnbook.vectors.matmul", ["Lists", "PyTorch"]),
        ("attnbook.tasks.weights_of", ["Lists", "NumPy"]),
        ("attnbook.torch_random.Generator", []),
        ("attnbook.arrays.simple.softmax", []),
    ],
)
def test_a_listing_has_a_tab_for_each_twin_that_there_is(
    symbol: str, expected: list[str]
) -> None:
    assert names(tabbed(listing(symbol))) == expected


def test_two_listings_are_two_switches_and_nothing_else_changes() -> None:
    both = "Before.\n\n" + "\n".join(
        map(listing, ["attnbook.simple.softmax", "attnbook.vectors.dot"])
    )
    shown = tabbed(f"{both}\nAfter.\n")
    assert shown.startswith("Before.\n\n===! ")
    assert shown.endswith("\nAfter.\n")
    assert shown.count('===! "Lists"') == 2
    assert tabbed("```python\nx = 1\n```\n") == "```python\nx = 1\n```\n"


def test_a_twin_is_the_code_that_runs() -> None:
    shown = tabbed(listing("attnbook.simple.context_vector"))
    for path in ("attnbook/arrays/simple.py", "docs/data/in_torch/simple.py"):
        source = Path(path).read_text(encoding="utf-8")
        body = shown.partition(f'title="{path}"')[2].partition("```")[0]
        last = body.rstrip().rpartition("\n")[2].strip()
        assert last
        assert last in source


@browsed
def test_what_is_chosen_holds_for_all_listings_and_pages(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, f"{served}3.3/scores/") as opened:
        page = opened.page
        lists = page.get_by_text("attnbook/simple.py").first
        expect(lists).to_be_visible()
        page.get_by_text("PyTorch", exact=True).first.click()
        expect(page.get_by_text("in_torch/simple.py").first).to_be_visible()
        expect(lists).to_be_hidden()
        page.locator(".md-footer__link--next").click()
        arrive(page, "3.3/softmax/")
        expect(page.get_by_text("in_torch/simple.py").first).to_be_visible()
        assert opened.complaints == []


@browsed
def test_without_javascript_the_tabs_work(
    new_context: CreateContextCallback, served: str
) -> None:
    page = without_scripts(new_context, f"{served}3.3/softmax/")
    assert page.get_by_text("attnbook/simple.py").first.is_visible()
    page.get_by_text("NumPy", exact=True).first.click()
    assert page.get_by_text("attnbook/arrays/simple.py").first.is_visible()
