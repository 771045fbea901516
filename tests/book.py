"""What it means that a test agrees with the book's printed numbers."""

from docs.data.printed import TOLERANCE, book_value, difference, paired

__all__ = ["assert_agrees", "book_value"]


def assert_agrees(entry_id: str, actual: object) -> None:
    """Compare every number with the book's, shapes included."""
    for printed, number in paired(entry_id, actual):
        apart = difference(printed, number)
        assert apart <= TOLERANCE, (entry_id, printed, number)
