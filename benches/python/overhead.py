"""What a call from Python costs beside its pixels: one small image, on a warmed pipeline.

    python benches/python/overhead.py [--device host] [--rounds 15]

It prints a table with the microseconds of each step that a program may do: the median and the
least time of a call, and the least time of all threads on the processor, which other processes
lengthen less. The rows follow one another in every round, so that a machine that gets slower slows
all of them.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import pixelflume as pf

CALLS = 1000


def timed(step: Callable[[], object]) -> tuple[float, float]:
    """Microseconds of one of many calls, and those of all threads on the processor."""
    start, start_cpu = time.perf_counter(), time.process_time()
    for _ in range(CALLS):
        step()
    wall, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    return wall / CALLS * 1e6, cpu / CALLS * 1e6


def main() -> None:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="host")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    device: str = arguments.device

    image = np.arange(32 * 32 * 3, dtype=np.uint8).reshape(32, 32, 3)
    resize = pf.Pipeline().resize((16, 16))
    chain = resize.normalize(mean=[0.5] * 3, std=[0.5] * 3, layout="chw")
    result = resize(image, device=device)
    batch = [image] * 8
    steps: dict[str, Callable[[], object]] = {
        "resize 32x32x3 to 16x16": lambda: resize(image, device=device),
        "the same, device not named": lambda: resize(image),
        "the same, and .numpy()": lambda: resize(image, device=device).numpy(),
        "resize + normalize": lambda: chain(image, device=device),
        "resize of a list of 8": lambda: resize(batch, device=device),
        ".numpy() alone": lambda: result.numpy(),
        "__dlpack__ alone": lambda: result.__dlpack__(max_version=(1, 0)),
    }
    for step in steps.values():
        timed(step)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
    for _ in range(arguments.rounds):
        for name, step in steps.items():
            times[name].append(timed(step))
    print(f"pixelflume {pf.__version__} on {result.device}")
    print(f"{'step':<32} {'median':>8} {'least':>8} {'CPU':>8}")
    for name, measured in times.items():
        wall, cpu = zip(*measured, strict=True)
        median = statistics.median(wall)
        print(f"{name:<32} {median:>8.2f} {min(wall):>8.2f} {min(cpu):>8.2f}")


if __name__ == "__main__":
    main()
