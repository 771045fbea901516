"""What the checker finds out by itself, and says."""

import inspect

import pytest

from attnbook import simple
from attnbook.checker.engine import Options
from attnbook.checker.reader.axes import einsum, rearrange, repeat
from attnbook.checker.say.verdict import is_own, short
from tests.checking import SEED, check, only
from tests.styles_more import MORE
from tests.styles_torch import HEAD

SOFTMAX = """
import numpy as np

def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""

TOKENS_FIRST = (
    HEAD
    + """
class MultiHeadAttention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.h = num_heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            nn.Linear(embed_dim, embed_dim) for _ in range(4))

    def forward(self, query, key, value):
        t, b, c = query.shape
        q, k, v = (p(x).view(t, b * self.h, c // self.h).transpose(0, 1)
                   for p, x in ((self.q_proj, query), (self.k_proj, key),
                                (self.v_proj, value)))
        w = F.softmax(q @ k.mT / math.sqrt(c // self.h), dim=-1)
        return self.out_proj((w @ v).transpose(0, 1).reshape(t, b, c)), w
"""
)
SECOND = "a batch axis second: (tokens, batch, width)"


@pytest.mark.torch
def test_tokens_before_the_batch_are_found_out_and_said() -> None:
    finding = only(check(TOKENS_FIRST))
    assert (finding.verdict, SECOND in finding.how) == ("agrees", True)
    assert "every token sees all tokens" in finding.how


@pytest.mark.torch
def test_tokens_before_the_batch_are_found_out_where_it_is_wrong() -> None:
    unscaled = TOKENS_FIRST.replace(" / math.sqrt(c // self.h)", "")
    finding = only(check(unscaled))
    assert finding.cause is not None
    assert (finding.cause.name, SECOND in finding.how) == ("no_scale", True)


@pytest.mark.torch
def test_batch_and_sentence_mixed_up_behind_tokens_are_found() -> None:
    mixed = TOKENS_FIRST.replace(
        "(w @ v).transpose(0, 1).reshape(t, b, c)",
        "(w @ v).unflatten(0, (self.h, b)).permute(2, 1, 0, 3).flatten(2)",
    )
    finding = only(check(mixed))
    assert finding.cause is not None
    assert finding.cause.name == "batch_mixed_up"


@pytest.mark.torch
def test_torchs_module_takes_tokens_first_and_this_is_said() -> None:
    source = HEAD + """
class SelfAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.attn = nn.MultiheadAttention(d_model, num_heads)

    def forward(self, x):
        return self.attn(x, x, x)[0]
"""  # fmt: skip
    finding = only(check(source))
    assert (finding.verdict, SECOND in finding.how) == ("agrees", True)


ONE = """
def self_attention(x):
    scores = x @ x.T / x.shape[-1] ** 0.5
    return softmax(scores) @ x
"""


def test_scaled_attention_of_the_inputs_alone_agrees_and_is_said() -> None:
    finding = check(SOFTMAX + ONE)[-1]
    assert finding.verdict == "agrees"
    assert "which section 3.3 does not do" in finding.how


def test_scaled_by_the_width_itself_is_wrong_all_the_same() -> None:
    finding = check(SOFTMAX + ONE.replace(" ** 0.5", ""))[-1]
    assert finding.cause is not None
    assert "the width without the root" in finding.cause.sentence


PARTIAL = SOFTMAX + """
from functools import partial

def attend(q, k, v, hides):
    s = q @ k.T / np.sqrt(k.shape[-1])
    if hides:
        s = np.where(np.triu(np.ones(s.shape, bool), 1), -np.inf, s)
    return softmax(s) @ v

attention = partial(attend, hides=False)
"""  # fmt: skip


def test_what_a_partial_is_made_of_is_not_left_out() -> None:
    found = {each.function: each.verdict for each in check(PARTIAL)}
    assert found == {"softmax": "agrees", "attention": "agrees"}


PLAIN = (
    SOFTMAX
    + """
def attention(q, k, v):
    weights = softmax(k @ q.T / np.sqrt(k.shape[-1]))
    return weights @ v
"""
)


def test_what_hides_nothing_is_not_judged_as_causal() -> None:
    finding = check(PLAIN)[-1]
    assert finding.verdict == "differs"
    assert "it is causal" not in finding.how
    assert finding.step.name == "scaled_dot_product_attention"
    assert finding.cause is not None
    assert finding.cause.name == "swapped"


LAYERS = SOFTMAX + """
def linear(x, w, b):
    return x @ w + b

def mha(x, c_attn, c_proj, n_head):
    q, k, v = (np.split(each, n_head, axis=-1)
               for each in np.split(linear(x, **c_attn), 3, axis=-1))
    hidden = (1 - np.tri(len(x))) * -1e10
    heads = [softmax(a @ b.T / np.sqrt(a.shape[-1]) + hidden) @ c
             for a, b, c in zip(q, k, v)]
    return linear(np.hstack(heads), **c_proj)
"""  # fmt: skip


def test_layers_that_are_dictionaries_are_handed_over() -> None:
    finding = check(LAYERS)[-1]
    assert finding.function == "mha"
    assert (finding.verdict, "it is causal" in finding.how) == ("agrees", True)


def test_a_fault_behind_such_layers_is_named() -> None:
    finding = check(LAYERS.replace(" / np.sqrt(a.shape[-1])", ""))[-1]
    assert finding.cause is not None
    assert finding.cause.name == "no_scale"


TURNED = SOFTMAX + """
def self_attention(x, W_query, W_key, W_value):
    q, k, v = x @ W_query.T, x @ W_key.T, x @ W_value.T
    return softmax(q @ k.T / np.sqrt(k.shape[-1])) @ v
"""  # fmt: skip


@pytest.mark.parametrize(
    ("transposed", "verdict"),
    [(None, "agrees"), (True, "agrees"), (False, "differs")],
)
def test_turned_weights_are_found_out_unless_it_is_said(
    transposed: bool | None,
    verdict: str,
) -> None:
    options = Options(SEED, "self_attention", transposed=transposed)
    assert only(check(TURNED, options)).verdict == verdict


HANDED = HEAD + """
class ScaledDotProductAttention(nn.Module):
    def __init__(self, dropout=0.1):
        super().__init__()
        self.dropout = nn.Dropout(dropout)

    def forward(self, q, k, v):
        weights = torch.softmax(q @ k.mT / q.size(-1) ** 0.5, -1)
        return self.dropout(weights) @ v

class MultiHead(nn.Module):
    def __init__(self, attn_layer, d_model, num_heads):
        super().__init__()
        self.attn, self.h = attn_layer, num_heads
        self.layers = nn.ModuleList(
            [nn.Linear(d_model, d_model) for _ in range(4)])

    def forward(self, x):
        q, k, v = (p(x).unflatten(-1, (self.h, -1)).transpose(1, 2)
                   for p in self.layers[:3])
        return self.layers[3](self.attn(q, k, v).transpose(1, 2).flatten(2))
"""  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("given", ["attn_layer", "attention_cls"])
def test_an_attention_is_handed_to_a_constructor(given: str) -> None:
    source = HANDED.replace("attn_layer", given)
    if given.endswith("cls"):
        source = source.replace(f"= {given},", f"= {given}(),")
    assert [each.verdict for each in check(source)] == ["agrees"] * 2


NAMES = "_matmul, _softmax, _transpose, SelfAttention, require_matrix"
IMPORTS = f"from attnbook.simple import {NAMES}, require_in_range\n"


def test_a_copy_of_the_books_code_is_said_to_be_one() -> None:
    copied = inspect.getsource(simple.self_attention)
    for name, other in (("inputs", "rows"), ("attn_weights", "w")):
        copied = copied.replace(name, other)
    finding = only(check(IMPORTS + copied))
    assert is_own(finding)
    assert short(finding) == "the book's own code"
    said = "is the code of `attnbook.simple.self_attention`"
    assert said in finding.warnings[0].sentence


@pytest.mark.parametrize(
    "source",
    [
        "from attnbook.simple import softmax as f\n"
        "f.__module__ = __name__\nsoftmax = f\n",
        "import importlib\ndef softmax(x):\n"
        "    return importlib.import_module('attnbook.simple').softmax(x)\n",
        "import attnbook.simple as a\nsoftmax = lambda x: a.softmax(x)\n",
    ],
)
def test_what_hands_its_work_to_the_book_is_said_to_do_so(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = simple.softmax  # of which the first changes the module's name
    monkeypatch.setattr(book, "__module__", book.__module__)
    finding = only(check(source))
    assert is_own(finding)
    said = "`softmax` calls attnbook's own `softmax`"
    assert said in finding.warnings[0].sentence


def test_a_copy_is_one_behind_its_door_and_at_it() -> None:
    found = {each.function: each for each in check(inspect.getsource(simple))}
    assert "SelfAttention" not in found
    for name in ("softmax", "_softmax", "attention_scores", "context_vector"):
        said = "is the code of `attnbook.simple."
        assert said in found[name].warnings[0].sentence
    another = inspect.getsource(simple._softmax).replace("exps", "es")  # noqa: SLF001
    imported = "from math import exp, fsum\n"
    (finding,) = check(imported + another)
    assert not is_own(finding)


def test_a_call_of_the_same_step_is_said_and_a_helper_is_not() -> None:
    called = """
        from attnbook import simple
        def softmax(row):
            return simple.softmax(row)
    """
    assert is_own(only(check(called)))
    helped = """
        from attnbook.simple import softmax as share
        def attention_weights(query, inputs):
            pairs = [zip(query, row) for row in inputs]
            return share([sum(a * b for a, b in pair) for pair in pairs])
    """
    assert not is_own(only(check(helped)))


def test_code_written_anew_is_nobody_elses() -> None:
    assert not any(map(is_own, check(SOFTMAX + ONE)))


def test_axes_are_cut_moved_and_joined_as_einops_does() -> None:
    numpy = pytest.importorskip("numpy")
    rows = numpy.arange(24.0).reshape(2, 12)
    cut = rearrange(rows, "n (h d) -> h n d", h=3)
    assert cut.tolist() == rows.reshape(2, 3, 4).transpose(1, 0, 2).tolist()
    back = rearrange(cut, "h n d -> n (h d)")
    assert back.tolist() == rows.tolist()
    parts = rearrange(rows, "... (k d) -> k ... d", k=2)
    assert parts.tolist() == rows.reshape(2, 2, 6).transpose(1, 0, 2).tolist()
    assert repeat(rows, "n d -> b n d", b=2).tolist() == [rows.tolist()] * 2
    products = einsum(rows, rows, "row wide, other wide -> row other")
    assert products.tolist() == (rows @ rows.T).tolist()


EINOPS = HEAD + """
from einops import rearrange

class Attention(nn.Module):
    def __init__(self, dim, heads=8, dim_head=64):
        super().__init__()
        self.heads, self.scale = heads, dim_head ** -0.5
        self.to_qkv = nn.Linear(dim, heads * dim_head * 3, bias=False)
        self.to_out = nn.Linear(heads * dim_head, dim)

    def forward(self, x):
        q, k, v = (rearrange(t, "b n (h d) -> b h n d", h=self.heads)
                   for t in self.to_qkv(x).chunk(3, dim=-1))
        out = (q @ k.mT * self.scale).softmax(-1) @ v
        return self.to_out(rearrange(out, "b h n d -> b n (h d)"))
"""  # fmt: skip


@pytest.mark.torch
def test_a_file_of_einops_is_checked_without_it() -> None:
    assert only(check(EINOPS)).verdict == "agrees"


def styled(name: str) -> object:
    """A style, with the mark of what needs torch."""
    marks = [pytest.mark.torch] if "torch" in MORE[name][1] else []
    return pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", [*map(styled, MORE)])
def test_a_style_of_elsewhere_agrees(name: str) -> None:
    step, source = MORE[name]
    last = check(source)[-1]
    said = last.sentence, last.cause, last.how
    assert (last.verdict, last.step.name) == ("agrees", step), said


def test_every_gradient_of_a_layer_is_compared() -> None:
    step = "a NumPy layer with parameters, gradients and a cache"
    source = MORE[step][1]
    assert "its `backward` too, 5 gradients" in only(check(source)).how
    wrong = source.replace('self.grads["Wo"] = ', 'self.grads["Wo"] = 2 * ')
    finding = only(check(wrong))
    assert finding.cause is not None
    assert "`params.Wo`" in finding.cause.sentence


OWN_LINEAR = SOFTMAX + """
class Linear:
    def __init__(self, i, o):
        self.W, self.b = np.random.randn(i, o), np.zeros(o)

    def __call__(self, x):
        return x @ self.W + self.b

class Attention:
    def __init__(self, dim):
        self.q, self.k, self.v = (Linear(dim, dim) for _ in range(3))

    def __call__(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        return softmax(q @ k.T / np.sqrt(q.shape[-1])) @ v
"""  # fmt: skip


def test_a_readers_own_linear_need_not_be_torchs() -> None:
    assert check(OWN_LINEAR)[-1].verdict == "agrees"
    swapped = OWN_LINEAR.replace(
        "self.k(x), self.v(x)", "self.v(x), self.k(x)"
    )
    finding = check(swapped)[-1]
    assert finding.cause is not None
    assert finding.cause.name == "keys_and_values_swapped"


UNSAID = """
import numpy as np

def scaled_dot_product_attention(q, k, v):
    scores = q @ k.T / np.sqrt(k.shape[-1])
    later = np.triu(np.ones(scores.shape), k=1) > 0
    weights = np.exp(np.where(later, -np.inf, scores))
    return weights / weights.sum(axis=-1, keepdims=True) @ v
"""


def test_what_is_causal_against_its_name_is_said_and_not_accused() -> None:
    finding = only(check(UNSAID))
    assert (finding.step.name, finding.verdict) == (
        "causal_attention", "agrees",
    )  # fmt: skip
    assert "it hides later tokens, though its name does not say" in finding.how


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("k=1", "k=2"), ("np.sqrt(k.shape[-1])", "k.shape[-1]"),
     ("-np.inf", "0.0"), ("np.triu", "np.tril")],
)  # fmt: skip
def test_what_is_wrong_and_causal_is_judged_by_its_name(
    right: str, wrong: str
) -> None:
    assert right in UNSAID
    finding = only(check(UNSAID.replace(right, wrong)))
    assert (finding.step.name, finding.verdict) == (
        "scaled_dot_product_attention", "differs",
    )  # fmt: skip
    assert "its name" not in finding.how
