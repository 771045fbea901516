"""Every number that the book prints in 3.3 to 3.6, on lists and on arrays."""

import json

import pytest

from tests.book import BOOK, assert_agrees
from tests.book_entries import ARRAYS, ENTRIES, LISTS, Road

PRINTED = json.loads(BOOK.read_text(encoding="utf-8"))["numbers"]
SECTIONS = {entry["id"]: entry["section"] for entry in PRINTED}
NOT_COMPUTED = {"inputs", "s362_batched_matmul_input"}


def test_no_entry_of_the_book_is_missing() -> None:
    assert SECTIONS.keys() == ENTRIES.keys() | NOT_COMPUTED
    assert len(SECTIONS) == 46


@pytest.mark.parametrize("road", [LISTS, ARRAYS], ids=["lists", "arrays"])
@pytest.mark.parametrize(
    "entry_id",
    ENTRIES,
    ids=lambda entry_id: f"{SECTIONS[entry_id]}-{entry_id}",
)
def test_the_book_prints(entry_id: str, road: Road) -> None:
    assert_agrees(entry_id, ENTRIES[entry_id](road))
