"""Every number that the book prints in 3.3 to 3.6, on lists and on arrays."""

import pytest

from docs.data.entries import ARRAYS, ENTRIES, LISTS, Road
from docs.data.printed import book_value, paired, printed
from tests.book import assert_agrees

SECTIONS = {entry["id"]: entry["section"] for entry in printed()}
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


def test_numbers_of_another_shape_are_not_compared() -> None:
    weights = book_value("inputs")
    assert len(paired("inputs", weights)) == 18
    with pytest.raises(ValueError, match="another shape"):
        paired("inputs", weights[:5])
    with pytest.raises(ValueError, match="not a number"):
        paired("inputs", [[None]])
