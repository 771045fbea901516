"""Whence the numbers of a picture come, so that each can be asked.

The pen notes beside a number what gives it, in the words of the fence, as
`left[2]`. Here this becomes an expression of the page, and the number's mark.
"""

import ast
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from press.pages.origin import key
from press.pages.sums import base_of


class Whence:
    """Marks the numbers of a picture, and keeps what they are asked by."""

    def __init__(self) -> None:
        """Begin with none."""
        self.asked: dict[str, None] = {}

    def mark(
        self,
        drawing: ET.Element,
        entries: Mapping[str, str],
        values: Mapping[str, Any],
    ) -> None:
        """Mark what the pen has noted; `values` are those of the entries."""
        for text in drawing.iter("text"):
            if (noted := text.attrib.pop("data-whence", "")) and text.text:
                base, places = base_of(inlined(noted, entries))
                value = eval(noted, dict(values))  # noqa: S307 - our own pen
                text.set("data-asked", key(base))
                text.set("data-place", "".join(f"[{i}]" for i in places))
                text.set("data-value", _in_full(value))
                self.asked[base] = None


def _in_full(value: Any) -> str:  # noqa: ANN401
    """A value as Python writes it, one of an array as one of a list."""
    return repr(value.item() if hasattr(value, "item") else value)


def inlined(text: str, entries: Mapping[str, str]) -> str:
    """An expression with others in the place of names.

    What a list, tuple or dict lists is taken out of it.

    Examples:
        >>> inlined("left[2]", {"left": "attention.attn_weights[1]"})
        'attention.attn_weights[1][2]'
        >>> inlined("curves['b'][0]", {"curves": "{'a': first, 'b': last}"})
        'last[0]'
    """
    node = _Inlined(entries).visit(ast.parse(text, mode="eval").body)
    return ast.unparse(node)


class _Inlined(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, entries: Mapping[str, str]) -> None:
        self.entries = entries

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Put the expression there, if the name has one."""
        text = self.entries.get(node.id)
        return ast.parse(text, mode="eval").body if text else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Take out what is listed at a place, if it is written out."""
        self.generic_visit(node)
        if not isinstance(node.slice, ast.Constant):
            return node
        listed = _listed(node.value)
        return listed.get(node.slice.value, node)


def _listed(node: ast.expr) -> dict[object, ast.expr]:
    """What a list, tuple or dict lists, by place; nothing if it unpacks."""
    if isinstance(node, ast.List | ast.Tuple):
        is_plain = not any(isinstance(it, ast.Starred) for it in node.elts)
        return dict(enumerate(node.elts)) if is_plain else {}
    if isinstance(node, ast.Dict):
        keys = [it.value for it in node.keys if isinstance(it, ast.Constant)]
        pairs = zip(keys, node.values, strict=False)
        return dict(pairs) if len(keys) == len(node.values) else {}
    return {}
