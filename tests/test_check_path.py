"""What a reader writes on the way through the book is understood."""

import pytest

from attnbook.checker.mistakes import of_step
from attnbook.checker.steps.table import STEPS
from tests.checking import SEED, check, only

TURNED = "def turned(a): return [list(c) for c in zip(*a)]\n"
TIMES = (
    TURNED
    + """
def times(a, b):
    return [[sum(x * y for x, y in zip(r, c)) for c in zip(*b)] for r in a]
"""
)
SHARES = (
    TIMES
    + """
from math import exp, log, sqrt
def shares(s):
    e = [exp(x - max(s)) for x in s]
    return [x / sum(e) for x in e]
"""
)
CAUSAL = """
def back(x, Wq, Wk, Wv, keep, p, g):
    q, k, v = times(x, Wq), times(x, Wk), times(x, Wv)
    root = sqrt(len(k[0]))
    w = [shares([sum(a * b for a, b in zip(q[i], k[j])) / root
                 for j in range(i + 1)]) + [0.0] * (len(x) - i - 1)
         for i in range(len(x))]
    m = [[a / (1 - p) if on else 0.0 for a, on in zip(r, o)]
         for r, o in zip(w, keep)]
    gm = times(g, turned(v))
    gw = [[a / (1 - p) if on else 0.0 for a, on in zip(r, o)]
          for r, o in zip(gm, keep)]
    gs = [[a * (b - sum(c * d for c, d in zip(r, t))) / root
           for a, b in zip(r, t)] for r, t in zip(w, gw)]
    gq, gk, gv = times(gs, k), times(turned(gs), q), times(turned(m), g)
    parts = [times(gq, turned(Wq)), times(gk, turned(Wk)),
             times(gv, turned(Wv))]
    gx = [[sum(e) for e in zip(*rows)] for rows in zip(*parts)]
    xt = turned(x)
    return gx, times(xt, gq), times(xt, gk), times(xt, gv)
"""
ADAM = """
from math import sqrt
def moved(w, g, m, v, t, lr):
    m = [0.9 * a + 0.1 * b for a, b in zip(m, g)]
    v = [0.999 * a + 0.001 * b ** 2 for a, b in zip(v, g)]
    mh = [a / (1 - 0.9 ** t) for a in m]
    vh = [a / (1 - 0.999 ** t) for a in v]
    w = [x - lr * a / (sqrt(b) + 1e-8) for x, a, b in zip(w, mh, vh)]
    return w, m, v
"""
STEP = """
def gradients(sentence, targets, model):
    E, P, Wq, Wk, Wv, Wo, bo = model
    x = [[a + b for a, b in zip(E[t], p)] for t, p in zip(sentence, P)]
    q, k, v = times(x, Wq), times(x, Wk), times(x, Wv)
    root = sqrt(len(k[0]))
    w = [shares([a / root for a in r]) for r in times(q, turned(k))]
    z = times(w, v)
    said = [shares([a + b for a, b in zip(r, bo)]) for r in times(z, Wo)]
    n = len(x)
    loss = sum(-log(r[t]) for r, t in zip(said, targets)) / n
    g = [[(a - (j == t)) / n for j, a in enumerate(r)]
         for r, t in zip(said, targets)]
    gz = times(g, turned(Wo))
    gw = times(gz, turned(v))
    gs = [[a * (b - sum(c * d for c, d in zip(r, t))) / root
           for a, b in zip(r, t)] for r, t in zip(w, gw)]
    gq, gk, gv = times(gs, k), times(turned(gs), q), times(turned(w), gz)
    parts = [times(a, turned(b)) for a, b in ((gq, Wq), (gk, Wk), (gv, Wv))]
    gx = [[sum(e) for e in zip(*rows)] for rows in zip(*parts)]
    gE = [[0.0] * len(r) for r in E]
    for t, row in zip(sentence, gx):
        gE[t] = [a + b for a, b in zip(gE[t], row)]
    xt = turned(x)
    gb = [sum(c) for c in zip(*g)]
    return loss, (gE, gx, times(xt, gq), times(xt, gk), times(xt, gv),
                  times(turned(z), g), gb)
"""

LOGITS = """
def said(sentence, model):
    E, P, Wq, Wk, Wv, Wo, bo = model
    x = [[a + b for a, b in zip(E[t], p)] for t, p in zip(sentence, P)]
    q, k, v = times(x, Wq), times(x, Wk), times(x, Wv)
    root = sqrt(len(k[0]))
    w = [shares([a / root for a in r]) for r in times(q, turned(k))]
    return [[a + b for a, b in zip(r, bo)] for r in times(times(w, v), Wo)]
"""

# Of each step, right functions as readers write them.
RIGHT = {
    "matmul": (
        "def matmul(A, B):\n"
        "    out = []\n"
        "    for i in range(len(A)):\n"
        "        out.append([])\n"
        "        for j in range(len(B[0])):\n"
        "            s = 0\n"
        "            for k in range(len(B)): s += A[i][k] * B[k][j]\n"
        "            out[i].append(s)\n"
        "    return out",
        "def mat_mul(a, x): return [sum(p * q for p, q in zip(r, x)) "
        "for r in a]",
        "import numpy as np\ndef matmul(a, b): return a @ b",
    ),
    "transpose": (
        "def transpose(m): return [list(c) for c in zip(*m)]",
        "def transpose(m): return list(zip(*m))",
        "def transposed(rows):\n"
        "    return [[r[j] for r in rows] for j in range(len(rows[0]))]",
    ),
    "add": (
        "def add(a, b):\n"
        "    return [[x + y for x, y in zip(r, s)] for r, s in zip(a, b)]",
        "def add(u, v):\n"
        "    return [x + y for x, y in zip(u, v, strict=True)]",
    ),
    "project": (
        TIMES + "def project(inputs, W): return times(inputs, W)",
        TIMES + "def linear(x, weight): return times(x, weight)",
    ),
    "project_qkv": (
        TIMES + "def project(x, Wq, Wk, Wv):\n"
        "    return times(x, Wq), times(x, Wk), times(x, Wv)",
        TIMES + "def project(inputs, projections):\n"
        "    return [times(inputs, W) for W in projections]",
    ),
    "causal_mask": (
        "def causal_mask(n): return [[j > i for j in range(n)] "
        "for i in range(n)]",
        "def causal_mask(n): return [[int(j > i) for j in range(n)] "
        "for i in range(n)]",
        "def make_causal_mask(T): return [[j <= i for j in range(T)] "
        "for i in range(T)]",
        "def causal_mask(seq_len):\n"
        "    return [[-float('inf') if j > i else 0.0 "
        "for j in range(seq_len)] for i in range(seq_len)]",
        "def causal_mask(n): return [[-1e9 * (j > i) for j in range(n)] "
        "for i in range(n)]",
        "import numpy as np\n"
        "def causal_mask(n): return np.triu(np.ones((n, n)), k=1)",
        "import numpy as np\n"
        "def causal_mask(n): return np.tril(np.ones((n, n))).astype(bool)",
    ),
    "padding_mask": (
        "def padding_mask(length, longest):\n"
        "    return [[j >= length for j in range(longest)]\n"
        "            for i in range(longest)]",
        "def make_padding_mask(max_len, n):\n"
        "    return [[int(j < n) for j in range(max_len)]] * max_len",
        "def pad_mask(n, total):\n"
        "    row = [0.0] * n + [-1e9] * (total - n)\n"
        "    return [row] * total",
        "import numpy as np\n"
        "def padding_mask(length, longest):\n"
        "    return np.tile(np.arange(longest) >= length, (longest, 1))",
    ),
    "split_heads": (
        "def split_heads(x, num_heads):\n"
        "    d = len(x[0]) // num_heads\n"
        "    return [[r[h * d:h * d + d] for r in x] "
        "for h in range(num_heads)]",
        "def split_heads(x, head_dim):\n"
        "    return [[r[s:s + head_dim] for r in x] "
        "for s in range(0, len(x[0]), head_dim)]",
        "import numpy as np\n"
        "def split_heads(x, h):\n"
        "    return x.reshape(len(x), h, -1).transpose(1, 0, 2)",
    ),
    "merge_heads": (
        "def merge_heads(heads):\n"
        "    return [sum((list(h[i]) for h in heads), []) "
        "for i in range(len(heads[0]))]",
        "import numpy as np\n"
        "def combine_heads(x): return x.transpose(1, 0, 2)"
        ".reshape(x.shape[1], -1)",
    ),
    "output_projection": (
        TIMES + "def output_projection(x, W, b):\n"
        "    return [[p + q for p, q in zip(r, b)] for r in times(x, W)]",
        TIMES + "def project(x, W, b):\n"
        "    return [[p + q for p, q in zip(r, b)] for r in times(x, W)]",
    ),
    "dot_backward": (
        "def dot_backward(x, y, g): return [g * b for b in y], "
        "[g * a for a in x]",
    ),
    "matmul_backward": (
        TIMES + "def matmul_backward(a, b, grad):\n"
        "    return times(grad, turned(b)), times(turned(a), grad)",
        TIMES + "def matmul_grad(A, B, dC):\n"
        "    return {'dA': times(dC, turned(B)), 'dB': times(turned(A), dC)}",
    ),
    "output_projection_backward": (
        TIMES + "def output_projection_backward(x, W, g):\n"
        "    return (times(g, turned(W)), times(turned(x), g), "
        "[sum(c) for c in zip(*g)])",
        TIMES + "def linear_backward(x, W, b, grad):\n"
        "    return (times(grad, turned(W)), times(turned(x), grad), "
        "[sum(c) for c in zip(*grad)])",
    ),
    "causal_attention_backward": (
        SHARES + CAUSAL + "causal_attention_backward = back",
        SHARES + CAUSAL + "def causal_attention_backward("
        "inputs, W_query, W_key, W_value, grad):\n"
        "    keep = [[True] * len(inputs)] * len(inputs)\n"
        "    return back(inputs, W_query, W_key, W_value, keep, 0.0, grad)",
        SHARES + CAUSAL + "def causal_backward("
        "inputs, projections, attention, grad, keep, p):\n"
        "    return back(inputs, *projections, keep, p, grad)",
    ),
    "cross_entropy": (
        "from math import exp, log\n"
        "def cross_entropy(logits, targets):\n"
        "    total = 0\n"
        "    for row, t in zip(logits, targets):\n"
        "        m = max(row)\n"
        "        total += m + log(sum(exp(s - m) for s in row)) - row[t]\n"
        "    return total / len(targets)",
        "from math import exp, log\n"
        "def cross_entropy(logits, target):\n"
        "    m = max(logits)\n"
        "    return log(sum(exp(s - m) for s in logits)) + m "
        "- logits[target]",
    ),
    "cross_entropy_backward": (
        SHARES + "def cross_entropy_backward(logits, targets):\n"
        "    n = len(targets)\n"
        "    return [[(p - (j == t)) / n for j, p in enumerate(shares(r))] "
        "for r, t in zip(logits, targets)]",
        SHARES + "def cross_entropy_grad(logits, target):\n"
        "    p = shares(logits)\n"
        "    p[target] -= 1\n"
        "    return p",
        "def cross_entropy_backward(probs, targets):\n"
        "    n = len(targets)\n"
        "    return [[(p - (j == t)) / n for j, p in enumerate(r)] "
        "for r, t in zip(probs, targets)]",
    ),
    "embeddings_backward": (
        "def embeddings_backward(embeddings, sentence, grad_inputs):\n"
        "    out = [[0.0] * len(r) for r in embeddings]\n"
        "    for t, g in zip(sentence, grad_inputs):\n"
        "        for j, x in enumerate(g): out[t][j] += x\n"
        "    return out",
        "def embedding_backward(ids, grad, vocab_size):\n"
        "    out = [[0.0] * len(grad[0]) for _ in range(vocab_size)]\n"
        "    for t, g in zip(ids, grad):\n"
        "        for j, x in enumerate(g): out[t][j] += x\n"
        "    return out",
    ),
    "sgd": (
        "def sgd(w, g, lr): return [a - lr * b for a, b in zip(w, g)]",
        "def sgd(weights, grads, rate):\n"
        "    return [[a - rate * b for a, b in zip(r, s)] "
        "for r, s in zip(weights, grads)]",
    ),
    "adam": (
        ADAM + "adam = moved",
        ADAM + "def adam(w, g, m, v, t, lr=0.001): "
        "return (*moved(w, g, m, v, t, lr), t + 1)",
        ADAM + "def adam(weights, grads, state, rate):\n"
        "    t, m, v = state\n"
        "    w, m, v = moved(weights, grads, m, v, t + 1, rate)\n"
        "    return w, (t + 1, m, v)",
        ADAM + "def adam(weights, grads, state, rate):\n"
        "    w, m, v = moved(weights, grads, state.means, state.squares,\n"
        "                    state.steps + 1, rate)\n"
        "    return w, state._replace(steps=state.steps + 1, means=m, "
        "squares=v)",
    ),
    "loss_and_gradients": (SHARES + STEP + "loss_and_gradients = gradients",),
    "model_logits": (
        SHARES + LOGITS + "model_logits = said",
        SHARES + LOGITS + "def logits_of(ids, params): "
        "return tuple(map(tuple, said(ids, params)))",
    ),
    "training_step": (
        SHARES + STEP + "def training_step(sentence, targets, model, rate):\n"
        "    loss, grads = gradients(sentence, targets, model)\n"
        "    def down(w, g):\n"
        "        if isinstance(w, list): return [*map(down, w, g)]\n"
        "        return w - rate * g\n"
        "    return loss, [down(w, g) for w, g in zip(model, grads)]",
    ),
}
EACH = [(step, source) for step, sources in RIGHT.items()
        for source in sources]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "source"), EACH, ids=lambda text: text[:30].split("\n")[0]
)
def test_a_right_function_of_the_path_agrees(step: str, source: str) -> None:
    finding = only(check(source))
    assert (finding.step.name, finding.verdict) == (step, "agrees")
    assert finding.known == finding.rejected > 0
    assert finding.warnings == ()


def test_a_mistake_is_spared_only_where_nobody_can_make_it() -> None:
    for step in STEPS:
        for form in step.forms:
            for entry in of_step(step):
                if entry.name in form.spared:
                    for case in step.cases(SEED):
                        right = form.answer(step.reference, case.values)
                        assert not entry.differs(form, right, case.values)


NAIVE = SHARES.replace(" - max(s)", "")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (NAIVE, "overflows from a largest score of about 7"),
        (SHARES, "overflows from a largest score of about 148"),
    ],
)
def test_the_logarithm_of_a_probability_is_no_safe_loss(
    source: str, said: str
) -> None:
    source += (
        "def cross_entropy(logits, targets):\n"
        "    pairs = zip(logits, targets)\n"
        "    found = [-log(shares(row)[t]) for row, t in pairs]\n"
        "    return sum(found) / len(found)"
    )
    finding = only(check(source))
    assert finding.verdict == "agrees"
    (caution,) = finding.warnings
    assert said in caution.sentence
    assert "logarithm of the row's sum" in caution.advice


# What a reader could mean, and what the report says of it.
MASKS = {
    "j > i": "True is hidden, as in the book",
    "j <= i": "True is seen: the opposite of the book's masks",
    "-float('inf') * (j > i) if j > i else 0.0": (
        "minus infinity hides: it is added to the scores"
    ),
}


@pytest.mark.parametrize("entry", MASKS)
def test_the_convention_of_a_mask_is_found_out_and_said(entry: str) -> None:
    source = (
        f"def causal_mask(n): return [[{entry} for j in range(n)] "
        "for i in range(n)]"
    )
    finding = only(check(source))
    assert finding.verdict == "agrees"
    assert MASKS[entry] in finding.how


def cause_of(source: str) -> str:
    """What is named as the cause where a source differs."""
    finding = only(check(source))
    assert finding.verdict == "differs"
    assert finding.cause is not None
    return finding.cause.name


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("i >= n", "queries_hidden"),
        ("i < n", "queries_hidden"),  # where True is seen
        ("i < n and j < n", "padding_sees_nothing"),
        ("-1e9 * (j > n)", "first_padding_seen"),
        ("j < n - 1", "last_token_hidden"),
        ("-1e9 * (j < n)", "tokens_hidden"),
    ],
)
def test_a_wrong_padding_mask_is_named_in_any_convention(
    entry: str, name: str
) -> None:
    source = (
        f"def padding_mask(n, total): return [[{entry} for j in range(total)] "
        "for i in range(total)]"
    )
    assert cause_of(source) == name


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("j >= i", "mask_hides_self"),
        ("j < i", "mask_hides_self"),  # where True is seen
        ("int(j > i + 1)", "mask_shows_next"),
        ("j <= i + 1", "mask_shows_next"),
        ("-1e9 * (j < i)", "mask_flipped"),
        ("-1e9 * (j >= i)", "mask_hides_self"),
    ],
)
def test_a_wrong_mask_is_named_in_any_convention(
    entry: str, name: str
) -> None:
    source = (
        f"def causal_mask(n): return [[{entry} for j in range(n)] "
        "for i in range(n)]"
    )
    assert cause_of(source) == name
