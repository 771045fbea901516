"""What readers write with JAX is taken for what it is, and judged.

Each file has a process of its own, as a reader's has: JAX, once it is there,
leaves its traces in all that comes after it. What they compile is alike, and
kept from one to the next.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from attnbook.__main__ import main
from tests.styles_jax import (
    COMPACT,
    EQUINOX,
    EQUINOX_ARRAYS,
    NNX,
    SETUP,
    STYLES,
)

pytestmark = pytest.mark.jax
# Compiling takes seconds, and on a busy machine minutes.
PATIENT = ("--json", "--seconds", "600", "--max-seconds", "1800")


# Whatever takes a millisecond to compile is kept on disk.
KEEPING = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


@pytest.fixture(scope="session")
def compiled(place: tuple[str, str]) -> Path:
    """What was compiled for one file, and can be used for the next."""
    return Path(place[0]) / "compiled"


@pytest.fixture
def file(
    tmp_path: Path, compiled: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Where the reader writes."""
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(compiled))
    for name, value in KEEPING.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "mine.py"


def checked(file: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """What is said last of a file."""
    main(["check", str(file), *PATIENT])
    return json.loads(capsys.readouterr().out)["findings"][-1]


@pytest.mark.parametrize("name", STYLES)
def test_a_right_style_agrees(
    name: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step, source = STYLES[name]
    file.write_text(source, encoding="utf-8")
    last = checked(file, capsys)
    assert (last["verdict"], last["step"]) == ("agrees", step), last
    assert "float32" in {each["kind"] for each in last["warnings"]}


def test_a_notebook_of_colab_imports_jax_all_the_same(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, source = STYLES["equinox, arrays"]
    file.write_text(f"from google.colab import drive\n{source}", "utf-8")
    main(["check", str(file), *PATIENT])
    found = json.loads(capsys.readouterr().out)
    assert found["findings"][-1]["verdict"] == "agrees"
    (note,) = found["notes"]
    assert note.startswith("`google`: "), note


# What is wrong: the class, what is replaced by what, and the cause's name.
WRONG = {
    "no scale": (
        SETUP,
        "scores = scores / jnp.sqrt(q.shape[-1])",
        "",
        "no_scale",
    ),
    "merged without transposing": (
        EQUINOX,
        "hqk,khd->qhd",
        "hqk,khd->hqd",
        "merged_without_transposing",
    ),
    "nothing hidden": (
        COMPACT,
        "jnp.where(mask, scores, -jnp.inf)",
        "scores",
        "no_mask",
    ),
    "softmax over the queries": (
        NNX,
        "softmax(att, axis=-1)",
        "softmax(att, axis=-2)",
        "softmax_over_queries",
    ),
    "dropout in eval": (
        NNX,
        "self.drop(jax.nn.softmax(att, axis=-1))",
        "self.drop(jax.nn.softmax(att, axis=-1), deterministic=False)",
        "dropout_in_eval",
    ),
    "scaled by the width of all heads": (
        EQUINOX,
        "jnp.sqrt(q.shape[-1])",
        "jnp.sqrt(d)",
        "scaled_by_root_of_input_width",
    ),
    "mixed by the columns": (
        EQUINOX_ARRAYS,
        "axis=-1) @ v",
        "axis=-1).T @ v",
        "weights_transposed",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_class_is_rejected_and_its_cause_named(
    what: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, right, wrong, cause = WRONG[what]
    assert right in source
    file.write_text(source.replace(right, wrong), encoding="utf-8")
    last = checked(file, capsys)
    assert last["verdict"] == "differs", last
    assert last["cause"] is not None, last["sentence"]
    assert last["cause"]["name"] == cause, last["cause"]
