"""Code that asks for a GPU, run on the CPU."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

_HERE = ("cuda", "to_cuda", "xpu", "mps")


@contextlib.contextmanager
def without_gpu() -> Iterator[None]:
    """Keep every tensor where it is, whatever device is asked for."""
    overrides = sys.modules.get("torch.overrides")
    if overrides is None:
        yield
        return
    does = {"__torch_function__": _on_cpu}
    kind = type("OnCpu", (overrides.TorchFunctionMode,), does)
    with kind():
        yield


def _on_cpu(
    _: Any,  # noqa: ANN401
    function: Any,  # noqa: ANN401
    __: Any,  # noqa: ANN401
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
) -> Any:  # noqa: ANN401
    """A call of torch's, without the device that it asks for."""
    if getattr(function, "__name__", "") in _HERE:
        return args[0]
    named = dict(kwargs or {})
    if _is_gpu(named.get("device")):
        named["device"] = "cpu"
    given = ["cpu" if _is_gpu(each) else each for each in args]
    return function(*given, **named)


def _is_gpu(value: Any) -> bool:  # noqa: ANN401
    """Whether this names a device that is not the CPU."""
    if type(value).__name__ not in {"str", "device"}:
        return False
    return str(value).partition(":")[0] in {"cuda", "mps", "xpu"}
