"""Kinds of real torch code that were once misjudged, each written anew."""

import pytest

from tests.checking import check

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
