"""Objects that live in this process, asked as a loaded file would be."""

from collections.abc import Mapping
from typing import Any

from attnbook.checker.reader.program import Program, Reply, Request


class Live(Program):
    """A `Program` that is filled with objects in the place of a file.

    Here is no child to end: a call that hangs hangs until it is interrupted,
    and an interrupt is the user's own, never the object's.

    Examples:
        >>> program = Live({"double": lambda x: 2 * x})
        >>> program.ask({"do": "call", "target": "double", "args": [2]})[
        ...     "value"
        ... ]
        4
    """

    def __init__(self, named: Mapping[str, Any], path: str = "") -> None:
        super().__init__()
        self.path = path
        vars(self.module).update(named)
        self._named = list(named)

    def ask(self, request: Request) -> Reply:
        """Do what the request says; there is nothing to load."""
        if request["do"] == "load":
            return {"patched": []}
        reply = super().ask(request)
        if reply.get("error", {}).get("type") == "KeyboardInterrupt":
            raise KeyboardInterrupt
        if request["do"] == "describe" and "functions" in reply:
            for each in reply["functions"]:
                each["own"] = each["name"] in self._named
        return reply
