"""What the examples of a page round, so that a printed number is told in full.

While an example runs, `round`, the method of this name and the formats of its
f-strings note each float that they were given. A number in the output is one
of these if as many were noted with its digits, all of one value.
"""

import ast
import builtins
import re
from collections import Counter
from typing import Any

# A number of an output, as docs/javascripts/asked-outputs.js finds it.
PRINTED = re.compile(
    r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?"
    r"(?!\w|\.\d)",
    re.ASCII,
)


class Rounded:
    """Notes what is rounded in a namespace."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        """Take the place of what rounds there."""
        self._noted = list[tuple[str, str]]()
        namespace["__builtins__"] = vars(builtins) | {
            "round": self._round,
            "__round_by_method__": self._round_by_method,
            "__format_by__": self._format_by,
        }

    def compiled(self, source: str) -> Any:  # noqa: ANN401 - a code object
        """An example, in which what rounds is noted; forgets those before."""
        self._noted.clear()
        tree = _Noting().visit(ast.parse(source, "<page>", "single"))
        return compile(ast.fix_missing_locations(tree), "<page>", "single")

    def in_full(self, output: str) -> dict[str, str]:
        """The values in full of the numbers of an output, by their digits."""
        shown = Counter(PRINTED.findall(output))
        noted = Counter(text for text, _ in self._noted)
        values = dict[str, set[str]]()
        for text, value in self._noted:
            values.setdefault(text, set()).add(value)
        return {
            text: next(iter(found))
            for text, found in values.items()
            if len(found) == 1 and 0 < shown[text] <= noted[text]
        }

    def _note(self, text: str, value: object) -> None:
        """Note a float whose digits are not all in a text."""
        if hasattr(value, "item"):
            value = value.item()
        match PRINTED.findall(text):
            case [shown] if isinstance(value, float) and shown != repr(value):
                self._noted.append((shown, repr(value)))

    def _round(self, number: Any, *digits: Any, **named: Any) -> Any:  # noqa: ANN401
        result = round(number, *digits, **named)
        self._note(str(result), number)
        return result

    def _round_by_method(self, owner: Any, *digits: Any) -> Any:  # noqa: ANN401
        """Call `owner.round`: of an array, each entry is rounded."""
        result = owner.round(*digits)
        if hasattr(owner, "ravel"):
            pairs = zip(result.ravel().tolist(), owner.ravel(), strict=True)
            for short, entry in pairs:
                self._note(str(short), entry)
        return result

    def _format_by(self, value: object, spec: str) -> str:
        """Format a value; of a share in percent nothing is noted."""
        text = format(value, spec)
        if not spec.endswith("%"):
            self._note(text, value)
        return text


class _Noting(ast.NodeTransformer):
    """Lets methods and formats be noted; `round` is, by its name."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Call in the place of a method `round`, if its digits are told."""
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Attribute(owner, "round"), digits, []):
                name = ast.Name("__round_by_method__", ast.Load())
                return ast.Call(name, [owner, *digits], [])
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        """Put the text of a format in the place of its value."""
        self.generic_visit(node)
        if not node.format_spec or node.conversion != -1:
            return node
        name = ast.Name("__format_by__", ast.Load())
        text = ast.Call(name, [node.value, node.format_spec], [])
        return ast.FormattedValue(text, -1)
