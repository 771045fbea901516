"""`%load_ext attnbook`, then `%%attnbook` above the cell that defines it."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from attnbook.checker.doors import check, made_in
from attnbook.checker.report import Report


class Shell(Protocol):
    """What is used of IPython: names, a way to run a cell, a way to add."""

    user_ns: dict[str, Any]

    def run_cell(self, raw_cell: str) -> Any:  # noqa: ANN401
        """Run a cell as if it had been typed."""

    def register_magic_function(
        self,
        func: Callable[..., object],
        magic_kind: str,
        magic_name: str,
    ) -> None:
        """Add a command to the notebook."""


def load_ipython_extension(shell: Shell) -> None:
    """Give the notebook the command `%%attnbook`."""

    def attnbook(line: str, cell: str) -> Report | None:
        """Run the cell, and check what it defines; a step may be named."""
        before = dict(shell.user_ns)
        ran = shell.run_cell(cell)
        if getattr(ran, "success", True) is False:
            return None
        return check(_new(shell.user_ns, before), step=line.strip() or None)

    shell.register_magic_function(
        attnbook, magic_kind="cell", magic_name="attnbook"
    )


def _new(
    names: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """The functions and classes that the cell gave a meaning."""
    return {
        name: item
        for name, item in made_in(names).items()
        if before.get(name) is not item
    }
