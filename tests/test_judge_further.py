"""In which order it is asked once the numbers agree, and what stops it."""

from typing import Any

import pytest

from attnbook.checker.finding import Cause, Caution
from attnbook.checker.judge import further as asks
from attnbook.checker.judge.further import Further, further
from tests.checking import asked_by

CAUSE = Cause("name", "It is so.", "Do.", measured=True)
ONE, TWO, THREE, NEVER = (
    Caution(kind, f"{kind}.") for kind in ("one", "two", "three", "never")
)
DROPS = "dropout works in train() and rests in eval()"


class Told:
    """What each question is answered, and which were asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {
            "on_matrix": ((), ""),
            "fault_of_gradient": None,
            "of_cache": (None, (), ""),
            "of_backward": (None, ""),
            "drops": None,
            "never_drops": NEVER,
            "drops_scores": (),
            "on_hidden_row": ((), ""),
            "in_half": ((), ""),
        }
        for name in self.answers:
            monkeypatch.setattr(asks, name, self.question(name))

    def question(self, name: str) -> Any:
        def answered(*_: Any) -> Any:
            self.asked.append(name)
            return self.answers[name]

        return answered

    def found(self, step: str = "causal_attention", **new: Any) -> Further:
        self.asked.clear()
        self.answers |= new
        return further(asked_by(lambda *_: None, step), [])


@pytest.fixture(name="told")
def fixture_told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return Told(monkeypatch)


def test_a_softmax_is_asked_for_a_matrix_and_no_more(told: Told) -> None:
    assert told.found("softmax") == Further()
    assert told.asked == ["on_matrix"]
    found = told.found("softmax", on_matrix=((ONE,), "a matrix too"))
    assert found == Further(None, (ONE,), ("a matrix too",))


def test_a_fault_ends_the_questions(told: Told) -> None:
    order = ["fault_of_gradient", "of_cache", "of_backward"]
    assert told.found() == Further()
    assert told.asked[:3] == order
    assert told.asked[3:] == ["drops", "on_hidden_row", "in_half"]
    assert told.found(of_backward=(CAUSE, "")) == Further(CAUSE)
    assert told.asked == order
    assert told.found(of_cache=(CAUSE, (ONE,), "a note")) == Further(CAUSE)
    assert told.asked == order[:2]
    assert told.found(fault_of_gradient=CAUSE) == Further(CAUSE)
    assert told.asked == order[:1]


def test_what_is_no_fault_is_told_in_its_order(told: Told) -> None:
    found = told.found(
        of_cache=(None, (ONE,), "a cache"),
        of_backward=(None, "a backward"),
        drops=True,
        on_hidden_row=((TWO,), "a row"),
        in_half=((THREE,), "half"),
    )
    assert found.cause is None
    assert found.cautions == (ONE, TWO, THREE)
    notes = ("a cache", "a backward", DROPS, "a row", "half")
    assert found.notes == notes
    early = told.found(drops_scores=(NEVER,))
    assert early.cautions == (ONE, NEVER, TWO, THREE)
    assert DROPS not in early.notes
    none = told.found(drops=False)
    assert none.cautions == (ONE, NEVER, TWO, THREE)
    assert none.notes == tuple(note for note in notes if note != DROPS)
    untold = told.found(drops=None)
    assert untold.cautions == (ONE, TWO, THREE)
    assert untold.notes == none.notes
