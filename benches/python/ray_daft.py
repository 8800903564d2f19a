"""Times Ray Data and Daft jobs over small JPEG files: pixelflume beside torchvision.

    python benches/python/ray_daft.py [--rows 10000] [--rounds 3] [--cpus 2] [--json FILE]

Both make the tensors of CLIP's processor in Pillow's arithmetic from the bytes of JPEG
files, in f32: torchvision by `Resize`, `CenterCrop`, `ToTensor` and `Normalize` on images of
Pillow, pixelflume by the pipeline that repeats them. The files are parts of the photos
of `examples`, 200 to 400 pixels a side, made before the times are taken, and lie in
memory. A job is over when its last tensor was seen.

Both have the same CPUs: in Ray as many actors as CPUs, of one thread each; in Daft a
process for each CPU for torchvision, which Python's lock would hold up in threads, and for
pixelflume the process of Daft with as many threads. All jobs take turns; the
table has the medians of rows per second, and of the ratios within a round.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
# As Daft's; by default Ray's workers wait for all other processes of a busy machine.
os.environ.setdefault("RAY_worker_niceness", "0")

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
SIZE = 224
BATCH = 64


def jpegs(count: int) -> list[bytes]:
    """JPEG files of parts of the photos, enlarged or shrunk, of mixed sizes."""
    from PIL import Image

    photos = [Image.open(path).convert("RGB") for path in sorted(PHOTOS.glob("*.*g"))]
    choose = random.Random(7)
    files = []
    for number in range(count):
        photo = photos[number % len(photos)]
        part = [choose.randint(150, min(photo.size)) for _ in range(2)]
        left = choose.randint(0, photo.width - part[0])
        top = choose.randint(0, photo.height - part[1])
        box = (left, top, left + part[0], top + part[1])
        size = (choose.randint(200, 400), choose.randint(200, 400))
        file = io.BytesIO()
        photo.resize(size, Image.Resampling.BICUBIC, box).save(file, "JPEG", quality=85)
        files.append(file.getvalue())
    return files


def pipeline() -> Any:
    """The pixelflume pipeline that repeats `Torchvision`."""
    import pixelflume as pf

    resized = pf.Pipeline().resize(SIZE, "bicubic", like="pillow13")
    cropped = resized.center_crop(SIZE, like="torchvision")
    return cropped.normalize(MEAN, STD, layout="chw")


class Torchvision:
    """torchvision's transforms over the files of a batch; one thread."""

    def __init__(self) -> None:
        """Makes the transforms."""
        import torch
        from torchvision import transforms

        torch.set_num_threads(1)
        self.transform = transforms.Compose(
            [
                transforms.Resize(SIZE, transforms.InterpolationMode.BICUBIC),
                transforms.CenterCrop(SIZE),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
            ]
        )

    def tensors(self, files: list[bytes]) -> Any:
        """The tensors of a batch, in one array."""
        import numpy as np
        from PIL import Image

        images = (Image.open(io.BytesIO(file)).convert("RGB") for file in files)
        return np.stack([self.transform(image).numpy() for image in images])

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """A batch of Ray, with the tensors."""
        return {"id": batch["id"], "tensor": self.tensors(list(batch["bytes"]))}


def ray_jobs(table: Any, cpus: int) -> dict[str, Callable[[], Iterator[Any]]]:
    """The jobs of Ray Data, each of which gives columns of tensors."""
    import logging

    import pixelflume.ray
    import ray

    ray.init(num_cpus=cpus, include_dashboard=False, logging_level="ERROR")
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    blocks = [
        table.slice(first, 4 * BATCH) for first in range(0, table.num_rows, 4 * BATCH)
    ]
    files = ray.data.from_arrow(blocks).materialize()
    actors = ray.data.ActorPoolStrategy(size=cpus)

    def columns(mapped: Any) -> Iterator[Any]:
        for batch in mapped.iter_batches(batch_size=None, batch_format="pyarrow"):
            yield batch["tensor"]

    def ours() -> Iterator[Any]:
        options = pixelflume.ray.options(pipeline(), column="bytes", actors=cpus)
        return columns(files.map_batches(pixelflume.ray.Stage, **options))

    def theirs() -> Iterator[Any]:
        return columns(
            files.map_batches(Torchvision, batch_size=BATCH, compute=actors, num_cpus=1)
        )

    return {"Ray Data, pixelflume": ours, "Ray Data, torchvision": theirs}


def daft_jobs(table: Any, cpus: int) -> dict[str, Callable[[], Iterator[Any]]]:
    """The jobs of Daft, each of which gives columns of tensors."""
    import daft
    import pixelflume.daft
    from daft import DataType

    # Or else it would run in Ray, which is started for the other jobs.
    daft.set_runner_native()
    files = daft.from_arrow(table).collect()
    dtype = DataType.tensor(DataType.float32(), (3, SIZE, SIZE))

    @daft.cls(max_concurrency=cpus, use_process=True)
    class OfDaft:
        """`Torchvision` in a process of Daft."""

        def __init__(self) -> None:
            self.stage = Torchvision()

        @daft.method.batch(return_dtype=dtype, batch_size=BATCH)
        def run(self, files: Any) -> Any:
            return self.stage.tensors(files.to_pylist())

    def columns(frame: Any) -> Iterator[Any]:
        for part in frame.iter_partitions():
            yield part.to_arrow()["tensor"]

    def ours() -> Iterator[Any]:
        tensors = pixelflume.daft.expression(
            pipeline(), "bytes", device="host", batch=BATCH, threads=cpus
        )
        return columns(files.select("id", tensors.alias("tensor")))

    def theirs() -> Iterator[Any]:
        tensors = OfDaft().run(files["bytes"])
        return columns(files.select("id", tensors.alias("tensor")))

    return {"Daft, pixelflume": ours, "Daft, torchvision": theirs}


def seconds(job: Callable[[], Iterator[Any]], rows: int) -> float:
    """The time from the start of a job to its last tensor."""
    begin = time.perf_counter()
    seen = sum(len(column) for column in job())
    if seen != rows:
        raise SystemExit(f"a job gave {seen} of {rows} rows")
    return time.perf_counter() - begin


def differing(files: list[bytes]) -> str:
    """How many samples of the two differ, and by how much."""
    import numpy as np

    theirs = Torchvision().tensors(files)
    ours = pipeline()(files, device="host").numpy()
    count = int(np.count_nonzero(ours != theirs))
    return (
        f"{count} of {ours.size} samples, by at most {np.abs(ours - theirs).max():.3g}"
    )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--only", choices=["ray", "daft"])
    parser.add_argument("--json", type=Path, help="a file for the times")
    given = parser.parse_args()
    with suppress(AttributeError):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.cpus])

    import pyarrow as pa

    files = jpegs(given.rows)
    table = pa.table({"id": list(range(given.rows)), "bytes": pa.array(files)})
    print(f"{given.rows} files of {table.nbytes / given.rows / 1024:.1f} KiB")
    print(f"differing from torchvision: {differing(files[:BATCH])}")
    jobs: dict[str, Callable[[], Iterator[Any]]] = {}
    if given.only != "daft":
        jobs |= ray_jobs(table, given.cpus)
    if given.only != "ray":
        jobs |= daft_jobs(table, given.cpus)
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for round in range(given.rounds):
        for name, job in jobs.items():
            times[name].append(seconds(job, given.rows))
            print(
                f"round {round + 1}: {name}: {times[name][-1]:.1f} s", file=sys.stderr
            )
    print("\n| job | rows/s | beside torchvision |\n|---|---|---|")
    for name, taken in times.items():
        rate = given.rows / statistics.median(taken)
        others = times[name.split(",")[0] + ", torchvision"]
        ratio = statistics.median(b / a for a, b in zip(taken, others, strict=True))
        print(f"| {name} | {rate:,.0f} | {ratio:.2f} |")
    if given.json:
        given.json.write_text(
            json.dumps({"rows": given.rows, "seconds": times}, indent=1)
        )


if __name__ == "__main__":
    main()
