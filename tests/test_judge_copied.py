"""Code that is the book's own, told by its syntax alone."""

import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

from attnbook import causal, learning, multihead, simple, vectors
from attnbook.checker.finding import Caution, Finding
from attnbook.checker.judge import copied
from attnbook.checker.judge.copied import KIND, with_owner
from attnbook.checker.steps.table import step_named


def told(source: str, function: str, step: str) -> str:
    """What is said of a function that agrees, in a file of this text."""
    finding = Finding(function, step_named(step), "agrees")
    (found,) = with_owner([finding], source)
    return found.warnings[0].sentence if found.warnings else ""


def text(function: Any, *renamed: tuple[str, str]) -> str:
    """The text of a function, with other names in it."""
    found = inspect.getsource(function)
    for name, other in renamed:
        found = found.replace(name, other)
    return found


ATTENTION = "self_attention"
NAMES = ("inputs", "rows"), ("attn_weights", "w"), ("Matrix", "list")
HELPER = text(simple._softmax)  # noqa: SLF001


def test_a_copy_may_have_other_names_types_and_words() -> None:
    said = "`self_attention` is the code of `attnbook.simple.self_attention`"
    own = text(simple.self_attention)
    assert said in told(own, ATTENTION, ATTENTION)
    assert said in told(
        text(simple.self_attention, *NAMES), ATTENTION, ATTENTION
    )
    before, _, rest = own.partition('    """')
    bare = before + rest.partition('"""\n')[2]  # without its docstring
    assert bare != own
    assert said in told(bare, ATTENTION, ATTENTION)
    another = own.replace("_transpose(", "turned(")
    assert another != own
    assert told(another, ATTENTION, ATTENTION) == ""


def test_what_a_copy_says_in_its_texts_is_free() -> None:
    own = text(learning.cross_entropy)
    said = "is the code of `attnbook.learning.cross_entropy`"
    assert said in told(own, "cross_entropy", "cross_entropy")
    words = own.replace('"logits"', '"z"').replace('"targets"', '"t"')
    assert words != own
    assert said in told(words, "cross_entropy", "cross_entropy")


def test_what_stands_behind_a_door_is_compared_to_the_letter() -> None:
    said = "is the code of `attnbook.simple._softmax`"
    assert said in told(HELPER, "_softmax", "softmax")
    with_docstring = HELPER.replace(":\n", ':\n    """Share."""\n', 1)
    assert said in told(with_docstring, "_softmax", "softmax")
    renamed = HELPER.replace("exps", "es")
    assert renamed != HELPER
    assert told(renamed, "_softmax", "softmax") == ""
    # without its underscore so short a body is anybody's
    assert told(HELPER.replace("def _s", "def s"), "softmax", "softmax") == ""


def test_a_long_body_is_a_copy_without_its_underscore() -> None:
    own = text(multihead._multi_head_attention)  # noqa: SLF001
    name = "multi_head_attention"
    said = f"is the code of `attnbook.multihead._{name}`"
    source = own.replace(f"def _{name}", f"def {name}")
    assert said in told(source, name, name)


def test_a_short_function_is_anybodys() -> None:
    for function, step in (
        (simple.attention_weights, "attention_weights"),
        (vectors.transpose, "transpose"),
        (simple.softmax, "softmax"),
    ):
        assert told(text(function), step, step) == ""
    mask = told(text(causal.causal_mask), "causal_mask", "causal_mask")
    assert "is the code of `attnbook.causal.causal_mask`" in mask


def test_a_copy_may_do_the_work_for_another_name() -> None:
    source = f"{HELPER}\ndef softmax(row):\n    return _softmax(row)\n"
    said = "`softmax` is the code of `attnbook.simple._softmax`"
    assert said in told(source, "softmax", "softmax")
    helped = f"{HELPER}\ndef {ATTENTION}(x):\n    return _softmax(x)\n"
    assert told(helped, ATTENTION, ATTENTION) == ""
    beside = f"{HELPER}\ndef softmax(row):\n    return row\n"
    assert told(beside, "softmax", "softmax") == ""


def test_a_copy_that_also_calls_is_called_a_copy() -> None:
    source = f"from attnbook.simple import softmax\n{HELPER}"
    source += "def mine(row):\n    return _softmax(softmax(row))\n"
    said = told(source, "mine", "softmax")
    assert said.startswith("`mine` is the code of `attnbook.simple._softmax`")


def test_an_assignment_may_borrow_as_a_definition_does() -> None:
    calls = "import attnbook.simple as a\n"
    said = "`softmax` calls attnbook's own `softmax`"
    assert said in told(f"{calls}softmax = a.softmax", "softmax", "softmax")
    assert told(f"{calls}a.softmax\nsoftmax = 1", "softmax", "softmax") == ""
    named = "f = __import__('attnbook.simple').softmax\nsoftmax = f"
    assert said in told(named, "softmax", "softmax")


def test_only_what_agrees_is_called_the_books() -> None:
    finding = Finding("softmax", step_named("softmax"), "differs")
    agrees = finding._replace(function="_softmax", verdict="agrees")
    beside = Caution("overflow", "It overflows.")
    some = [finding, agrees._replace(warnings=(beside,))]
    wrong, right = with_owner(some, HELPER)
    assert wrong == finding
    assert [each.kind for each in right.warnings] == [KIND, "overflow"]
    assert with_owner([finding], HELPER) == [finding]


@pytest.fixture(name="no_arrays")
def fixture_no_arrays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package as it is packed for the page, without its arrays."""
    data = pkgutil.get_data

    def without_arrays(package: str, resource: str) -> bytes | None:
        if resource.startswith("arrays/"):
            raise FileNotFoundError(resource)
        return None if "onepass" in resource else data(package, resource)

    monkeypatch.setattr(pkgutil, "get_data", without_arrays)
    copied._ours.cache_clear()  # noqa: SLF001
    yield
    copied._ours.cache_clear()  # noqa: SLF001


@pytest.mark.usefixtures("no_arrays")
def test_a_module_that_is_not_there_is_left_out() -> None:
    assert told(HELPER, "_softmax", "softmax") != ""
