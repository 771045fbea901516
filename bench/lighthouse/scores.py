"""What Lighthouse says of the site on a phone: four scores a page.

`make lighthouse` builds the site and runs this; it fails below the scores
that the project promises. The server compresses, as every host does.
Lighthouse slows the machine down to a phone; on a machine that is busy, or
whose speed by its own measure is below 1500, performance comes out too low.
So it does where a Chromium without a screen draws one frame a second; Debian's
chromium-headless-shell draws sixty, and is preferred.
"""

import contextlib
import functools
import gzip
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import Any

from press.assets import install_packages

HERE = Path(__file__).parent
SITE = HERE.parents[1] / "site"
PAGES = ["", "3.3/softmax/"]
LEAST = {
    "performance": 95,
    "accessibility": 100,
    "best-practices": 100,
    "seo": 100,
}
BROWSERS = [
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
]
# A Node.js that PyPI brought stands beside this Python.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
COMPRESSED = {".css", ".html", ".js", ".json", ".svg", ".txt", ".xml"}


@functools.cache
def compressed(path: Path) -> bytes:
    """A file as it travels."""
    return gzip.compress(path.read_bytes())


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, compressed where that helps, and logs nothing."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, as far as they fit

    def do_GET(self) -> None:
        """Answer with the compressed file."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
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
        """Leave the output to the scores."""


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """The address at which a folder is served."""
    handler = functools.partial(Handler, directory=str(folder))
    for path in folder.rglob("*"):
        if path.suffix in COMPRESSED:
            compressed(path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def report(address: str) -> dict[str, Any]:
    """What Lighthouse says of a page, as it loads on a phone."""
    browser = next(filter(None, map(shutil.which, BROWSERS)))
    done = subprocess.run(
        [
            HERE / "node_modules" / ".bin" / "lighthouse",
            address,
            "--quiet",
            "--output=json",
            f"--only-categories={','.join(LEAST)}",
            "--no-enable-error-reporting",
            "--chrome-flags=--headless --no-sandbox --disable-gpu",
        ],
        env=os.environ | {"CHROME_PATH": browser, "PATH": PATH},
        stdout=subprocess.PIPE,
        check=True,
    )
    return dict(json.loads(done.stdout))


def scores(reports: list[dict[str, Any]]) -> dict[str, int]:
    """The median of each score, 0 to 100."""
    return {
        name: round(
            100 * median(each["categories"][name]["score"] for each in reports)
        )
        for name in LEAST
    }


def main() -> int:
    """Print a line a page; 1 if a score is below its least."""
    install_packages(HERE)
    low = False
    with serve(SITE) as address:
        for page in PAGES:
            reports = [report(address + page) for _ in range(3)]
            found = scores(reports)
            shown = ", ".join(f"{name} {found[name]}" for name in LEAST)
            speed = median(
                each["environment"]["benchmarkIndex"] for each in reports
            )
            print(f"/{page}: {shown} (speed of the machine {speed:.0f})")
            low |= any(found[name] < LEAST[name] for name in LEAST)
    return int(low)


if __name__ == "__main__":
    raise SystemExit(main())
