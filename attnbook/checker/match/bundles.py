"""Weights that come in one argument, of every kind."""

from collections.abc import Mapping

from attnbook.checker.match.described import PARAMS

_PLAIN = ("W_query", "W_key", "W_value")
_PACKED = ("W_qkv",)
_BIASES = ("b_query", "b_key", "b_value")
OUT = ("W_out", "b_out")


def bundle_of(nested: bool, roles: tuple[str, ...]) -> str:
    """How such an argument is called in a report."""
    layers = " by layers" if nested else ""
    return f"{PARAMS}{layers} of {', '.join(roles)}"


BUNDLES: Mapping[str, tuple[bool, tuple[str, ...]]] = {
    bundle_of(nested, roles): (nested, roles)
    for nested in (False, True)
    for first, biases in ((_PLAIN, _BIASES), (_PACKED, ("b_qkv",)))
    for more in (biases, ())
    for out in (OUT, OUT[:1], ())
    for roles in ((*first, *more, *out),)
}
"""Every kind of such an argument: whether by layers, and what it holds."""
WHOLE = [
    name
    for name, (_, roles) in BUNDLES.items()
    if "b_out" in roles and {"b_query", "b_qkv"} & {*roles}
]
"""Those that hold everything."""
