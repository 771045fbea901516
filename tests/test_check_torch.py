"""What readers write with torch is taken for what it is, and judged."""

import pytest

from tests.checking import check
from tests.styles_torch import CAUSAL, HEAD, MULTI, STYLES, V2

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", STYLES)
def test_a_right_style_agrees(name: str) -> None:
    step, source = STYLES[name]
    last = check(HEAD + source)[-1]
    said = last.sentence, last.cause, last.how
    assert (last.verdict, last.step.name) == ("agrees", step), said


SPLIT = "p(x).view(b, n, self.num_heads, self.head_dim).transpose(1, 2)"
SCALED = "scores / self.head_dim ** 0.5"
MERGED = "(self.dropout(weights) @ v).transpose(1, 2)"
HIDDEN = "scores.masked_fill_(self.mask.bool()[:n, :n], -torch.inf)"
OWN = "softmax(scores / keys.shape[-1] ** 0.5, dim=-1)"
DROPPED = "self.dropout(weights)"

# What is wrong: the class, what is replaced by what, and the cause's name.
WRONG = {
    "no scale": (MULTI, SCALED, "scores", "no_scale"),
    "scaled by the width of all heads": (
        MULTI,
        SCALED,
        "scores / self.d_out ** 0.5",
        "scaled_by_root_of_d_out",
    ),
    "softmax over the queries": (
        MULTI,
        f"{SCALED}, dim=-1",
        f"{SCALED}, dim=-2",
        "softmax_over_queries",
    ),
    "softmax over the heads": (
        MULTI,
        f"{SCALED}, dim=-1",
        f"{SCALED}, dim=1",
        "softmax_over_heads",
    ),
    "nothing hidden": (MULTI, HIDDEN, "pass", "no_mask"),
    "zero in the hidden scores": (
        MULTI,
        HIDDEN,
        HIDDEN.replace("-torch.inf", "0.0"),
        "mask_with_zeros",
    ),
    "the mask flipped": (
        MULTI,
        "[:n, :n]",
        "[:n, :n].T",
        "mask_flipped",
    ),
    "split without transposing": (
        MULTI,
        SPLIT,
        "p(x).view(b, self.num_heads, n, self.head_dim)",
        "reshaped_without_transposing",
    ),
    "merged without transposing": (
        MULTI,
        MERGED,
        "(self.dropout(weights) @ v)",
        "merged_without_transposing",
    ),
    "mixed by the columns": (
        MULTI,
        "weights) @ v",
        "weights).mT @ v",
        "weights_transposed",
    ),
    "no output projection": (
        MULTI,
        "self.out_proj(out.reshape(b, n, self.d_out))",
        "out.reshape(b, n, self.d_out)",
        "no_output_projection",
    ),
    "heads and batch mixed up": (
        MULTI,
        MERGED,
        "(self.dropout(weights) @ v).reshape("
        "self.num_heads, b, n, self.head_dim).permute(1, 2, 0, 3)",
        "batch_mixed_up",
    ),
    "dropout in eval, always": (
        MULTI,
        DROPPED,
        "F.dropout(weights, p=0.5)",
        "dropout_in_eval",
    ),
    "dropout in eval, by the rate": (
        CAUSAL.replace("(dropout)", "(dropout)\n        self.rate = dropout"),
        DROPPED,
        "F.dropout(weights, p=self.rate)",
        "dropout_in_eval",
    ),
    "the mask not cut to the sentence": (
        CAUSAL,
        "[:n, :n]",
        "",
        "mask_not_cut",
    ),
    "a residual connection and a layer norm inside": (
        MULTI,
        "return self.out_proj(out.reshape(b, n, self.d_out))",
        "return F.layer_norm(\n            x + self.out_proj(out.reshape("
        "b, n, self.d_out)), (self.d_out,), eps=1e-6)",
        "inputs_added_and_normalised",
    ),
    "keys for queries": (
        V2,
        "self.W_query(x), self.W_key(x)",
        "self.W_key(x), self.W_query(x)",
        "swapped",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_class_is_rejected_and_its_cause_named(what: str) -> None:
    source, right, wrong, cause = WRONG[what]
    assert right in source
    last = check(HEAD + source.replace(right, wrong))[-1]
    assert last.verdict == "differs"
    assert last.cause is not None, last.sentence
    assert last.cause.name == cause, last.cause.sentence


PLAIN_LIST = """
class MultiHeadAttentionWrapper(nn.Module):
    def __init__(self, d_in, d_out, context_length, dropout, num_heads):
        super().__init__()
        self.heads = [CausalAttention(d_in, d_out, context_length, dropout)
                      for _ in range(num_heads)]

    def forward(self, x):
        return torch.cat([head(x) for head in self.heads], dim=-1)
"""


def test_heads_in_a_plain_list_are_said_not_to_be_trained() -> None:
    last = check(HEAD + CAUSAL + PLAIN_LIST)[-1]
    assert (last.verdict, last.step.name) == ("differs", "stacked_heads")
    assert last.cause is not None
    assert last.cause.name == "not_registered"


def test_a_mask_that_a_module_keeps_promises_a_causal_one() -> None:
    source = MULTI.replace(HIDDEN, "pass")
    promised = check(HEAD + source)[-1]
    kept = 'self.register_buffer("mask", torch.triu(ones, diagonal=1))'
    free = check(HEAD + source.replace(kept, ""))[-1]
    assert (promised.verdict, promised.step.name) == (
        "differs",
        "multi_head_attention",
    )
    assert (free.verdict, free.step.name) == (
        "agrees",
        "full_multi_head_attention",
    )
    assert "every token sees all tokens" in free.how


def test_a_batch_of_two_sentences_is_asked() -> None:
    first_only = MULTI.replace(MERGED, f"{MERGED}[:1].expand(b, -1, -1, -1)")
    last = check(HEAD + first_only)[-1]
    assert last.verdict == "differs"
    assert last.cause is not None
    assert last.cause.name == "batch_mixed_up"


def test_float32_is_said_where_the_code_forces_it_and_nowhere_else() -> None:
    _, forced = STYLES["float32 and nothing else"]
    kinds = [
        {caution.kind for caution in check(HEAD + source)[-1].warnings}
        for source in (forced, V2)
    ]
    assert ["float32" in each for each in kinds] == [True, False]


def test_a_cache_that_is_left_alone_is_said() -> None:
    source = CAUSAL.replace("forward(self, x)", "forward(self, x, cache=None)")
    assert "its `cache` was left alone" in check(HEAD + source)[-1].how


def test_an_instance_is_not_checked_beside_its_class() -> None:
    found = check(f"{HEAD}{V2}\nself_attention = SelfAttention_v2(3, 2)\n")
    assert [each.function for each in found] == ["SelfAttention_v2.forward"]


PARTS = """
class MultiHeadSelfAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        d = self.d = d_model // num_heads
        self.q_maps = nn.ModuleList(
            [nn.Linear(d, d) for _ in range(num_heads)])
        self.k_maps = nn.ModuleList(
            [nn.Linear(d, d) for _ in range(num_heads)])
        self.v_maps = nn.ModuleList(
            [nn.Linear(d, d) for _ in range(num_heads)])

    def forward(self, x):
        parts = x.split(self.d, dim=-1)
        maps = zip(self.q_maps, self.k_maps, self.v_maps, parts)
        heads = [F.scaled_dot_product_attention(q(p), k(p), v(p))
                 for q, k, v, p in maps]
        return torch.cat(heads, dim=-1)
"""


def test_a_causal_class_that_cannot_be_made_ends_no_check() -> None:
    unmade = CAUSAL.replace("__init__(self,", "__init__(self, num_heads,")
    unmade = unmade.replace(
        "super()", 'raise TypeError("so")\n        super()'
    )
    found = check(HEAD + unmade + V2)
    verdicts = sorted(each.verdict for each in found)
    assert verdicts == ["agrees", "cannot run"]


def test_heads_that_see_a_part_of_their_own_alone_are_told_so() -> None:
    last = check(HEAD + PARTS)[-1]
    assert last.cause is not None
    assert last.cause.name == "each_head_its_own_part"
