"""Times two builds of the command on 10,000 files of mixed sizes, in turns.

    python benches/python/command_jobs.py --a target/release/pixelflume --b old/pixelflume
        [--devices host,cuda] [--files 10000] [--rounds 3] [--batch 64] [--folder /dev/shm]

The files are JPEG (most of them 4:2:0, some 4:4:4, progressive or gray) of 200 to 900
pixels a side and PNG of 150 to 400, the same for every run, about 0.6 GB for 10,000. Both
builds resize them to 224x224 and write one JPEG file for each. The files are read once
before, so that they are in memory.

For each build and device: images/s of the whole process and as the command reports them,
the peak of its resident memory, and of the device's memory (what the command allocated,
and, where nvidia-smi tells, what the GPU had in use beyond the start). All results of all
runs are hashed, and have to be equal. --json has the figures of each run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PIPELINE = """\
[[node]]
name = "small"
op = "resize"
from = "input"
width = 224
height = 224
"""


def picture(width: int, height: int, random: np.random.Generator) -> Image.Image:
    """An image with smooth parts, edges and a little noise."""
    small = random.integers(0, 256, (height // 40 + 2, width // 40 + 2, 3), np.uint8)
    smooth = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    samples = np.asarray(smooth).astype(np.int16)
    for _ in range(6):
        left, top = random.integers(0, width), random.integers(0, height)
        right, bottom = left + width // 5, top + height // 5
        samples[top:bottom, left:right] += random.integers(-60, 61, 3, np.int16)
    samples += random.integers(-3, 4, samples.shape, np.int16)
    return Image.fromarray(samples.clip(0, 255).astype(np.uint8))


def make(folder: Path, numbers: Iterable[int]) -> int:
    """Writes the files of these numbers; returns their bytes."""
    total = 0
    for number in numbers:
        random = np.random.default_rng(number)
        is_png = number % 8 == 3
        least, most = (150, 401) if is_png else (200, 901)
        width, height = (int(side) for side in random.integers(least, most, 2))
        image = picture(width, height, random)
        if is_png:
            path = folder / f"{number:06}.png"
            image.save(path, compress_level=1)
        else:
            path = folder / f"{number:06}.jpg"
            kind = number % 20
            if kind == 4:
                image = image.convert("L")
            quality = int(random.integers(75, 96))
            subsampling = "4:4:4" if kind in (6, 14) else "4:2:0"
            image.save(
                path,
                quality=quality,
                subsampling=-1 if kind == 4 else subsampling,
                progressive=kind == 8,
            )
        total += path.stat().st_size
    return total


def make_all(folder: Path, files: int) -> int:
    folder.mkdir()
    processes = len(os.sched_getaffinity(0))
    parts = [range(part, files, 4 * processes) for part in range(4 * processes)]
    with ProcessPoolExecutor(processes) as pool:
        return sum(pool.map(make, [folder] * len(parts), parts))


def device_memory() -> int | None:
    """MiB that all GPUs have in use, where nvidia-smi tells."""
    line = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=True)
        return sum(int(used) for used in done.stdout.split())
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


class Watch:
    """The most memory that the GPUs have in use until the end of a block."""

    def __init__(self, is_on: bool) -> None:
        self.before = device_memory() if is_on else None
        self.most = self.before
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self) -> None:
        while self.before is not None and not self.is_over.wait(0.1):
            self.most = max(self.most or 0, device_memory() or 0)

    def __enter__(self) -> Watch:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.thread.join()

    def beyond(self) -> int | None:
        return None if self.before is None else (self.most or 0) - self.before


def hash_of(folder: Path) -> str:
    """The hash of names and contents of all files."""
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        whole.update(path.name.encode() + b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def run(command: Path, device: str, files: Path, folder: Path, batch: str) -> Any:
    """Runs a build once; returns its figures."""
    out, report = folder / "out", folder / "report.json"
    pipeline = folder / "resize.toml"
    pipeline.write_text(PIPELINE)
    line = [command, "run", pipeline, files, "--out", out, "--device", device]
    line += ["--batch", batch, "--format", "jpg", "--quiet", "--report", report]
    with Watch(device != "host") as watch, (folder / "log").open("w+") as log:
        begin = time.perf_counter()
        process = subprocess.Popen([str(part) for part in line], stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        if process.returncode != 0:
            sys.exit(f"{line} ended with {process.returncode}: {log.read()[:2000]}")
    told = json.loads(report.read_text())
    count = len(told["inputs"])
    figures = {
        "images": count,
        "images_per_s": count / seconds,
        "reported_images_per_s": told["totals"]["images_per_second"],
        "processor_s": usage.ru_utime + usage.ru_stime,
        "peak_rss_mib": usage.ru_maxrss / 1024,
        "device_high_water_mib": told["memory"]["device"]["high_water"] / 2**20,
        "gpu_used_mib": watch.beyond(),
        "hash": hash_of(out),
    }
    shutil.rmtree(out)
    return figures


def show(what: str, runs: list[Any]) -> None:
    def middle(name: str) -> str:
        values = [one[name] for one in runs if one[name] is not None]
        return f"{statistics.median(values):.0f}" if values else "-"

    rates = [one["images_per_s"] for one in runs]
    print(
        f"{what}: {middle('images_per_s')} images/s ({min(rates):.0f} to {max(rates):.0f}),"
        f" {middle('reported_images_per_s')} as reported; processors"
        f" {middle('processor_s')} s; peak RSS {middle('peak_rss_mib')} MiB; device"
        f" {middle('device_high_water_mib')} MiB allocated,"
        f" {middle('gpu_used_mib')} MiB in use"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--a", type=Path, required=True, help="a build of the command")
    parser.add_argument("--b", type=Path, help="another one to compare it with")
    parser.add_argument("--devices", default="host")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", default="64")
    parser.add_argument("--folder", type=Path, help="where files go; /dev/shm is fast")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    builds = {"A": arguments.a.resolve()}
    if arguments.b:
        builds["B"] = arguments.b.resolve()
    runs: dict[str, list[Any]] = {}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        files = folder / "files"
        total = make_all(files, arguments.files)
        print(f"{arguments.files} files, {total / 1e6:.0f} MB", flush=True)
        for path in files.iterdir():
            path.read_bytes()
        for number in range(arguments.rounds):
            # The other build is first in every second round.
            for build in sorted(builds, reverse=number % 2 == 1):
                for device in arguments.devices.split(","):
                    figures = run(
                        builds[build], device, files, folder, arguments.batch
                    )
                    runs.setdefault(f"{build}, {device}", []).append(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(runs, indent=1))
    for what in sorted(runs, key=lambda what: what.split(", ")[::-1]):
        show(what, runs[what])
    hashes = {one["hash"] for of_build in runs.values() for one in of_build}
    if len(hashes) > 1:
        for what, of_build in runs.items():
            print(what, sorted({one["hash"] for one in of_build}))
        sys.exit("results differ")
    print(f"all results are equal: {hashes.pop()[:16]}")


if __name__ == "__main__":
    main()
