"""A block of norm, attention and residual is told from attention alone."""

import pytest

from tests.checking import check

BLOCK = """
import torch
import torch.nn as nn
import torch.nn.functional as F

class AttentionBlock(nn.Module):
    def __init__(self, dim, num_heads):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.num_heads = num_heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def attend(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (
            t.view(b, n, self.num_heads, -1).transpose(1, 2) for t in (q, k, v)
        )
        weights = F.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, n, d))

    def forward(self, x):
        return x + self.attend(self.norm(x))
"""
RESULT = "x + self.attend(self.norm(x))"
LAYER, RMS = "nn.LayerNorm(dim)", "nn.RMSNorm(dim, eps=1e-6)"
FORMS = {
    RESULT: "a layer norm before it, and its inputs added after",
    "self.attend(self.norm(x))": "a layer norm before it",
    "x + self.attend(x)": "its inputs added after",
    "self.norm(x + self.attend(x))": "its inputs added after, then a layer "
    "norm",
    "(y := self.norm(x)) + self.attend(y)": "a layer norm before it, and what "
    "that gives added after",
}


@pytest.mark.torch
@pytest.mark.parametrize("written", FORMS)
def test_a_right_block_agrees_and_what_it_adds_is_said(written: str) -> None:
    (found,) = check(BLOCK.replace(RESULT, written))
    assert found.verdict == "agrees", found.sentence
    assert found.how.endswith(f"right attention but for {FORMS[written]}")


@pytest.mark.torch
def test_a_root_mean_square_norm_is_told_from_a_layer_norm() -> None:
    (found,) = check(BLOCK.replace(LAYER, RMS))
    assert found.verdict == "agrees", found.sentence
    assert "but for an RMS norm before it" in found.how


@pytest.mark.torch
def test_a_norm_is_found_in_what_is_not_called_a_block() -> None:
    (found,) = check(BLOCK.replace("AttentionBlock", "SelfAttention"))
    assert found.verdict == "agrees", found.sentence
    assert "but for a layer norm before it" in found.how


@pytest.mark.torch
def test_a_block_that_does_more_is_left_alone_and_not_accused() -> None:
    assert not check(BLOCK.replace(RESULT, "F.relu(self.attend(x))"))
