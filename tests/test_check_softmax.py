"""A softmax is asked for one row of scores, and for several at once."""

import pytest

from tests.checking import check

HEAD = "import numpy as np\n"
WHOLE = """
def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)
"""
NO_KEEPDIMS = """
def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e, axis=-1)
"""
COLUMNS = """
def softmax(x):
    e = np.exp(x - np.max(x, axis=0))
    return e / np.sum(e, axis=0)
"""
ROWS = """
def softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)
"""
ATTENTION = """
def attention(Q, K, V):
    return softmax(Q @ K.T / np.sqrt(K.shape[-1])) @ V
"""
ROW_BY_ROW = """
def attention(Q, K, V):
    scores = Q @ K.T / np.sqrt(K.shape[-1])
    return np.array([softmax(row) for row in scores]) @ V
"""

MATRICES = {
    "the sum of all": (WHOLE, "among all scores of all rows"),
    "keepdims forgotten": (NO_KEEPDIMS, "rows that do not sum to 1"),
    "by columns": (COLUMNS, "within each column"),
}


@pytest.mark.parametrize("name", MATRICES)
def test_a_softmax_of_one_row_hears_what_it_does_with_several(
    name: str,
) -> None:
    source, said = MATRICES[name]
    (found,) = check(HEAD + source)
    told = [each.sentence for each in found.warnings if each.kind == "matrix"]
    assert found.verdict == "agrees"
    assert [said in each for each in told] == [True]


@pytest.mark.parametrize("name", MATRICES)
def test_it_is_wrong_where_an_attention_hands_it_a_matrix(name: str) -> None:
    source, said = MATRICES[name]
    softmax, attention = check(HEAD + source + ATTENTION)
    assert (softmax.verdict, attention.verdict) == ("differs", "differs")
    assert softmax.cause is not None
    assert attention.cause is not None
    assert softmax.cause.name == attention.cause.name
    assert said in softmax.cause.sentence


@pytest.mark.parametrize("name", MATRICES)
def test_it_is_not_accused_where_it_gets_row_after_row(name: str) -> None:
    found = check(HEAD + MATRICES[name][0] + ROW_BY_ROW)
    assert [each.verdict for each in found] == ["agrees", "agrees"]


def test_a_softmax_that_is_right_on_both_says_so() -> None:
    (found,) = check(HEAD + ROWS)
    assert (found.verdict, found.warnings) == ("agrees", ())
    assert "a matrix too, row by row" in found.how


def test_a_softmax_of_lists_that_takes_no_matrix_hears_nothing_of_it() -> None:
    (found,) = check("""
        from math import exp

        def softmax(scores):
            exps = [exp(score - max(scores)) for score in scores]
            return [each / sum(exps) for each in exps]
        """)
    assert (found.verdict, found.warnings) == ("agrees", ())
