"""The loss in PyTorch, and its gradient (after section 3.6)."""

import torch
from torch import Tensor
from torch.nn import functional


def cross_entropy(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Take minus the logarithm of what each target is given, on average."""
    probabilities = torch.softmax(logits, dim=-1)  # (n, v), rows sum to 1
    return probabilities, functional.cross_entropy(logits, targets)


def cross_entropy_backward(
    targets: Tensor,
    cross_entropy: tuple[Tensor, Tensor],
    grad_loss: float = 1.0,
) -> Tensor:
    """Subtract 1 from the probability of each target, then take the mean."""
    probabilities, _ = cross_entropy
    n, v = probabilities.shape
    wanted = functional.one_hot(targets, num_classes=v)  # (n, v)
    return grad_loss * (probabilities - wanted) / n
