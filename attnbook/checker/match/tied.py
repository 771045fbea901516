"""What runs only where sizes are equal: asked with such sizes alone.

Code for one sentence may insist on as many queries as keys, and on values as
wide as these. It is right for what it is made for.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from random import Random

from attnbook.checker.match.asked import Asked
from attnbook.checker.steps.cases import Draw, Values

_COUNTS, _WIDTHS = {"keys": "queries"}, {"d_v": "d_k"}
_TIES = (
    (_COUNTS, "asked with as many queries as keys only"),
    (_WIDTHS, "asked with values as wide as the keys only"),
    (_COUNTS | _WIDTHS, "asked with queries, keys and values of one shape"),
)


def tied(asked: Asked) -> Iterator[Asked]:
    """The same with counts, widths, or both that are equal."""
    binding = asked.binding
    step = binding.step
    for ties, note in _TIES:
        if {*ties, *ties.values()} <= step.axes.keys():
            axes = {n: a for n, a in step.axes.items() if n not in ties}
            draw: Draw = partial(_drawn, step.draw, ties)
            alike = step._replace(axes=axes, draw=draw)
            notes = (*binding.notes, note)
            yield asked._replace(
                binding=binding._replace(step=alike, notes=notes)
            )


def _drawn(
    draw: Draw, ties: Mapping[str, str], rng: Random, **sizes: int
) -> Values:
    """A case whose other sizes are those that they are tied to."""
    others = {name: sizes[other] for name, other in ties.items()}
    return draw(rng, **sizes, **others)
