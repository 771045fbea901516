"""A run written down, read again, and told in words."""

import json
from collections.abc import Sequence
from typing import Any

from attnbook.loop import answer
from attnbook.multihead import MultiHead
from attnbook.require import (
    require_integer,
    require_kind,
    require_list,
    require_matrix,
    require_share,
    require_vector,
)
from attnbook.tasks import Model, require_sentence
from attnbook.tasks.model import _require_model
from attnbook.training.runs import Run, Settings, _require_settings
from attnbook.vectors import Matrix

MODEL_ENTRIES = (*Model._fields[:2], *MultiHead._fields[:5])
"""The matrices of a model, as a stored run calls them."""


def _require_run(told: Run) -> None:
    """Refuse what is not the story of a run."""
    require_list("told", told, "parts", length=7)
    settings, losses, half_way, exact, sentence, attn_weights, model = told
    _require_settings(settings)
    require_vector("losses", losses)
    require_integer("half_way", half_way, 0, len(losses))
    require_vector("exact", exact, length=3)
    for i, share in enumerate(exact):
        require_share(f"exact[{i}]", share)
    _, _, n, _, num_heads, _ = settings
    require_sentence(sentence, n)
    _require_model(model)
    require_matrix("token_embeddings", model[0], rows=n)
    require_list("attn_weights", attn_weights, "looks", length=3)
    for i, heads in enumerate(attn_weights):
        _require_look(f"attn_weights[{i}]", heads, num_heads, n)


def _require_look(
    name: str, heads: Sequence[Matrix], num_heads: int, n: int
) -> None:
    """Refuse what is not a matrix of weights for each head."""
    require_list(name, heads, "heads", num_heads)
    for h, head in enumerate(heads):
        require_matrix(f"{name}[{h}]", head, n, n)


def as_json(told: Run) -> str:
    """Write a run down, with 4 decimals where that is enough.

    The losses keep 12, to be compared with those of a new run.

    Raises:
        ValueError: If `told` is not a run.

    Examples:
        >>> from attnbook.training import Settings, run
        >>> told = run(Settings(length=4, width=4, steps=2))
        >>> json.loads(as_json(told))["settings"]["task"]
        'reverse'
    """
    _require_run(told)
    settings, losses, *_, attn_weights, (*embeddings, layer) = told
    weights = _rounded([*embeddings, *layer[:5]], 4)
    entries = Run(*told)._asdict() | {
        "settings": Settings(*settings)._asdict(),
        "losses": _rounded(losses, 12),
        "attn_weights": _rounded(attn_weights, 4),
        "model": dict(zip(MODEL_ENTRIES, weights, strict=True)),
    }
    lines = [f'"{key}": {json.dumps(value)}' for key, value in entries.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _rounded(nested: Any, digits: int) -> Any:
    """Round every number in nested lists."""
    if isinstance(nested, list | tuple):
        return [_rounded(entry, digits) for entry in nested]
    return round(nested, digits)


def from_json(text: str) -> Run:
    """Read what `as_json` wrote.

    Raises:
        ValueError: If the text is not JSON, or not that of a run.

    Examples:
        >>> from attnbook.training import Settings, run
        >>> told = run(Settings(length=4, width=4, steps=2))
        >>> from_json(as_json(told)).sentence == told.sentence
        True
    """
    require_kind("text", text, str, "a string")
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"text must be JSON: {error}") from error
    _require_entries("text", entries, Run._fields)
    _require_entries("settings", entries["settings"], Settings._fields)
    _require_entries("model", entries["model"], MODEL_ENTRIES)
    settings, weights = Settings(**entries["settings"]), entries["model"]
    tokens, positions = map(weights.pop, Model._fields[:2])
    layer = MultiHead(**weights, num_heads=settings.num_heads)
    model = Model(tokens, positions, layer)
    told = Run(**entries | {"settings": settings, "model": model})
    _require_run(told)
    return told


def _require_entries(name: str, value: object, keys: Sequence[str]) -> None:
    """Refuse what is not an object of JSON with these entries."""
    if not isinstance(value, dict) or value.keys() != {*keys}:
        raise ValueError(f"{name} must hold an object with {', '.join(keys)}")


def as_text(told: Run) -> str:
    """Tell of a run in words: loss, exact answers, and what attends to what.

    Raises:
        ValueError: If `told` is not a run.

    Examples:
        >>> from attnbook.training import Settings, run
        >>> text = as_text(run(Settings(length=4, width=4, steps=2)))
        >>> print(text.splitlines()[1])
        exact on held-out sentences: 0.5% before, 0.5% after
    """
    _require_run(told)
    _, losses, _, (before, _, after), sentence, attn_weights, model = told
    lines = [
        f"loss: {losses[0]:.4f} at first, {losses[-1]:.4f} at last",
        f"exact on held-out sentences: {before:.1%} before, {after:.1%} after",
    ]
    wrote = answer(sentence, model)
    for h, weights in enumerate(attn_weights[-1], start=1):
        lines += ["", f"head {h}: what each place writes, and where it looks"]
        lines += ["      " + "".join(f"{token:6}" for token in sentence)]
        for token, row in zip(wrote, weights, strict=True):
            lines += [f"{token:6}" + "".join(f"{w:6.2f}" for w in row)]
    return "\n".join(lines)
