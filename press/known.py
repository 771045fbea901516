"""What every page of this book can bind a number to, besides its own names."""

from attnbook.sentence import inputs, tokens
from press.counts import compared

__all__ = ["compared", "inputs", "tokens"]
