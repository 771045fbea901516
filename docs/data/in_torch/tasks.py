"""The model that learns a task in PyTorch (after section 3.6)."""

import torch
from torch import Tensor

from docs.data.in_torch.backward import multi_head_attention_backward
from docs.data.in_torch.multihead import multi_head_attention

Layer = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, int]
Model = tuple[Tensor, Tensor, Layer]  # of the tokens, of the places
Prediction = tuple[Tensor, tuple[Tensor, ...], Tensor]


def predict(sentence: Tensor, model: Model) -> Prediction:
    """Score every token for every place of the answer."""
    token_embeddings, position_embeddings, layer = model
    inputs = token_embeddings[sentence] + position_embeddings  # (n, d)
    attention = multi_head_attention(inputs, layer, causal=False)
    return inputs, attention, attention[-1]  # (n, n): the logits


def predict_backward(
    sentence: Tensor,
    model: Model,
    prediction: Prediction,
    grad_logits: Tensor,
) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
    """Take the gradient back from the logits to all that is learned."""
    inputs, attention, _ = prediction
    grad_attention = multi_head_attention_backward(
        inputs, model[2], attention, grad_logits
    )

    # forward: inputs = token_embeddings[sentence] + position_embeddings
    grad_inputs = grad_attention[0]  # (n, d), that of each place
    none_yet = torch.zeros_like(model[0])  # (v, d)
    grad_token_embeddings = none_yet.index_add(0, sentence, grad_inputs)
    return grad_token_embeddings, grad_inputs, grad_attention
