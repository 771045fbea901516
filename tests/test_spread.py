"""Attention spread over Dask's workers is attention."""

import os
import signal
import time
import tracemalloc
from collections.abc import Iterator
from random import Random
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster

from attnbook.arrays.causal import causal_mask
from attnbook.arrays.spread import spread_attention
from attnbook.arrays.trainable import scaled_dot_product_attention


def here(planned: Any) -> Any:
    """Run in this process, one task after the other."""
    return planned.compute(scheduler="sync")


def cut(random: Random, n: int) -> tuple[int, ...]:
    """The lengths of blocks that are `n` long together."""
    ends = sorted({0, n, *random.choices(range(1, n + 1), k=3)})
    return tuple(np.diff(ends).tolist())


def test_300_random_splits_are_equal_to_all_at_once() -> None:
    for seed in range(300):
        random, numbers = Random(seed), np.random.default_rng(seed)
        n_q, more = random.randint(1, 9), random.randint(0, 5)
        n_k, batch = n_q + more, random.choice([(), (2,), (2, 3)])
        queries = numbers.standard_normal((*batch, n_q, 3))
        keys, values = numbers.standard_normal((2, *batch, n_k, 3))
        causal = random.random() < 0.5
        mask = causal_mask(n_k)[-n_q:] if causal else None
        whole = scaled_dot_product_attention(queries, keys, values, mask)

        blocks = [
            da.from_array(x, chunks=-1).rechunk({-2: cut(random, x.shape[-2])})
            for x in (queries, keys, values)
        ]
        planned = spread_attention(blocks[0], blocks[1], blocks[2], causal)

        assert planned.shape == whole.context_vecs.shape
        np.testing.assert_allclose(
            here(planned),
            whole.context_vecs,
            rtol=0,
            atol=1e-15 * np.abs(values).max(),
        )


def test_every_token_is_seen_unless_it_is_told_otherwise() -> None:
    text = np.random.default_rng(0).standard_normal((3, 4, 2))
    whole = scaled_dot_product_attention(*text)
    found = here(spread_attention(*text))
    np.testing.assert_allclose(found, whole.context_vecs, rtol=0, atol=1e-15)


def test_blocks_that_nobody_sees_are_no_tasks() -> None:
    text = np.zeros((8, 1))

    def parts(causal: bool) -> int:
        graph = spread_attention(text, text, text, causal, size=1)
        return sum("_part-" in str(key) for key in graph.__dask_graph__())

    assert (parts(causal=False), parts(causal=True)) == (64, 36)


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_the_precision_stays(kind: str) -> None:
    text = np.ones((4, 2), kind)
    planned = spread_attention(text, text, text, size=2)
    assert planned.dtype == here(planned).dtype == np.dtype(kind)


def test_memory_does_not_grow_with_the_square_of_the_tokens() -> None:
    n = 65_536
    text = np.random.default_rng(0).standard_normal((n, 2)).astype("f4")
    planned = spread_attention(text, text, text, causal=True, size=2048)
    tracemalloc.start()
    here(planned)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    block = 4 * 2048 * 2048
    assert peak < 3 * block < 4 * n * n / 40


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Two workers, each a process with one thread."""
    quiet = {"distributed.logging.distributed": "critical"}
    with (
        dask.config.set(quiet),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.mark.filterwarnings("ignore")  # of Dask, about the worker that died
def test_what_a_lost_worker_had_is_computed_again(client: Client) -> None:
    n, size = 2048, 128

    def text(seed: int) -> Any:  # made where it is needed, block by block
        numbers = da.random.default_rng(seed)
        return numbers.standard_normal((n, 4), chunks=(size, 4))

    queries, keys, values = map(text, range(3))
    expected = scaled_dot_product_attention(
        here(queries), here(keys), here(values), causal_mask(n)
    )
    planned = spread_attention(queries, keys, values, causal=True)
    running = client.compute(planned)
    pids = client.run(os.getpid)
    while not any(client.has_what().values()):
        time.sleep(0.01)
    os.kill(next(iter(pids.values())), signal.SIGKILL)

    np.testing.assert_allclose(
        running.result(timeout=300),
        expected.context_vecs,
        rtol=0,
        atol=1e-14,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0]], [[1.0, 2.0]], [[1.0]]), r"keys must be \(..., n, 1\)"),
        (([[1.0]], [[1.0]], [[1.0], [2.0]]), r"values must be \(..., 1, d\)"),
        (([[1.0], [2.0]], [[1.0]], [[1.0]], True), "keys must be as many as"),
        (([[1.0]], [[1.0]], [[1.0]], "no"), "causal must be True or False"),
        (([[1.0]], [[1.0]], [[1.0]], True, 0), "size must be an integer"),
        ((["a"], [[1.0]], [[1.0]]), "queries"),
        ((da.zeros(3), [[1.0]], [[1.0]]), "queries must hold floats in"),
    ],
)
def test_what_does_not_fit_is_refused_before_it_runs(
    arguments: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        spread_attention(*arguments)


def test_what_is_not_finite_is_refused_where_it_is_computed() -> None:
    planned = spread_attention([[1.0]], [[float("nan")]], [[1.0]])
    with pytest.raises(ValueError, match="keys must be finite, got nan"):
        here(planned)
    planned = spread_attention([[1e200]], [[1e200]], [[1.0]])
    with pytest.raises(ValueError, match="queries and keys must be smaller"):
        here(planned)
