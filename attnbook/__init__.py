"""Self-attention by hand: the code that the pages of attnbook show.

The map, in the order of the book:

- `attnbook.require`: what an argument must be
- `attnbook.vectors`: lists as vectors and matrices; dot, matmul, transpose
- `attnbook.sentence`: the six tokens of section 3.3
- `attnbook.simple`: section 3.3, attention without trainable weights
- `attnbook.trainable`: section 3.4, queries, keys and values by weights
- `attnbook.causal`: section 3.5, the causal mask and dropout
- `attnbook.multihead`: section 3.6, several heads side by side
- `attnbook.torch_random`: the book's random numbers, without torch
- `attnbook.backward`: the gradient of every step above
- `attnbook.learning`: a loss, its gradient, two optimisers
- `attnbook.tasks`: a one-layer model, and two tasks for it
- `attnbook.loop`: the loop in which the model learns
- `attnbook.training`: runs of it, stored and told; `attnbook train`
- `attnbook.checker`: your own attention, checked and diagnosed
- `attnbook.arrays`: the same names in NumPy

A module imports only what stands before it, and only the standard library;
NumPy is needed by `attnbook.arrays` alone.
"""

__version__ = "0.1.0"
