"""Wrong versions of section 3.3."""

from math import exp, log, sqrt

from attnbook.checker.mistakes.catalogue import mistake
from attnbook.simple import softmax
from attnbook.vectors import Matrix, Vector, dot, matmul, transpose

_LOOP = "Let the loop run over every index, from 0 to the length minus 1."
_AXIS = "Apply softmax to each row of the scores: one query, all its keys."


@mistake("dot", "drops_last", "You leave out the last product.", _LOOP)
def drops_last(x: Vector, y: Vector) -> float:
    return sum(x[i] * y[i] for i in range(len(x) - 1))


@mistake("dot", "drops_first", "You leave out the first product.", _LOOP)
def drops_first(x: Vector, y: Vector) -> float:
    return sum(x[i] * y[i] for i in range(1, len(x)))


@mistake(
    "dot",
    "cosine",
    "You divide by the lengths of the vectors: that is their cosine.",
    "Add up the products and leave it at that.",
)
def cosine(x: Vector, y: Vector) -> float:
    return dot(x, y) / sqrt(dot(x, x) * dot(y, y))


@mistake(
    "dot",
    "products_not_added",
    "You return the products; their sum is missing.",
    "Add the products up: the dot product is a single number.",
)
def products_not_added(x: Vector, y: Vector) -> Vector:
    return [a * b for a, b in zip(x, y, strict=True)]


@mistake(
    "dot",
    "mean",
    "You divide the sum by its length: that is a mean.",
    "Add up the products and leave it at that.",
)
def mean(x: Vector, y: Vector) -> float:
    return dot(x, y) / len(x)


@mistake(
    "softmax",
    "no_exp",
    "You divide the scores by their sum, without `exp`.",
    "Take `exp` of every score first: negative scores need it.",
)
def no_exp(scores: Vector) -> Vector:
    total = sum(scores)
    return [score / total if total else 0.0 for score in scores]


@mistake(
    "softmax",
    "unnormalised",
    "You return the exponentials; they are not divided by their sum.",
    "Divide each exponential by the sum of all of them.",
)
def unnormalised(scores: Vector) -> Vector:
    largest = max(scores)
    return [exp(score - largest) for score in scores]


@mistake(
    "softmax",
    "base_two",
    "You raise 2 to the power of the scores; softmax raises e.",
    "Use `math.exp`.",
)
def base_two(scores: Vector) -> Vector:
    return softmax([score * log(2) for score in scores])


@mistake(
    "softmax",
    "sigmoid",
    "You squash each score by itself: that is a sigmoid.",
    "Divide by the sum over all scores, so that they share one unit.",
)
def sigmoid(scores: Vector) -> Vector:
    return [1 / (1 + exp(-score)) for score in scores]


@mistake(
    "softmax",
    "logarithm",
    "You return the logarithms of the weights.",
    "Leave out the logarithm: weights are positive and sum to 1.",
)
def logarithm(scores: Vector) -> Vector:
    return [log(weight) for weight in softmax(scores)]


@mistake(
    "softmax",
    "largest_in_numerator_only",
    "You subtract the largest score above the line and not below it.",
    "Subtract it first, once, and use the same numbers in both places.",
)
def largest_in_numerator_only(scores: Vector) -> Vector:
    total = sum(exp(score) for score in scores)
    return [exp(score - max(scores)) / total for score in scores]


@mistake(
    "softmax",
    "absolute_scores",
    "You take the scores without their sign.",
    "Let negative scores be negative: their weights are small.",
)
def absolute_scores(scores: Vector) -> Vector:
    return softmax([abs(score) for score in scores])


@mistake(
    "softmax",
    "sign_flipped",
    "You take `exp` of minus the scores: the largest gets the least.",
    "Subtract the largest score from each score, not the other way round.",
)
def sign_flipped(scores: Vector) -> Vector:
    return softmax([-score for score in scores])


@mistake(
    "attention_scores",
    "cosine",
    "You divide by the lengths of the vectors: those are cosines.",
    "Use the dot product as it is.",
)
def cosine_scores(query: Vector, inputs: Matrix) -> Vector:
    return [cosine(query, x) for x in inputs]


@mistake(
    "attention_scores",
    "distance",
    "You measure the distance to the query; near is small then.",
    "Use the dot product: it is large where vectors point the same way.",
)
def distance(query: Vector, inputs: Matrix) -> Vector:
    return [
        sqrt(sum((a - b) ** 2 for a, b in zip(query, x, strict=True)))
        for x in inputs
    ]


@mistake(
    "attention_scores",
    "scaled",
    "You divide by the square root of the width; that comes in section 3.4.",
    "Use the dot product as it is.",
)
def scaled_scores(query: Vector, inputs: Matrix) -> Vector:
    return [dot(query, x) / sqrt(len(query)) for x in inputs]


@mistake(
    "attention_scores",
    "already_softmax",
    "You return weights: softmax has been applied already.",
    "Return the dot products; softmax is the next step.",
)
def already_softmax(query: Vector, inputs: Matrix) -> Vector:
    return softmax([dot(query, x) for x in inputs])


@mistake(
    "attention_weights",
    "no_softmax",
    "You return the scores: softmax is missing.",
    "Apply softmax to the scores of each query.",
)
def no_softmax(query: Vector, inputs: Matrix) -> Vector:
    return [dot(query, x) for x in inputs]


@mistake(
    "attention_weights",
    "divided_by_sum",
    "You divide the scores by their sum, without `exp`.",
    "Apply softmax: scores can be negative, weights cannot.",
)
def divided_by_sum(query: Vector, inputs: Matrix) -> Vector:
    return no_exp([dot(query, x) for x in inputs])


@mistake(
    "attention_weights",
    "scaled_by_root_of_width",
    "You divide the scores by the square root of the width.",
    "Leave the scores as they are: section 3.3 does not scale them.",
)
def scaled_weights(query: Vector, inputs: Matrix) -> Vector:
    return softmax([dot(query, x) / sqrt(len(query)) for x in inputs])


@mistake(
    "context_vector",
    "plain_mean",
    "You give every input the same weight.",
    "Multiply each input by its own weight before you add.",
)
def plain_mean(attn_weights: Vector, inputs: Matrix) -> Vector:
    share = [1 / len(attn_weights)] * len(attn_weights)
    return matmul([share], inputs)[0]


@mistake(
    "context_vector",
    "largest_only",
    "You return the input with the largest weight; nothing is mixed.",
    "Add up all inputs, each times its weight.",
)
def largest_only(attn_weights: Vector, inputs: Matrix) -> Vector:
    return inputs[attn_weights.index(max(attn_weights))]


@mistake(
    "context_vector",
    "not_added",
    "You return the weighted inputs; their sum is missing.",
    "Add the weighted inputs up, column by column.",
)
def not_added(attn_weights: Vector, inputs: Matrix) -> Matrix:
    return [
        [w * entry for entry in x]
        for w, x in zip(attn_weights, inputs, strict=True)
    ]


@mistake(
    "context_vector",
    "last_token_lost",
    "You leave out the last input.",
    _LOOP,
)
def last_token_lost(attn_weights: Vector, inputs: Matrix) -> Vector:
    return matmul([[*attn_weights[:-1], 0.0]], inputs)[0]


@mistake(
    "context_vector",
    "weights_reversed",
    "You pair the first weight with the last input.",
    "Weight j belongs to input j.",
)
def weights_reversed(attn_weights: Vector, inputs: Matrix) -> Vector:
    return matmul([attn_weights[::-1]], inputs)[0]


@mistake(
    "self_attention",
    "scaled_by_root_of_width",
    "You divide the scores by the square root of the width.",
    "Leave the scores as they are: section 3.3 does not scale them.",
)
def scaled_self_attention(inputs: Matrix) -> Matrix:
    return [
        matmul([scaled_weights(query, inputs)], inputs)[0] for query in inputs
    ]


@mistake(
    "self_attention",
    "softmax_over_queries",
    "Your softmax runs over the queries: columns sum to 1, not rows.",
    _AXIS,
)
def softmax_over_queries(inputs: Matrix) -> Matrix:
    attn_scores = matmul(inputs, transpose(inputs))
    columns = [softmax(column) for column in transpose(attn_scores)]
    return matmul(transpose(columns), inputs)


@mistake(
    "self_attention",
    "softmax_over_everything",
    "Your softmax runs over all scores at once: they sum to 1 in all.",
    _AXIS,
)
def softmax_over_everything(inputs: Matrix) -> Matrix:
    n = len(inputs)
    attn_scores = matmul(inputs, transpose(inputs))
    weights = softmax([score for row in attn_scores for score in row])
    rows = [weights[i * n : (i + 1) * n] for i in range(n)]
    return matmul(rows, inputs)


@mistake(
    "self_attention",
    "no_softmax",
    "You mix the inputs by the scores: softmax is missing.",
    "Turn each row of scores into weights before mixing.",
)
def scores_as_weights(inputs: Matrix) -> Matrix:
    return matmul(matmul(inputs, transpose(inputs)), inputs)


@mistake(
    "self_attention",
    "unnormalised",
    "Your weights are exponentials that are not divided by their sum.",
    "Divide each exponential by the sum of its row.",
)
def unnormalised_self_attention(inputs: Matrix) -> Matrix:
    attn_scores = matmul(inputs, transpose(inputs))
    exps = [[exp(score) for score in row] for row in attn_scores]
    return matmul(exps, inputs)


@mistake(
    "self_attention",
    "mask_hides_self",
    "No token attends to itself: the diagonal is hidden.",
    "Keep the diagonal: a token's own input counts too.",
)
def without_self(inputs: Matrix) -> Matrix:
    rows = []
    for i, query in enumerate(inputs):
        others = [x for j, x in enumerate(inputs) if j != i] or [query]
        weights = softmax([dot(query, x) for x in others])
        rows.append(matmul([weights], others)[0])
    return rows


@mistake(
    "self_attention",
    "causal",
    "Your tokens see only themselves and earlier ones: that is section 3.5.",
    "Let every token attend to every token.",
)
def causal_already(inputs: Matrix) -> Matrix:
    rows = []
    for i, query in enumerate(inputs):
        seen = inputs[: i + 1]
        weights = softmax([dot(query, x) for x in seen])
        rows.append(matmul([weights], seen)[0])
    return rows


@mistake(
    "self_attention",
    "inputs_added",
    "You add the inputs to the result: that is a residual connection.",
    "Return the mix alone.",
)
def inputs_added(inputs: Matrix) -> Matrix:
    mixed = [
        matmul([softmax([dot(query, x) for x in inputs])], inputs)[0]
        for query in inputs
    ]
    return [
        [a + b for a, b in zip(*rows, strict=True)]
        for rows in zip(inputs, mixed, strict=True)
    ]


@mistake(
    "self_attention",
    "weights_returned",
    "You return the weights; the inputs are not mixed by them yet.",
    "Multiply the weights with the inputs.",
)
def weights_returned(inputs: Matrix) -> Matrix:
    return [softmax([dot(query, x) for x in inputs]) for query in inputs]
