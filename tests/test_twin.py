"""What the page computes at once is what the package computes.

Thousands of drawn states go through the page's own modules, in Node.js, and
through the package.
"""

import json
import random
import re
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from math import inf
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable

from attnbook.causal import causal_attention
from attnbook.multihead import MultiHead, multi_head_attention, stacked_heads
from attnbook.simple import self_attention
from attnbook.torch_random import Generator
from attnbook.trainable import Projections
from attnbook.trainable import self_attention as trainable_attention
from attnbook.vectors import Matrix
from inpage.play import view
from inpage.shade import LEVELS, shade
from press.book import ROOT

# all that was drawn is computed once
pytestmark = pytest.mark.xdist_group("twin")

NODE = str(compute_driver_executable()[0])
LIVE = ROOT / "docs" / "javascripts" / "live"
COUNT = 4000
# Of the largest score, since a score's own last digit moves its weight.
TOLERANCE = 1e-12
NUMBER = re.compile(r"\d+(?:\.\d+)?")

SCRIPT = """
import { readFileSync } from "node:fs";
const { view } = await import(process.argv[1]);
const states = JSON.parse(readFileSync(0, "utf8"));
const plain = (_, value) => (value === -Infinity ? "-inf" : value);
console.log(JSON.stringify(states.map(view), plain));
"""


def drawn(rng: random.Random) -> dict[str, Any]:
    """A state such as a reader could come to."""
    n, d_in, heads = rng.randint(2, 8), rng.randint(1, 6), rng.randint(1, 3)
    width, size = heads * rng.randint(1, 6 // heads), rng.choice([1, 1, 3, 9])
    section = rng.choice(["3.3", "3.4", "3.5", "3.6"])
    state = {
        "section": section,
        "tokens": [f"token {i + 1}" for i in range(n)],
        "inputs": matrix(rng, n, d_in, size),
        "width": width,
        "heads": heads,
        "head": rng.randrange(heads) if section == "3.6" else 0,
        "causal": rng.random() < 0.5,
        "stacked": rng.random() < 0.5,
        "temperature": rng.choice([1, 1, 0.5, 2, 10]),
        "dropout": rng.choice([0, 0.1, 0.5]),
        "dice": rng.randrange(2**32),
        "even": rng.random() < 0.5,
    }
    state["cell"] = (rng.choice(NAMES), rng.randrange(n), rng.randrange(6))
    if rng.random() < 0.5:
        return {**state, "seed": rng.randrange(2**32)}
    own = {
        name: matrix(rng, d_in, width, 1)
        for name in ("W_query", "W_key", "W_value")
    }
    own["W_out"] = matrix(rng, width, width, 1)
    own["b_out"] = matrix(rng, 1, width, 1)
    return {**state, "parameters": own}


NAMES = [
    "queries",
    "keys",
    "values",
    "attn_scores",
    "attn_weights",
    "mixing_weights",
    "head_context_vecs",
    "merged_context_vecs",
    "context_vecs",
]


def matrix(rng: random.Random, n: int, m: int, size: float) -> Matrix:
    """Numbers of up to four decimals, as the fields take them."""
    digits = rng.choice([1, 2, 4])
    return [
        [round(rng.uniform(-size, size), digits) for _ in range(m)]
        for _ in range(n)
    ]


@pytest.fixture(scope="module")
def states() -> list[dict[str, Any]]:
    rng = random.Random(3)
    return [drawn(rng) for _ in range(COUNT)]


@pytest.fixture(scope="module")
def ours(states: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the page's modules make of every state."""
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", SCRIPT, LIVE / "play-view.js"],
        input=json.dumps(states),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(found) == COUNT
    return found


def parameters(state: dict[str, Any]) -> list[Matrix]:
    """The weights of a state, drawn by the package where a seed is told."""
    if "parameters" in state:
        return list(state["parameters"].values())
    generator, width = Generator(state["seed"]), state["width"]
    d_in = len(state["inputs"][0])
    three = [generator.linear(d_in, width).weight for _ in range(3)]
    W_out, b_out = generator.linear(width, width, bias=True)
    assert b_out is not None
    return [*three, W_out, [b_out]]


def columns(weights: Matrix, head: int, heads: int) -> Matrix:
    size = len(weights[0]) // heads
    return [row[head * size : (head + 1) * size] for row in weights]


def projections_of_heads(state: dict[str, Any]) -> list[Projections]:
    """The weights of each stacked head, drawn head by head."""
    heads = range(state["heads"])
    if "parameters" in state:
        W = list(state["parameters"].values())[:3]
        return [
            Projections(*(columns(each, k, len(heads)) for each in W))
            for k in heads
        ]
    generator = Generator(state["seed"])
    d_in, size = len(state["inputs"][0]), state["width"] // len(heads)
    return [
        Projections(*(generator.linear(d_in, size).weight for _ in range(3)))
        for _ in heads
    ]


def expected(state: dict[str, Any]) -> dict[str, Any]:
    """The steps that the package's own functions take."""
    inputs, head = state["inputs"], state["head"]
    if state["section"] == "3.3":
        return self_attention(inputs)._asdict()
    if state["section"] == "3.6" and state["stacked"]:
        heads = projections_of_heads(state)
        stacked = stacked_heads(inputs, heads, causal=state["causal"])
        own = stacked.heads[head]._asdict()
        own["head_context_vecs"] = own["context_vecs"]
        return {**own, "context_vecs": stacked.context_vecs}
    W_query, W_key, W_value, W_out, [b_out] = parameters(state)
    if state["section"] == "3.6":
        several = MultiHead(
            W_query, W_key, W_value, W_out, b_out, state["heads"]
        )
        steps = multi_head_attention(inputs, several, causal=state["causal"])
        merged, context_vecs = steps[-2:]
        own = {name: steps._asdict()[name][head] for name in steps._fields[:6]}
        together = {"merged_context_vecs": merged}
        return {**own, **together, "context_vecs": context_vecs}
    three = Projections(W_query, W_key, W_value)
    if state["section"] == "3.4":
        return trainable_attention(inputs, three)._asdict()
    if not state["dropout"]:
        return causal_attention(inputs, three)._asdict()
    n, p = len(inputs), state["dropout"]
    keep = Generator(state["dice"]).dropout_keep(n, n, p)
    return causal_attention(inputs, three, keep, p)._asdict()


def assert_close(ours: Any, theirs: Matrix, name: str) -> None:
    assert [len(row) for row in ours] == [len(row) for row in theirs], name
    numbers = [float(entry) for row in ours for entry in row]
    others = [entry for row in theirs for entry in row]
    most = max(1.0, *(abs(entry) for entry in others if entry != -inf))
    for one, other in zip(numbers, others, strict=True):
        assert one == other or abs(one - other) <= TOLERANCE * most, name


def test_the_steps_are_those_of_the_package(
    states: list[dict[str, Any]], ours: list[dict[str, Any]]
) -> None:
    compared = 0
    for state, found in zip(states, ours, strict=True):
        if state["temperature"] != 1:
            continue
        steps = expected(state)
        for name, numbers in found["numbers"]["steps"].items():
            assert_close(numbers, steps[name], name)
        compared += 1
    assert compared > COUNT / 3


def texts(given: Any) -> Iterator[str]:
    """Every text of a view, in order."""
    if hasattr(given, "_asdict"):
        given = given._asdict()
    if isinstance(given, dict):
        given = list(given.values())
    if not isinstance(given, list | tuple):
        yield str(given)
        return
    for each in given:
        yield from texts(each)


def test_the_page_shows_what_the_build_shows(
    states: list[dict[str, Any]], ours: list[dict[str, Any]]
) -> None:
    compared = near = 0
    for state, found in zip(states, ours, strict=True):
        shown = {key: found[key] for key in found if key != "numbers"}
        for one, other in zip(
            texts(shown), texts(view(state)._asdict()), strict=True
        ):
            compared += 1
            if one != other:
                assert is_near(one, other), (state, one, other)
                near += 1
    # A last bit moves a last digit now and then, and no more.
    assert near < compared / 100_000


def is_near(one: str, other: str) -> bool:
    """Whether two texts differ in last digits, or in a shade by one."""
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    numbers = [map(float, NUMBER.findall(text)) for text in (one, other)]
    most = 1.0 if one.lstrip("-").isdigit() else 1.01e-4
    return all(abs(a - b) <= most for a, b in zip(*numbers, strict=True))


def test_shades_go_both_ways_and_stay_in_order() -> None:
    values = [-2.0, -1.0, -0.5, 0.0, 0.1, 1.0, 2.0]
    shades = [shade(value, 1.0) for value in values]
    assert all(one <= other for one, other in pairwise(shades))
    assert shades[0] == shades[1] == -LEVELS
    assert shades[3] == 0 == shade(-inf, 1.0)
