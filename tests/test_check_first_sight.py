"""Kinds of real torch code that were misjudged at first sight, written anew.

Each kind stands here with a right and a wrong variant, or with what has to be
said where nothing can be checked.
"""

from pathlib import Path

import pytest

import attnbook
from attnbook.checker.engine import Options, findings
from attnbook.checker.finding import Finding
from attnbook.checker.reader.program import Program, Reply, Request
from tests.checking import SEED, check, only

HEAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
"""
MIXED = "(scores.softmax(-1) @ v).transpose(1, 2)"
PACKED = (
    HEAD
    + f"""
class MHSA(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.W_0 = nn.Linear(width, width)

    def forward(self, x, mask=None):
        b, n, d = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, -1).permute(
            2, 0, 3, 1, 4)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(mask, -torch.inf)
        return self.W_0({MIXED}.reshape(b, n, d))
"""
)
MORE = PACKED.replace(
    "        self.W_0",
    "        self.gate = nn.Linear(width, width)\n        self.W_0",
).replace("self.W_0(", "self.W_0(self.gate(x).sigmoid() * ", 1)

FLAGGED = (
    HEAD
    + """
def attention(q, k, v, dropout_p, is_causal):
    scores = q @ k.mT / q.shape[-1] ** 0.5
    if is_causal:
        n, m = scores.shape[-2:]
        scores = scores.masked_fill(
            torch.ones(n, m, dtype=torch.bool).triu(1), -torch.inf)
    return F.dropout(scores.softmax(-1), dropout_p) @ v
"""
)
TOLD = (
    HEAD
    + """
class SelfAttention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(dim, dim) for _ in range(3))

    def forward(self, x, causal):
        scores = self.q(x) @ self.k(x).mT / x.shape[-1] ** 0.5
        if causal:
            n = x.shape[-2]
            scores = scores.masked_fill(
                torch.ones(n, n, dtype=torch.bool).triu(1), -torch.inf)
        return scores.softmax(-1) @ self.v(x)
"""
)
ACROSS = (
    HEAD
    + """
class CrossAttention(nn.Module):
    def __init__(self, heads, d_embed, d_cross):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(d_embed, d_embed)
        self.k = nn.Linear(d_cross, d_embed)
        self.v = nn.Linear(d_cross, d_embed)
        self.out = nn.Linear(d_embed, d_embed)

    def forward(self, x, y):
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
                   for t in (self.q(x), self.k(y), self.v(y)))
        out = F.scaled_dot_product_attention(q, k, v)
        return self.out(out.transpose(1, 2).flatten(2))
"""
)
FOR_ONE = "q.squeeze(0) @ k.squeeze(0).mT / q.shape[-1] ** 0.5"


def cause(finding: Finding) -> str:
    """The name of the cause, or the verdict where there is none."""
    return finding.cause.name if finding.cause else finding.verdict


@pytest.mark.torch
@pytest.mark.parametrize("name", ["W_0", "tail", "to_something"])
def test_the_one_layer_that_no_name_tells_is_the_outputs(name: str) -> None:
    renamed = PACKED.replace("W_0", name)
    wrong = renamed.replace(MIXED, "(scores.softmax(-1) @ v)")
    assert only(check(renamed)).verdict == "agrees"
    assert cause(only(check(wrong))) == "merged_without_transposing"


@pytest.mark.torch
def test_of_many_layouts_most_are_ruled_out_by_one_question_each() -> None:
    asked: list[Request] = []
    program = Program()

    def ask(request: Request) -> Reply:
        asked.append(request)
        return program.ask(request)

    ask({"do": "load", "path": "mine.py", "source": MORE})
    finding = only(findings(ask, MORE, Options(seed=SEED)))
    assert finding.verdict == "cannot run"
    assert "holds more weights than an attention does" in finding.sentence
    assert "gate" in finding.sentence
    assert len(asked) < 1_500  # without ruling out it asks 7,500 times


@pytest.mark.torch
def test_a_rate_and_a_causal_flag_that_must_be_given_are_given() -> None:
    wrong = FLAGGED.replace("q.shape[-1] ** 0.5", "q.shape[-2] ** 0.5")
    assert only(check(FLAGGED)).verdict == "agrees"
    assert cause(only(check(wrong))) == "scaled_by_root_of_query_count"


@pytest.mark.torch
def test_a_forward_is_told_whether_it_is_to_hide() -> None:
    wrong = TOLD.replace(" / x.shape[-1] ** 0.5", "")
    assert only(check(TOLD)).verdict == "agrees"
    assert cause(only(check(wrong))) == "no_scale"


@pytest.mark.torch
def test_what_attends_across_is_made_for_one_width_and_checked() -> None:
    wrong = ACROSS.replace("(q, k, v)", "(k, q, v)")
    assert only(check(ACROSS)).verdict == "agrees"
    assert cause(only(check(wrong))) == "swapped"


@pytest.mark.torch
def test_what_takes_a_batch_of_one_alone_is_told_so() -> None:
    one = TOLD.replace("(self, x, causal)", "(self, x)")
    one = one.replace("if causal:", "if x.shape[0] > 1:\n            0 / 0\n"
                      "        if False:")  # fmt: skip
    finding = only(check(one.replace("return scores", "return scores[:]")))
    assert cause(finding) == "batch_of_one"
    assert "ZeroDivisionError" in finding.sentence


@pytest.mark.torch
def test_a_number_of_layers_is_no_attention_to_be_handed_in() -> None:
    made = PACKED.replace("heads):", "heads, rff_layers):")
    layers = FLAGGED + made.replace("__()", "__(); range(rff_layers)", 1)
    assert [each.verdict for each in check(layers)] == ["agrees", "agrees"]


@pytest.mark.torch
def test_what_a_class_is_made_from_and_no_name_tells_is_named() -> None:
    unknown = PACKED.replace("width, heads)", "width, heads, backend, hue)")
    finding = only(check(unknown))
    assert finding.verdict == "left out"
    assert "made from `backend`, `hue`" in finding.sentence


def test_a_breakpoint_left_in_the_code_stops_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(
        "def dot(x, y):\n"
        "    import pdb; pdb.set_trace()\n"
        "    breakpoint()\n"
        "    return sum(a * b for a, b in zip(x, y, strict=True))\n"
    )
    assert attnbook.check(str(mine)).ok


LISTED = (
    HEAD
    + """
d_model, h = 32, 4
d_k = d_model // h

class AttentionHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(d_model, d_k) for _ in range(3))

    def forward(self, x):
        scores = self.q(x) @ self.k(x).mT / d_k ** 0.5
        return scores.softmax(-1) @ self.v(x)

class MultiHeadAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleList([AttentionHead() for _ in range(h)])
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x):
        parts = [x for _ in self.heads]
        return self.out(torch.cat(
            [f(part) for f, part in zip(self.heads, parts)], dim=-1))
"""
)


@pytest.mark.torch
def test_heads_of_a_files_constants_are_asked_as_several() -> None:
    apart = LISTED.replace("Linear(d_model, d_k)", "Linear(d_k, d_k)")
    apart = apart.replace("[x for _ in self.heads]", "x.chunk(h, dim=-1)")
    *_, right = check(LISTED)
    *_, wrong = check(apart)
    assert right.verdict == "agrees"
    assert cause(wrong) == "each_head_its_own_part"


FLAG = (
    HEAD
    + """
class AttentionHead(nn.Module):
    def __init__(self, n_embed, head_size, block_size):
        super().__init__()
        self.q, self.k, self.v = (
            nn.Linear(n_embed, head_size) for _ in range(3))
        self.register_buffer(
            "later", torch.ones(block_size, block_size).triu(1).bool())

    def forward(self, x, mask=False):
        n = x.shape[-2]
        q, k, v = self.q(x), self.k(x), self.v(x)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if mask:
            scores = scores.masked_fill(self.later[:n, :n], -torch.inf)
        return scores.softmax(-1) @ v

class MultiHeads(nn.Module):
    def __init__(self, n_heads, n_embed, head_size, block_size):
        super().__init__()
        self.heads = nn.ModuleList([
            AttentionHead(n_embed, head_size, block_size)
            for _ in range(n_heads)])
        self.out = nn.Linear(n_heads * head_size, n_embed)

    def forward(self, x):
        return self.out(torch.cat([f(x) for f in self.heads], dim=-1))

class MaskedManyHeadAttention(MultiHeads):
    def forward(self, x):
        return self.out(torch.cat([f(x, True) for f in self.heads], dim=-1))
"""
)


@pytest.mark.torch
def test_heads_that_keep_a_mask_for_others_are_not_said_to_hide() -> None:
    after = FLAG.replace(
        "scores = scores.masked_fill(self.later[:n, :n], -torch.inf)",
        "scores = scores.softmax(-1) * ~self.later[:n, :n]",
    )
    right, wrong = check(FLAG), check(after)
    found = {each.function.split(".")[0]: each.verdict for each in right}
    assert set(found.values()) == {"agrees"}
    assert {"MultiHeads", "MaskedManyHeadAttention"} <= found.keys()
    assert {
        each.function.split(".")[0]
        for each in wrong
        if each.verdict == "differs"
    } == {"MaskedManyHeadAttention"}


WITHIN = PACKED.replace(
    "self.W_0 =", "self.norm = nn.LayerNorm(width)\n        self.W_0 ="
).replace("return self.W_0(", "return self.norm(x + self.W_0(")
WITHIN = WITHIN.replace("reshape(b, n, d))", "reshape(b, n, d)))")


@pytest.mark.torch
def test_what_a_norm_hides_is_left_alone_and_a_norm_unused_is_not() -> None:
    more = WITHIN.replace("x + self.W_0", "x + torch.relu(self.W_0")
    more = more.replace("reshape(b, n, d)))", "reshape(b, n, d))))")
    idle = WITHIN.replace("return self.norm(x + ", "return (")
    idle = idle.replace(" / q.shape[-1] ** 0.5", "")
    assert only(check(WITHIN)).verdict == "agrees"
    found = only(check(more))
    assert (found.verdict, "has a norm" in found.sentence) == (
        "cannot run",
        True,
    )
    assert cause(only(check(idle))) == "no_scale"


FOR_EACH = (
    HEAD
    + """
class MHSA(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (
            nn.Linear(width, width) for _ in range(4))

    def forward(self, x, attention_mask):
        b, n, d = x.shape
        q, k, v = (f(x).view(b, n, self.heads, -1).transpose(1, 2)
                   for f in (self.q, self.k, self.v))
        scores = q @ k.mT / q.shape[-1] ** 0.5
        gone = (~attention_mask).view(b, 1, 1, n)
        weights = scores.masked_fill(gone, -torch.inf).softmax(-1)
        return self.o((weights @ v).transpose(1, 2).reshape(b, n, d))
"""
)


@pytest.mark.torch
def test_two_sentences_get_a_mask_each_where_they_must() -> None:
    wrong = FOR_EACH.replace("(b, n, d))", "(b, n, d).flip(0))")
    assert only(check(FOR_EACH)).verdict == "agrees"
    assert cause(only(check(wrong))) == "batch_mixed_up"
