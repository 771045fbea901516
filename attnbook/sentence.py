"""The six-token sentence of section 3.3, embedded in three numbers each."""

from attnbook.vectors import Matrix

tokens: list[str] = ["Your", "journey", "starts", "with", "one", "step"]
"""The six tokens, in order."""

inputs: Matrix = [
    [0.43, 0.15, 0.89],  # Your
    [0.55, 0.87, 0.66],  # journey
    [0.57, 0.85, 0.64],  # starts
    [0.22, 0.58, 0.33],  # with
    [0.77, 0.25, 0.10],  # one
    [0.05, 0.80, 0.55],  # step
]
"""One row per token: `(n, d_in)` with `n = 6` and `d_in = 3`."""
