"""Attention in one pass in PyTorch: parts of the keys, merged."""

import torch
from torch import Tensor

Part = tuple[Tensor, Tensor, Tensor]  # largest, total, mix


def part_of(scores: Tensor, values: Tensor) -> Part:
    """Remember what a query takes from some keys."""
    largest = scores.max()
    exps = _fade(scores, largest)  # (n,), each in 0 to 1
    return largest, exps.sum(), exps @ values  # (n,) @ (n, d) -> (d,)


def merge(one: Part, other: Part) -> Part:
    """Make one part of two: what a query takes from the keys of both."""
    largest = torch.maximum(one[0], other[0])
    fade_one, fade_other = _fade(one[0], largest), _fade(other[0], largest)
    total = fade_one * one[1] + fade_other * other[1]
    mix = fade_one * one[2] + fade_other * other[2]  # (d,)
    return largest, total, mix


def context_of(part: Part) -> Tensor:
    """Divide the mix by the total: the context vector of all keys merged."""
    _, total, mix = part
    return mix / total  # (d,)


def _fade(scores: Tensor, largest: Tensor) -> Tensor:
    """What an exponential is beside that of the largest score; 0 if hidden."""
    exps = torch.exp(scores - largest)  # NaN where both are minus infinity
    return torch.where(scores == -torch.inf, 0.0, exps)
