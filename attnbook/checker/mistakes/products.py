"""Wrong products and projections, and wrong ways back through them."""

from collections.abc import Sequence
from math import sqrt
from operator import mul

from attnbook.checker.mistakes.mistake import Mistake, whole
from attnbook.multihead import output_projection
from attnbook.simple import softmax
from attnbook.vectors import Matrix, Vector, dot, matmul, transpose

_LOOP = "Let the loop run over every index, from 0 to the length minus 1."
_ADD = "Add up the products and leave it at that."
_COLUMNS = "Entry (i, j) is row i of `a` with column j of `b`, added up."
_TURN = "Column j of the matrix becomes row j: list(zip(*matrix))."
_BY_W = "It is inputs @ W: each row of the inputs with each column of W."
_BIAS = "Add the bias to every row, once."
_OTHER = "Each factor gets the other one, times the gradient."
_BACK = "grad_a = grad @ transpose(b), and grad_b = transpose(a) @ grad."


def _sums(rows: Matrix, columns: Sequence[Sequence[float]]) -> Matrix:
    """Each row with each column, as far as the shorter goes."""
    return [[sum(map(mul, row, column)) for column in columns] for row in rows]


def _last_lost(a: Matrix, b: Matrix) -> Matrix:
    return _sums(a, list(zip(*b[:-1], strict=True)) or [()] * len(b[0]))


def _one_row(a: Matrix, b: Matrix) -> Matrix:
    return [_summed(matmul(a, b))] * len(a)


def _summed(rows: Matrix) -> Vector:
    return [sum(column) for column in transpose(rows)]


def _reshaped(matrix: Matrix) -> Matrix:
    entries = [entry for row in matrix for entry in row]
    n = len(matrix)
    return [entries[i : i + n] for i in range(0, len(entries), n)]


def _projected(inputs: Matrix, *weights: Matrix) -> tuple[Matrix, ...]:
    return tuple(matmul(inputs, W) for W in weights)


def _bias_once(vectors: Matrix, W_out: Matrix, b_out: Vector) -> Matrix:
    return output_projection(vectors[:1], W_out, b_out) + (
        matmul(vectors[1:], W_out) if vectors[1:] else []
    )


def _times(vector: Vector, factor: float) -> Vector:
    return [factor * entry for entry in vector]


_DOT = whole(
    "dot",
    ("drops_last",
     "You leave out the last product.",
     _LOOP, lambda x, y: sum(map(mul, x[:-1], y[:-1]))),
    ("drops_first",
     "You leave out the first product.",
     _LOOP, lambda x, y: sum(map(mul, x[1:], y[1:]))),
    ("returns_in_loop",
     "You return after the first product.",
     "Move `return` out of the loop.",
     lambda x, y: x[0] * y[0]),
    ("cosine",
     "You divide by the lengths of the vectors: that is their cosine.",
     _ADD, lambda x, y: dot(x, y) / sqrt(dot(x, x) * dot(y, y))),
    ("products_not_added",
     "You return the products; their sum is missing.",
     "Add the products up: the dot product is a single number.",
     lambda x, y: list(map(mul, x, y))),
    ("mean",
     "You divide the sum by its length: that is a mean.",
     _ADD, lambda x, y: dot(x, y) / len(x)),
    ("integers",
     "You return a whole number: what stands behind the point is lost.",
     "Keep floats: leave out `int` and `//`.",
     lambda x, y: float(int(dot(x, y)))),
)  # fmt: skip

_SCORES = whole(
    "attention_scores",
    ("already_softmax",
     "You return weights: softmax has been applied already.",
     "Return the dot products; softmax is the next step.",
     lambda query, inputs: softmax([dot(query, x) for x in inputs])),
)  # fmt: skip

_MATMUL = whole(
    "matmul",
    ("rows_with_rows",
     "You multiply rows of `a` with rows of `b`, not with its columns.",
     _COLUMNS, _sums),
    ("entry_by_entry",
     "You multiply entry by entry: that is another product.",
     _COLUMNS,
     lambda a, b: [list(map(mul, *rows)) for rows in zip(a, b, strict=False)]),
    ("last_product_lost",
     "You leave out the last product of each sum.",
     "Let the inner loop run over every entry of the row.",
     _last_lost),
    ("rows_are_one_list",
     "All your rows are one list: each holds what belongs to all of them.",
     "Make a new list for each row: `[[0.0] * p] * n` is one.",
     _one_row),
)  # fmt: skip

_TRANSPOSE = whole(
    "transpose",
    ("unchanged",
     "You return the matrix as it was.",
     _TURN, lambda matrix: matrix),
    ("rotated",
     "You turn the matrix by a quarter: its rows come in reverse.",
     "Do not reverse anything: column 0 becomes row 0.",
     lambda matrix: transpose(matrix[::-1])),
    ("reshaped",
     "You cut the entries into rows of another length: that is a reshape.",
     "Move the entries: (i, j) becomes (j, i).",
     _reshaped),
    ("as_if_square",
     "You take the number of rows for the number of columns.",
     "Its rows are as many as the columns: len(matrix[0]).",
     lambda matrix: [[row[j] for row in matrix] for j in range(len(matrix))]),
)  # fmt: skip

_SUMS = whole(
    "add",
    ("rows_joined",
     "You put the rows of one below those of the other: lists join by `+`.",
     "Add entry by entry: row by row, and number by number.",
     lambda a, b: a + b),
    ("first_row_to_all",
     "You add the first row of the second matrix to every row.",
     "Take row i of both, not row 0 of the second.",
     lambda a, b: [[x + y for x, y in zip(row, b[0], strict=True)]
                   for row in a]),
)  # fmt: skip

_PROJECT = whole(
    "project",
    ("weights_transposed",
     "You transpose the weights: with a square W, nobody is told.",
     _BY_W, lambda vectors, W: matmul(vectors, transpose(W))),
    ("result_transposed",
     "You return one column per token, where one row is wanted.",
     "One row per token: transpose nothing that you return.",
     lambda vectors, W: transpose(matmul(vectors, W))),
)  # fmt: skip

_QKV = whole(
    "project_qkv",
    ("one_matrix_for_all",
     "You project by `W_query` three times.",
     "The three have weights of their own: use each.",
     lambda inputs, W_query, *_: _projected(inputs, *[W_query] * 3)),
    ("keys_and_values_swapped",
     "You return keys and values in each other's place.",
     "The order is queries, keys, values.",
     lambda inputs, W_query, W_key, W_value: _projected(
         inputs, W_query, W_value, W_key)),
)  # fmt: skip

_OUTPUT = whole(
    "output_projection",
    ("bias_forgotten",
     "You leave out the bias.",
     _BIAS, lambda vectors, W_out, _: matmul(vectors, W_out)),
    ("bias_of_first_row",
     "You add the bias to the first token alone.",
     _BIAS, _bias_once),
    ("projection_transposed",
     "You transpose `W_out`: where it is square, nobody is told.",
     _BY_W,
     lambda vectors, W_out, b_out: output_projection(
         vectors, transpose(W_out), b_out)),
)  # fmt: skip

# The way back.

_DOT_BACK = whole(
    "dot_backward",
    ("factors_swapped",
     "You give each factor itself, and not the other one.",
     _OTHER, lambda x, y, grad: (_times(x, grad), _times(y, grad))),
    ("upstream_forgotten",
     "You do not use the gradient that comes in.",
     _OTHER, lambda x, y, _: (y, x)),
)  # fmt: skip

_MATMUL_BACK = whole(
    "matmul_backward",
    ("second_not_transposed",
     "You forget to transpose `b` on the way to `a`.",
     _BACK, lambda a, b, grad: (matmul(grad, b), matmul(transpose(a), grad))),
    ("first_not_transposed",
     "You forget to transpose `a` on the way to `b`.",
     _BACK, lambda a, b, grad: (matmul(grad, transpose(b)), matmul(a, grad))),
    ("second_gradient_turned",
     "You return the gradient of `b` transposed: transpose(grad) @ a.",
     _BACK, lambda a, b, grad: (matmul(grad, transpose(b)),
                         matmul(transpose(grad), a))),
    ("gradients_swapped",
     "You return the gradient of `b` first.",
     "Return the gradient of `a`, then that of `b`.",
     lambda a, b, grad: (matmul(transpose(a), grad),
                         matmul(grad, transpose(b)))),
)  # fmt: skip

_OUTPUT_BACK = whole(
    "output_projection_backward",
    ("bias_not_summed",
     "You do not add up the bias's gradient over the tokens.",
     "Add the rows up, column by column.",
     lambda vectors, W_out, grad: (
         matmul(grad, transpose(W_out)),
         matmul(transpose(vectors), grad), grad)),
    ("bias_by_mean",
     "You average the bias's gradient over the tokens.",
     "A sum, not a mean: each token counts.",
     lambda vectors, W_out, grad: (
         matmul(grad, transpose(W_out)),
         matmul(transpose(vectors), grad),
         _times(_summed(grad), 1 / len(grad)))),
    ("weight_gradient_turned",
     "You return the gradient of the weights transposed.",
     "It is transpose(vectors) @ grad.",
     lambda vectors, W_out, grad: (
         matmul(grad, transpose(W_out)),
         matmul(transpose(grad), vectors), _summed(grad))),
    ("weights_not_transposed",
     "You forget to transpose the weights on the way to the vectors.",
     "It is grad @ transpose(W_out).",
     lambda vectors, W_out, grad: (
         matmul(grad, W_out),
         matmul(transpose(vectors), grad), _summed(grad))),
)  # fmt: skip

MISTAKES: Sequence[Mistake] = (
    *_DOT,
    *_SCORES,
    *_MATMUL,
    *_TRANSPOSE,
    *_SUMS,
    *_PROJECT,
    *_QKV,
    *_OUTPUT,
    *_DOT_BACK,
    *_MATMUL_BACK,
    *_OUTPUT_BACK,
)
