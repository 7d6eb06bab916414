"""Approximate against exact search of similar clips: recall, and time of both.

    python benchmarks/neighbours.py

Vectors are made up: 400 groups of directions in 24 dimensions, mixed into 256 channels, with noise in every channel. Recall is the
share of the 20 exactly nearest vectors that the approximate search also returns, over 200 queries that are vectors of the set.
"Other domains" allows three of four vectors. The time to compile the code of the approximate search is left out: a small search comes first.
"""

import argparse
import os
import platform
import time

import numpy as np

CHANNELS, GROUPS, DIMENSIONS, QUERIES, FOUND = 256, 400, 24, 200, 20


def made_up(count: int, seed: int = 0) -> np.ndarray:
    """Return vectors ``[count, CHANNELS]`` float32."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(GROUPS, DIMENSIONS)).astype(np.float32)
    points = centres[random.integers(GROUPS, size=count)]
    points = points + 0.6 * random.normal(size=points.shape).astype(np.float32)
    mixing = random.normal(size=(DIMENSIONS, CHANNELS)).astype(np.float32)
    return points @ mixing + 0.5 * random.normal(size=(count, CHANNELS)).astype(np.float32)


def measure(count: int) -> str:
    """Return one line of the table."""
    from actiondiff_gui.embedding.nearest import VectorIndex

    vectors = made_up(count)
    exact, graph = VectorIndex(vectors, exact=True), VectorIndex(vectors, exact=False)
    start = time.perf_counter()
    graph.nearest(vectors[0], FOUND)
    built = time.perf_counter() - start
    allowed = np.arange(count) % 4 != 0
    asked = np.linspace(0, count - 1, QUERIES).astype(int)
    shared = {"all": 0, "other domains": 0}
    seconds = {"exact": 0.0, "approximate": 0.0}
    for query in asked:
        for which, mask in (("all", None), ("other domains", allowed)):
            start = time.perf_counter()
            known = exact.nearest(vectors[query], FOUND, mask)
            middle = time.perf_counter()
            near = graph.nearest(vectors[query], FOUND, mask)
            if mask is None:
                seconds["exact"] += middle - start
                seconds["approximate"] += time.perf_counter() - middle
            shared[which] += len(set(known.places.tolist()) & set(near.places.tolist()))
    recall = {which: found / (QUERIES * FOUND) for which, found in shared.items()}
    each = {way: total / QUERIES * 1e3 for way, total in seconds.items()}
    return (
        f"| {count:,} | {recall['all']:.3f} | {recall['other domains']:.3f} | {each['exact']:.1f} | "
        f"{each['approximate']:.2f} | {built:.1f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[20_000, 100_000, 250_000])
    counts = parser.parse_args().counts
    measure(3_000)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; load before it began "
        f"{os.getloadavg()[0]:.1f}\n"
    )
    print(
        "| vectors | recall | recall, other domains | exact, ms a query | approximate, ms a query | index, s |"
    )
    print("|---:|---:|---:|---:|---:|---:|")
    for count in counts:
        print(measure(count), flush=True)


if __name__ == "__main__":
    main()
