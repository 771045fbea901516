"""The backward pass, in NumPy (sections 3.3 to 3.6).

The twin of `attnbook.backward`, which says what each function means: where it
takes `(n, d)`, this also takes `(..., n, d)`. A gradient has the shape of what
it is the gradient of: what the whole batch shares, as weights are, gets the
sum over the batch.
"""

from attnbook.arrays.backward.causal import (
    causal_attention_backward,
    dropout_backward,
)
from attnbook.arrays.backward.multihead import (
    MultiHeadAttentionGradients,
    OutputProjectionGradients,
    StackedHeadsGradients,
    multi_head_attention_backward,
    output_projection_backward,
    stacked_heads_backward,
)
from attnbook.arrays.backward.simple import (
    softmax_backward,
    softmax_jacobian,
)
from attnbook.arrays.backward.trainable import (
    ScaledDotProductAttentionGradients,
    SelfAttentionGradients,
    project_backward,
    query_key_backward,
    scaled_dot_product_attention_backward,
    scaled_softmax_backward,
    self_attention_backward,
)
from attnbook.arrays.backward.vectors import (
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
