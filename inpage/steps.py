"""Every step of attention for a state of *Play with it*, by name.

The page computes the same by `play-attention.js`, and asks here whether it
is right. A state is data: tokens, numbers and sizes, none of which is run.
"""

from math import sqrt
from typing import Any, TypeAlias

from attnbook.causal import causal_mask, dropout
from attnbook.multihead import merge_heads, output_projection, split_heads
from attnbook.simple import softmax
from attnbook.torch_random import Generator
from attnbook.trainable import Projections, masked_scores, project
from attnbook.vectors import Matrix, Vector, matmul, transpose

State: TypeAlias = dict[str, Any]
Steps: TypeAlias = dict[str, Matrix]

PARAMETERS = ("W_query", "W_key", "W_value", "W_out", "b_out")


def confirmed(state: State) -> dict[str, Steps]:
    """The weights and the steps of a state, as the package gives them.

    Raises:
        ValueError: If the package refuses the numbers.
    """
    parameters = parameters_of(state)
    return {"parameters": parameters, "steps": steps_of(state, parameters)}


def parameters_of(state: State) -> dict[str, Matrix]:
    """The weights by name, as they are given or drawn as the book does.

    Examples:
        >>> state = {"section": "3.4", "inputs": [[1.0]], "seed": 123}
        >>> [[weight]] = parameters_of({**state, "width": 1})["W_query"]
        >>> round(weight, 4)
        -0.4078
    """
    names = _names(state)
    if not names or "seed" not in state:
        return {name: state["parameters"][name] for name in names}
    generator, width = Generator(state["seed"]), state["width"]
    d_in = len(state["inputs"][0])
    heads = state["heads"] if is_stacked(state) else 1
    drawn = [
        [generator.linear(d_in, width // heads).weight for _ in range(3)]
        for _ in range(heads)
    ]
    wide = [merge_heads(list(each)) for each in zip(*drawn, strict=True)]
    W_out, b_out = generator.linear(width, width, bias=True)
    return dict(zip(names, [*wide, W_out, [b_out or []]], strict=False))


def _names(state: State) -> tuple[str, ...]:
    """The weights that a state has."""
    if state["section"] == "3.3":
        return ()
    is_mixed = state["section"] == "3.6" and not is_stacked(state)
    return PARAMETERS if is_mixed else PARAMETERS[:3]


def scale_of(state: State, width: int) -> float:
    """What scores are divided by: the root of the width, the temperature."""
    root = 1.0 if state["section"] == "3.3" else sqrt(width)
    return root * float(state.get("temperature", 1.0))


def steps_of(state: State, parameters: dict[str, Matrix]) -> Steps:
    """The steps by name; of several heads, those of the one that is shown.

    Examples:
        >>> state = {"section": "3.3", "inputs": [[1.0, 0.0], [0.0, 2.0]]}
        >>> steps_of(state, {})["attn_scores"]
        [[1.0, 0.0], [0.0, 4.0]]
    """
    inputs = state["inputs"]
    if state["section"] == "3.3":
        return _attend(state, inputs, inputs, inputs)
    W_query, W_key, W_value, *out = parameters.values()
    projected = project(inputs, Projections(W_query, W_key, W_value))
    if state["section"] == "3.6":
        return _heads(state, projected, out)
    return {**_named(*projected), **_attend(state, *projected)}


def _heads(
    state: State, projected: tuple[Matrix, ...], out: list[Matrix]
) -> Steps:
    """The steps of the head that is shown, then what all heads come to."""
    split = [split_heads(each, state["heads"]) for each in projected]
    heads = list(zip(*split, strict=True))
    attended = [_attend(state, *head) for head in heads]
    merged = merge_heads([each["context_vecs"] for each in attended])
    chosen = state["head"]
    steps = {**_named(*heads[chosen]), **attended[chosen]}
    steps["head_context_vecs"] = steps.pop("context_vecs")
    if not out:
        return {**steps, "context_vecs": merged}
    W_out, [b_out] = out
    context_vecs = output_projection(merged, W_out, b_out)
    together = {"merged_context_vecs": merged, "context_vecs": context_vecs}
    return {**steps, **together}


def _named(queries: Matrix, keys: Matrix, values: Matrix) -> Steps:
    return {"queries": queries, "keys": keys, "values": values}


def _attend(
    state: State, queries: Matrix, keys: Matrix, values: Matrix
) -> Steps:
    """Score, weigh and mix; hide, and drop, where the state says so."""
    attn_scores = matmul(queries, transpose(keys))
    if is_causal(state):
        attn_scores = masked_scores(attn_scores, causal_mask(len(keys)))
    scale = scale_of(state, len(keys[0]))
    attn_weights = [_shares(row, scale) for row in attn_scores]
    steps = {"attn_scores": attn_scores, "attn_weights": attn_weights}
    mixing = attn_weights
    if p := dropped(state):
        n = len(keys)
        keep = Generator(state["dice"]).dropout_keep(n, n, p)
        mixing = steps["mixing_weights"] = dropout(attn_weights, keep, p)
    return {**steps, "context_vecs": matmul(mixing, values)}


def _shares(scores: Vector, scale: float) -> Vector:
    return softmax([score / scale for score in scores])


def is_causal(state: State) -> bool:
    """Whether later tokens are hidden."""
    section = state["section"]
    return bool(section == "3.5" or (section == "3.6" and state["causal"]))


def is_stacked(state: State) -> bool:
    """Whether every head has its own weights, and nothing mixes the heads."""
    return state["section"] == "3.6" and bool(state.get("stacked"))


def dropped(state: State) -> float:
    """The share of weights that dropout hides: the `p` of section 3.5."""
    p = float(state.get("dropout", 0))
    return p if state["section"] == "3.5" else 0.0
