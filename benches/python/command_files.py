"""Times the command on a folder of JPEG files, beside OpenCV on all cores, in turns.

    python benches/python/command_files.py --command target/release/pixelflume
        [--device cuda] [--files 512] [--links 16] [--batch 64] [--rounds 5] [--check]

The files are 1920x1080, 4:2:0, quality 90, of a few kinds of content. Both make edge maps
of 320x240 as PNG files: the pipeline `examples/pipelines/edges.toml`, and the same calls of
OpenCV in as many threads as there are cores. The files are read once before, so that they
are in memory. A folder with `--links` hard links to each file shows what a long run does:
the start of CUDA and the first batches are a small part of it. The rate is that of the
whole process, beside it that which the command tells of itself.

`--check` first runs the command on CUDA and on the host over files of many sizes and kinds,
some of them damaged, and compares every result and every message.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
EDGES = ROOT / "examples" / "pipelines" / "edges.toml"
KINDS = 16


def picture(width: int, height: int, seed: int) -> Any:
    """An image with smooth parts, edges and noise; about 350 KB at 1920x1080."""
    random_state = np.random.default_rng(seed)
    small = random_state.integers(0, 256, (height // 40 + 2, width // 40 + 2, 3))
    image = cv2.resize(
        small.astype(np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    choose = random.Random(seed)
    for _ in range(60):
        point = (choose.randrange(width), choose.randrange(height))
        color = [choose.randrange(256) for _ in range(3)]
        cv2.circle(image, point, choose.randrange(3, height // 8 + 4), color, 3)
    noise = random_state.normal(0, 3.5, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def write_jpeg(path: Path, image: Any, *options: int) -> None:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90, *options])
    assert done
    path.write_bytes(data.tobytes())


def many(folder: Path, files: int, links: int) -> int:
    """Fills a folder; returns the bytes of one pass over the files."""
    folder.mkdir()
    total = 0
    kinds = []
    for kind in range(KINDS):
        path = folder / f"a{kind:05}.jpg"
        write_jpeg(path, picture(1920, 1080, kind))
        kinds.append(path.read_bytes())
    for number in range(files):
        path = folder / f"a{number:05}.jpg"
        if number >= KINDS:
            path.write_bytes(kinds[number % KINDS])
        total += path.stat().st_size
        for link in range(1, links):
            os.link(path, folder / f"b{link:03}{number:05}.jpg")
    return total


def run_command(
    command: Path, files: Path, out: Path, device: str, *more: str
) -> tuple[Any, float, str]:
    """Runs the command; returns its report, the seconds it took, and what it printed."""
    report = out.with_suffix(".json")
    line = [command, "run", EDGES, files, "--out", out, "--device", device]
    line += ["--report", report, *more]
    begin = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in line], capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - begin
    if not report.exists():
        sys.exit(f"{line}: {done.stderr}")
    return json.loads(report.read_text()), seconds, done.stderr


def opencv(files: Path, out: Path, threads: int) -> tuple[int, float]:
    out.mkdir()
    cv2.setNumThreads(1)

    def one(path: Path) -> None:
        image = cv2.imread(str(path))
        small = cv2.resize(image, (320, 240), interpolation=cv2.INTER_LINEAR)
        gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
        smooth = cv2.GaussianBlur(gray, (5, 5), 0)
        dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
        dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
        edges = cv2.convertScaleAbs(cv2.magnitude(dx, dy))
        cv2.imwrite(str(out / f"{path.stem}.png"), edges)

    paths = sorted(files.iterdir())
    begin = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, paths))
    return len(paths), time.perf_counter() - begin


def odd(folder: Path) -> None:
    """Files of many sizes and kinds, some of them damaged."""
    folder.mkdir()
    choose = random.Random(7)
    sizes = [(1920, 1080), (640, 427), (333, 517), (64, 48), (17, 900), (4000, 3000)]
    for number in range(160):
        width, height = sizes[number % len(sizes)]
        image = picture(width, height, number % 40)
        path = folder / f"o{number:04}.jpg"
        kind = number % 16
        if kind == 1:
            cv2.imwrite(str(path.with_suffix(".png")), image)
            continue
        options = []
        if kind == 2:
            options = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
        if kind == 3:
            options = [cv2.IMWRITE_JPEG_RST_INTERVAL, 7]
        if kind == 4:
            image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        write_jpeg(path, image, *options)
        data = bytearray(path.read_bytes())
        if kind == 5:
            data = data[: len(data) // 2]
        if kind == 6:
            data = data[:100]
        if kind == 7:
            for _ in range(5):
                data[choose.randrange(700, len(data))] ^= 1 << choose.randrange(8)
        if kind == 8:
            data = bytearray(b"<html>")
        if kind in (9, 10):
            tag = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"
            tag += bytes([6 if kind == 9 else 3]) + bytes(6)
            data[2:2] = b"\xff\xe1" + (len(tag) + 2).to_bytes(2, "big") + tag
        if kind == 11:
            data += bytes(9_000_000)
        path.write_bytes(data)


def check(command: Path, device: str, folder: Path) -> None:
    files = folder / "odd"
    odd(files)
    for more in (
        [],
        ["--allow-truncated"],
        ["--exif", "ignore", "--batch", "3"],
        ["--batch", "64", "--memory-limit", "600MiB"],
        ["--max-pixels", "1000000", "--threads", "2"],
    ):
        outs = []
        for place in (device, "host"):
            out = folder / f"{place}{len(list(folder.iterdir()))}"
            arguments = list(more)
            if place == "host" and "--memory-limit" in more:
                at = more.index("--memory-limit")
                arguments = more[:at] + more[at + 2 :]
            report, _, _ = run_command(command, files, out, place, *arguments)
            results = {path.name: path.read_bytes() for path in out.iterdir()}
            told = [
                (Path(one["path"]).name, one["status"], one["error"], one["shape"])
                for one in report["inputs"]
            ]
            outs.append((told, results))
        (told, results), (expected_told, expected) = outs
        wrong = [pair for pair in zip(told, expected_told) if pair[0] != pair[1]]
        differ = [name for name in expected if results.get(name) != expected[name]]
        failed = sum(one[2] is not None for one in told)
        print(
            f"check {more}: {len(expected)} results, {failed} failed, "
            f"{len(differ)} results and {len(wrong)} messages differ"
        )
        if differ or wrong or len(results) != len(expected):
            sys.exit(f"differ: {differ[:5]} {wrong[:3]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--command", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--files", type=int, default=512)
    parser.add_argument("--links", type=int, default=16)
    parser.add_argument("--batch", default="64")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--folder", type=Path, help="where files go; /dev/shm is fast")
    arguments = parser.parse_args()
    threads = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        if arguments.check:
            check(arguments.command, arguments.device, folder)
        for links in sorted({1, arguments.links}):
            files = folder / f"files{links}"
            size = many(files, arguments.files, links)
            rates: dict[str, list[float]] = {}
            for number in range(arguments.rounds):
                for batch in ("8", arguments.batch):
                    out = folder / f"out{links}-{number}-{batch}"
                    report, seconds, _ = run_command(
                        arguments.command,
                        files,
                        out,
                        arguments.device,
                        "--batch",
                        batch,
                        "--quiet",
                    )
                    count = len(report["inputs"])
                    what = f"pixelflume, batches of {batch}"
                    told = report["totals"]["images_per_second"]
                    rates.setdefault(what, []).append(count / seconds)
                    rates.setdefault(f"{what}, its report", []).append(told)
                if links == 1 or number == 0:
                    out = folder / f"cv{links}-{number}"
                    count, seconds = opencv(files, out, threads)
                    rates.setdefault("OpenCV", []).append(count / seconds)
            each = size / arguments.files / 1000
            print(f"{arguments.files * links} files of {each:.0f} KB, {threads} threads:")
            for what, all_rates in rates.items():
                middle = statistics.median(all_rates)
                share = middle / statistics.median(rates["OpenCV"])
                print(f"  {what}: {middle:.0f} images/s, {share:.2f} times OpenCV")


if __name__ == "__main__":
    main()
