"""The backward pass in PyTorch: each step's formula, each layer by autograd.

A formula is the one that is derived on lists, and needs no graph. A layer
asks autograd: its inputs and weights are leaves with `requires_grad`, and
`attention` is what its forward pass gave, which remembers how it was made.
"""

import torch
from torch import Tensor
from torch.autograd import grad

from docs.data.in_torch.trainable import Projections


def dot_backward(
    x: Tensor, y: Tensor, grad_product: float
) -> tuple[Tensor, Tensor]:
    """Give each factor what the other one was, times the gradient."""
    return grad_product * y, grad_product * x  # (d,), (d,)


def matmul_backward(
    a: Tensor, b: Tensor, grad_product: Tensor
) -> tuple[Tensor, Tensor]:
    """Give each factor the other one, transposed, times the gradient."""
    # forward: product = a @ b
    grad_a = grad_product @ b.T  # (n, p) @ (p, m) -> (n, m)
    grad_b = a.T @ grad_product  # (m, n) @ (n, p) -> (m, p)
    return grad_a, grad_b


def softmax_backward(weights: Tensor, grad_weights: Tensor) -> Tensor:
    """Compare each weight's gradient with the mean gradient."""
    mean = (weights * grad_weights).sum(dim=-1, keepdim=True)
    return weights * (grad_weights - mean)  # (n,), sums to 0


def scaled_softmax_backward(
    d_k: int, attn_weights: Tensor, grad_attn_weights: Tensor
) -> Tensor:
    """Take the softmax back row by row, then divide as the scores were."""
    return softmax_backward(attn_weights, grad_attn_weights) / d_k**0.5


def query_key_backward(
    queries: Tensor,
    keys: Tensor,
    attn_weights: Tensor,
    grad_attn_weights: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Take the gradient back from the weights to the queries and keys."""
    # forward 2: attn_weights = scaled_softmax(attn_scores, keys.shape[-1])
    grad_attn_scores = scaled_softmax_backward(
        keys.shape[-1], attn_weights, grad_attn_weights
    )  # (n_q, n_k)

    # forward 1: attn_scores = queries @ keys.T
    grad_queries = grad_attn_scores @ keys  # (n_q, n_k) @ (n_k, d_k)
    grad_keys = grad_attn_scores.T @ queries  # (n_k, n_q) @ (n_q, d_k)
    return grad_attn_scores, grad_queries, grad_keys


def scaled_dot_product_attention_backward(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    attention: tuple[Tensor, Tensor, Tensor],
    grad_context_vecs: Tensor,
) -> tuple[Tensor, ...]:
    """Take the gradient back from the context vectors to Q, K and V."""
    _, attn_weights, _ = attention
    # forward 3: context_vecs = attn_weights @ values
    grad_attn_weights, grad_values = matmul_backward(
        attn_weights, values, grad_context_vecs
    )  # (n_q, n_k), (n_k, d_v)

    # forward 1, 2: attn_weights = the softmax of what queries find in the keys
    grads = query_key_backward(queries, keys, attn_weights, grad_attn_weights)
    return grad_attn_weights, *grads, grad_values


def dropout_backward(
    keep: Tensor, p: float, grad_mixing_weights: Tensor
) -> Tensor:
    """Drop the gradients of the weights that were dropped, scale the rest."""
    # forward: mixing_weights = torch.where(keep, attn_weights / (1 - p), 0.0)
    return torch.where(keep, grad_mixing_weights / (1 - p), 0.0)


def project_backward(
    inputs: Tensor,
    projections: Projections,
    grad_queries: Tensor,
    grad_keys: Tensor,
    grad_values: Tensor,
) -> tuple[Tensor, ...]:
    """Take the gradient back from Q, K and V to the inputs and the weights."""
    grads = grad_queries, grad_keys, grad_values
    # forward: queries, keys, values = inputs @ W, for each of the three W
    pairs = zip(projections, grads, strict=True)
    back = [matmul_backward(inputs, W, grad_x) for W, grad_x in pairs]
    of_inputs, of_weights = zip(*back, strict=True)
    # the inputs are used three times
    return torch.stack(of_inputs).sum(dim=0), *of_weights  # (n, d_in)


def output_projection_backward(
    vectors: Tensor, W_out: Tensor, grad_result: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Take the gradient back to the vectors, the weights and the bias."""
    # forward: result = vectors @ W_out + b_out
    grad_vectors, grad_W_out = matmul_backward(vectors, W_out, grad_result)
    return grad_vectors, grad_W_out, grad_result.sum(dim=0)  # (d_out,)


def self_attention_backward(
    inputs: Tensor,
    projections: Projections,
    attention: tuple[Tensor, ...],
    grad_context_vecs: Tensor,
) -> tuple[Tensor, ...]:
    """Ask autograd for the gradients of the inputs and the weights."""
    *_, context_vecs = attention
    return grad(context_vecs, (inputs, *projections), grad_context_vecs)


def causal_attention_backward(
    inputs: Tensor,
    projections: Projections,
    attention: tuple[Tensor, ...],
    grad_context_vecs: Tensor,
) -> tuple[Tensor, ...]:
    """Ask autograd, which remembers the mask and what was dropped."""
    *_, context_vecs = attention
    return grad(context_vecs, (inputs, *projections), grad_context_vecs)


def multi_head_attention_backward(
    inputs: Tensor,
    parameters: tuple[Tensor, Tensor, Tensor, Tensor, Tensor, int],
    attention: tuple[Tensor, ...],
    grad_context_vecs: Tensor,
) -> tuple[Tensor, ...]:
    """Ask autograd for the gradients of the inputs and five parameters."""
    *trained, _ = parameters  # the last is the number of heads
    *_, context_vecs = attention
    return grad(context_vecs, [inputs, *trained], grad_context_vecs)
