"""Every model solution of the pages, made by `press.mine`."""

from math import dist, exp, fsum, hypot, inf, log, sqrt


def add(a, b):
    rows = zip(a, b, strict=True)
    return [[x + y for x, y in zip(*row, strict=True)] for row in rows]


def dot(x, y):
    return sum((a * b for a, b in zip(x, y, strict=True)))


def scores(query, inputs):
    return [dot(query, x) for x in inputs]


def softmax(scores):
    largest, total = (scores[0], 1.0)
    for score in scores[1:]:
        if score > largest:
            total = total * exp(largest - score) + 1.0
            largest = score
        elif score > -inf:
            total += exp(score - largest)
    return [exp(score - largest) / total for score in scores]


def context_vector(attn_weights, inputs):
    context_vec = [0.0] * len(inputs[0])
    for weight, x in zip(attn_weights, inputs, strict=True):
        for j, entry in enumerate(x):
            context_vec[j] += weight * entry
    return context_vec


def matmul(a, b):
    result = [[0.0] * len(b[0]) for _ in a]
    for i in range(len(a)):
        for j in range(len(b[0])):
            for k in range(len(b)):
                result[i][j] += a[i][k] * b[k][j]
    return result


def transpose(a):
    return [list(column) for column in zip(*a, strict=True)]


def self_attention(inputs, W_query, W_key, W_value):
    queries, keys = (matmul(inputs, W_query), matmul(inputs, W_key))
    scale = sqrt(len(keys[0]))
    scores = matmul(queries, transpose(keys))
    weights = [softmax([s / scale for s in row]) for row in scores]
    return matmul(weights, matmul(inputs, W_value))


def attention_weights(query, inputs):
    scores = [(hypot(*key) ** 2 - dist(query, key) ** 2) / 2 for key in inputs]
    largest = max(scores)
    exps = [exp(score - largest) for score in scores]
    return [e / sum(exps) for e in exps]


def project(inputs, W):
    columns = transpose(W)
    return [[dot(x, column) for column in columns] for x in inputs]


def scaled_dot_product_attention(queries, keys, values, mask=None):
    if mask is None:
        mask = [[False] * len(keys) for _ in queries]
    scale, context_vecs = (sqrt(len(keys[0])), [])
    for query, hidden in zip(queries, mask):
        scores = [-inf if hide else sum((q * k for q, k in zip(query, key))) for key, hide in zip(keys, hidden)]
        largest = max(scores)
        exps = [exp((score - largest) / scale) for score in scores]
        weights = [e / sum(exps) for e in exps]
        columns = zip(*values)
        context_vecs.append([sum((w * v for w, v in zip(weights, c))) for c in columns])
    return context_vecs


def attention_scores(queries, keys):
    return [[dot(query, key) for key in keys] for query in queries]


def scaled_attention_weights(queries, keys):
    scale = sqrt(len(keys[0]))
    return [softmax([dot(query, key) / scale for key in keys]) for query in queries]


def attend(queries, keys, values):
    scale = sqrt(len(keys[0]))
    scores = matmul(queries, transpose(keys))
    weights = [softmax([s / scale for s in row]) for row in scores]
    return matmul(weights, values)


def cross_attention(queries, keys, values):
    scale, context_vecs = (sqrt(len(keys[0])), [])
    for query in queries:
        scores = [sum((q * k for q, k in zip(query, key))) / scale for key in keys]
        largest = max(scores)
        exps = [exp(score - largest) for score in scores]
        weights = [e / sum(exps) for e in exps]
        context_vecs.append([sum((w * v for w, v in zip(weights, column))) for column in zip(*values)])
    return context_vecs


def project_qkv(inputs, W_query, W_key, W_value):
    return tuple((matmul(inputs, W) for W in (W_query, W_key, W_value)))


def masked_attention(queries, keys, values):
    context_vecs = []
    for i, query in enumerate(queries):
        seen = keys[:i + 1]
        scores = [dot(query, key) / sqrt(len(key)) for key in seen]
        weights = softmax(scores)
        context_vecs.append(context_vector(weights, values[:i + 1]))
    return context_vecs


def causal_mask(num_tokens):
    places = range(1, num_tokens + 1)
    return [[False] * i + [True] * (num_tokens - i) for i in places]


def padding_mask(length, longest):
    return [[key >= length for key in range(longest)] for query in range(longest)]


def dropout(attn_weights, keep, p):
    return [[weight / (1 - p) if kept else 0.0 for weight, kept in zip(*rows)] for rows in zip(attn_weights, keep)]


def causal_attention(inputs, W_query, W_key, W_value):
    weights = (W_query, W_key, W_value)
    queries, keys, values = (matmul(inputs, W) for W in weights)
    context_vecs = []
    for i, query in enumerate(queries):
        seen = keys[:i + 1]
        scores = [dot(query, key) / sqrt(len(key)) for key in seen]
        shares = softmax(scores)
        context_vecs.append(context_vector(shares, values[:i + 1]))
    return context_vecs


def merge_heads(heads):
    return [[entry for row in rows for entry in row] for rows in zip(*heads, strict=True)]


def causal_weights(queries, keys):
    scale, mask = (sqrt(len(keys[0])), causal_mask(len(keys)))
    scores = matmul(queries, transpose(keys))
    return [softmax([-inf if h else s / scale for s, h in zip(*rows)]) for rows in zip(scores, mask, strict=True)]


def stacked_heads(inputs, heads):
    found = []
    for head in heads:
        queries, keys, values = (matmul(inputs, W) for W in head)
        found.append(matmul(causal_weights(queries, keys), values))
    return merge_heads(found)


def split_heads(vectors, num_heads):
    width = len(vectors[0]) // num_heads
    starts = [h * width for h in range(num_heads)]
    return [[row[i:i + width] for row in vectors] for i in starts]


def output_projection(vectors, W_out, b_out):
    mixed = matmul(vectors, W_out)
    return [[x + b for x, b in zip(row, b_out)] for row in mixed]


def multi_head_attention(inputs, W_query, W_key, W_value, W_out, b_out, num_heads):
    wide = [matmul(inputs, W) for W in (W_query, W_key, W_value)]
    split = [split_heads(vectors, num_heads) for vectors in wide]
    found = [matmul(causal_weights(queries, keys), values) for queries, keys, values in zip(*split, strict=True)]
    return output_projection(merge_heads(found), W_out, b_out)


def dot_backward(x, y, grad_product):
    from_x = nudged(lambda x: dot(x, y), x)
    from_y = nudged(lambda y: dot(x, y), y)
    return ([grad_product * slope for slope in from_x], [grad_product * slope for slope in from_y])


def matmul_backward(a, b, grad_product):
    tape = [(i, j, k) for i in range(len(a)) for j in range(len(b[0])) for k in range(len(b))]
    grad_a = [[0.0] * len(row) for row in a]
    grad_b = [[0.0] * len(row) for row in b]
    for i, j, k in reversed(tape):
        grad_a[i][k] += b[k][j] * grad_product[i][j]
        grad_b[k][j] += a[i][k] * grad_product[i][j]
    return (grad_a, grad_b)


def softmax_backward(attn_weights, grad_weights):
    pairs = list(zip(attn_weights, grad_weights, strict=True))
    mean = sum((w * g for w, g in pairs))
    return [w * (g - mean) for w, g in pairs]


def attention_backward(queries, keys, values, attn_weights, grad_context_vecs):
    grad_weights = matmul(grad_context_vecs, transpose(values))
    pairs = zip(attn_weights, grad_weights, strict=True)
    grads = [softmax_backward(*pair) for pair in pairs]
    scale = sqrt(len(keys[0]))
    grad_scores = [[g / scale for g in row] for row in grads]
    grad_queries = matmul(grad_scores, keys)
    grad_keys = matmul(transpose(grad_scores), queries)
    grad_values = matmul(transpose(attn_weights), grad_context_vecs)
    return (grad_queries, grad_keys, grad_values)


def projections_backward(inputs, weights, grads):
    pairs = zip(grads, weights, strict=True)
    ways = [matmul(grad, transpose(W)) for grad, W in pairs]
    grad_inputs = add(add(ways[0], ways[1]), ways[2])
    return (grad_inputs, *(matmul(transpose(inputs), g) for g in grads))


def self_attention_backward(inputs, W_query, W_key, W_value, grad_context_vecs):
    weights = (W_query, W_key, W_value)
    queries, keys, values = (matmul(inputs, W) for W in weights)
    shares = scaled_attention_weights(queries, keys)
    grads = attention_backward(queries, keys, values, shares, grad_context_vecs)
    return projections_backward(inputs, weights, grads)


def output_projection_backward(vectors, W_out, grad_outputs):
    grad_vectors = matmul(grad_outputs, transpose(W_out))
    grad_W_out = matmul(transpose(vectors), grad_outputs)
    grad_b_out = [sum(column) for column in zip(*grad_outputs)]
    return (grad_vectors, grad_W_out, grad_b_out)


def multi_head_attention_backward(inputs, W_query, W_key, W_value, W_out, b_out, num_heads, grad_outputs):
    weights = (W_query, W_key, W_value)
    wide = [matmul(inputs, W) for W in weights]
    split = [split_heads(vectors, num_heads) for vectors in wide]
    heads = list(zip(*split, strict=True))
    shares = [causal_weights(q, k) for q, k, _ in heads]
    mixed = [matmul(w, v) for w, (_, _, v) in zip(shares, heads)]
    grad_merged, grad_W_out, grad_b_out = output_projection_backward(merge_heads(mixed), W_out, grad_outputs)
    parts = split_heads(grad_merged, num_heads)
    each = [attention_backward(*head, w, grad) for head, w, grad in zip(heads, shares, parts, strict=True)]
    grads = [merge_heads(of_all) for of_all in zip(*each, strict=True)]
    back = projections_backward(inputs, weights, grads)
    return (*back, grad_W_out, grad_b_out)


def cross_entropy(logits, targets):
    surprises = []
    for row, target in zip(logits, targets, strict=True):
        largest = max(row)
        total = sum((exp(logit - largest) for logit in row))
        surprises.append(log(total) - (row[target] - largest))
    return sum(surprises) / len(surprises)


def cross_entropy_backward(logits, targets):
    n = len(targets)
    return [[(q - (j == target)) / n for j, q in enumerate(softmax(row))] for row, target in zip(logits, targets, strict=True)]


def embeddings_backward(embeddings, sentence, grad_inputs):
    grad_embeddings = [[0.0] * len(row) for row in embeddings]
    for token, grad in zip(sentence, grad_inputs, strict=True):
        pairs = zip(grad_embeddings[token], grad, strict=True)
        grad_embeddings[token] = [x + y for x, y in pairs]
    return grad_embeddings


def sgd(weights, grads, rate):
    return [w - rate * g for w, g in zip(weights, grads, strict=True)]


def adam(weights, grads, means, squares, step, rate):
    means = [0.9 * m + 0.1 * g for m, g in zip(means, grads)]
    squares = [0.999 * v + 0.001 * g * g for v, g in zip(squares, grads)]
    first, second = (1 - 0.9 ** step, 1 - 0.999 ** step)
    moved = [w - rate * (m / first) / (sqrt(v / second) + 1e-08) for w, m, v in zip(weights, means, squares, strict=True)]
    return (moved, means, squares)


def causal_attention_backward(inputs, W_query, W_key, W_value, keep, p, grad_context_vecs):
    weights = (W_query, W_key, W_value)
    queries, keys, values = (matmul(inputs, W) for W in weights)
    shares = causal_weights(queries, keys)
    grad_mixing, grad_values = matmul_backward(dropout(shares, keep, p), values, grad_context_vecs)
    grad_shares = dropout(grad_mixing, keep, p)
    rows = zip(shares, grad_shares, strict=True)
    scale = sqrt(len(keys[0]))
    grad_scores = [[g / scale for g in softmax_backward(*row)] for row in rows]
    grad_queries = matmul(grad_scores, keys)
    grad_keys = matmul(transpose(grad_scores), queries)
    grads = (grad_queries, grad_keys, grad_values)
    return projections_backward(inputs, weights, grads)


def nudged(function, x):
    found = []
    for i, entry in enumerate(x):
        up = function([*x[:i], entry + 1, *x[i + 1:]])
        down = function([*x[:i], entry - 1, *x[i + 1:]])
        found.append((up - down) / 2)
    return found


def model_logits(sentence, model):
    tokens, places, *weights, W_out, b_out = model
    inputs = add([tokens[token] for token in sentence], places)
    context_vecs = self_attention(inputs, *weights)
    return output_projection(context_vecs, W_out, b_out)


def loss_and_gradients(sentence, targets, model):
    tokens, places, *weights, W_out, b_out = model
    inputs = add([tokens[token] for token in sentence], places)
    context_vecs = self_attention(inputs, *weights)
    logits = output_projection(context_vecs, W_out, b_out)
    grad_logits = cross_entropy_backward(logits, targets)
    grad_context_vecs, *grads_out = output_projection_backward(context_vecs, W_out, grad_logits)
    grad_inputs, *grads = self_attention_backward(inputs, *weights, grad_context_vecs)
    grad_tokens = embeddings_backward(tokens, sentence, grad_inputs)
    every = (grad_tokens, grad_inputs, *grads, *grads_out)
    return (cross_entropy(logits, targets), every)


def training_step(sentence, targets, model, rate):
    loss, grads = loss_and_gradients(sentence, targets, model)
    *matrices, bias = zip(model, grads, strict=True)
    moved = [[sgd(*rows, rate) for rows in zip(*pair, strict=True)] for pair in matrices]
    return (loss, (*moved, sgd(*bias, rate)))


def causal_self_attention(inputs, W_query, W_key, W_value):
    keys, values, context_vecs = ([], [], [])
    for x in inputs:
        query, key, value = (matmul([x], W)[0] for W in (W_query, W_key, W_value))
        keys.append(key)
        values.append(value)
        scores = [dot(query, kept) / sqrt(len(key)) for kept in keys]
        context_vecs.append(context_vector(softmax(scores), values))
    return context_vecs


def trainable_self_attention(inputs, W_query, W_key, W_value):
    between = matmul(W_query, transpose(W_key))
    scores = matmul(matmul(inputs, between), transpose(inputs))
    root = sqrt(len(W_key[0]))
    weights = [softmax([s / root for s in row]) for row in scores]
    return matmul(weights, matmul(inputs, W_value))


def simple_self_attention(inputs):
    n = len(inputs)
    attn_scores = [[0.0] * n for _ in inputs]
    for i in range(n):
        for k in range(i, n):
            score = sum((x * y for x, y in zip(inputs[i], inputs[k])))
            attn_scores[i][k] = attn_scores[k][i] = score
    context_vecs = []
    for row in attn_scores:
        largest = max(row)
        exps = [exp(score - largest) for score in row]
        total = sum(exps)
        weights = [e / total for e in exps]
        columns = zip(*inputs)
        context_vecs.append([sum((w * x for w, x in zip(weights, each))) for each in columns])
    return context_vecs
