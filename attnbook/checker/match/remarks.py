"""What is said of an object besides its numbers.

How it was asked, where its weights lie, and what was switched off.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attnbook.checker.match.asked import IDS, Binding, Made
from attnbook.checker.match.calls import roles_of
from attnbook.checker.match.layout import BLOCKS, Array, Layout, Slot
from attnbook.checker.match.trial import Trial

UNREGISTERED = (
    "not_registered",
    "The module does not know its weights: `parameters()` leaves them out, "
    "so no optimiser trains them, and `to()` and `state_dict()` miss them.",
    "Keep layers in an `nn.ModuleList`, and a bare tensor in an "
    "`nn.Parameter`.",
)
SHARED = (
    "one_projection_for_all_heads",
    "One small projection serves all heads: each head sees only its own part "
    "of the input, through the same weights as the others.",
    "Project the whole input first, `(d_in, d_out)`, then cut it into heads.",
)
APART = (
    "each_head_its_own_part",
    "Each head projects its own part of the input alone: no head sees the "
    "whole of a token.",
    "Give each head the whole input: a layer from `d_model` to `head_dim`, "
    "or one layer for all heads that is cut afterwards.",
)
NOT_TURNED = (
    "blocks_not_turned",
    "It multiplies by the blocks of `in_proj_weight` as they are; torch "
    "stores each of them as (d_out, d_in), so weights of torch's own module "
    "give another result here.",
    "Write `x @ W.T` for each block, or `F.linear(x, W)`.",
)
UNCUT = (
    "mask_not_cut",
    "The mask is not cut to the sentence: what is shorter than the context "
    "length raises an error.",
    "Take its corner of n tokens: `mask[:n, :n]`.",
)


SQUARE = "asked with square weights only"


def served(shared: int) -> Iterator[str]:
    """How many heads of queries share one of keys, if they share any."""
    if shared == 0:
        yield "one head of keys and values serves all (multi-query)"
    elif shared > 1:
        yield f"{shared} heads of queries share one of keys (grouped-query)"


def seen(*, causal: bool) -> str:
    """What tokens see, as it was found out."""
    return "it is causal" if causal else "every token sees all tokens"


def fault_of(
    layout: Layout, arrays: Sequence[Array]
) -> tuple[str, str, str] | None:
    """What is wrong with where the weights lie, whatever the numbers."""
    used = {slot.path for slot in layout.slots}
    if any(each.path in used and not each.registered for each in arrays):
        return UNREGISTERED
    if any(map(_is_torchs_block, layout.slots)):
        return NOT_TURNED
    shared = [slot for slot in layout.slots if slot.shared]
    if any(slot.at is not None for slot in shared):
        return APART
    return SHARED if shared else None


def _is_torchs_block(slot: Slot) -> bool:
    """Whether blocks are used straight that torch keeps turned."""
    return slot.order == BLOCKS and "in_proj_weight" in slot.path


def only_whole(trial: Trial, refused: Mapping[str, Any]) -> Trial:
    """What takes no shorter sentence: refused in so many words, or a fault."""
    binding = trial.asked.binding
    if refused.get("type") in {"ValueError", "AssertionError"}:
        notes = (*binding.notes, "it takes no sentence but the longest")
        binding = binding._replace(notes=notes)
    else:
        binding = binding._replace(fault=UNCUT)
    return trial._replace(asked=trial.asked._replace(binding=binding))


def told(binding: Binding, *, square: bool, wide: bool) -> Iterator[str]:
    """What was found out, for the line that says how it was asked."""
    yield from served(binding.step.shared)
    if binding.second:
        yield "a batch axis second: (tokens, batch, width)"
    elif binding.batch:
        yield "a batch axis first"
    yield seen(causal=binding.step.causal)
    if IDS in roles_of(binding.arrangement):
        yield "none of its tokens is padding"
    yield from _switched_off(binding.made) if binding.made else ()
    if square:
        yield SQUARE
    if wide:
        yield "each head is as wide as the inputs"


def _switched_off(made: Made) -> Iterator[str]:
    """What an object has beside its attention, and does nothing now."""
    for each in made.layout.still:
        yield f"its `{each}` set to 0"
    if made.layout.others:
        yield f"its other weights, as `{made.layout.others[0]}`, set to 0"
    if made.unturned:
        yield "what turns queries and keys by their places (RoPE) left out"
