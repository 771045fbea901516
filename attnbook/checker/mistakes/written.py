"""What is wrong beside the stages: told by its form, in a line of code.

A result in the wrong form, a gradient that goes astray, a module of torch's
that is not what it seems: no wrong stage, and wrong all the same. Each has a
line as it should be, and the same line as readers write it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias


class Written(NamedTuple):
    """One mistake, or one caution, as it is written."""

    name: str
    """What the checker calls it."""
    sentence: str
    right: str
    wrong: str
    page: str
    """The part of a chapter that shows what is right, and why."""

    @property
    def anchor(self) -> str:
        """Where the catalogue's page explains it.

        Examples:
            >>> Written("hidden row", "", "", "", "").anchor
            'beside-hidden_row'
        """
        return f"beside-{self.name.replace(' ', '_')}"


Row: TypeAlias = tuple[str, str, str, str, str]

_ROWS = "3.3/all-tokens/#the-code"
_MIX = "3.3/context/#the-code"
_RETURN = "return context_vecs"
_RESULTS: Sequence[Row] = (
    ("returns_NoneType", "It prints its result and returns nothing.",
     _RETURN, "print(context_vecs)", _ROWS),
    ("returns_generator", "It returns a generator, which can be read once.",
     _RETURN, "return (row for row in context_vecs)", _ROWS),
    ("returns_zip", "It returns a `zip`, which can be read once.",
     _RETURN, "return zip(*context_vecs)", _ROWS),
    ("returns_map", "It returns a `map`, which can be read once.",
     _RETURN, "return map(list, context_vecs)", _ROWS),
    ("returns_str", "It returns text, and no numbers.",
     _RETURN, "return str(context_vecs)", _ROWS),
    ("transposed", "Rows and columns of the result are swapped.",
     _RETURN, "return context_vecs.T", _ROWS),
    ("wrapped", "The result comes in one pair of brackets too many.",
     _RETURN, "return [context_vecs]", _ROWS),
    ("constant_factor", "Every number is too large by the same factor.",
     _RETURN, "return 2 * context_vecs", _MIX),
    ("first_row_alone", "The first token's row comes back alone.",
     _RETURN, "return context_vecs[0]", _ROWS),
    ("rectified", "What is negative in the result becomes 0, by a ReLU.",
     _RETURN, "return np.maximum(context_vecs, 0)", _MIX),
    ("half_precision", "The result is float16, which keeps few digits.",
     _RETURN, "return context_vecs.astype(np.float16)",
     "3.3/exact/#the-subtraction-does-it"),
    ("inputs_added_and_normalised",
     "The inputs are added, and every row is normed: a residual connection "
     "and a layer norm.",
     _RETURN, "return normed(context_vecs + inputs)", _MIX),
    ("returned_unmixed", "An argument comes back as it was.",
     _RETURN, "return values", _MIX),
    ("scores_returned", "The scores come back in the place of the mix.",
     _RETURN, "return scores", _MIX),
    ("relu_before_softmax", "Negative scores become 0 before softmax, by a "
     "ReLU, and weigh alike.",
     "scores = inputs @ inputs.T", "scores = np.maximum(inputs @ inputs.T, 0)",
     "3.3/softmax/#the-formula"),
    ("queries_mixed", "The right weights mix the queries.",
     "context_vecs = weights @ values", "context_vecs = weights @ queries",
     "3.4/one-query/#three-projections"),
    ("kept_from_call_to_call",
     "A list outside the function keeps what was there before.",
     "pairs = [*zip(keys, values)]", "pairs.extend(zip(keys, values))", _MIX),
    ("drawn_at_random", "Random numbers are drawn at every call.",
     "seen = weights",
     "seen = weights * (np.random.rand(*weights.shape) > 1 / 9)",
     "3.5/dropout/#the-code"),
    ("miscounts", "A product counts another number of times than once.",
     "total = sum(products)", "total = sum(products) + products[1]",
     "3.3/scores/#the-code"),
    ("tokens_alone", "No token notices another.",
     "context_vecs = attend(queries, keys, values)",
     "context_vecs = softmax(queries * keys) * values", _MIX),
    ("places_inside", "The places of the tokens count.",
     "queries, keys = inputs @ W_query, inputs @ W_key",
     "queries, keys = rotated(inputs @ W_query), rotated(inputs @ W_key)",
     "3.5/causal/#the-code"),
    ("made_for_a_size", "It is right up to a size, and wrong above it.",
     "n = len(inputs)", "n = min(len(inputs), 4)",
     "3.5/causal/#context-length"),
    ("nan_rows", "A row hides everything, and softmax of nothing is NaN.",
     "hidden = later", "hidden = later | first",
     "3.5/mask/#a-row-with-nothing-to-see"),
    ("nan_everywhere", "0 is multiplied by infinity, which is NaN.",
     "scores = np.where(hidden, -np.inf, scores)",
     "scores = scores + hidden * -np.inf",
     "3.5/mask/#before-softmax-minus-infinity"),
)  # fmt: skip

_WEIGHTS = "weights = exps / exps.sum(axis=-1, keepdims=True)"
_PROPERTIES: Sequence[Row] = (
    ("weights_do_not_sum", "A row of weights does not add up to 1.",
     _WEIGHTS, "weights = np.sqrt(np.abs(scores))",
     "3.3/softmax/#the-formula"),
    ("negative_weights", "A weight is below 0.",
     _WEIGHTS, "weights = scores**3 / (scores**3).sum(-1, keepdims=True)",
     "3.3/softmax/#the-formula"),
    ("depends_on_later", "A row gives weight to a later token.",
     "context_vecs = weights @ values",
     "context_vecs = np.roll(weights, 1, axis=-1) @ values",
     "3.5/mask/#the-code"),
    ("outside_values", "The result lies outside of what is mixed.",
     "context_vecs = weights @ values", "context_vecs = weights @ values + 3",
     _MIX),
)  # fmt: skip

_BACK = "backward/attention/#the-code"
_GRAPH = "backward/autograd/#a-number-with-a-memory"
_GRADIENTS: Sequence[Row] = (
    ("other_order", "The gradients are right, in another order.",
     "return grad_queries, grad_keys, grad_values",
     "return grad_values, grad_queries, grad_keys", _BACK),
    ("gradient_transposed", "A gradient is transposed.",
     "grad_keys = grad_scores.T @ queries",
     "grad_keys = (grad_scores.T @ queries).T",
     "backward/sheet/#the-shapes-give-it-away"),
    ("some_gradients", "Some gradients are wrong, and others right.",
     "grad_keys = grad_scores.T @ queries",
     "grad_keys = 3 * grad_scores.T @ queries", _BACK),
    ("gradients_do_not_cancel",
     "The gradients of a row of scores do not add up to 0.",
     "return weights * (grad - weights @ grad)",
     "return weights * weights * grad",
     "backward/softmax/#the-product-that-needs-no-table"),
    ("own_backward", "A class's own `backward` gives another gradient.",
     "grad_values = self.weights.T @ grad",
     "grad_values = self.weights @ grad", _BACK),
    ("cut_graph", "`loss.backward()` brings no gradient to what lies "
     "behind a cut.",
     "out = weights @ v", "out = weights.detach() @ v", _GRAPH),
    ("another_gradient", "`loss.backward()` brings another gradient than "
     "the numbers have.",
     "out = weights @ v", "out = weights @ ((v + v.detach()) / 2)", _GRAPH),
    ("overwritten_in_place", "A tensor that the gradient needs is "
     "overwritten.",
     "out = weights @ v", "out = weights.mul_(1) @ v", _GRAPH),
)  # fmt: skip

_FUTURE = "3.5/mask/#the-code"
_LENGTH = "3.5/causal/#context-length"
_SHARED = "3.6/split/#in-the-book-and-next"
_MODULES: Sequence[Row] = (
    ("not_registered", "A module does not know its weights, so that nothing "
     "trains them.",
     "self.layers = nn.ModuleList([query, key, value])",
     "self.layers = [query, key, value]",
     "backward/projections/#learning-for-the-first-time"),
    ("dropout_in_eval", "Dropout works in eval mode, too.",
     "weights = self.dropout(weights)", "weights = F.dropout(weights)",
     "3.5/dropout/#the-code"),
    ("batch_mixed_up", "Two sentences of one batch are mixed up.",
     "out = out.transpose(1, 2).flatten(2)",
     "out = out.permute(2, 0, 1, 3).reshape(b, n, -1)", "blind-spots/#batch"),
    ("batch_of_one", "A batch of two sentences raises an error.",
     "out = weights @ v",
     'out = torch.einsum("hnm,bhmd->bhnd", weights.squeeze(0), v)',
     "blind-spots/#batch"),
    ("batch_lost", "Several sentences go in as a batch, and one comes out.",
     "return out", "return out[0]", "blind-spots/#batch"),
    ("batch_squeezed", "A batch of one sentence comes out without its axis.",
     "return out", "return out.squeeze(0)", "blind-spots/#batch"),
    ("batch_flattened", "The sentences of a batch come out below each other.",
     "return out", "return out.flatten(0, 1)", "blind-spots/#batch"),
    ("tokens_pooled", "One row comes out for each sentence of a batch, and "
     "not for each token.",
     "return out", "return out.mean(1)", "blind-spots/#batch"),
    ("one_projection_for_all_heads", "Each head sees a part of the input, "
     "through the same small projection.",
     "width = d_model", "width = d_model // num_heads",
     "3.6/split/#one-wide"),
    ("key_heads_in_turn", "Heads of keys are dealt out in turn, and "
     "neighbours should share one.",
     "k, v = (t.repeat_interleave(each, dim=1) for t in (k, v))",
     "k, v = (t.repeat(1, each, 1, 1) for t in (k, v))", _SHARED),
    ("key_heads_first_only", "Every head of queries reads the first head of "
     "keys, though there are more.",
     "k, v = (t.repeat_interleave(each, dim=1) for t in (k, v))",
     "k, v = k[:, :1], v[:, :1]", _SHARED),
    ("key_heads_reversed", "The first heads of queries read the last head of "
     "keys.",
     "k, v = (t.repeat_interleave(each, dim=1) for t in (k, v))",
     "k, v = (t.flip(1).repeat_interleave(each, dim=1) for t in (k, v))",
     _SHARED),
    ("key_heads_not_repeated", "Fewer heads of keys than of queries meet "
     "them as they are, which raises.",
     "k, v = (t.repeat_interleave(each, dim=1) for t in (k, v))",
     "k, v = (t.contiguous() for t in (k, v))", _SHARED),
    ("each_head_its_own_part", "Each head projects a part of the input of "
     "its own, and sees no more of it.",
     "seen = d_model", "seen = d_model // num_heads", "3.6/split/#one-wide"),
    ("blocks_not_turned", "The blocks of `in_proj_weight` are multiplied as "
     "they are; torch stores them turned.",
     "q, k, v = (x @ W.T for W in self.in_proj_weight.chunk(3))",
     "q, k, v = (x @ W for W in self.in_proj_weight.chunk(3))",
     "3.4/one-query/#three-projections"),
    ("mask_not_cut", "The mask is as long as the context, whatever the "
     "sentence.",
     "hidden = self.mask[:n, :n]", "hidden = self.mask", _LENGTH),
    ("mask_ignored", "It takes a mask, and the mask changes nothing.",
     "scores = scores.masked_fill(mask == 0, -torch.inf)",
     "scores.masked_fill(mask == 0, -torch.inf)", "3.5/padding/#the-mask"),
    ("mask_wrong", "Without a mask it is right, and wrong with one.",
     "scores = scores.masked_fill(mask == 0, -torch.inf)",
     "scores = 2 * scores.masked_fill(mask == 0, -torch.inf)",
     "3.5/mask/#where-they-differ"),
    ("mask_at_top_left", "With keys from before, the first query sees the "
     "first key alone.",
     "hidden = ones(n, m).triu(1 + m - n)", "hidden = ones(n, m).triu(1)",
     _FUTURE),
    ("no_mask_with_cache", "With a cache the mask is left out.",
     "fill = -torch.inf", "fill = -torch.inf if cache is None else 0",
     _FUTURE),
    ("wrong_with_cache", "A sentence in two parts comes out otherwise than "
     "in one.",
     'v = torch.cat([cache["v"], v], 1)', 'v = torch.cat([v, cache["v"]], 1)',
     "long/kept/#the-code"),
)  # fmt: skip

_CAUTIONS: Sequence[Row] = (
    ("overflow", "Large scores overflow.",
     "exps = np.exp(scores - scores.max(axis=-1, keepdims=True))",
     "exps = np.exp(scores)", "3.3/softmax/#overflow-the-run-that-breaks"),
    ("one maximum", "One maximum is subtracted from every row.",
     "exps = np.exp(scores - scores.max(axis=-1, keepdims=True))",
     "exps = np.exp(scores - scores.max())",
     "3.3/softmax/#overflow-the-run-that-breaks"),
    ("float32", "The numbers are float32, of about half the digits.",
     _RETURN, "return context_vecs.astype(np.float32)",
     "3.3/exact/#the-subtraction-does-it"),
    ("imprecise", "Numbers of float64 agree to fewer digits than they have.",
     _WEIGHTS, "weights = exps / (exps.sum(axis=-1, keepdims=True) + EPSILON)",
     "3.3/exact/#the-subtraction-does-it"),
    ("mismatch", "Lengths that do not fit pass silently.",
     "products = [a * b for a, b in zip(x, y, strict=True)]",
     "products = [a * b for a, b in zip(x, y)]",
     "3.3/scores/#why-the-lengths-must-agree"),
    ("matrix", "A softmax of one row is wrong for several.",
     _WEIGHTS, "weights = exps / exps.sum()", "3.4/dimensions/#softmax-axis"),
    ("dropout", "A rate is taken, and nothing is dropped.",
     "weights = self.dropout(weights)", "weights = weights * 1",
     "3.5/dropout/#the-code"),
    ("dropped scores", "In training the scores are dropped, and not the "
     "weights.",
     "weights = self.dropout(weights)",
     "weights = self.dropout(scores).softmax(-1)", "3.5/dropout/#the-code"),
    ("half", "In half precision it does not run, or is wrong.",
     "fill = -torch.inf", "fill = -(10**9)", "blind-spots/#minus-a-billion"),
    ("hidden row", "A mask that hides a whole row gives NaN, or mixes what "
     "it hides.",
     "weights = scores.softmax(-1).nan_to_num()",
     "weights = scores.softmax(-1)", "3.5/mask/#a-row-with-nothing-to-see"),
    ("top left", "With fewer queries than keys the mask lies at the top "
     "left.",
     "hidden = ones(n, m).triu(1 + m - n)", "hidden = ones(n, m).triu(1)",
     _FUTURE),
)  # fmt: skip

KINDS: Mapping[str, Sequence[Written]] = {
    heading: [Written(*row) for row in rows]
    for heading, rows in {
        "In what is returned": _RESULTS,
        "In the weights": _PROPERTIES,
        "In the gradients": _GRADIENTS,
        "In a module and its masks": _MODULES,
        "Right, and still to mend": _CAUTIONS,
    }.items()
}
"""Every one of them, below the heading under which the page has it."""


def all_written() -> Iterator[Written]:
    """All of them, in the order of the page."""
    for entries in KINDS.values():
        yield from entries
