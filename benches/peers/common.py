"""Shared by all peers: the workloads, the images, statistics, and the form of the results.

The workloads and the images come from `pixelflume bench --list --json -` and `pixelflume bench --dump DIR`, so that they are
defined in one place. Times are microseconds per batch, rates GB/s (10^9 bytes), as in the results of `pixelflume bench`.
"""

import argparse
import glob
import json
import os
import platform
import statistics
import sys
import time

import numpy as np

# Bytes of all inputs, which are used in turn, as in `pixelflume bench`: many times the cache of a GPU.
ROTATED = 1 << 30
MOST_INPUTS = 64


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--workloads", required=True, help="the output of `pixelflume bench --list --json -`")
    parser.add_argument("--images", required=True, help="the folder of `pixelflume bench --dump`")
    parser.add_argument("--json", required=True, help="file for the results")
    parser.add_argument("--only", default="all", help="names of workloads, separated by commas")
    parser.add_argument("--quick", action="store_true", help="measure less")
    return parser


class Workload:
    """One workload with one batch."""

    def __init__(self, entry, batch, images):
        self.name = entry["name"]
        self.batch = batch
        self.latency = entry["timing"] == "latency"
        self.shape = (entry["height"], entry["width"], entry["channels"])
        self.images = images
        self.bytes_read = entry["bytes_read_per_image"]

    def _load(self, kind):
        paths = sorted(glob.glob(os.path.join(self.images, f"{self.name}.{kind}-*.npy")))
        if not paths:
            sys.exit(f"no images of {self.name} in {self.images}; make them with `pixelflume bench --dump`")
        return [np.load(path) for path in paths]

    def inputs(self):
        """Distinct images, of shape (height, width, channels)."""
        return self._load("input")

    def expected(self):
        """The results of pixelflume for `inputs()`."""
        return self._load("output")

    def input_batch(self):
        """A batch of `pixelflume bench`: the distinct images, repeated."""
        frames = self.inputs()
        return np.stack([frames[index % len(frames)] for index in range(self.batch)])

    def rotation(self):
        """The number of inputs that are used in turn."""
        size = int(np.prod(self.shape)) * self.batch
        return min(max(-(-ROTATED // size), 2), MOST_INPUTS)

    def __str__(self):
        return f"{self.name}, batch {self.batch}"


def workloads(options):
    with open(options.workloads, encoding="utf-8") as file:
        entries = json.load(file)
    wanted = options.only.split(",")
    return [
        Workload(entry, batch, options.images)
        for entry in entries
        if options.only == "all" or entry["name"] in wanted
        for batch in entry["batches"]
    ]


def spread(values):
    values = sorted(values)
    at = lambda share: values[round((len(values) - 1) * share)]
    return {
        "median": statistics.median(values),
        "p10": at(0.1),
        "p90": at(0.9),
        "min": values[0],
        "samples": len(values),
    }


def agreement(results, expected):
    """Compares results (a list of arrays) with those of pixelflume."""
    differing = total = 0
    largest = 0.0
    for got, want in zip(results, expected):
        got = np.asarray(got).reshape(want.shape)
        difference = np.abs(got.astype(np.float64) - want.astype(np.float64))
        differing += int(np.count_nonzero(difference))
        total += difference.size
        largest = max(largest, float(difference.max()))
    return {"differing_share": differing / total, "largest_difference": largest, "images": len(expected)}


def wall_times(run, budget, least=3, most=1000):
    """Wall time of each call in microseconds; `run` waits for its result."""
    run()
    times = []
    begin = time.perf_counter()
    while len(times) < most and (time.perf_counter() - begin < budget or len(times) < least):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e6)
    return times


def write(path, tool, version, machine, results):
    """Writes the results of a tool, replacing an earlier file."""
    report = {
        "tool": tool,
        "version": version,
        "unix_time": int(time.time()),
        "machine": {"system": platform.platform(), "processors": os.cpu_count(), **machine},
        "workloads": results,
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2)


def save(path, tool, version, machine, results):
    """Writes the results of a tool and prints them."""
    write(path, tool, version, machine, results)
    for result in results:
        us = result.get("us_per_batch")
        label = f"{tool:<22} {result['name']:<11} {result['batch']:>3}"
        if us is None:
            print(f"{label}  {result['skipped']}")
            continue
        agree = result["agreement"]
        print(
            f"{label}  {us['median']:>10.1f} us  ({us['p10']:.1f} to {us['p90']:.1f}, {result['timed']})  "
            f"differing {agree['differing_share'] * 100:.3f} %, at most {agree['largest_difference']:.3g}",
            flush=True,
        )
