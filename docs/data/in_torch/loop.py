"""The loop in which a model learns in PyTorch (after section 3.6)."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor
from torch.autograd import grad
from torch.nn.utils import parameters_to_vector

from docs.data.in_torch.learning import cross_entropy
from docs.data.in_torch.tasks import Model, predict

Task = Callable[[Tensor], Tensor]


def loss_and_gradient(
    model: Model, task: Task, sentences: Tensor
) -> tuple[Tensor, Tensor]:
    """Take the mean loss over some sentences, and its gradient."""
    losses = []
    for sentence in sentences:  # (b, n)
        *_, logits = predict(sentence, model)
        losses.append(cross_entropy(logits, task(sentence))[1])
    loss = torch.stack(losses).mean()

    *embeddings, layer = model
    grads = grad(loss, [*embeddings, *layer[:5]])  # [5]: how many heads
    return loss, parameters_to_vector(grads)  # all in a row


def train(
    model: Model, task: Task, batches: Iterable[Tensor], rate: float = 0.01
) -> Iterator[tuple[int, float, Model]]:
    """Take one step of Adam for each batch of sentences, and tell of it."""
    *embeddings, layer = model
    weights = [*embeddings, *layer[:5]]
    sizes = [weight.numel() for weight in weights]
    optimiser = torch.optim.Adam(weights, lr=rate)
    for step, sentences in enumerate(batches, start=1):
        loss, gradient = loss_and_gradient(model, task, sentences)
        parts = gradient.split(sizes)
        for weight, part in zip(weights, parts, strict=True):
            weight.grad = part.view_as(weight)
        optimiser.step()  # the weights move in their places
        yield step, loss.item(), model
