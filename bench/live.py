"""Python in the page: how long until the first result, and of a block.

*Cold* is a browser that has never seen the site, *warm* one that has it in its
cache; both begin with a click on Run. Medians, on this machine as busy as it
is.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from playwright.sync_api import Browser, BrowserContext, Page

from press.site.serve import chromium, serve

ROUNDS, BLOCKS = 5, 20
PAGE = "3.3/softmax/"


@contextmanager
def served() -> Iterator[str]:
    """The address of the site, built and served as static files."""
    with tempfile.TemporaryDirectory() as folder:
        build = ("-m", "mkdocs", "build", "--quiet", "--site-dir", folder)
        subprocess.run((sys.executable, *build), check=True)
        with serve(Path(folder)) as address:
            yield address


def seconds(page: Page, block: int) -> float:
    """From a click on Run to the result of a block."""
    cell = page.locator(".language-pycon.live").nth(block)
    go = cell.locator(".live-go")
    go.wait_for()
    start = perf_counter()
    go.click()
    cell.locator(".live-status", has_text="Ran.").wait_for(timeout=120_000)
    return perf_counter() - start


def first(context: BrowserContext, address: str) -> tuple[Page, float]:
    """A new page, and the time of its first result."""
    page = context.new_page()
    page.goto(address)
    return page, seconds(page, 0)


def measure(browser: Browser, address: str) -> tuple[float, float, float]:
    """One round: cold, warm, and a block when Python runs."""
    context = browser.new_context()
    page, cold = first(context, address)
    page.close()
    page, warm = first(context, address)
    block = median(seconds(page, 1 + i % 3) for i in range(BLOCKS))
    context.close()
    return cold, warm, block


def main() -> None:
    """Measure and print."""
    with served() as root, chromium() as browser:
        rounds = [measure(browser, root + PAGE) for _ in range(ROUNDS)]
        cold, warm, block = (
            median(times) for times in zip(*rounds, strict=True)
        )
    print("Python in the page, medians:")
    print(f"  first result, cold  {cold:.1f} s")
    print(f"  first result, warm  {warm:.1f} s")
    print(f"  a block when warm   {1000 * block:.0f} ms")


if __name__ == "__main__":
    main()
