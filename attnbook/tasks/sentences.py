"""Sentences of places, and what is to be written for each: the two tasks."""

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from attnbook.require import (
    require_count,
    require_kind,
    require_list,
    require_token,
)

Sentence: TypeAlias = list[int]
Task: TypeAlias = Callable[[Sentence], Sentence]


def require_sentence(
    sentence: Sentence, length: int | None = None, name: str = "sentence"
) -> None:
    """Refuse what is not tokens from 0 to `n - 1`, or of another length.

    Raises:
        ValueError: Naming what was wanted and what came.

    Examples:
        >>> require_sentence([1, 0])
        >>> require_sentence([1, 0], length=3)
        Traceback (most recent call last):
            ...
        ValueError: sentence must hold 3 tokens, got 2
    """
    require_list(name, sentence, "tokens", length)
    for i, token in enumerate(sentence):
        require_token(f"{name}[{i}]", token, len(sentence))


def draw_sentence(length: int, random: Random) -> Sentence:
    """Draw each token by itself.

    `length -> sentence (length,)`.

    Raises:
        ValueError: If `length` is not an integer from 1 to a million, or
            `random` is not one of Python's generators.

    Examples:
        >>> sentence = draw_sentence(6, Random(0))
        >>> len(sentence), max(sentence) < 6
        (6, True)
    """
    require_count("length", length)
    _require_random(random)
    return [random.randrange(length) for _ in range(length)]


def _require_random(random: Random) -> None:
    """Refuse what cannot be drawn from."""
    require_kind("random", random, Random, "a random.Random")


def reverse(sentence: Sentence) -> Sentence:
    """Write the sentence backwards: each place looks at its mirror image.

    `sentence (n,) -> answer (n,)`.

    Raises:
        ValueError: If the sentence is not tokens from 0 to `n - 1`.

    Examples:
        >>> reverse([3, 1, 0, 2])
        [2, 0, 1, 3]
    """
    require_sentence(sentence)
    return sentence[::-1]


def fetch(sentence: Sentence) -> Sentence:
    """Take each token for a place, and write what stands there.

    `sentence (n,) -> answer (n,)`. Where to look depends on what is read.

    Raises:
        ValueError: If the sentence is not tokens from 0 to `n - 1`.

    Examples:
        The first token, 3, names the last place, where 2 stands:

        >>> fetch([3, 1, 0, 2])
        [2, 1, 3, 0]
    """
    require_sentence(sentence)
    return [sentence[token] for token in sentence]


TASKS: dict[str, Task] = {"reverse": reverse, "fetch": fetch}
"""The tasks by name."""
