"""The numbers that follow `torch.manual_seed`, without torch (3.4 to 3.6).

Legend: a word is 32 random bits, `u` a number from 0 up to, not including,
1, `p` the share of entries that dropout hides. The numbers are those of
torch's CPU generator, in its order: float32 values, held as Python floats.
"""

from collections.abc import Callable, Iterator
from itertools import cycle
from math import cos, log1p, pi, sin, sqrt
from struct import pack, unpack
from typing import NamedTuple, TypeAlias

from attnbook.require import (
    MOST_ENTRIES,
    require_entries,
    require_flag,
    require_integer,
    require_share,
)
from attnbook.vectors import Mask, Matrix, Vector, transpose

Keep: TypeAlias = Mask
"""Rows of True and False: `(n_q, n_k)`. Here True is kept."""


class Linear(NamedTuple):
    """The parameters of a linear layer: `inputs @ weight + bias`."""

    weight: Matrix
    """`(d_in, d_out)`: the transpose of what `torch.nn.Linear` stores."""
    bias: Vector | None
    """`(d_out,)`, or None for a layer without one."""


def mersenne_twister(seed: int) -> Iterator[int]:
    """Draw 32-bit words without end, from the low 32 bits of a seed.

    `seed -> words`, each at least 0 and less than `2**32`.

    Raises:
        ValueError: If the seed is no integer from `-2**63` to `2**64 - 1`.

    Examples:
        The seed that the generator's authors chose for their own tests:

        >>> words = mersenne_twister(5489)
        >>> next(words), next(words)
        (3499211612, 581869302)

    Source: MT19937 by Matsumoto and Nishimura.
    """
    require_integer("seed", seed, -(2**63), 2**64 - 1)
    return _twist(_init_genrand(seed % 2**32))


class Generator:
    """What `torch.manual_seed(seed)` sets up, to be drawn from.

    Each call goes on where the last one stopped. Sizes are 1 or more.

    Raises:
        ValueError: If the seed is no integer from `-2**63` to `2**64 - 1`, a
            size no integer of 1 or more, `p` not from 0 to 1, or if more
            than ten million numbers are asked for at once.

    Examples:
        The weights of section 3.4.1, in the order in which they are drawn:

        >>> generator = Generator(123)
        >>> W_query = generator.rand(3, 2)
        >>> W_key = generator.rand(3, 2)
        >>> W_value = generator.rand(3, 2)
        >>> [round(weight, 4) for weight in W_query[0]]
        [0.2961, 0.5166]

    Book: sections 3.4 to 3.6.
    """

    def __init__(self, seed: int) -> None:
        self._words = mersenne_twister(seed)
        self._spare: float | None = None  # the second of a pair of normals

    def rand(self, rows: int, columns: int) -> Matrix:
        """Draw uniform numbers, as `torch.rand(rows, columns)` does.

        `-> (rows, columns)`, row by row: multiples of `2**-24` below 1.
        """
        _require_sizes(rows=rows, columns=columns)
        return [[self._u24() for _ in range(columns)] for _ in range(rows)]

    def linear(self, d_in: int, d_out: int, bias: bool = False) -> Linear:
        """Draw what `torch.nn.Linear(d_in, d_out, bias=bias)` starts from.

        `-> weight (d_in, d_out), bias (d_out,)`, all from `-b` to `b`, where
        `b` is `1 / sqrt(d_in)`. One output after the other, then the bias.

        Examples:
            >>> [[weight]], bias = Generator(123).linear(1, 1)
            >>> weight == 2 * Generator(123).rand(1, 1)[0][0] - 1
            True
        """
        _require_sizes(d_in=d_in, d_out=d_out)
        require_flag("bias", bias)
        b = _float32(1 / sqrt(d_in))

        def draw(count: int) -> Vector:
            us = [self._u24() for _ in range(count)]
            # rounded once, as a fused multiply-add does
            return [_float32(2 * b * u - b) for u in us]

        stored = [draw(d_in) for _ in range(d_out)]  # (d_out, d_in)
        return Linear(transpose(stored), draw(d_out) if bias else None)

    def dropout_keep(self, rows: int, columns: int, p: float) -> Keep:
        """Draw what `torch.nn.Dropout(p)` keeps: True is kept.

        `-> (rows, columns)`. Two words for each entry; none if `p` is 0 or 1.

        Examples:
            >>> Generator(123).dropout_keep(1, 6, 0.5)
            [[True, True, False, True, True, False]]

        Book: section 3.5.2.
        """
        return _keep(self._u53, rows, columns, p)

    def dropout_keep_mkl(self, rows: int, columns: int, p: float) -> Keep:
        """Draw what older torch builds keep on Intel, by Intel's own MKL.

        `-> (rows, columns)`. One word seeds a generator of MKL's, so this
        differs from the book's, and so does all that is drawn afterwards.

        Examples:
            >>> Generator(123).dropout_keep_mkl(1, 6, 0.5)
            [[True, True, True, True, True, True]]

        Source: MCG31m1 of Intel's Vector Statistics Library.
        """
        us = _mcg31(self._words)
        return _keep(lambda: next(us), rows, columns, p)

    def randn(self, n: int) -> Vector:
        """Draw normal numbers, as `torch.randn(n)` does.

        `-> (n,)`. Fewer than 16 equal torch's. From 16 on, torch's last
        digits depend on the processor: a million came within 2e-6 of them.

        Examples:
            >>> [round(x, 4) for x in Generator(123).randn(3)]
            [-0.1115, 0.1204, -0.3696]
        """
        _require_sizes(n=n)
        if n < 16:
            return [_float32(self._normal()) for _ in range(n)]
        us = [self._u24() for _ in range(n)]
        for i in range(0, n - 15, 16):
            us[i : i + 16] = _sixteen_normals(us[i : i + 16])
        if n % 16:  # the last 16 are drawn anew, over what stands there
            us[-16:] = _sixteen_normals([self._u24() for _ in range(16)])
        return us

    def _u24(self) -> float:
        """Turn the low 24 bits of one word into a `u`, a float32."""
        return next(self._words) % 2**24 / 2**24

    def _u53(self) -> float:
        """Turn the low 53 bits of two words, high one first, into a `u`."""
        high, low = next(self._words), next(self._words)
        return (high << 32 | low) % 2**53 / 2**53

    def _normal(self) -> float:
        """Take the spare normal number, or draw a pair and spare one."""
        normal, self._spare = self._spare, None
        if normal is None:
            angle, radius = self._u53(), self._u53()
            normal, self._spare = _box_muller(radius, angle)
        return normal


def _init_genrand(seed: int) -> list[int]:
    """Expand a seed into 624 words, each mixed from the one before."""
    state = [seed]
    for i in range(1, 624):
        mixed = state[-1] ^ state[-1] >> 30
        state.append((1812433253 * mixed + i) % 2**32)
    return state


def _twist(state: list[int]) -> Iterator[int]:
    """Renew the state word by word, and give each one out tempered."""
    for i in cycle(range(624)):
        joined = state[i] & 2**31 | state[(i + 1) % 624] % 2**31
        twisted = joined >> 1 ^ (0x9908B0DF if joined % 2 else 0)
        state[i] = state[(i + 397) % 624] ^ twisted
        yield _temper(state[i])


def _temper(word: int) -> int:
    """Scramble the bits of a word."""
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C5680
    word ^= word << 15 & 0xEFC60000
    return word ^ word >> 18


def _mcg31(words: Iterator[int]) -> Iterator[float]:
    """Draw a `u` without end: first the seed, one word, then its heirs."""
    x = next(words) % (2**31 - 1) or 1
    while True:
        yield x / (2**31 - 1)
        x = 1132489760 * x % (2**31 - 1)


def _keep(
    draw: Callable[[], float], rows: int, columns: int, p: float
) -> Keep:
    """Keep an entry when its `u` is below `1 - p`."""
    _require_sizes(rows=rows, columns=columns)
    require_share("p", p)
    if p in {0, 1}:  # certain: nothing is drawn
        return [[p == 0] * columns for _ in range(rows)]
    return [[draw() < 1 - p for _ in range(columns)] for _ in range(rows)]


def _box_muller(u: float, v: float) -> tuple[float, float]:
    """Turn two uniform numbers, as radius and angle, into two normal ones."""
    radius, angle = sqrt(-2 * log1p(-u)), 2 * pi * v
    return radius * cos(angle), radius * sin(angle)


def _sixteen_normals(us: Vector) -> Vector:
    """Pair the first eight numbers with the last eight."""
    pairs = map(_box_muller, us[:8], us[8:])
    return [_float32(x) for half in zip(*pairs, strict=True) for x in half]


def _float32(x: float) -> float:
    """Round to the nearest float32."""
    rounded: float = unpack("f", pack("f", x))[0]
    return rounded


def _require_sizes(**sizes: int) -> None:
    """Refuse sizes that no matrix has, or one that has too many entries."""
    for name, size in sizes.items():
        require_integer(name, size, 1, MOST_ENTRIES)
    require_entries(" * ".join(sizes), *sizes.values())
