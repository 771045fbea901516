"""A static host for the built site, and the browser that visits it.

For tests and benches; readers use `make serve`.
"""

import contextlib
import functools
import gzip
import http.server
import shutil
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COMPRESSED = {".css", ".html", ".js", ".json", ".svg", ".txt", ".xml"}


def find_browser(*preferred: str) -> str | None:
    """The path of an installed Chromium or Chrome."""
    return next(filter(None, map(shutil.which, [*preferred, *BROWSERS])), None)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The installed Chromium, without a screen and without its errands."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=FLAGS
        )
        yield browser
        browser.close()


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """The address at which a folder is served, compressed where that helps."""
    handler = functools.partial(_Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@functools.cache
def compressed(path: Path) -> bytes:
    """A file as it travels."""
    return gzip.compress(path.read_bytes())


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, compressed where that helps, and logs nothing."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, as far as they fit

    def do_GET(self) -> None:
        """Answer with the compressed file."""
        path = Path(self.translate_path(self.path))
        if self.path.partition("?")[0].endswith("/"):
            path /= "index.html"
        if path.suffix not in COMPRESSED or not path.is_file():
            super().do_GET()
            return
        body = compressed(path)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Leave the output to what is measured."""
