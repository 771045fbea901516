"""Wrong products, masks and heads, and wrong ways back through them."""

from attnbook.checker.mistakes.catalogue import mistake
from attnbook.multihead import output_projection, split_heads
from attnbook.vectors import Mask, Matrix, Vector, matmul, transpose

Heads = list[Matrix]

_COLUMNS = "Entry (i, j) is row i of `a` with column j of `b`, added up."
_TURN = "Column j of the matrix becomes row j: list(zip(*matrix))."
_ENTRIES = "Add entry by entry: row by row, and number by number."
_BY_W = "It is inputs @ W: each row of the inputs with each column of W."
_HIDE = "Hide key j from query i where j > i, and only there."
_CUT = "Head h gets the columns from h * head_dim on, of every token."
_SIDE = "Row i is row i of the first head, then of the second, and so on."
_BIAS = "Add the bias to every row, once."
_BACK = "grad_a = grad @ transpose(b), and grad_b = transpose(a) @ grad."
_OTHER = "Each factor gets the other one, times the gradient."


@mistake("matmul", _COLUMNS)
def rows_with_rows(a: Matrix, b: Matrix) -> Matrix:
    """You multiply rows of `a` with rows of `b`, not with its columns."""
    return [[sum(map(_times, row, other)) for other in b] for row in a]


def _times(x: float, y: float) -> float:
    return x * y


@mistake("matmul", _COLUMNS)
def entry_by_entry(a: Matrix, b: Matrix) -> Matrix:
    """You multiply entry by entry: that is another product."""
    return [list(map(_times, *rows)) for rows in zip(a, b, strict=False)]


@mistake("matmul", "Let the inner loop run over every entry of the row.")
def last_product_lost(a: Matrix, b: Matrix) -> Matrix:
    """You leave out the last product of each sum."""
    columns = list(zip(*b[:-1], strict=True)) or [()] * len(b[0])
    return [[sum(map(_times, row, col)) for col in columns] for row in a]


@mistake("matmul", "Make a new list for each row: `[[0.0] * p] * n` is one.")
def rows_are_one_list(a: Matrix, b: Matrix) -> Matrix:
    """All your rows are one list: each holds what belongs to all of them."""
    total = [sum(column) for column in zip(*matmul(a, b), strict=True)]
    return [total for _ in a]


@mistake("transpose", _TURN)
def unchanged(matrix: Matrix) -> Matrix:
    """You return the matrix as it was."""
    return matrix


@mistake("transpose", "Do not reverse anything: column 0 becomes row 0.")
def rotated(matrix: Matrix) -> Matrix:
    """You turn the matrix by a quarter: its rows come in reverse."""
    return transpose(matrix[::-1])


@mistake("transpose", "Move the entries: (i, j) becomes (j, i).")
def reshaped(matrix: Matrix) -> Matrix:
    """You cut the entries into rows of another length: that is a reshape."""
    entries = [entry for row in matrix for entry in row]
    n = len(matrix)
    return [entries[i : i + n] for i in range(0, len(entries), n)]


@mistake("transpose", "Its rows are as many as the columns: len(matrix[0]).")
def as_if_square(matrix: Matrix) -> Matrix:
    """You take the number of rows for the number of columns."""
    tokens = range(len(matrix))
    return [[matrix[i][j] for i in tokens] for j in tokens]


@mistake("add", _ENTRIES)
def rows_joined(a: Matrix, b: Matrix) -> Matrix:
    """You put the rows of one below those of the other: lists join by `+`."""
    return a + b


@mistake("add", "Take row i of both, not row 0 of the second.")
def first_row_to_all(a: Matrix, b: Matrix) -> Matrix:
    """You add the first row of the second matrix to every row."""
    return [[x + y for x, y in zip(row, b[0], strict=True)] for row in a]


@mistake("project", _BY_W)
def weights_transposed(vectors: Matrix, W: Matrix) -> Matrix:
    """You transpose the weights: with a square W, nobody is told."""
    return matmul(vectors, transpose(W))


@mistake("project", "One row per token: transpose nothing that you return.")
def result_transposed(vectors: Matrix, W: Matrix) -> Matrix:
    """You return one column per token, where one row is wanted."""
    return transpose(matmul(vectors, W))


@mistake("project_qkv", "The three have weights of their own: use each.")
def one_matrix_for_all(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> tuple[Matrix, ...]:
    """You project by `W_query` three times."""
    _ = W_key, W_value
    return tuple(matmul(inputs, W) for W in (W_query, W_query, W_query))


@mistake("project_qkv", "The order is queries, keys, values.")
def keys_and_values_swapped(
    inputs: Matrix, W_query: Matrix, W_key: Matrix, W_value: Matrix
) -> tuple[Matrix, ...]:
    """You return keys and values in each other's place."""
    return tuple(matmul(inputs, W) for W in (W_query, W_value, W_key))


@mistake("causal_mask", "Keep the diagonal: hide where j > i.")
def mask_hides_self(num_tokens: int) -> Mask:
    """Your mask hides the diagonal: no token sees itself."""
    tokens = range(num_tokens)
    return [[j >= i for j in tokens] for i in tokens]


@mistake("causal_mask", "Begin one to the right of the diagonal: k = 1.")
def mask_shows_next(num_tokens: int) -> Mask:
    """Your mask begins one too late: each token sees the next one."""
    tokens = range(num_tokens)
    return [[j > i + 1 for j in tokens] for i in tokens]


@mistake("causal_mask", _HIDE)
def mask_flipped(num_tokens: int) -> Matrix:
    """Your mask is flipped: minus infinity stands below the diagonal."""
    tokens = range(num_tokens)
    hidden = -float("inf")
    return [[hidden if j < i else 0.0 for j in tokens] for i in tokens]


@mistake("causal_mask", _HIDE)
def nothing_hidden(num_tokens: int) -> Mask:
    """Your mask hides nothing."""
    return [[False] * num_tokens for _ in range(num_tokens)]


_BEYOND = "Hide where key >= length, in every row alike."


@mistake("padding_mask", "The keys are the columns: every row is the same.")
def queries_hidden(length: int, longest: int) -> Mask:
    """Your mask hides rows, the queries of the padding, and not its keys."""
    return [[query >= length] * longest for query in range(longest)]


@mistake("padding_mask", "Leave the padding's own rows their real keys.")
def padding_sees_nothing(length: int, longest: int) -> Mask:
    """Your mask hides every key from the padding: softmax has no answer."""
    places = range(longest)
    return [[max(i, j) >= length for j in places] for i in places]


@mistake("padding_mask", _BEYOND)
def first_padding_seen(length: int, longest: int) -> Mask:
    """Your mask begins one too late: the first padding is seen."""
    return [[key > length for key in range(longest)] for _ in range(longest)]


@mistake("padding_mask", _BEYOND)
def last_token_hidden(length: int, longest: int) -> Mask:
    """Your mask begins one too early: it hides the last real token."""
    row = [key >= length - 1 for key in range(longest)]
    return [row for _ in range(longest)]


@mistake("padding_mask", _BEYOND)
def tokens_hidden(length: int, longest: int) -> Matrix:
    """Your mask is the wrong way round: minus infinity hides the tokens."""
    hidden = -float("inf")
    row = [hidden if key < length else 0.0 for key in range(longest)]
    return [row for _ in range(longest)]


@mistake("padding_mask", _BEYOND)
def no_padding_hidden(length: int, longest: int) -> Mask:
    """Your mask hides nothing."""
    _ = length
    return [[False] * longest for _ in range(longest)]


def _cut(entries: Vector, rows: int, columns: int) -> Heads:
    """Entries in the order in which they come, as matrices."""
    all_rows = [
        entries[i : i + columns] for i in range(0, len(entries), columns)
    ]
    return [all_rows[i : i + rows] for i in range(0, len(all_rows), rows)]


@mistake("split_heads", "Cut each token's row first; then bring heads first.")
def split_by_view(vectors: Matrix, num_heads: int) -> Heads:
    """You cut tokens, not heads: `view(h, n, head_dim)` moves no entry."""
    entries = [entry for row in vectors for entry in row]
    return _cut(entries, len(vectors), len(vectors[0]) // num_heads)


@mistake("split_heads", _CUT)
def split_by_stride(vectors: Matrix, num_heads: int) -> Heads:
    """Each head takes every h-th column, and not columns side by side."""
    return [[row[h::num_heads] for row in vectors] for h in range(num_heads)]


@mistake("split_heads", "Bring the heads first: transpose(0, 1) of the two.")
def heads_not_moved(vectors: Matrix, num_heads: int) -> Heads:
    """You return (n, h, head_dim): tokens come first, and not heads."""
    return _turned(split_heads(vectors, num_heads))


@mistake("split_heads", _CUT)
def every_head_the_first(vectors: Matrix, num_heads: int) -> Heads:
    """Every head gets the columns of the first."""
    return [split_heads(vectors, num_heads)[0] for _ in range(num_heads)]


def _turned(heads: Heads) -> Heads:
    """Tokens first: `(h, n, head_dim)` as `(n, h, head_dim)`."""
    return [list(rows) for rows in zip(*heads, strict=True)]


@mistake("merge_heads", "Move the tokens first: transpose, then view.")
def merged_by_view(heads: Heads) -> Matrix:
    """You merge without moving the tokens first: rows mix tokens."""
    entries = [entry for head in heads for row in head for entry in row]
    return _cut(entries, len(heads[0]), len(heads) * len(heads[0][0]))[0]


@mistake("merge_heads", _SIDE)
def heads_below_each_other(heads: Heads) -> Matrix:
    """You put the heads below each other, and not side by side."""
    return [row for head in heads for row in head]


@mistake("merge_heads", _SIDE)
def columns_interleaved(heads: Heads) -> Matrix:
    """You take the heads' columns in turn, and not head by head."""
    return [
        [entry for column in zip(*rows, strict=True) for entry in column]
        for rows in zip(*heads, strict=True)
    ]


@mistake("merge_heads", "Put them side by side: nothing is added up.")
def heads_added(heads: Heads) -> Matrix:
    """You add the heads up, so the result is as wide as one of them."""
    return [
        [sum(column) for column in zip(*rows, strict=True)]
        for rows in zip(*heads, strict=True)
    ]


@mistake("output_projection", _BIAS)
def bias_forgotten(vectors: Matrix, W_out: Matrix, b_out: Vector) -> Matrix:
    """You leave out the bias."""
    _ = b_out
    return matmul(vectors, W_out)


@mistake("output_projection", _BIAS)
def bias_of_first_row(vectors: Matrix, W_out: Matrix, b_out: Vector) -> Matrix:
    """You add the bias to the first token alone."""
    zeros = [0.0] * len(b_out)
    first = output_projection(vectors[:1], W_out, b_out)
    rest = vectors[1:]
    return first + (output_projection(rest, W_out, zeros) if rest else [])


@mistake("output_projection", _BY_W)
def projection_transposed(
    vectors: Matrix, W_out: Matrix, b_out: Vector
) -> Matrix:
    """You transpose `W_out`: where it is square, nobody is told."""
    return output_projection(vectors, transpose(W_out), b_out)


# The way back.


@mistake("dot_backward", _OTHER)
def factors_swapped(
    x: Vector, y: Vector, grad: float
) -> tuple[Vector, Vector]:
    """You give each factor itself, and not the other one."""
    return [grad * entry for entry in x], [grad * entry for entry in y]


@mistake("dot_backward", _OTHER)
def upstream_forgotten(
    x: Vector, y: Vector, grad: float
) -> tuple[Vector, Vector]:
    """You do not use the gradient that comes in."""
    _ = grad
    return list(y), list(x)


@mistake("matmul_backward", _BACK)
def second_not_transposed(
    a: Matrix, b: Matrix, grad: Matrix
) -> tuple[Matrix, Matrix]:
    """You forget to transpose `b` on the way to `a`."""
    return matmul(grad, b), matmul(transpose(a), grad)


@mistake("matmul_backward", _BACK)
def first_not_transposed(
    a: Matrix, b: Matrix, grad: Matrix
) -> tuple[Matrix, Matrix]:
    """You forget to transpose `a` on the way to `b`."""
    return matmul(grad, transpose(b)), matmul(a, grad)


@mistake("matmul_backward", _BACK)
def second_gradient_turned(
    a: Matrix, b: Matrix, grad: Matrix
) -> tuple[Matrix, Matrix]:
    """You return the gradient of `b` transposed: transpose(grad) @ a."""
    return matmul(grad, transpose(b)), matmul(transpose(grad), a)


@mistake("matmul_backward", "Return the gradient of `a`, then that of `b`.")
def gradients_swapped(
    a: Matrix, b: Matrix, grad: Matrix
) -> tuple[Matrix, Matrix]:
    """You return the gradient of `b` first."""
    return matmul(transpose(a), grad), matmul(grad, transpose(b))


def _to_vectors(W_out: Matrix, grad: Matrix) -> Matrix:
    return matmul(grad, transpose(W_out))


def _summed(grad: Matrix) -> Vector:
    return [sum(column) for column in zip(*grad, strict=True)]


@mistake("output_projection_backward", "Add the rows up, column by column.")
def bias_not_summed(
    vectors: Matrix, W_out: Matrix, grad: Matrix
) -> tuple[Matrix, Matrix, Matrix]:
    """You do not add up the bias's gradient over the tokens."""
    return _to_vectors(W_out, grad), matmul(transpose(vectors), grad), grad


@mistake("output_projection_backward", "A sum, not a mean: each token counts.")
def bias_by_mean(
    vectors: Matrix, W_out: Matrix, grad: Matrix
) -> tuple[Matrix, Matrix, Vector]:
    """You average the bias's gradient over the tokens."""
    mean = [entry / len(grad) for entry in _summed(grad)]
    return _to_vectors(W_out, grad), matmul(transpose(vectors), grad), mean


@mistake("output_projection_backward", "It is transpose(vectors) @ grad.")
def weight_gradient_turned(
    vectors: Matrix, W_out: Matrix, grad: Matrix
) -> tuple[Matrix, Matrix, Vector]:
    """You return the gradient of the weights transposed."""
    turned = matmul(transpose(grad), vectors)
    return _to_vectors(W_out, grad), turned, _summed(grad)


@mistake("output_projection_backward", "It is grad @ transpose(W_out).")
def weights_not_transposed(
    vectors: Matrix, W_out: Matrix, grad: Matrix
) -> tuple[Matrix, Matrix, Vector]:
    """You forget to transpose the weights on the way to the vectors."""
    to_weights = matmul(transpose(vectors), grad)
    return matmul(grad, W_out), to_weights, _summed(grad)
