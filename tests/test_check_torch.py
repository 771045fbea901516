"""What readers write with torch is taken for what it is, and judged."""

import os

import pytest

from tests.checking import check
from tests.styles_torch import HEAD, STYLES

HAS_TORCH = True
try:
    import torch

    torch.set_num_threads(1)  # many small products: threads only wait
except ImportError:
    HAS_TORCH = False

pytestmark = pytest.mark.skipif(
    not HAS_TORCH and not os.environ.get("CI"),
    reason="torch is not installed: pip install torch",
)


@pytest.mark.parametrize("name", STYLES)
def test_a_right_style_agrees(name: str) -> None:
    step, source = STYLES[name]
    last = check(HEAD + source)[-1]
    said = last.sentence, last.cause, last.how
    assert (last.verdict, last.step.name) == ("agrees", step), said
