"""Stand-ins for what a file imports and is not installed here.

A file often imports more than its attention needs: a plot, a data set, an
accelerator. Whatever is missing is stood in for by an object that lets itself
be imported, subscripted, inherited from and used as a decorator, so that the
definitions around it are made. A call of it while the attention runs raises
`ModuleNotFoundError`, by its name. A setting that is asked of it, such as
`config.n_embd`, is the size that is asked for, while there is one.
"""

import contextlib
import copy
import importlib
import importlib.abc
import importlib.machinery
import re
import sys
import types
from collections.abc import Iterator
from typing import Any, ClassVar, Self

from attnbook.checker.reader import axes

ALIKE = {"cupy": "numpy"}
"""What takes the place of a missing library because it speaks as it does."""
_AXES = {
    "rearrange": axes.rearrange, "repeat": axes.repeat, "einsum": axes.einsum,
}  # fmt: skip
OWN: dict[str, dict[str, Any]] = {"einops": _AXES, "fancy_einsum": _AXES}
"""Libraries of which the reader has the most used functions itself."""
PACKAGES = {
    **{name: name for name in (
        "accelerate", "beartype", "datasets", "einops", "equinox", "evaluate",
        "fairseq", "flax", "fvcore", "gensim", "gradio", "huggingface_hub",
        "ipdb", "jax", "jaxtyping", "keras", "lightning", "matplotlib", "mlx",
        "nltk", "numpy", "omegaconf", "optax", "pandas", "peft", "plotly",
        "pytest", "regex", "requests", "rich", "sacrebleu", "safetensors",
        "scipy", "seaborn", "sentencepiece", "spacy", "streamlit", "sympy",
        "tensorboard", "tensorboardX", "tensorflow", "thop", "tiktoken",
        "timm", "tokenizers", "torch", "torchaudio", "torchinfo",
        "torchmetrics", "torchtext", "torchvision", "tqdm", "transformers",
        "triton", "wandb", "xformers",
    )},
    "PIL": "pillow", "bs4": "beautifulsoup4", "cv2": "opencv-python",
    "dotenv": "python-dotenv", "flash_attn": "flash-attn",
    "haiku": "dm-haiku",
    "hydra": "hydra-core", "pytorch_lightning": "pytorch-lightning",
    "sklearn": "scikit-learn", "skimage": "scikit-image",
    "torch_geometric": "torch-geometric", "yaml": "pyyaml",
}  # fmt: skip
"""What each well-known library is installed as, by the name it is imported."""

_BASES = ("Module", "Model", "Layer")


class StandIn:
    """Stands in for an object of a library that is not installed.

    Examples:
        >>> plt = StandIn("matplotlib.pyplot")
        >>> plt.style
        <missing matplotlib.pyplot.style>
        >>> with StandIn.making():
        ...     print(plt.wraps(abs), plt.decorates(StandIn) is StandIn)
        <missing matplotlib.pyplot.wraps> True
    """

    _making = 0
    sizes: ClassVar[dict[str, Any]] = {}
    """What it answers for a setting, by the plain name of that."""
    package: ClassVar[str] = ""
    """Of a file that imports relatively: the package that it lies in."""

    @staticmethod
    @contextlib.contextmanager
    def making() -> Iterator[None]:
        """While definitions are made a call is no error."""
        StandIn._making += 1
        try:
            yield
        finally:
            StandIn._making -= 1

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"<missing {self._name}>"

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return setting(name, StandIn(f"{self._name}.{name}"))

    def __call__(self, *given: Any, **_: Any) -> Any:  # noqa: ANN401
        """Itself, or the function that it decorates; no computation.

        A helper that is known by its name does what it says: `clones`.
        """
        if _CLONES.search(self._name) and len(given) == 2:
            return _cloned(*given)
        if not StandIn._making:
            raise _not_there(self._name)
        if len(given) == 1 and isinstance(given[0], type | types.FunctionType):
            return given[0]  # it was used as a decorator
        return self

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401
        return setting(key, self) if isinstance(key, str) else self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __or__(self, _: Any) -> "StandIn":  # noqa: ANN401
        return self

    __ror__ = __or__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __mro_entries__(self, _: Any) -> tuple[type, ...]:  # noqa: ANN401
        torch = sys.modules.get("torch.nn")
        if torch is not None and self._name.endswith(_BASES):
            return (torch.Module,)
        return (type("Missing", (_Missing,), {"_name": self._name}),)


_CLONES = re.compile(r"clones?(_?(layers?|modules?))?$")


def _cloned(module: Any, count: int) -> Any:  # noqa: ANN401
    """So many copies of a module, as a list of modules."""
    torch = sys.modules["torch"]
    return torch.nn.ModuleList(copy.deepcopy(module) for _ in range(count))


def setting(name: str, otherwise: Any) -> Any:  # noqa: ANN401
    """The size that is asked for under a name, if any is."""
    return StandIn.sizes.get(name.lower().replace("_", ""), otherwise)


class _Missing:
    """The base of a class whose own base is not installed."""

    _name = ""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401
        if given or named:
            raise _not_there(self._name)


def _not_there(name: str) -> ModuleNotFoundError:
    """The error of a library's name, or of a module of the file's own."""
    library = _told(name, StandIn.package)
    said = f"No module named {library!r}"
    return ModuleNotFoundError(said, name=library)


def _told(name: str, package: str) -> str:
    """The library, or the module of the file's own as it imports it."""
    top, _, rest = name.partition(".")
    if not rest or top != package.partition(".")[0]:
        return top
    within = rest.removeprefix(f"{package.partition('.')[2]}.")
    return f".{within.partition('.')[0]}"


class StandInModule(types.ModuleType):
    """A module whose names are stand-ins, or those of one that is alike."""

    __path__: list[str] = []  # noqa: RUF012 - an empty package's

    def __init__(self, name: str, alike: str, rest: str) -> None:
        super().__init__(name)
        self._alike = f"{alike}.{rest}".rstrip(".") if alike else ""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if name in OWN.get(self.__name__, {}):
            return OWN[self.__name__][name]
        if self._alike:
            return getattr(importlib.import_module(self._alike), name)
        return setting(name, StandIn(f"{self.__name__}.{name}"))


class Missing(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stand-in for every module that nothing else finds.

    It stands last and works only while `on`: a file's own
    `try: import x` meets the truth. While a function runs, what was stood in
    for before is so `again`.
    """

    def __init__(self) -> None:
        self.on = self.again = False
        self.names: set[str] = set()

    def find_spec(
        self,
        name: str,
        *_: Any,  # noqa: ANN401
    ) -> importlib.machinery.ModuleSpec | None:
        """A stand-in's specification, and a note that it is one."""
        told = _told(name, StandIn.package)
        if not self.on and not (self.again and told in self.names):
            return None
        self.names.add(told)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(
        self, spec: importlib.machinery.ModuleSpec
    ) -> types.ModuleType:
        """A module of stand-ins, or a library that is much alike."""
        library, _, rest = spec.name.partition(".")
        return StandInModule(spec.name, ALIKE.get(library, ""), rest)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is left to be done."""


def forget() -> None:
    """Leave no stand-in where a library would take it for the real thing.

    A library asks what is installed, and does more where something is: with
    a `google.colab` JAX takes itself to run there, and wants IPython.
    """
    for name, module in [*sys.modules.items()]:
        if isinstance(module, StandInModule):
            del sys.modules[name]
            above, _, last = name.rpartition(".")
            package = sys.modules.get(above)
            if package is not None and vars(package).get(last) is module:
                delattr(package, last)
