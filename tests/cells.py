"""The cells of a page, as a reader finds them: what tests of them share."""

import re

from playwright.sync_api import Locator, Page, expect

RAN = re.compile(r"^Ran\.")
AS_PRINTED = re.compile(r"as printed|prints nothing")


def forget(page: Page) -> None:
    """Forget what the browser keeps for the reader."""
    page.evaluate("localStorage.clear()")


def button(page: Page, verb: str, number: int) -> Locator:
    name = f"{verb} block {number}"
    return page.get_by_role("button", name=name, exact=True)


def block(page: Page, number: int) -> Locator:
    return page.locator(".language-pycon.live").nth(number - 1)


def status(page: Page, number: int) -> Locator:
    return block(page, number).locator("[role=status]")  # hidden or not


def run(page: Page, number: int) -> None:
    """Run a block and wait for its end."""
    button(page, "Run", number).click()
    expect(status(page, number)).to_have_text(RAN)


def change(page: Page, number: int, text: str) -> None:
    """Change the text of a block."""
    button(page, "Edit", number).click()
    block(page, number).locator("textarea").fill(text)


def edit(page: Page, number: int, text: str) -> None:
    """Change the text of a block and run it."""
    change(page, number, text)
    run(page, number)
