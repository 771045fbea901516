"""Weights in one argument, as readers keep them: found by any key for them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_LETTERS = (
    ("qkv", r"qkv|cattn|inproj|attnqkv"), ("query", r"q|quer(?:y|ies)"),
    ("key", r"k|keys?"), ("value", r"v|val(?:ue)?s?"),
    ("out", r"o|out|output|proj|outproj|cproj|outputproj"),
)  # fmt: skip
_WEIGHT, _BIAS = "w|weights?|kernel|proj|linear|mat", "b|bias"
_PATTERNS = [
    (re.compile(f"^(?:(?:{mark})(?:{name})|(?:{name})(?:{more}))$"), role)
    for letter, name in _LETTERS
    for mark, more, role in (
        (_BIAS, _BIAS, f"b_{letter}"), (f"{_WEIGHT}|", f"{_WEIGHT}|",
                                        f"W_{letter}"),
    )
]  # fmt: skip


def role_of_key(key: str) -> str:
    """What a key stands for; empty if unknown.

    Examples:
        >>> [role_of_key(k) for k in ("wq", "W_K", "value", "b_o", "scale")]
        ['W_query', 'W_key', 'W_value', 'b_out', '']
    """
    plain = re.sub(r"[\W_]", "", key.lower())
    found = (role for pattern, role in _PATTERNS if pattern.match(plain))
    return next(found, "")


class Bundle:
    """Weights by key or attribute; nested, each layer has its own.

    What is not there is missing as it would be in a dictionary.

    Examples:
        >>> bundle = Bundle({"W_query": 1, "b_query": 2})
        >>> bundle["Wq"], bundle.b_q, "W_o" in bundle
        (1, 2, False)
        >>> nested = Bundle({"W_query": 1, "b_query": 2}, nested=True)
        >>> nested["q"]["kernel"], nested["query_proj"]["bias"]
        (1, 2)
    """

    def __init__(
        self, held: Mapping[str, Any], *, nested: bool = False
    ) -> None:
        self._held, self._nested = held, nested

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401
        role = role_of_key(key)
        if role not in self._held:
            raise KeyError(key)
        return self._layer(role) if self._nested else self._held[role]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name, name=name, obj=self) from None

    def __contains__(self, key: str) -> bool:
        return role_of_key(key) in self._held

    def __iter__(self) -> Iterator[str]:
        raise TypeError("these weights are found by name alone")

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401
        """What stands under a key, or the default."""
        try:
            return self[key]
        except KeyError:
            return default

    def _layer(self, role: str) -> dict[str, Any]:
        """The weight and bias of one layer, by every name for them."""
        weight, bias = self._held[role], self._held.get(f"b{role[1:]}")
        names = dict.fromkeys(("w", "W", "weight", "kernel"), weight)
        more = {} if bias is None else dict.fromkeys(("b", "bias"), bias)
        return {**names, **more}
