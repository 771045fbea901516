"""Modules of JAX's libraries: their random keys, their parameters, their mode.

A module of Flax's linen holds no parameters: they are made by `init` and
handed to `apply`. One of Equinox or of `nnx` holds them, and wants a key to be
made.
"""

import inspect
import sys
from itertools import count
from typing import Any

_numbers = count()


def chance(what: str) -> Any:  # noqa: ANN401
    """A source of random numbers that nothing has drawn from yet."""
    seed, modules = next(_numbers), sys.modules
    if what == "rngs" and "flax.nnx" in modules:
        return modules["flax.nnx"].Rngs(seed)
    if "jax" in modules:
        return modules["jax"].random.PRNGKey(seed)
    numpy = modules.get("numpy")
    return None if numpy is None else numpy.random.default_rng(seed)


class Bound:
    """A module of linen's together with its parameters, once it is called."""

    def __init__(self, module: Any) -> None:  # noqa: ANN401
        self.module = module
        self.params: dict[str, Any] = {}
        self.__signature__ = inspect.signature(module.__call__)

    def __call__(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401
        """What the module makes of this, with its parameters."""
        rngs = {"params": chance("key"), "dropout": chance("key")}
        if not self.params:
            made = self.module.init(rngs, *given, **named)
            self.params = _plain(made.get("params", {}))
        return self.module.apply(
            {"params": self.params}, *given, rngs=rngs, **named
        )


def _plain(params: Any) -> Any:  # noqa: ANN401
    """Nested parameters as dictionaries that can be written to."""
    if not hasattr(params, "items"):
        return params
    return {name: _plain(value) for name, value in params.items()}


def in_mode(made: Any, mode: str) -> Any:  # noqa: ANN401
    """The module as it trains or, unless that is asked for, as it is used."""
    used = mode != "train"
    if _is(made, "flax.linen"):
        return Bound(made)
    if _is(made, "flax.nnx"):
        made.eval() if used else made.train()
    if _is(made, "equinox"):
        return sys.modules["equinox"].nn.inference_mode(made, value=used)
    return made


def _is(made: Any, library: str) -> bool:  # noqa: ANN401
    """Whether this is a module of that library."""
    found = sys.modules.get(library)
    return found is not None and isinstance(made, found.Module)
