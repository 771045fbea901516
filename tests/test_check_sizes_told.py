"""Constructors and layers by names of real files, and what is no attention.

Each right class has a wrong neighbour that stays rejected.
"""

import pytest

from attnbook.checker.finding import Finding
from tests.checking import check, only

SCALE = " / q.shape[-1] ** 0.5"
HEAD = """
import torch
import torch.nn as nn
"""
HEADS = (
    HEAD
    + """
class SelfAttention(nn.Module):
    def __init__(self, {told}):
        super().__init__()
        {first}
        self.heads = heads
        self.q, self.k = (nn.Linear(dim, heads * q) for _ in range(2))
        self.v, self.o = nn.Linear(dim, heads * v), nn.Linear(heads * v, dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = (f(x).view(b, n, self.heads, -1).transpose(1, 2)
                   for f in (self.q, self.k, self.v))
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
        return self.o((weights @ v).transpose(1, 2).reshape(b, n, -1))
"""
)
LETTERS = HEADS.format(told="dim, q, v, heads", first="")
TUPLE = HEADS.format(
    told="input_shape, heads",
    first="_, _, dim = input_shape; q = v = dim // heads",
)
FROM_EMBEDDINGS = (
    HEAD
    + """
class Attention(nn.Module):
    def __init__(self, d_model, d_k, d_v):
        super().__init__()
        self.embeddings_to_queries = nn.Linear(d_model, d_k)
        self.embeddings_to_keys = nn.Linear(d_model, d_k)
        self.embeddings_to_values = nn.Linear(d_model, d_v)

    def forward(self, x):
        q, k = self.embeddings_to_queries(x), self.embeddings_to_keys(x)
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
        return weights @ self.embeddings_to_values(x)
"""
)
MODEL = """
class AttentionLanguageModel(nn.Module):
    def __init__(self, vocab_size, dim):
        super().__init__()
        self.table = nn.Embedding(vocab_size, dim)
        self.attention = Attention(dim, dim, dim)
        self.lm_head = nn.Linear(dim, vocab_size)

    def forward(self, ids):
        return self.lm_head(self.attention(self.table(ids)))
"""


def cause(finding: Finding) -> str:
    """The name of the cause, or the verdict where there is none."""
    return finding.cause.name if finding.cause else finding.verdict


@pytest.mark.torch
@pytest.mark.parametrize("right", [LETTERS, TUPLE, FROM_EMBEDDINGS])
def test_what_sizes_are_told_by_real_names_is_made_and_checked(
    right: str,
) -> None:
    assert only(check(right)).verdict == "agrees"
    assert cause(only(check(right.replace(SCALE, "")))) == "no_scale"
    scaled = right.replace("q.shape[-1] ** 0.5", "x.shape[-2] ** 0.5")
    assert cause(only(check(scaled))) == "scaled_by_root_of_count"


@pytest.mark.torch
def test_a_model_that_looks_its_tokens_up_is_no_attention() -> None:
    both = FROM_EMBEDDINGS + MODEL
    assert only(check(both)).function == "Attention.forward"
    assert only(check(both.replace(SCALE, ""))).verdict == "differs"


SPATIAL = (
    HEAD
    + """
class SelfAttention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b, 3, c, h * w).unbind(1)
        weights = (q.mT @ k / c ** 0.5).softmax(-1)
        return x + (v @ weights.mT).reshape(b, c, h, w)
"""
)


@pytest.mark.torch
@pytest.mark.parametrize(
    "norm", ["nn.GroupNorm(8, channels)", "nn.Identity()"]
)
def test_what_wants_images_is_told_so_and_not_of_an_error(norm: str) -> None:
    found = only(check(SPATIAL.replace("nn.GroupNorm(8, channels)", norm)))
    assert found.verdict == "cannot run"
    assert "made for images" in found.sentence
    assert "raises" not in found.sentence
