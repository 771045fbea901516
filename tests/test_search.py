"""Search answers in the words of learners."""

import json
import re
from pathlib import Path
from string import ascii_lowercase, digits

from playwright.sync_api import Page
from pytest_playwright.pytest_playwright import CreateContextCallback

from tests.visiting import visit

# What a reader types, and the page that has to come first.
QUESTIONS = {
    "what is attention": "3.3/",
    "dot product": "3.3/scores/",
    "softmax": "3.3/softmax/",
    "overflow": "3.3/softmax/",
    "temperature": "3.3/softmax/",
    "my weights do not sum to 1": "3.3/softmax/",
    "why subtract the maximum": "3.3/softmax/",
    "context vector": "3.3/context/",
    "einsum": "3.3/arrays/",
    "query key value": "3.4/",
    "W_query": "3.4/one-query/",
    "why sqrt": "3.4/scale/",
    "scale": "3.4/scale/",
    "mask": "3.5/mask/",
    "masked_fill": "3.5/mask/",
    "causal": "3.5/causal/",
    "dropout": "3.5/dropout/",
    "multi-head": "3.6/multi-head/",
    "view": "3.6/split/",
    "batch": "3.6/arrays/",
    "backward": "backward/",
    "gradient of softmax": "backward/softmax/",
    "cross entropy": "backward/loss/",
    "finite differences": "backward/checking/",
    "flash attention": "long/blocks/",
    "kv cache": "long/kept/",
    "seed": "random-numbers/",
    "install": "check/",
    "notebook": "check/",
    "play": "play/",
}


def ask(page: Page, question: str) -> None:
    """Ask the search, and wait until it answers."""
    box = page.get_by_role("textbox", name="Search")
    told = page.locator(".md-search-result__meta")
    box.fill("")
    told.filter(has_text="Type to start searching").wait_for()
    box.fill(question[:-1])  # no key, and nothing is asked yet
    box.press(question[-1])
    told.filter(has_text="matching document").wait_for()


def first_hit(page: Page, question: str) -> str:
    """The address of the first page that search finds, below the root."""
    ask(page, question)
    link = page.locator(".md-search-result__item a").first
    address = link.get_attribute("href") or ""
    return re.sub(r"[?#].*|^.*/book/", "", address)


def test_search_leads_first_to_the_page_that_answers(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, served) as opened:
        opened.page.get_by_role("textbox", name="Search").click()
        first = {each: first_hit(opened.page, each) for each in QUESTIONS}
        assert opened.foreign(served) == []
    assert first == QUESTIONS


def test_whatever_a_word_begins_with_can_be_asked(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, served) as opened:
        opened.page.get_by_role("textbox", name="Search").click()
        for beginning in f"{ascii_lowercase}{digits}":
            ask(opened.page, beginning)
        assert opened.complaints == []


def test_several_hits_are_in_sight_at_once(
    new_context: CreateContextCallback, served: str
) -> None:
    with visit(new_context, served) as opened:
        page = opened.page
        page.get_by_role("textbox", name="Search").click()
        first_hit(page, "softmax")
        box = page.locator(".md-search__scrollwrap").bounding_box()
        hits = page.locator(".md-search-result__item").all()[:5]
        boxes = [hit.bounding_box() for hit in hits]
    assert box is not None
    ends = [hit["y"] + hit["height"] for hit in boxes if hit]
    assert len(ends) == 5
    assert ends[-1] <= box["y"] + box["height"]


def test_the_index_holds_no_listing_and_no_formula(site: Path) -> None:
    path = site / "search" / "search_index.json"
    docs = json.loads(path.read_text(encoding="utf-8"))["docs"]
    page = [it for it in docs if it["location"].startswith("3.3/softmax/")]
    text = " ".join(it["text"] for it in page)
    assert "attnbook.simple import softmax" in text, "sessions are found"
    assert "require" not in text
    assert r"\sum" not in text
    assert "A shift of 10^16 leaves no digit" in text, "no hole in a sentence"
