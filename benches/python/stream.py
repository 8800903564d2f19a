"""Times a folder of photos to the tensors of CLIP: `Pipeline.stream` beside a
DataLoader of torch with the transforms of torchvision.

    python benches/python/stream.py [--images N] [--workers N] [--device cuda] [--json F]

The photos are JPEG files of mixed sizes in a folder of its own. Both candidates read
and decode them with N workers (threads of the stream; processes of the DataLoader) and
give batches of 64. They take turns, in an order that alternates, and a turn is one pass
over all photos; the workers are started in each turn, as in each epoch of a program.
The table has the median, the best and the worst images per second of each, and the
median of the ratios within a turn. A library that is not installed is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
BATCH = 64


@dataclass
class Candidate:
    """One way from the files to tensors."""

    name: str
    run: Callable[[], int]
    """One pass over all files; returns the number of images."""
    seconds: list[float] = field(default_factory=list)


def photographs(folder: Path, count: int) -> list[str]:
    """JPEG files of mixed sizes, made of the photos of `examples`."""
    from PIL import Image

    photos = [Image.open(path).convert("RGB") for path in sorted(PHOTOS.glob("*.*g"))]
    choose = random.Random(64)
    files = []
    for number in range(count):
        width = choose.randint(256, 1280)
        size = (width, width * choose.randint(60, 150) // 100)
        files.append(str(folder / f"{number:05}.jpg"))
        photos[number % len(photos)].resize(size).save(files[-1], quality=90)
    return files


def of_pixelflume(files: list[str], workers: int, device: str) -> Candidate:
    """The stream of the processor."""
    import pixelflume

    pipeline = pixelflume.processor("clip", backend="torchvision")

    def run() -> int:
        count = 0
        with pipeline.stream(
            files, batch=BATCH, workers=workers, device=device
        ) as stream:
            for batch in stream:
                count += len(batch.torch())
        wait(device)
        return count

    return Candidate("pixelflume, stream", run)


def of_torchvision(files: list[str], workers: int, device: str) -> Candidate:
    """The DataLoader with the transforms of torchvision."""
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset
    from torchvision.transforms import InterpolationMode, v2

    process = v2.Compose(
        [
            v2.ToImage(),
            v2.Resize(224, InterpolationMode.BICUBIC, antialias=True),
            v2.CenterCrop(224),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )

    class Files(Dataset[Any]):
        def __len__(self) -> int:
            return len(files)

        def __getitem__(self, index: int) -> Any:
            return process(Image.open(files[index]).convert("RGB"))

    loader = DataLoader(
        Files(), batch_size=BATCH, num_workers=workers, pin_memory=device == "cuda"
    )

    def run() -> int:
        count = 0
        for batch in loader:
            count += len(batch.to(device, non_blocking=True))
        wait(device)
        return count

    return Candidate("torchvision v2, DataLoader", run)


def wait(device: str) -> None:
    """Waits until the GPU is idle."""
    if device == "cuda":
        import torch

        torch.cuda.synchronize()


def measure(candidates: list[Candidate], images: int, turns: int) -> None:
    """Lets all candidates take turns; the first turn is not counted."""
    for turn in range(turns + 1):
        for candidate in candidates if turn % 2 == 0 else reversed(candidates):
            begin = time.perf_counter()
            count = candidate.run()
            seconds = time.perf_counter() - begin
            assert count == images, f"{candidate.name}: {count} of {images} images"
            if turn > 0:
                candidate.seconds.append(seconds)


def rows(candidates: list[Candidate], images: int) -> list[dict[str, Any]]:
    """The figures of each candidate."""
    first = candidates[0]
    return [
        {
            "candidate": candidate.name,
            "images_per_second": images / statistics.median(candidate.seconds),
            "best": images / min(candidate.seconds),
            "worst": images / max(candidate.seconds),
            "times_the_first": statistics.median(
                mine / other
                for mine, other in zip(candidate.seconds, first.seconds, strict=True)
            ),
        }
        for candidate in candidates
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument(
        "--workers", type=int, default=len(os.sched_getaffinity(0)), metavar="N"
    )
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = photographs(Path(folder), arguments.images)
        candidates = []
        for make in (of_pixelflume, of_torchvision):
            try:
                candidates.append(make(files, arguments.workers, arguments.device))
            except ImportError as error:
                print(f"left out: {error}")
        measure(candidates, len(files), arguments.turns)
    table = rows(candidates, len(files))
    print(
        f"{arguments.images} photos, {arguments.workers} workers, {arguments.device}, "
        f"medians of {arguments.turns} turns"
    )
    print(f"{'candidate':<30}{'images/s':>10}{'worst':>10}{'best':>10}{'time':>8}")
    for row in table:
        print(
            f"{row['candidate']:<30}{row['images_per_second']:>10.0f}{row['worst']:>10.0f}"
            f"{row['best']:>10.0f}{row['times_the_first']:>8.2f}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    main()
