"""A file is loaded without being run; its objects are read and written."""

import json
import struct
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from attnbook.checker.files import Settings, check_file
from attnbook.checker.reader.program import Program
from attnbook.checker.reader.source import python_of

READER = Path(__file__).parents[1] / "attnbook" / "checker" / "reader"

SOFTMAX = """
from math import exp

def softmax(scores):
    shares = [exp(score - max(scores)) for score in scores]
    return [share / sum(shares) for share in shares]
"""


def loaded(source: str, path: str = "mine.py") -> tuple[Program, Any]:
    """A program that has loaded a source, and its reply."""
    program = Program()
    request = {"do": "load", "path": path, "source": dedent(source)}
    return program, program.ask(request)


def called(program: Program, target: str, *args: object) -> Any:
    """What a call returned, or the whole reply where it did not."""
    reply = program.ask({"do": "call", "target": target, "args": [*args]})
    return reply.get("value", reply)


def notebook(*cells: str) -> str:
    """A notebook of these code cells, with what editors add."""
    return json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "source": ["# def dot(): lies"]},
                *(
                    {
                        "cell_type": "code",
                        "execution_count": None,
                        "outputs": [],
                        "source": cell.splitlines(keepends=True),
                    }
                    for cell in cells
                ),
            ],
            "metadata": {"colab": {"provenance": []}},
        }
    )


NOT_RUN = {
    "training": "while True:\n    pass",
    "a question": "n = int(input('how many? '))",
    "a missing file": "data = open('no-such-file.txt').read()",
    "a failing test": "assert softmax([1.0]) == [2.0], 'mine fails'",
    "an end": "import sys\nsys.exit(3)",
    "what stands under main": (
        "if __name__ == '__main__':\n    while True: pass"
    ),
    "a loop with a name": "for epoch in iter(int, 1):\n    loss = epoch",
}


@pytest.mark.parametrize("what", NOT_RUN)
def test_the_top_level_is_not_run(what: str) -> None:
    program, reply = loaded(SOFTMAX + NOT_RUN[what])
    assert reply["patched"] == []
    assert called(program, "softmax", [0.0, 0.0]) == [0.5, 0.5]


MADE = {
    "a lambda": ("f = lambda x: 2 * x", 6.0),
    "a partial": (
        "from functools import partial\n"
        "def times(a, x): return a * x\nf = partial(times, 2)",
        6.0,
    ),
    "a constant of constants": (
        "WIDTH = 4\nHALF = WIDTH // 2\ndef f(x): return HALF * x",
        6.0,
    ),
    "annotations without an import": (
        "def f(x: 'Tensor', y: Tensor = None) -> Tensor: return 2 * x",
        6.0,
    ),
    "a decorator that is missing": (
        "from jaxlike_typing import checked\n@checked\ndef f(x): return 2 * x",
        6.0,
    ),
    "a base that is missing": (
        "import lightning_that_is_missing as L\n"
        "class F(L.Module):\n    def double(self, x): return 2 * x\n"
        "def f(x): return F().double(x)",
        6.0,
    ),
    "one of two imports": (
        "import math, plots_that_are_missing as plt\n"
        "plt.style.use('dark')\ndef f(x): return math.floor(2 * x)",
        6,
    ),
    "an import that is tried": (
        "try:\n    import fast_that_is_missing\n    FACTOR = 3\n"
        "except ImportError:\n    FACTOR = 2\ndef f(x): return FACTOR * x",
        6.0,
    ),
    "from the future": (
        "from __future__ import annotations\ndef f(x: Missing): return 2 * x",
        6.0,
    ),
}


@pytest.mark.parametrize("what", MADE)
def test_definitions_are_made(what: str) -> None:
    source, expected = MADE[what]
    program, _ = loaded(source)
    assert called(program, "f", 3.0) == expected


def test_what_is_missing_is_said() -> None:
    _, reply = loaded("import math, plots_that_are_missing.pyplot as plt")
    assert reply["missing"] == ["plots_that_are_missing"]


def test_a_computation_with_what_is_missing_names_it() -> None:
    program, _ = loaded("import fast_lib as fl\ndef f(x): return fl.go(x)")
    error = called(program, "f", 1.0)["error"]
    assert (error["type"], error["missing"]) == (
        "ModuleNotFoundError",
        "fast_lib",
    )
    assert error["line"] == 2


def test_a_library_that_is_alike_takes_its_place() -> None:
    program, _ = loaded(
        "import cupy as cp\ndef f(x): return cp.exp(cp.array(x))"
    )
    assert called(program, "f", [0.0]) == [1.0]


def test_what_a_function_misses_is_made_when_it_asks() -> None:
    source = """
        import random
        random.seed(3)
        start = [float(i) for i in range(2)]
        doubled = [2 * entry for entry in start]
        while True:
            epoch = 1
        def f(x): return [x + entry for entry in doubled]
    """
    program, _ = loaded(source)
    error = called(program, "f", 1.0)["error"]
    assert error["undefined"] == "doubled"
    assert program.ask({"do": "supply", "name": "doubled"})["made"]
    assert called(program, "f", 1.0) == [1.0, 3.0]


def test_a_name_that_nothing_makes_is_not_supplied() -> None:
    program, _ = loaded("def f(x): return nowhere")
    assert called(program, "f", 1.0)["error"]["undefined"] is None


MAGICS = """\
!pip install torch
%matplotlib inline
files = !ls
def dot(x, y):
    %time pass
    return sum(a * b for a, b in zip(x, y))
"""


def test_a_notebook_is_read_with_its_magics_left_out() -> None:
    text = notebook("%%bash\nrm -rf /tmp/nothing", MAGICS)
    program, reply = loaded(text, "mine.ipynb")
    assert "patched" in reply
    assert called(program, "dot", [1.0, 2.0], [3.0, 4.0]) == 11.0


def test_a_line_of_a_notebook_keeps_its_number() -> None:
    text = python_of(notebook("!ls\nx = 1", "y = 2"), "mine.ipynb")
    assert text.splitlines() == ["# !ls", "x = 1", "", "y = 2"]


def test_a_percent_sign_in_a_text_is_no_magic() -> None:
    cell = 'TEXT = """\n%s of all\n!really\n"""\n'
    assert python_of(notebook(cell), "a.ipynb").strip() == cell.strip()


@pytest.mark.parametrize("text", ["{}", '{"cells": 3}', "{not json"])
def test_a_notebook_without_cells_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no cells"):
        python_of(text, "mine.ipynb")


def test_what_lies_beside_a_file_is_found_and_hides_no_library(
    tmp_path: Path,
) -> None:
    package = tmp_path / "course"
    (package / "week1").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('not run')")
    (package / "json.py").write_text("raise RuntimeError('hides json')")
    (package / "parts.py").write_text("def twice(x): return 2 * x\n")
    (package / "helpers.py").write_text(
        "import json\nwhile True: pass\ndef thrice(x): return 3 * x\n"
    )
    source = """
        import json
        from helpers import thrice
        from ..parts import twice
        def f(x): return thrice(x) + twice(x) + len(json.dumps([]))
    """
    path = package / "week1" / "mine.py"
    program, _ = loaded(source, str(path))
    assert called(program, "f", 1.0) == 7.0


def test_a_file_named_like_a_library_does_not_hide_it(tmp_path: Path) -> None:
    file = tmp_path / "numpy.py"
    file.write_text(
        "import numpy as np\n"
        "def softmax(x):\n"
        "    e = np.exp(np.asarray(x) - np.max(x, -1, keepdims=True))\n"
        "    return e / e.sum(-1, keepdims=True)\n"
    )
    checked = check_file(str(file), Settings())
    assert [each.verdict for each in checked.findings] == ["agrees"]


def test_a_checked_file_writes_nothing_beside_itself(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        SOFTMAX.replace(
            "    shares", "    open('a.txt', 'w').close()\n    shares"
        )
    )
    checked = check_file(str(file), Settings())
    assert [each.verdict for each in checked.findings] == ["agrees"]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_the_reader_runs_alone() -> None:
    request = {"do": "load", "path": "a.py", "source": "x = 1"}
    body = json.dumps({**request, "id": 7, "seconds": 5}).encode()
    done = subprocess.run(
        [sys.executable, "-P", "-S", "-E", str(READER), "2048"],
        input=struct.pack("!I", len(body)) + body,
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert json.loads(done.stdout[4:]) == {
        "id": 7,
        "patched": [],
        "missing": [],
        "failed": {},
    }


WEIGHTS = """
    import numpy as np

    class Layer:
        def __init__(self, d_in, d_out):
            self.weight = np.zeros((d_in, d_out))
            self.bias = np.zeros(d_out)

    class Attention:
        def __init__(self, d_in, d_out):
            self.layers = {"query": Layer(d_in, d_out)}
            self.heads = [Layer(d_in, d_out) for _ in range(2)]
            self.table = [[0.0, 0.0]]
            self.mask = np.triu(np.ones((3, 3)), 1)

        def forward(self, x):
            return self.layers["query"].weight.sum() + self.table[0][1]
"""


def test_arrays_are_found_wherever_an_object_keeps_them() -> None:
    program, _ = loaded(WEIGHTS)
    made = {"do": "make", "target": "Attention", "wrap": "numpy"}
    reply = program.ask({**made, "init": {"d_in": 3, "d_out": 2}})
    found = {each["path"]: each["shape"] for each in reply["held"]}
    assert found == {
        "layers.query.weight": [3, 2],
        "layers.query.bias": [2],
        "heads.0.weight": [3, 2],
        "heads.0.bias": [2],
        "heads.1.weight": [3, 2],
        "heads.1.bias": [2],
        "table": [1, 2],
        "mask": [3, 3],
    }
    assert [e["path"] for e in reply["held"] if e["mask"]] == ["mask"]


def test_weights_are_written_before_a_call() -> None:
    program, _ = loaded(WEIGHTS)
    request = {
        "do": "call",
        "target": "Attention.forward",
        "init": {"d_in": 1, "d_out": 2},
        "weights": {
            "layers.query.weight": [[3.0, 4.0]],
            "table": [[0.0, 5.0]],
        },
        "args": [[1.0]],
    }
    assert program.ask(request)["value"] == 12.0


def test_a_weight_of_another_shape_is_refused_by_its_name() -> None:
    program, _ = loaded(WEIGHTS)
    request = {
        "do": "call",
        "target": "Attention.forward",
        "init": {"d_in": 1, "d_out": 2},
        "weights": {"layers.query.weight": [[3.0]]},
        "args": [[1.0]],
    }
    said = program.ask(request)["error"]["message"]
    assert said == "layers.query.weight is [1, 2], got [1, 1]"


def test_a_configuration_answers_any_known_name() -> None:
    source = """
        class A:
            def __init__(self, config):
                self.sizes = [config.n_embd, config["num_heads"],
                              config.get("flash", 7),
                              getattr(config, "other", 8)]
            def forward(self): return self.sizes
    """
    program, _ = loaded(source)
    request = {
        "do": "call",
        "target": "A.forward",
        "init": {"config": {"config": {"nembd": 6, "numheads": 2}}},
        "args": [],
    }
    assert program.ask(request)["value"] == [6, 2, 7, 8]


def test_numbers_of_an_own_class_are_read_by_their_data() -> None:
    source = """
        class Value:
            def __init__(self, data): self.data = data
        def f(x): return [Value(2 * x), Value(3.0)]
    """
    program, _ = loaded(source)
    assert called(program, "f", 1.0) == [2.0, 3.0]
