"""Times an antialiased resize on one core: pixelflume beside fast_image_resize, Pillow-SIMD, Pillow, torchvision and OpenCV.

    cargo build --release --manifest-path benches/peers/fast_image_resize/Cargo.toml
    python3 benches/peers/resample_peers.py --simd PYTHON_WITH_PILLOW_SIMD --json target/resample.json

Libraries that exclude each other (Pillow and Pillow-SIMD) are in environments of their own: `--simd` and `--python` name the
interpreters. Each library is a worker process; all are bound to one core and take turns, so that what else the machine does
falls on all of them. First the results are compared, then the times are measured: medians, and the ratio of each turn of
pixelflume to the peer's of the same round, of which the median counts. On Linux the time is that of all threads of the worker
on the processor, which other processes do not lengthen; elsewhere it is wall time. The smallest wall time is in the table too.

OpenCV has no antialiased bicubic: INTER_AREA, what people take in its place, is another filter, hence not compared.
"""

import argparse
import glob
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

import common
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
RUST = os.path.join(HERE, "fast_image_resize", "target", "release", "pixelflume-peer-fast-image-resize")
# The nanoseconds of a turn.
TURN = 60e6


def image(width, height):
    """Slopes, hard edges and a little noise, as photographs have."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    tiles = np.where(((x // 29) ^ (y // 23)) & 1 == 1, 96, 0)
    grain = np.random.default_rng(16).integers(0, 16, (height, width, 3))
    return (((7 * x + 3 * y + 41 * c) >> 3 & 127) + tiles + grain).astype(np.uint8)


class Worker:
    """A process that resizes, bound to a core."""

    def __init__(self, name, command, library, options, source, folder):
        self.name, self.times, self.wall = name, [], []
        target = os.path.join(folder, name.replace(" ", "-").replace(",", ""))
        numbers = [*options.size, *options.target]
        command = [*command, library, options.filter, *map(str, numbers), source, target]
        bind = (lambda: os.sched_setaffinity(0, {options.core})) if hasattr(os, "sched_setaffinity") else None
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=bind, env=environment)
        line = self.process.stdout.readline().strip()
        if not line.startswith("ready "):
            raise RuntimeError(f"{name} did not start")
        self.version = line.removeprefix("ready ")
        self.result = np.fromfile(target, np.uint8)

    def processor_time(self):
        """Nanoseconds of all threads on the processor; None where the system does not tell."""
        try:
            total = 0
            for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
                with open(path, encoding="ascii") as file:
                    total += int(file.read().split()[0])
            return total or None
        except OSError:
            return None

    def run(self, count):
        """Resizes `count` times; nanoseconds of one: the time that counts, and wall time."""
        before = self.processor_time()
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        wall = int(self.process.stdout.readline()) / count
        after = self.processor_time()
        return (wall if before is None or after is None else (after - before) / count), wall

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def contestants(options):
    """Name, command, and library of each."""
    script = os.path.join(HERE, "resample_worker.py")
    rust, python = [options.rust], [options.python, script]
    listed = [
        ("pixelflume, torchvision", rust, "pixelflume:torchvision"),
        ("pixelflume, pillow13", rust, "pixelflume:pillow13"),
        ("fast_image_resize", rust, "fast_image_resize"),
        ("Pillow", python, "pillow"),
        ("torchvision", python, "torchvision"),
        ("torchvision, channels last", python, "torchvision-channels-last"),
        ("OpenCV, area", python, "opencv-area"),
    ]
    if options.simd:
        listed.insert(3, ("Pillow-SIMD", [options.simd, script], "pillow"))
    return listed


def started(options, source, folder):
    workers = []
    for name, command, library in contestants(options):
        try:
            workers.append(Worker(name, command, library, options, source, folder))
        except (OSError, RuntimeError) as error:
            print(f"left out: {name}: {error}")
    return workers


def compared(workers):
    """Share of differing samples, and the largest difference, of each pair of a variant of pixelflume and a peer."""
    own = [worker for worker in workers if worker.name.startswith("pixelflume")]
    peers = [worker for worker in workers if not worker.name.startswith("pixelflume") and "area" not in worker.name]
    return {
        ours.name: {peer.name: common.agreement([peer.result], [ours.result]) for peer in peers} for ours in own
    }


def timed(workers, rounds):
    for worker in workers:
        worker.run(1)
        worker.count = max(1, round(TURN / worker.run(3)[0]))
    for turn in range(rounds):
        # Each round begins with another one.
        for worker in workers[turn % len(workers):] + workers[:turn % len(workers)]:
            time, wall = worker.run(worker.count)
            worker.times.append(time / 1e3)
            worker.wall.append(wall / 1e3)


def report(workers, agreement):
    own = [worker for worker in workers if worker.name.startswith("pixelflume")]
    print(f"\n| library | us, median | smallest wall time | {' | '.join(f'{ours.name} / it' for ours in own)} | version |")
    print("|---|---|---|" + "---|" * len(own) + "---|")
    rows = []
    for worker in workers:
        ratios = {ours.name: statistics.median(a / b for a, b in zip(ours.times, worker.times)) for ours in own}
        rows.append({"library": worker.name, "version": worker.version, "us": common.spread(worker.times),
                     "wall_us": common.spread(worker.wall), "ratios": ratios})
        cells = [worker.name, f"{statistics.median(worker.times):.0f}", f"{min(worker.wall):.0f}"]
        print(f"| {' | '.join(cells + [f'{ratio:.2f}' for ratio in ratios.values()] + [worker.version])} |")
    print("\nSamples that differ, and by how much at most:\n")
    for ours, peers in agreement.items():
        for peer, of in peers.items():
            print(f"- {ours} and {peer}: {of['differing_share'] * 100:.3g} %, {of['largest_difference']:g}")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = lambda text: [int(side) for side in text.split("x")]
    parser.add_argument("--rust", default=RUST, help="the worker of pixelflume and fast_image_resize")
    parser.add_argument("--python", default=sys.executable, help="a Python with Pillow, torchvision and OpenCV")
    parser.add_argument("--simd", help="a Python with Pillow-SIMD")
    parser.add_argument("--size", type=size, default=[1920, 1080], help="of the image, as in 1920x1080")
    parser.add_argument("--target", type=size, default=[224, 224], help="of the result")
    parser.add_argument("--filter", default="bicubic", help="bilinear, bicubic or lanczos")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0)
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--json", help="file for the results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "input")
        image(*options.size).tofile(source)
        workers = started(options, source, folder)
        agreement = compared(workers)
        timed(workers, options.rounds)
        for worker in workers:
            worker.end()
    rows = report(workers, agreement)
    if options.json:
        facts = {"size": options.size, "target": options.target, "filter": options.filter, "rounds": options.rounds}
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({**facts, "system": platform.platform(), "libraries": rows, "agreement": agreement}, file, indent=2)


if __name__ == "__main__":
    main()
