"""What Hypothesis draws from: vectors, matrices, sentences."""

from hypothesis import strategies as st

from attnbook.vectors import Matrix, Vector

# Scores stay within +-40 * 2 * 2: neither saturated nor tiny.
ENTRIES = st.floats(-2, 2, allow_subnormal=False)
SIZES = st.integers(1, 40)


def vectors(length: int) -> st.SearchStrategy[Vector]:
    """Vectors of a given length."""
    return st.lists(ENTRIES, min_size=length, max_size=length)


def matrices(rows: int, columns: int) -> st.SearchStrategy[Matrix]:
    """Matrices of a given shape."""
    return st.lists(vectors(columns), min_size=rows, max_size=rows)


@st.composite
def sentences(draw: st.DrawFn) -> Matrix:
    """Inputs of 1 to 40 tokens of width 1 to 40.

    The entries come from a drawn seed: a thousand single draws would be slow.
    """
    rows, columns = draw(SIZES), draw(SIZES)
    random = draw(st.randoms(use_true_random=False, note_method_calls=False))
    return [
        [random.uniform(-2, 2) for _ in range(columns)] for _ in range(rows)
    ]
