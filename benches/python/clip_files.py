"""Times JPEG files in memory to the tensors of CLIP: pixelflume beside transformers and
torchvision.

    python benches/python/clip_files.py [--threads N] [--device cuda] [--json FILE]

The files are those photos of `clip.py` as mixed JPEG files: several qualities, with and
without subsampling, every eighth progressive. Results are compared and times are
measured as `clip.py` does it; its options are the same.

transformers gets images of Pillow, which decodes the files: one after the other, and,
with several cores, in as many threads. So does torchvision's `decode_jpeg`, which with
`--device cuda` is nvJPEG on the GPU: its samples differ from those of Pillow, so that
its results are counted but need not be equal. The slow processor has no form for a GPU
and computes on the CPU.
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from clip import (
    Candidate,
    each,
    installed,
    main,
    pillow_version,
    pixelflume_steps,
    torchvision_steps,
    transformers_processors,
)

Decoding = Callable[[list[Any]], list[Any]]


def files_of(images: list[Any]) -> list[bytes]:
    """The images as mixed JPEG files."""
    choose = random.Random(19)
    files = []
    for number, image in enumerate(images):
        target = io.BytesIO()
        image.save(
            target,
            "JPEG",
            quality=choose.randint(60, 95),
            subsampling=choose.choice(["4:2:0", "4:2:0", "4:2:2", "4:4:4"]),
            progressive=number % 8 == 7,
        )
        files.append(target.getvalue())
    return files


def of_pixelflume(files: list[bytes], device: str) -> list[Candidate]:
    """The pipelines of this project, which get the bytes of the files."""
    import pixelflume

    backends = ["torch_cuda"] if device == "cuda" else []
    backends += ["torchvision", "pillow12", "pillow13"]
    found = []
    for backend in backends:
        # That of the other Pillow has nothing to be compared with.
        if backend.startswith("pillow") and backend != of_pillow():
            continue
        pipeline = pixelflume.processor("clip", backend=backend)

        def run(pipeline: Any = pipeline) -> Any:
            return pipeline(files, device=device)

        found.append(Candidate(f"pixelflume, {backend}", run, backend))
    steps = pixelflume_steps(device)
    name = "pixelflume, steps of torchvision v2"
    found.append(Candidate(name, lambda: steps(files, device=device), "v2"))
    return found


def of_pillow() -> str:
    """The backend that repeats the Pillow that is installed."""
    return "pillow13" if pillow_version() >= 13 else "pillow12"


def in_threads(decode: Callable[[Any], Any]) -> list[tuple[str, Decoding]]:
    """Ways to decode all files, with names: one after the other, and in threads."""

    def one_by_one(files: list[Any]) -> list[Any]:
        return [decode(file) for file in files]

    cores = len(os.sched_getaffinity(0))
    if cores == 1:
        return [("", one_by_one)]
    threads = ThreadPoolExecutor(cores)

    def together(files: list[Any]) -> list[Any]:
        return list(threads.map(decode, files))

    return [("", one_by_one), (f" in {cores} threads", together)]


def of_transformers(files: list[bytes], device: str) -> list[Candidate]:
    """The image processors of transformers, with Pillow for the files."""
    from PIL import Image

    slow, fast = transformers_processors()
    place = {"device": "cuda"} if device == "cuda" else {}

    def decode(file: bytes) -> Any:
        return Image.open(io.BytesIO(file)).convert("RGB")

    like = "torch_cuda" if device == "cuda" else "torchvision"
    found = []
    for name, decode_all in in_threads(decode):

        def run_fast(decode_all: Decoding = decode_all) -> Any:
            images = decode_all(files)
            return fast(images=images, return_tensors="pt", **place)["pixel_values"]

        def run_slow(decode_all: Decoding = decode_all) -> Any:
            images = decode_all(files)
            return slow(images=images, return_tensors="pt")["pixel_values"]

        found.append(Candidate(f"HF fast, Pillow{name}", run_fast, like))
        found.append(Candidate(f"HF slow, Pillow{name}", run_slow, of_pillow()))
    return found


def of_torchvision(files: list[bytes], device: str) -> list[Candidate]:
    """torchvision's decoder and transforms."""
    import torch
    from torchvision.io import ImageReadMode, decode_jpeg

    process = torchvision_steps()
    given = [torch.frombuffer(bytearray(file), dtype=torch.uint8) for file in files]
    if device == "cuda":

        def run_cuda() -> Any:
            decoded = decode_jpeg(given, mode=ImageReadMode.RGB, device="cuda")
            return each(process, decoded)()

        # Without nvJPEG it raises.
        run_cuda()
        name = "torchvision nvJPEG and v2"
        return [Candidate(name, run_cuda, "v2", is_exact=False)]
    found = []
    for name, decode_all in in_threads(
        lambda data: decode_jpeg(data, mode=ImageReadMode.RGB)
    ):

        def run(decode_all: Decoding = decode_all) -> Any:
            return each(process, decode_all(given))()

        found.append(Candidate(f"torchvision decode_jpeg{name} and v2", run, "v2"))
    return found


def candidates(images: list[Any], device: str) -> list[Candidate]:
    """All candidates whose libraries are installed."""
    files = files_of(images)
    peers = [of_transformers, of_torchvision]
    return [*of_pixelflume(files, device), *installed(peers, files, device)]


if __name__ == "__main__":
    main(__doc__.split("\n\n")[0], "JPEG files", candidates)
