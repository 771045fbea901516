"""What a torch class is asked once its numbers agree."""

import pytest

from attnbook.checker.finding import Finding
from tests.checking import check
from tests.styles_torch import CAUSAL, HEAD, MULTI, STYLES, V2

pytestmark = pytest.mark.torch


def checked(source: str, right: str = "", wrong: str = "") -> Finding:
    """The finding of a source in which one piece is replaced."""
    assert right in source
    return check(HEAD + source.replace(right, wrong, 1))[-1]


def cause(finding: Finding) -> str:
    """The cause of a finding that has to have one."""
    assert finding.verdict == "differs", finding
    assert finding.cause is not None, finding.sentence
    return finding.cause.name


MIX = "return weights @ self.W_value(x)"

# What no right number betrays: what is replaced by what, and the cause.
CUT = {
    "weights detached": (
        "weights @ self",
        "weights.detach() @ self",
        "cut_graph",
    ),
    "keys by their data": ("@ keys.T", "@ keys.data.T", "cut_graph"),
    "a new tensor of the result": (
        MIX,
        "return torch.tensor((weights @ self.W_value(x)).tolist())",
        "cut_graph",
    ),
    "row after row by item": (
        "scores = queries @ keys.T",
        "scores = torch.tensor([[torch.dot(q, k).item() for k in keys]"
        " for q in queries])",
        "cut_graph",
    ),
    "without gradients": (
        MIX,
        f"with torch.no_grad():\n            {MIX}",
        "cut_graph",
    ),
    "weights overwritten": (
        MIX,
        f"weights *= 1\n        {MIX}",
        "overwritten_in_place",
    ),
    "half of the keys detached": (
        "scores = queries",
        "keys = (keys + keys.detach()) / 2\n        scores = queries",
        "another_gradient",
    ),
}


@pytest.mark.parametrize("what", CUT)
def test_a_gradient_that_goes_astray_is_found(what: str) -> None:
    right, wrong, name = CUT[what]
    assert cause(checked(V2, right, wrong)) == name


def test_a_cut_names_the_weights_behind_it_and_the_line() -> None:
    found = checked(V2, "@ keys.T", "@ keys.detach().T").cause
    assert found is not None
    assert "no gradient to `W_key.weight`:" in found.sentence
    assert "(line 16: `scores = queries @ keys.detach().T`)" in found.sentence


def test_a_cut_of_all_is_told_in_one_word() -> None:
    found = checked(V2, MIX, "return (weights @ self.W_value(x)).detach()")
    assert found.cause is not None
    assert "to any of its weights" in found.cause.sentence


@pytest.mark.parametrize(
    "harmless",
    [
        "scores = scores - scores.detach().amax(dim=-1, keepdim=True)",
        "self.seen = scores.detach()",
        "scores = scores + 0 * scores.detach()",
    ],
)
def test_what_is_detached_and_moves_nothing_is_no_fault(harmless: str) -> None:
    whole = f"{harmless}\n        weights = torch"
    assert checked(V2, "weights = torch", whole).verdict == "agrees"


def test_weights_that_a_class_freezes_itself_are_not_accused() -> None:
    frozen = "queries, keys"
    assert checked(
        V2, frozen, f"self.W_key.requires_grad_(False)\n        {frozen}"
    ).verdict == "agrees"  # fmt: skip


def test_dropout_is_on_in_train_and_off_in_eval_and_this_is_said() -> None:
    said = "dropout works in train() and rests in eval()"
    assert said in checked(CAUSAL).how


def test_a_rate_that_is_taken_and_never_used_is_a_caution() -> None:
    found = checked(CAUSAL, "self.dropout(weights)", "weights")
    (caution,) = found.warnings
    assert (found.verdict, caution.kind) == ("agrees", "dropout")
    assert caution.sentence.startswith("It takes `dropout`")


def test_scores_that_are_dropped_are_a_caution_and_never_works() -> None:
    late = CAUSAL.replace("self.dropout(weights)", "weights")
    early = "torch.softmax(self.dropout(scores) /"
    found = checked(late, "torch.softmax(scores /", early)
    (caution,) = found.warnings
    assert (found.verdict, caution.kind) == ("agrees", "dropped scores")
    assert "dropout works" not in found.how


def test_a_class_without_a_rate_hears_nothing_of_dropout() -> None:
    found = checked(V2)
    assert (found.warnings, "dropout" in found.how) == ((), False)


@pytest.mark.parametrize("source", [CAUSAL, MULTI])
def test_minus_a_billion_does_not_fit_into_half_precision(
    source: str,
) -> None:
    found = checked(source, "-torch.inf", "-1e9")
    (caution,) = found.warnings
    assert (found.verdict, caution.kind) == ("agrees", "half")
    assert "overflow" in caution.sentence


def test_minus_infinity_and_the_least_number_fit_everywhere() -> None:
    least = "torch.finfo(scores.dtype).min"
    for wrong in ("-torch.inf", least):
        assert not checked(MULTI, "-torch.inf", wrong).warnings


def test_code_that_does_not_run_in_half_precision_is_said_not_tried() -> None:
    _, forced = STYLES["float32 and nothing else"]
    kinds = {caution.kind for caution in checked(forced).warnings}
    assert "half" not in kinds


BLOCKS = """
def causal_attention(q, k, v):
    n, m = q.shape[-2], k.shape[-2]
    hidden = torch.ones(n, m, dtype=torch.bool).triu(1 + m - n)
    scores = q @ k.transpose(-2, -1) / k.shape[-1] ** 0.5
    return scores.masked_fill(hidden, -torch.inf).softmax(-1) @ v
"""
TOP_LEFT = "triu(1)"
BOTTOM_RIGHT = "triu(1 + m - n)"


def test_fewer_queries_than_keys_are_asked_of_a_causal_function() -> None:
    assert "fewer queries than keys too" in checked(BLOCKS).how


def test_a_mask_at_the_top_left_is_a_fault_where_keys_are_kept() -> None:
    kept = BLOCKS + "\n# keys and values come from the cache\n"
    assert cause(checked(kept, BOTTOM_RIGHT, TOP_LEFT)) == "mask_at_top_left"
    assert checked(kept).verdict == "agrees"


def test_a_mask_at_the_top_left_is_a_caution_where_no_cache_is_named() -> None:
    found = checked(BLOCKS, BOTTOM_RIGHT, TOP_LEFT)
    (caution,) = found.warnings
    assert (found.verdict, caution.kind) == ("agrees", "top left")


def test_code_for_as_many_queries_as_keys_is_not_accused() -> None:
    square = "torch.ones(n, n, dtype=torch.bool).triu(1)"
    found = checked(
        BLOCKS, f"torch.ones(n, m, dtype=torch.bool).{BOTTOM_RIGHT}", square
    )
    assert (found.verdict, found.warnings) == ("agrees", ())
    assert "asked with as many queries as keys" in found.how


STORED = """
class MultiHeadAttention(nn.Module):
    def __init__(self, dim, n_heads):
        super().__init__()
        self.n_heads, self.head_dim = n_heads, dim // n_heads
        self.q_proj = nn.Linear(dim, dim, bias=False)
        self.k_proj = nn.Linear(dim, dim, bias=False)
        self.v_proj = nn.Linear(dim, dim, bias=False)
        self.o_proj = nn.Linear(dim, dim, bias=False)

    def cut(self, x):
        return x.unflatten(-1, (self.n_heads, self.head_dim)).transpose(1, 2)

    def forward(self, x, cache=None):
        q, k, v = (self.cut(p(x))
                   for p in (self.q_proj, self.k_proj, self.v_proj))
        if cache is not None:
            if cache:
                k = torch.cat([cache["k"], k], 2)
                v = torch.cat([cache["v"], v], 2)
            cache.update(k=k, v=v)
        n, m = q.shape[2], k.shape[2]
        s = q @ k.mT / self.head_dim ** 0.5
        hidden = torch.ones(n, m, dtype=torch.bool).triu(1 + m - n)
        out = s.masked_fill(hidden, -torch.inf).softmax(-1) @ v
        return self.o_proj(out.transpose(1, 2).flatten(2))
"""

RETURNED = """
class CausalSelfAttention(nn.Module):
    def __init__(self, d_model):
        super().__init__()
        self.qkv = nn.Linear(d_model, 3 * d_model)

    def forward(self, x, past_kv=None, use_cache=False):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        if past_kv is not None:
            k = torch.cat([past_kv[0], k], dim=1)
            v = torch.cat([past_kv[1], v], dim=1)
        n, m = q.shape[1], k.shape[1]
        s = q @ k.mT / q.shape[-1] ** 0.5
        hidden = torch.ones(n, m, dtype=torch.bool).triu(1 + m - n)
        out = s.masked_fill(hidden, -torch.inf).softmax(-1) @ v
        return (out, (k, v)) if use_cache else out
"""

INSIDE = """
class CausalAttention(nn.Module):
    def __init__(self, d_in, d_out, context_length):
        super().__init__()
        self.W_query = nn.Linear(d_in, d_out, bias=False)
        self.W_key = nn.Linear(d_in, d_out, bias=False)
        self.W_value = nn.Linear(d_in, d_out, bias=False)
        ones = torch.ones(context_length, context_length)
        self.register_buffer("mask", ones.triu(1).bool(), persistent=False)
        self.register_buffer("cache_k", None, persistent=False)
        self.register_buffer("cache_v", None, persistent=False)
        self.seen = 0

    def forward(self, x, use_cache=False):
        q, k, v = self.W_query(x), self.W_key(x), self.W_value(x)
        n, start = q.shape[1], 0
        if use_cache:
            if self.cache_k is not None:
                k = torch.cat([self.cache_k, k], dim=1)
                v = torch.cat([self.cache_v, v], dim=1)
            self.cache_k, self.cache_v = k, v
            start, self.seen = self.seen, self.seen + n
        s = q @ k.mT / k.shape[-1] ** 0.5
        s = s.masked_fill(self.mask[start:start + n, :k.shape[1]], -torch.inf)
        return s.softmax(-1) @ v
"""
CACHES = {"stored": STORED, "returned": RETURNED, "inside": INSIDE}


@pytest.mark.parametrize("name", CACHES)
def test_a_right_cache_agrees_in_two_parts(name: str) -> None:
    found = checked(CACHES[name])
    assert found.verdict == "agrees", found.cause
    assert "a sentence in two parts agrees" in found.how


WRONG_CACHES = {
    "stored, at the top left": (
        STORED,
        BOTTOM_RIGHT,
        TOP_LEFT,
        "mask_at_top_left",
    ),
    "stored, without a mask": (
        STORED,
        "-torch.inf",
        "-torch.inf if cache is None else 0.0",
        "no_mask_with_cache",
    ),
    "returned, at the top left": (
        RETURNED,
        BOTTOM_RIGHT,
        TOP_LEFT,
        "mask_at_top_left",
    ),
    "returned, no mask for the second part": (
        RETURNED,
        BOTTOM_RIGHT,
        "triu(1 + m - n if past_kv is None else m)",
        "no_mask_with_cache",
    ),
    "inside, at the top left": (
        INSIDE,
        "self.mask[start:start + n",
        "self.mask[:n",
        "mask_at_top_left",
    ),
    "inside, values of before last": (
        INSIDE,
        "torch.cat([self.cache_v, v], dim=1)",
        "torch.cat([v, self.cache_v], dim=1)",
        "wrong_with_cache",
    ),
}


@pytest.mark.parametrize("what", WRONG_CACHES)
def test_a_wrong_cache_is_found_and_named(what: str) -> None:
    source, right, wrong, name = WRONG_CACHES[what]
    assert cause(checked(source, right, wrong)) == name


MASKED = """
def attention(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / k.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -torch.inf)
    weights = scores.softmax(-1)
    return weights @ v
"""
ROWS = {
    "NaN": ("-torch.inf", "-torch.inf", "NaN"),
    "the hidden mixed": ("-torch.inf", "-1e9", "mixes the tokens"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_that_hides_everything_is_asked(name: str) -> None:
    right, wrong, said = ROWS[name]
    found = checked(MASKED, right, wrong)
    (caution,) = [e for e in found.warnings if e.kind == "hidden row"]
    assert found.verdict == "agrees"
    assert said in caution.sentence


def test_zeros_in_a_row_that_hides_everything_are_said() -> None:
    found = checked(MASKED, "softmax(-1)", "softmax(-1).nan_to_num(0.0)")
    assert (found.verdict, found.warnings) == ("agrees", ())
    assert "takes nothing of any token" in found.how


def test_what_takes_no_mask_hears_nothing_of_such_a_row() -> None:
    found = checked(BLOCKS)
    assert "hides everything" not in found.how


PADDED = """
class SelfAttention(nn.Module):
    def __init__(self, d_model):
        super().__init__()
        self.q = nn.Linear(d_model, d_model)
        self.k = nn.Linear(d_model, d_model)
        self.v = nn.Linear(d_model, d_model)

    def forward(self, x, padding_mask=None):
        q, k, v = self.q(x), self.k(x), self.v(x)
        s = q @ k.mT / k.shape[-1] ** 0.5
        if padding_mask is not None:
            s = s.masked_fill(padding_mask[:, None, :] == 0, -torch.inf)
        return s.softmax(-1) @ v
"""
KEEPS = "its padding mask: where it is 1 or True it keeps, 0 hides"
HIDES = "its padding mask: where it is 1 or True it hides"


def test_a_padding_mask_is_handed_over_and_what_it_means_is_said() -> None:
    hides = ("padding_mask[:, None, :] == 0", "padding_mask[:, None, :]")
    for change, said in ((("", ""), KEEPS), (hides, HIDES)):
        found = checked(PADDED, *change)
        assert found.verdict == "agrees", found.sentence
        assert said in found.how


def test_a_padding_mask_without_effect_is_a_fault() -> None:
    found = checked(PADDED, "s = s.masked_fill", "s.masked_fill")
    assert cause(found) == "mask_ignored"


def test_a_padding_mask_that_hides_queries_is_not_taken_for_right() -> None:
    found = checked(PADDED, "[:, None, :] == 0", "[:, :, None] == 0")
    assert "its padding mask" not in found.how


PAIR = """
def attention_forward(q, k, v):
    w = torch.softmax(q @ k.T / k.shape[-1] ** 0.5, dim=-1)
    return w @ v, (q, k, v, w)

def attention_backward(grad_out, cache):
    q, k, v, w = cache
    dw = grad_out @ v.T
    ds = w * (dw - (dw * w).sum(-1, keepdim=True)) / k.shape[-1] ** 0.5
    return ds @ k, ds.T @ q, w.T @ grad_out
"""


def test_a_backward_of_tensors_takes_the_cache_of_its_forward() -> None:
    found = checked(PAIR)
    assert found.function == "attention_backward"
    assert found.verdict == "agrees", found.sentence
    assert "its own cache" in found.how


def test_a_backward_of_tensors_that_forgets_the_scale_is_found() -> None:
    found = checked(
        PAIR, ") / k.shape[-1] ** 0.5\n    return ds", ")\n    return ds"
    )
    assert cause(found) == "scale_forgotten"
