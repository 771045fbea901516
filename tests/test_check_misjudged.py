"""Kinds of real torch code that were once misjudged, each written anew."""

import pytest

from tests.checking import check
from tests.styles_torch import GPT_HEAD

pytestmark = pytest.mark.torch

HEAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
"""

WRAPPED = (
    HEAD
    + """
class SelfAttention(nn.Module):
    def __init__(self, dim, num_heads):
        super().__init__()
        self.inner = nn.MultiheadAttention(dim, num_heads, batch_first=True)

    def forward(self, x, key_padding_mask=None):
        return self.inner(x, x, x, key_padding_mask=key_padding_mask)[0]
"""
)

INSTEAD = (
    HEAD
    + """
class CausalAttention(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.W_query = nn.Linear(d_in, d_out, bias=False)
        self.W_key = nn.Linear(d_in, d_out, bias=False)
        self.W_value = nn.Linear(d_in, d_out, bias=False)

    def forward(self, x, mask=None):
        scores = self.W_query(x) @ self.W_key(x).mT
        if mask is None:
            n = x.shape[-2]
            mask = torch.ones(n, n, dtype=torch.bool).triu(1)
        scores = scores.masked_fill(mask, -torch.inf)
        scale = scores.new_tensor(self.W_key.out_features).sqrt()
        return F.softmax(scores / scale, dim=-1) @ self.W_value(x)
"""
)

PLACES = (
    HEAD
    + """
class SelfAttention(nn.Module):
    def __init__(self, d_model, n_heads, reach=8):
        super().__init__()
        self.n_heads, self.reach = n_heads, reach
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.rel_bias = nn.Embedding(2 * reach + 1, n_heads)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x):
        b, n, d = x.shape
        packed = self.qkv(x).view(b, n, self.n_heads, 3 * d // self.n_heads)
        q, k, v = packed.transpose(1, 2).chunk(3, dim=-1)
        places = torch.arange(n)
        far = (places - places[:, None]).clamp(-self.reach, self.reach)
        scores = q @ k.mT * q.shape[-1] ** -0.5
        scores = scores + self.rel_bias(far + self.reach).permute(2, 0, 1)
        mixed = F.softmax(scores, dim=-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(b, n, d))
"""
)

SCRIPT = """
class Head(nn.Module):
    def __init__(self, head_size):
        super().__init__()
        self.q = nn.Linear(WIDTH, head_size, bias=False)
        self.k = nn.Linear(WIDTH, head_size, bias=False)
        self.v = nn.Linear(WIDTH, head_size, bias=False)
        self.register_buffer("seen", torch.ones(SPAN, SPAN).tril())
        self.rest = nn.Dropout(RATE)

    def forward(self, x):
        n = x.shape[1]
        scores = self.q(x) @ self.k(x).mT / self.q.out_features**0.5
        scores = scores.masked_fill(self.seen[:n, :n] == 0, -torch.inf)
        return self.rest(scores.softmax(-1)) @ self.v(x)
"""


def settings(width: str, span: str, rate: str) -> str:
    """The script by the names of its settings."""
    named = SCRIPT.replace("WIDTH", width).replace("SPAN", span)
    return named.replace("RATE", rate)


ELSEWHERE = {
    "imported by name": (
        "from my_settings import block_size, dropout, n_embd",
        settings("n_embd", "block_size", "dropout"),
    ),
    "imported all at once": (
        "from my_settings import *",
        settings("n_embd", "block_size", "dropout"),
    ),
    "asked of a module": (
        "import my_settings as cfg",
        settings(
            "cfg.n_embd", "cfg.model.block_size", 'cfg.settings["dropout"]'
        ),
    ),
    "stored by another's `global`": (
        "def start(found):\n    global n_embd, block_size\n"
        "    n_embd, block_size = found.width, found.length\n",
        settings("n_embd", "block_size", "0.0"),
    ),
}


@pytest.mark.parametrize("how", ELSEWHERE)
def test_settings_from_where_nothing_is_found_are_the_sizes(how: str) -> None:
    imports, script = ELSEWHERE[how]
    (found,) = check(f"{HEAD}\n{imports}\n{script}")
    assert found.verdict == "agrees", found.sentence


def test_a_name_that_nothing_gives_is_the_readers_error() -> None:
    (found,) = check(HEAD + settings("n_embd", "block_size", "0.0"))
    assert "name 'n_embd' is not defined" in found.sentence


PADDING = {
    "by lengths": "padding_mask(lengths, T): return (torch.arange(T)[None]"
    " < lengths[:, None])[:, None, None]",
    "by token numbers": "make_padding_mask(token_ids, pad_id=7): return "
    "(token_ids != pad_id).unsqueeze(1).unsqueeze(2)",
    "by two sentences": "get_attn_pad_mask(seq_q, seq_k): return "
    "seq_k.eq(0)[:, None].expand(-1, seq_q.shape[1], -1)",
    "a row": "padding_mask(ids): return ids == 0",
}


@pytest.mark.parametrize("what", PADDING)
def test_a_padding_mask_of_a_batch_agrees(what: str) -> None:
    (found,) = check(f"{HEAD}\ndef {PADDING[what]}")
    assert found.verdict == "agrees", found.sentence
    assert found.step.name == "padding_mask"


def test_a_padding_mask_of_a_batch_can_be_wrong() -> None:
    (found,) = check(f"{HEAD}\ndef padding_mask(ids): return ids == 3")
    assert found.verdict == "differs"


LOST = (
    HEAD
    + """
class CausalAttention(nn.Module):
    def __init__(self, d_in, d_out, context_length):
        super().__init__()
        self.q = nn.Linear(d_in, d_out, bias=False)
        self.k = nn.Linear(d_in, d_out, bias=False)
        self.v = nn.Linear(d_in, d_out, bias=False)
        later = torch.ones(context_length, context_length).triu(1)
        self.register_buffer("later", later.bool())

    def forward(self, x):
        b, n, _ = x.shape
        scores = self.q(x) @ self.k(x).transpose(1, 2)
        scores.masked_fill(self.later[:n, :n], -torch.inf)
        weights = F.softmax(scores / self.q.out_features**0.5, dim=-1)
        return weights @ self.v(x)
"""
)


def test_a_mask_that_nothing_keeps_is_told_with_its_line() -> None:
    (found,) = check(LOST)
    assert found.cause is not None
    assert found.cause.name == "no_mask"
    assert "nothing keeps that copy" in found.cause.sentence
    at = LOST.split("\n")[found.line - 1]
    assert at.strip().startswith("scores.masked_fill(")


def test_a_mask_that_is_lost_and_not_cut_hides_nothing() -> None:
    (found,) = check(LOST.replace("[:n, :n]", ""))
    assert found.cause is not None
    assert found.cause.name == "mask_not_cut"
    assert "nothing keeps that copy" in found.cause.sentence
    assert "a batch axis first" in found.how


def test_a_layer_that_is_made_at_every_call_is_no_dropout() -> None:
    made = "nn.Linear(d, d)(mixed.transpose(1, 2).reshape(b, n, d))"
    source = PLACES.replace(
        "self.out(mixed.transpose(1, 2).reshape(b, n, d))", made
    )
    (found,) = check(source)
    assert found.cause is not None
    assert "made anew at every call" in found.cause.sentence
    assert made in source.split("\n")[found.line - 1]


RIGHT = {
    "a padding mask that must have a row for each sentence": (
        WRAPPED,
        "its padding mask: where it is 1 or True it hides",
    ),
    "a mask in the place of the causal one": (
        INSTEAD,
        "where it is 1 or True it hides, in the place of the causal one",
    ),
    "a learned bias of places": (PLACES, "its `rel_bias.weight` set to 0"),
}


@pytest.mark.parametrize("what", RIGHT)
def test_right_code_is_not_accused(what: str) -> None:
    source, said = RIGHT[what]
    (found,) = check(source)
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert said in found.how


def test_packing_head_by_head_is_told_although_the_scale_is_missing() -> None:
    (found,) = check(PLACES.replace(" * q.shape[-1] ** -0.5", ""))
    assert found.cause is not None, found.sentence
    assert found.cause.name == "no_scale"


def test_a_mistake_behind_a_norm_is_named_as_without_one() -> None:
    source = PLACES.replace(
        "b, n, d = x.shape",
        "x = F.layer_norm(x, x.shape[-1:]); b, n, d = x.shape",
    ).replace("class SelfAttention", "class AttentionBlock")
    wrong = source.replace("scores, dim=-1", "scores, dim=-2")
    (found,) = check(wrong)
    assert found.cause is not None, found.sentence
    assert found.cause.name == "softmax_over_queries"
    assert "a layer norm before it" in found.how


TURNED = (
    HEAD
    + """
def rotate(x, angles):
    one, two = x.chunk(2, dim=-1)
    both = one * angles.cos() - two * angles.sin(), one * angles.sin()
    return torch.cat([both[0], both[1] + two * angles.cos()], dim=-1)

class Rotary(nn.Module):
    def __init__(self, dim):
        super().__init__()
        assert dim % 2 == 0, "pairs are turned"
        speeds = 100.0 ** -(torch.arange(0, dim, 2) / dim)
        self.register_buffer("speeds", speeds)

    def forward(self, x):
        places = torch.arange(x.shape[-2]).to(self.speeds)
        return rotate(x, places[:, None] * self.speeds)

class LlamaAttention(nn.Module):
    def __init__(self, layer_idx, hidden_size, num_heads, num_kv_heads):
        super().__init__()
        self.h, self.g = num_heads, num_kv_heads
        self.d = hidden_size // num_heads
        self.q_proj = nn.Linear(hidden_size, self.h * self.d, bias=False)
        self.k_proj = nn.Linear(hidden_size, self.g * self.d, bias=False)
        self.v_proj = nn.Linear(hidden_size, self.g * self.d, bias=False)
        self.o_proj = nn.Linear(hidden_size, hidden_size, bias=False)
        self.rotary = Rotary(self.d)

    def forward(self, x):
        b, n, _ = x.shape
        q = self.q_proj(x).view(b, n, self.h, self.d).transpose(1, 2)
        k = self.k_proj(x).view(b, n, self.g, self.d).transpose(1, 2)
        v = self.v_proj(x).view(b, n, self.g, self.d).transpose(1, 2)
        q, k = self.rotary(q), self.rotary(k)
        k, v = (t.repeat_interleave(self.h // self.g, 1) for t in (k, v))
        scores = q @ k.mT / self.d**0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        return self.o_proj((weights @ v).transpose(1, 2).reshape(b, n, -1))
"""
)

HANDED = (
    HEAD
    + """
from .places import apply_rotary_emb

class Attention(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.h, self.d = cfg.n_heads, cfg.dim // cfg.n_heads
        self.each = cfg.n_heads // cfg.n_kv_groups
        self.wq = nn.Linear(cfg.dim, cfg.dim)
        self.wk = nn.Linear(cfg.dim, cfg.dim)
        self.wv = nn.Linear(cfg.dim, cfg.dim)
        self.wo = nn.Linear(cfg.dim, cfg.dim)

    def forward(self, x, start_pos, freqs_cis, mask=None):
        b, n, _ = x.shape
        layers = self.wq, self.wk, self.wv
        q, k, v = (w(x).view(b, n, self.h, self.d) for w in layers)
        q, k = apply_rotary_emb(q, k, freqs_cis[start_pos:start_pos + n])
        q, k, v = (each.transpose(1, 2) for each in (q, k, v))
        scores = q @ k.mT * self.d**-0.5
        if mask is not None:
            scores = scores + mask
        mixed = scores.softmax(-1) @ v
        return self.wo(mixed.transpose(1, 2).reshape(b, n, -1))
"""
)

TURNS = {"a layer": TURNED, "a function, and what it is handed": HANDED}


@pytest.mark.parametrize("what", TURNS)
def test_attention_that_turns_by_places_agrees_without(what: str) -> None:
    (found,) = check(TURNS[what])
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert "by their places (RoPE) left out" in found.how


@pytest.mark.parametrize(
    ("what", "right"),
    [("a layer", " / self.d**0.5"), ([*TURNS][1], " * self.d**-0.5")],
)
def test_a_mistake_beside_the_turning_is_named(what: str, right: str) -> None:
    (found,) = check(TURNS[what].replace(right, ""))
    assert found.cause is not None, found.sentence
    assert found.cause.name == "no_scale"


BLOCK = (
    HEAD
    + """
class SelfAttention(nn.Module):
    def __init__(self, d_model):
        super().__init__()
        self.q = nn.Linear(d_model, d_model, bias=False)
        self.k = nn.Linear(d_model, d_model, bias=False)
        self.v = nn.Linear(d_model, d_model, bias=False)
        self.after = nn.Linear(d_model, 7)
        self.back = nn.Linear(7, d_model, bias=False)

    def forward(self, x):
        scores = self.q(x) @ self.k(x).mT / self.q.in_features**0.5
        x = x + scores.softmax(-1) @ self.v(x)
        return x + self.back(self.after(x).relu())
"""
)


def test_a_block_with_more_weights_agrees_without_them() -> None:
    (found,) = check(BLOCK)
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert "its other weights, as `after.weight`, set to 0" in found.how
    assert "its inputs added after" in found.how


def test_what_more_weights_do_is_no_dropout() -> None:
    (found,) = check(BLOCK.replace("x + self.back", "x * self.back"))
    assert found.verdict == "cannot run"
    assert "holds more weights than an attention does" in found.sentence


def test_what_is_changed_after_the_mix_is_not_said_of_the_weights() -> None:
    (found,) = check(
        PLACES.replace("return self.out(", "return 3 + self.out(")
    )
    assert found.cause is None or found.cause.name != "weights_do_not_sum"


CUT_FLAT = """
import numpy as np

def multi_head_attention(x, W_query, W_key, W_value, W_out, b_out, num_heads):
    n, d_out = x.shape[0], W_query.shape[1]
    d = d_out // num_heads
    q, k, v = (
        (x @ W).reshape(num_heads, n, d) for W in (W_query, W_key, W_value)
    )
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(d)
    scores[:, np.triu(np.ones((n, n), bool), 1)] = -np.inf
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    mixed = (weights @ v).transpose(1, 0, 2).reshape(n, d_out)
    return mixed @ W_out + b_out
"""


def test_a_wrong_cut_is_not_asked_with_weights_that_need_none() -> None:
    (found,) = check(CUT_FLAT)
    assert found.verdict == "differs"
    assert found.cause is not None
    assert found.cause.name == "reshaped_without_transposing"


MULTI_QUERY = (
    HEAD
    + """
class SharedAttention(nn.Module):
    def __init__(self, width, num_heads):
        super().__init__()
        self.h, self.d = num_heads, width // num_heads
        self.to_q = nn.Linear(width, width)
        self.to_k = nn.Linear(width, self.d)
        self.to_v = nn.Linear(width, self.d)
        self.to_out = nn.Linear(width, width)

    def forward(self, x, mask=None):
        b, n, _ = x.shape
        q = self.to_q(x).view(b, n, self.h, self.d).transpose(1, 2)
        k, v = self.to_k(x)[:, None], self.to_v(x)[:, None]
        scores = q @ k.mT / self.d**0.5
        if mask is not None:
            scores = scores + (1 - mask) * -1e9
        mixed = scores.softmax(-1) @ v
        return self.to_out(mixed.transpose(1, 2).reshape(b, n, -1))
"""
)


def test_one_head_of_keys_and_values_may_serve_all() -> None:
    (found,) = check(MULTI_QUERY)
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert "one head of keys and values serves all" in found.how
    assert found.step.name == "full_multi_head_attention"


MISSED = {
    "no_scale": (" / self.d**0.5", ""),
    "merged_without_transposing": ("mixed.transpose(1, 2)", "mixed"),
    "keys_mixed": ("scores.softmax(-1) @ v", "scores.softmax(-1) @ k"),
    "mask_ignored": ("-1e9", "-1e-9"),
    "cut_graph": ("self.to_v(x)", "self.to_v(x).detach()"),
}


@pytest.mark.parametrize("name", MISSED)
def test_a_mistake_beside_the_one_head_is_named(name: str) -> None:
    (found,) = check(MULTI_QUERY.replace(*MISSED[name]))
    assert found.cause is not None, found.sentence
    assert found.cause.name == name


TABLES = (
    HEAD
    + """
class SelfAttention(nn.Module):
    def __init__(self, d_model, num_heads, num_kv_heads=None, longest=64):
        super().__init__()
        self.h, self.g = num_heads, num_kv_heads or num_heads
        assert d_model % num_heads == 0
        self.d = d_model // num_heads
        assert self.d % 2 == 0
        self.sizes = [self.h * self.d, self.g * self.d, self.g * self.d]
        self.W_qkv = nn.Linear(d_model, sum(self.sizes))
        self.W_o = nn.Linear(d_model, d_model)
        speeds = 50.0 ** -(torch.arange(0, self.d, 2) / self.d)
        angles = torch.arange(longest)[:, None] * speeds
        self.register_buffer("cos", angles.cos().repeat_interleave(2, 1))
        self.register_buffer("sin", angles.sin().repeat_interleave(2, 1))

    def rotate_half(self, x):
        return torch.stack([-x[..., 1::2], x[..., ::2]], -1).flatten(-2)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = (
            each.view(b, n, -1, self.d).transpose(1, 2)
            for each in self.W_qkv(x).split(self.sizes, -1)
        )
        q = q * self.cos[:n] + self.rotate_half(q) * self.sin[:n]
        k = k * self.cos[:n] + self.rotate_half(k) * self.sin[:n]
        k, v = (t.repeat_interleave(self.h // self.g, 1) for t in (k, v))
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.W_o(mixed.transpose(1, 2).reshape(b, n, -1))
"""
)


def test_tables_of_turns_beside_the_layers_are_left_out() -> None:
    (found,) = check(TABLES)
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert "by their places (RoPE) left out" in found.how
    assert found.warnings == (), "a width that is refused is no overflow"


PAIRED = (
    HEAD
    + """
class SelfAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.h, self.d = num_heads, d_model // num_heads
        assert d_model % num_heads == 0
        assert self.d % 2 == 0, "a head must be even"
        self.W_qkv = nn.Linear(d_model, 3 * d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = (
            each.view(b, n, self.h, self.d).transpose(1, 2)
            for each in self.W_qkv(x).chunk(3, -1)
        )
        mixed = (q @ k.mT / self.d**0.5).softmax(-1) @ v
        return self.W_o(mixed.transpose(1, 2).reshape(b, n, -1))
"""
)


def test_a_class_that_asserts_even_heads_gets_them() -> None:
    (found,) = check(PAIRED)
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert found.warnings == ()


def test_of_refusals_the_one_of_fitting_sizes_is_told() -> None:
    (found,) = check(PAIRED.replace("% 2 == 0", "% 7 == 0"))
    assert found.verdict == "cannot run"
    assert "self.d % 7" in found.sentence


WIDE_HEADS = (
    HEAD
    + """
class OneHead(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(width, width) for _ in range(3))

    def forward(self, x):
        scores = self.q(x) @ self.k(x).mT / x.shape[-1] ** 0.5
        return scores.softmax(-1) @ self.v(x)

class MultiHeadAttention(nn.Module):
    def __init__(self, width, num_heads):
        super().__init__()
        self.heads = nn.ModuleList(
            OneHead(width) for _ in range(num_heads)
        )
        self.proj = nn.Linear(num_heads * width, width)

    def forward(self, x):
        return self.proj(torch.cat([head(x) for head in self.heads], -1))
"""
)


def test_each_head_may_be_as_wide_as_the_inputs() -> None:
    one, many = check(WIDE_HEADS)
    assert [one.verdict, many.verdict] == ["agrees", "agrees"]
    assert "each head is as wide as the inputs" in many.how


HEAD_SIZES = (
    HEAD
    + "n_embd = 24\n"
    + GPT_HEAD
    + """
    def forward(self, x):
        scores = self.query(x) @ self.key(x).mT * x.shape[-1] ** -0.5
        return scores.softmax(-1) @ self.value(x)

class MultiHeadAttention(nn.Module):
    def __init__(self, num_heads, head_size):
        super().__init__()
        self.heads = nn.ModuleList(Head(head_size) for _ in range(num_heads))
        self.proj = nn.Linear(num_heads * head_size, n_embd)

    def forward(self, x):
        return self.proj(torch.cat([head(x) for head in self.heads], -1))
"""
)


def test_what_is_told_the_width_of_a_head_is_given_no_wide_ones() -> None:
    *_, many = check(HEAD_SIZES)
    assert many.verdict == "differs"
    assert many.cause is not None
    assert "the width of the inputs" in many.cause.sentence


def test_a_layer_of_an_unknown_name_is_the_outputs_and_no_dropout() -> None:
    _, many = check(WIDE_HEADS.replace("self.proj", "self.last"))
    assert many.verdict == "agrees"
    assert many.rejected > many.known // 2


NO_OUTPUT = (
    HEAD
    + """
class Attention(nn.Module):
    def __init__(self, dim, heads=8, dim_head=64):
        super().__init__()
        self.h, inner = heads, heads * dim_head
        self.scale = dim_head**-0.5
        self.to_qkv = nn.Linear(dim, 3 * inner, bias=False)
        alone = heads == 1 and dim_head == dim
        self.to_out = nn.Identity() if alone else nn.Linear(inner, dim)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = (
            each.view(b, n, self.h, -1).transpose(1, 2)
            for each in self.to_qkv(x).chunk(3, -1)
        )
        mixed = (q @ k.mT * self.scale).softmax(-1) @ v
        return self.to_out(mixed.transpose(1, 2).reshape(b, n, -1))
"""
)


def test_one_head_may_need_no_output_projection() -> None:
    (found,) = check(NO_OUTPUT)
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert "asked with several heads only" in found.how


def test_a_mistake_is_named_where_one_head_needs_no_output() -> None:
    (found,) = check(NO_OUTPUT.replace(" * self.scale", ""))
    assert found.cause is not None, found.sentence
    assert found.cause.name == "no_scale"


HEADS_FIRST = """
import torch

def multi_head_attention(X, W_q, W_k, W_v, W_o):
    Q, K, V = X @ W_q, X @ W_k, X @ W_v
    weights = torch.softmax(Q @ K.mT / K.shape[-1]**0.5, dim=-1)
    return torch.cat([*(weights @ V)], dim=-1) @ W_o
"""


def test_weights_with_an_axis_of_heads_tell_how_many_there_are() -> None:
    (found,) = check(HEADS_FIRST)
    assert found.verdict == "agrees", (found.sentence, found.cause)
    assert "a projection of its own for each head" in found.how


def test_a_mistake_beside_the_axis_of_heads_is_named() -> None:
    (found,) = check(HEADS_FIRST.replace("K.shape[-1]**0.5", "W_o.shape[0]"))
    assert found.verdict == "differs"
    assert found.cause is not None
    assert "divided by" in found.cause.sentence
