"""The backward pass: a gradient for every forward step (sections 3.3 to 3.6).

Legend: a loss is one number at the end of all steps; `grad_x` says how fast
it grows with each entry of `x`, and has the shape of `x`. Every function
takes what its forward step was given, what the step gave, each as far as it
is needed, and last the gradient of what it gave: `f_backward(arguments,
result, grad_result)`. It returns the gradients of the arguments.

No mask comes in: a hidden key has the weight 0, and that stops its gradient.
"""

from attnbook.backward.causal import (
    causal_attention_backward,
    dropout_backward,
)
from attnbook.backward.multihead import (
    MultiHeadAttentionGradients,
    OutputProjectionGradients,
    StackedHeadsGradients,
    multi_head_attention_backward,
    output_projection_backward,
    stacked_heads_backward,
)
from attnbook.backward.simple import (
    softmax_backward,
    softmax_jacobian,
)
from attnbook.backward.trainable import (
    ScaledDotProductAttentionGradients,
    SelfAttentionGradients,
    project_backward,
    query_key_backward,
    scaled_dot_product_attention_backward,
    scaled_softmax_backward,
    self_attention_backward,
)
from attnbook.backward.vectors import (
    DotGradients,
    MatmulGradients,
    dot_backward,
    matmul_backward,
)

__all__ = [
    "DotGradients",
    "MatmulGradients",
    "MultiHeadAttentionGradients",
    "OutputProjectionGradients",
    "ScaledDotProductAttentionGradients",
    "SelfAttentionGradients",
    "StackedHeadsGradients",
    "causal_attention_backward",
    "dot_backward",
    "dropout_backward",
    "matmul_backward",
    "multi_head_attention_backward",
    "output_projection_backward",
    "project_backward",
    "query_key_backward",
    "scaled_dot_product_attention_backward",
    "scaled_softmax_backward",
    "self_attention_backward",
    "softmax_backward",
    "softmax_jacobian",
    "stacked_heads_backward",
]
