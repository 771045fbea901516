"""Classes that nobody tells how many heads they have, and blocks.

The number stands in a constant of the file, in the class itself, or follows
from two widths. Each right class has wrong neighbours that stay rejected.
"""

import pytest

from attnbook.checker.finding import Finding
from tests.checking import check, only

HEAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
"""
CONSTANTS = (
    HEAD
    + """
n_embd = 384
n_head = 6

class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(n_embd, 3 * n_embd)
        self.proj = nn.Linear(n_embd, n_embd)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = (t.view(b, n, n_head, d // n_head).transpose(1, 2)
                   for t in self.qkv(x).split(n_embd, dim=2))
        weights = (q @ k.mT / (d // n_head) ** 0.5).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, n, d))
"""
)
LONE = (
    HEAD
    + """
n_embd = 384
n_head = 6
head_size = n_embd // n_head

class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3))

    def forward(self, x):
        scores = self.q(x) @ self.k(x).mT * head_size ** -0.5
        return scores.softmax(-1) @ self.v(x)
"""
)
FIXED = CONSTANTS.replace("__init__(self)", "__init__(self, n_embd)").replace(
    ".split(n_embd, dim=2)", ".chunk(3, -1)"
)
BY_WIDTH = (
    FIXED.replace("(self, n_embd)", "(self, n_embd, h_size)")
    .replace("self.proj", "self.n_head = n_embd // h_size; self.proj", 1)
    .replace("n, n_head, d // n_head", "n, self.n_head, d // self.n_head")
    .replace("(d // n_head)", "(d // self.n_head)")
)  # fmt: skip
BLOCK = (
    HEAD
    + """
class AttentionBlock(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (
            nn.Linear(dim, dim) for _ in range(4))
        self.norm = nn.LayerNorm(dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = (f(x).view(b, n, self.heads, -1).transpose(1, 2)
                   for f in (self.q, self.k, self.v))
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
        out = self.o((weights @ v).transpose(1, 2).reshape(b, n, d))
        return self.norm(x + out)
"""
)
BARE = BLOCK.replace("self.norm(x + out)", "out").replace(
    "        self.norm = nn.LayerNorm(dim)\n", ""
)
SCALE = " / q.shape[-1] ** 0.5"


def cause(finding: Finding) -> str:
    """The name of the cause, or the verdict where there is none."""
    return finding.cause.name if finding.cause else finding.verdict


@pytest.mark.torch
def test_heads_that_a_constant_counts_are_asked_as_several() -> None:
    merged = CONSTANTS.replace(".transpose(1, 2).reshape", ".reshape")
    scaled = CONSTANTS.replace("(d // n_head) ** 0.5", "d ** 0.5")
    assert only(check(CONSTANTS)).verdict == "agrees"
    assert cause(only(check(merged))) == "merged_without_transposing"
    assert only(check(scaled)).verdict == "differs"
    over_heads = CONSTANTS.replace("softmax(-1)", "softmax(1)")
    assert only(check(over_heads)).verdict == "differs"


@pytest.mark.torch
def test_one_head_made_from_constants_keeps_its_two_widths() -> None:
    wrong = LONE.replace("head_size ** -0.5", "n_embd ** -0.5")
    assert only(check(LONE)).verdict == "agrees"
    assert cause(only(check(wrong))) == "scaled_by_root_of_input_width"


@pytest.mark.torch
@pytest.mark.parametrize("heads", ["3", "8"])
def test_heads_of_a_number_that_the_class_has_itself_are_found(
    heads: str,
) -> None:
    right = FIXED.replace("n_head = 6\n", "").replace("n_head", heads)
    wrong = right.replace(f"(d // {heads}) ** 0.5", "d ** 0.5")
    over_heads = right.replace("softmax(-1)", "softmax(1)")
    assert only(check(right)).verdict == "agrees"
    assert only(check(over_heads)).verdict != "agrees"
    assert only(check(wrong)).step.axes["heads"] == (int(heads),)
    assert only(check(wrong)).verdict == "differs"


@pytest.mark.torch
def test_heads_that_follow_from_two_widths_are_asked_as_several() -> None:
    merged = BY_WIDTH.replace(".transpose(1, 2).reshape", ".reshape")
    assert only(check(BY_WIDTH)).verdict == "agrees"
    assert cause(only(check(merged))) == "merged_without_transposing"


@pytest.mark.torch
def test_a_wrong_block_that_normalises_after_is_named() -> None:
    axis = BLOCK.replace("softmax(-1)", "softmax(-2)")
    assert only(check(BLOCK)).verdict == "agrees"
    assert cause(only(check(BLOCK.replace(SCALE, "")))) == "no_scale"
    assert cause(only(check(axis))) == "softmax_over_queries"


@pytest.mark.torch
@pytest.mark.parametrize("name", ["AttentionBlock", "TransformerLayer"])
def test_a_wrong_attention_by_the_name_of_a_block_is_named(name: str) -> None:
    right = BARE.replace("AttentionBlock", name)
    assert only(check(right)).verdict == "agrees"
    assert cause(only(check(right.replace(SCALE, "")))) == "no_scale"


@pytest.mark.torch
def test_a_block_by_name_that_does_no_attention_is_left_alone() -> None:
    gated = BARE.replace("        return out", "        return out * x")
    mixed = BARE.replace("AttentionBlock", "MixerBlock").replace(
        "weights @ v", "v"
    )
    assert check(gated) == []
    assert [each for each in check(mixed) if each.verdict == "agrees"] == []
