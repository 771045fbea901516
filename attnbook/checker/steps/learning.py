"""What stands around an attention that learns: loss, embeddings, steps."""

from random import Random
from typing import Any

from attnbook import backward, learning, multihead, vectors
from attnbook.checker.steps.cases import (
    Values,
    matrix,
    named,
    vector,
    weights,
)
from attnbook.checker.steps.step import Canonical, Form, Step, plain

_PLACES = {"places": (1, 2, 3, 5), "vocabulary": (1, 2, 3, 4, 6)}
_WEIGHTS = {"k": (1, 2, 3, 5, 8)}
_MODEL_SIZES = {
    "places": (1, 2, 4), "vocabulary": (1, 2, 5), "d": (1, 2, 3),
    "d_out": (1, 2, 6),
}  # fmt: skip
MODEL = (
    "token_embeddings", "position_embeddings", "W_query", "W_key", "W_value",
    "W_out", "b_out",
)  # fmt: skip


def _tokens(rng: Random, count: int, vocabulary: int) -> list[int]:
    """So many tokens, each by its number."""
    return [rng.randrange(vocabulary) for _ in range(count)]


def _sentence(rng: Random, count: int, vocabulary: int) -> list[int]:
    """The same, with the last token of the vocabulary at both ends."""
    inner = _tokens(rng, max(0, count - 2), vocabulary)
    return [vocabulary - 1, *inner, vocabulary - 1][:count]


def _loss_values(rng: Random, places: int, vocabulary: int) -> Values:
    """Logits and targets, for some places and for one."""
    logits = matrix(rng, places, vocabulary)
    targets = _tokens(rng, places, vocabulary)
    steps = learning.cross_entropy(logits, targets)
    return {
        "logits": logits,
        "targets": targets,
        "logit_row": logits[0],
        "target": targets[0],
        "probabilities": steps.probabilities,
        "cross_entropy": named(steps._asdict()),
    }


def _embedding_values(
    rng: Random, places: int, vocabulary: int, d: int
) -> Values:
    """A table, which of its rows were chosen, and their gradients."""
    return {
        "embeddings": matrix(rng, vocabulary, d),
        "vocabulary": vocabulary,
        "sentence": _sentence(rng, places, vocabulary),
        "grad_inputs": matrix(rng, places, d),
    }


def _sgd_values(rng: Random, k: int) -> Values:
    """Weights in a row and in a matrix, their gradients, and a rate."""
    return {
        "weight_row": vector(rng, k),
        "grad_row": vector(rng, k),
        "weight_rows": matrix(rng, k + 1, k),
        "grad_rows": matrix(rng, k + 1, k),
        "rate": rng.choice((0.1, 0.25, 0.5)),
    }


def _adam_values(rng: Random, k: int) -> Values:
    """Weights, and averages of gradients so small that 1e-8 has its place.

    The root of a mean square is about a thousandth: 1e-8 beside it cannot be
    seen, and 1e-8 below the root can.
    """
    taken = rng.choice((1, 2, 5, 9, 40))
    seen = 1 - 0.999 ** (taken + 1)
    means = [entry / 500 for entry in vector(rng, k)]
    squares = [i * 1e-6 * seen for i in rng.sample(range(1, 20), k)]
    state = {"steps": taken, "means": means, "squares": squares}
    return {
        "weight_row": vector(rng, k),
        "grad_row": [entry / 500 for entry in vector(rng, k)],
        "means": means,
        "squares": squares,
        "step_number": taken + 1,
        "state": named(state),
        "rate": rng.choice((0.1, 0.25, 0.5)),
    }


def _model_values(
    rng: Random, places: int, vocabulary: int, d: int, d_out: int
) -> Values:
    """A sentence, what is wanted of it, and a model of one layer."""
    model = {
        "token_embeddings": matrix(rng, vocabulary, d),
        "position_embeddings": matrix(rng, places, d),
        "W_query": weights(rng, d, d_out),
        "W_key": weights(rng, d, d_out),
        "W_value": weights(rng, d, d_out),
        "W_out": weights(rng, d_out, vocabulary),
        "b_out": vector(rng, vocabulary),
    }
    return {
        "sentence": _sentence(rng, places, vocabulary),
        "targets": _tokens(rng, places, vocabulary),
        "model": named(model),
        "rate": rng.choice((0.1, 0.25, 0.5)),
    }


def adam(*given: Any) -> Any:  # noqa: ANN401
    """Weights and averages after a step, whose number is counted from 1."""
    weights, grads, means, squares, number, rate = given
    state = learning.Adam(number - 1, means, squares)
    moved, state = learning.adam(weights, grads, state, rate)
    return moved, state.means, state.squares


def model_logits(sentence: Any, model: Any) -> Any:  # noqa: ANN401
    """A score for every token at each place of a sentence."""
    _, _, attention = _predicted(sentence, model)
    return attention.context_vecs


def _predicted(sentence: Any, model: Any) -> Any:  # noqa: ANN401
    """The inputs of the one layer, the layer, and every step of it."""
    tokens, positions, *parameters = model
    inputs = vectors.add([tokens[token] for token in sentence], positions)
    layer = multihead.MultiHead._make([*parameters, 1])
    attention = multihead.multi_head_attention(inputs, layer, causal=False)
    return inputs, layer, attention


def loss_and_gradients(sentence: Any, targets: Any, model: Any) -> Any:  # noqa: ANN401
    """The loss of one sentence, and the gradient of each part of a model."""
    inputs, layer, attention = _predicted(sentence, model)
    said = learning.cross_entropy(attention.context_vecs, targets)
    grad_logits = learning.cross_entropy_backward(targets, said)
    grads = backward.multi_head_attention_backward(
        inputs, layer, attention, grad_logits
    )
    grad_tokens = learning.embeddings_backward(
        model[0], sentence, grads.grad_inputs
    )
    return said.loss, grad_tokens, *grads


def moved(value: Any, grad: Any, rate: float) -> Any:  # noqa: ANN401
    """Every number of a vector or a matrix, one step downhill."""
    if isinstance(value[0], list):
        pairs = zip(value, grad, strict=True)
        return [learning.sgd(row, each, rate) for row, each in pairs]
    return learning.sgd(value, grad, rate)


def training_step(*given: Any) -> Any:  # noqa: ANN401
    """The loss before one step downhill, and the model after it."""
    sentence, targets, model, rate = given
    loss, *grads = loss_and_gradients(sentence, targets, model)
    pairs = zip(model, grads, strict=True)
    return loss, *(moved(part, grad, rate) for part, grad in pairs)


def _one_place(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """The loss of a single place."""
    return f([case["logit_row"]], [case["target"]])


def _one_gradient(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """The gradient of a single place."""
    return _one_place(f, case)[0]


def _by_logits(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """By the logits, however the probabilities were handed over."""
    return f(case["logits"], case["targets"])


def _whole_table(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """By the table, of which only the number of rows was given."""
    return f(case["embeddings"], case["sentence"], case["grad_inputs"])


def _rows_moved(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    """Each row of a matrix by itself."""
    pairs = zip(case["weight_rows"], case["grad_rows"], strict=True)
    return [f(row, grad, case["rate"]) for row, grad in pairs]


def _of_adam(f: Canonical, case: Values) -> Any:  # noqa: ANN401
    roles = ("weight_row", "grad_row", "means", "squares", "step_number")
    return f(*(case[role] for role in roles), case["rate"])


def _items(value: Any) -> Any:  # noqa: ANN401
    """The items of what may have names."""
    named_items = isinstance(value, dict) and "items" in value
    return value["items"] if named_items else value


def _unpacked(value: Any) -> Any:  # noqa: ANN401
    """A number or list and a bundle, as one row of results."""
    if not isinstance(value, list) or len(value) != 2:
        return value
    rest = _items(value[1])
    return [value[0], *rest] if isinstance(rest, list) else value


def _averages(value: Any) -> Any:  # noqa: ANN401
    """Weights and both averages, without the number of the step."""
    found = _unpacked(value)
    if not isinstance(found, list):
        return value
    return [item for item in found if isinstance(item, list)]


LOSS: tuple[Step, ...] = (
    Step(
        name="cross_entropy",
        section="loss and learning",
        page="backward/loss/",
        names=("crossentropy", "crossentropyloss", "celoss", "xent"),
        reference=lambda x, t: learning.cross_entropy(x, t).loss,
        forms=(
            plain("logits", "targets"),
            Form(
                ("logit_row", "target"),
                _one_place,
                spared=("mean_forgotten",),
            ),
        ),
        draw=_loss_values,
        axes=_PLACES,
        results=("loss", "crossentropy", "mean"),
        large="logits",
    ),
)

LEARNING: tuple[Step, ...] = (
    Step(
        name="cross_entropy_backward",
        section="loss and learning",
        page="backward/loss/",
        names=(
            "crossentropybackward", "crossentropygrad",
            "crossentropygradient", "gradcrossentropy",
            "backwardcrossentropy", "lossbackward",
        ),
        reference=lambda x, t: learning.cross_entropy_backward(
            t, learning.cross_entropy(x, t)
        ),
        forms=(
            plain("logits", "targets"),
            Form(
                ("logit_row", "target"), _one_gradient,
                spared=("not_divided_by_places",),
            ),
            Form(("probabilities", "targets"), _by_logits),
            Form(("targets", "cross_entropy"), _by_logits),
        ),
        draw=_loss_values,
        axes=_PLACES,
        gradient=True,
    ),
    Step(
        name="embeddings_backward",
        section="loss and learning",
        page="backward/loss/",
        names=(
            "embeddingsbackward", "embeddingbackward", "embedbackward",
            "embeddinggrad", "embeddingsgrad", "gradembeddings",
            "embeddinggradient", "embeddingsgradient",
        ),
        reference=learning.embeddings_backward,
        forms=(
            plain("embeddings", "sentence", "grad_inputs"),
            Form(("sentence", "grad_inputs", "vocabulary"), _whole_table),
        ),
        draw=_embedding_values,
        axes={"places": (1, 2, 4, 6), "vocabulary": (1, 2, 3, 5),
              "d": (1, 2, 4)},
        gradient=True,
    ),
    Step(
        name="sgd",
        section="loss and learning",
        page="backward/loss/",
        names=("sgd", "sgdstep", "gradientdescent", "gradientdescentstep",
               "sgdupdate", "gradientstep"),
        reference=learning.sgd,
        forms=(
            plain("weight_row", "grad_row", "rate"),
            Form(("weight_rows", "grad_rows", "rate"), _rows_moved),
        ),
        draw=_sgd_values,
        axes=_WEIGHTS,
    ),
    Step(
        name="adam",
        section="loss and learning",
        page="backward/loss/",
        names=("adam", "adamstep", "adamupdate", "stepadam"),
        reference=adam,
        forms=(
            Form(
                ("weight_row", "grad_row", "means", "squares", "step_number",
                 "rate"),
                _of_adam,
                _averages,
            ),
            Form(
                ("weight_row", "grad_row", "state", "rate"), _of_adam,
                _averages,
            ),
        ),
        draw=_adam_values,
        axes=_WEIGHTS,
        parts=("weights", "means", "squares"),
        blind="Whether you add 1e-8 above the line or leave it out.",
    ),
    Step(
        name="model_logits",
        section="loss and learning",
        page="backward/learning/",
        names=("modellogits", "logitsof", "predictlogits", "getlogits"),
        reference=model_logits,
        forms=(plain("sentence", "model"),),
        draw=_model_values,
        axes=_MODEL_SIZES,
    ),
    Step(
        name="loss_and_gradients",
        section="loss and learning",
        page="backward/train-yours/",
        names=(
            "lossandgradients", "lossandgradient", "lossandgrads",
            "lossandgrad", "modelgradients",
        ),
        reference=loss_and_gradients,
        forms=(
            plain("sentence", "targets", "model")._replace(read=_unpacked),
        ),
        draw=_model_values,
        axes=_MODEL_SIZES,
        parts=("loss", *(f"grad_{name}" for name in MODEL)),
        gradient=True,
    ),
    Step(
        name="training_step",
        section="loss and learning",
        page="backward/train-yours/",
        names=("trainingstep", "trainstep", "trainingstepsgd"),
        reference=training_step,
        forms=(plain("sentence", "targets", "model", "rate")._replace(
                read=_unpacked
            ),),
        draw=_model_values,
        axes=_MODEL_SIZES,
        parts=("loss", *MODEL),
        gradient=True,
    ),
)  # fmt: skip
