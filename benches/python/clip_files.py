"""Times JPEG files in memory to the tensors of CLIP: pixelflume beside transformers and
torchvision.

    python benches/python/clip_files.py [--threads N] [--device cuda] [--json FILE]

The files are those photos of `clip.py` as mixed JPEG files: several qualities, with and
without subsampling, every eighth progressive. Results are compared and times are
measured as `clip.py` does it; its options are the same.

transformers gets images of Pillow, which decodes the files: one after the other, and,
with several cores, in as many threads. torchvision decodes by `decode_jpeg`; with
`--device cuda` that is nvJPEG on the GPU, whose samples differ from those of Pillow, so
that its results are counted but need not be equal.
"""

from __future__ import annotations

import io
import os
import random
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


def of_pixelflume(images: list[Any], device: str) -> list[Candidate]:
    """The pipelines of this project, which get the bytes of the files."""
    import pixelflume

    files = files_of(images)
    backends = ["torch_cuda"] if device == "cuda" else []
    backends += ["torchvision", "pillow13"]
    found = []
    for backend in backends:
        pipeline = pixelflume.processor("clip", backend=backend)

        def run(pipeline: Any = pipeline) -> Any:
            return pipeline(files, device=device)

        found.append(Candidate(f"pixelflume, {backend}, files", run, backend))
    steps = pixelflume_steps(device)
    name = "pixelflume, steps of torchvision v2, files"
    found.append(Candidate(name, lambda: steps(files, device=device), "v2"))
    return found


def of_transformers(images: list[Any], device: str) -> list[Candidate]:
    """The image processors of transformers, with Pillow for the files."""
    from PIL import Image

    files = files_of(images)
    slow, fast = transformers_processors()
    place = {"device": "cuda"} if device == "cuda" else {}

    def decoded(file: bytes) -> Any:
        return Image.open(io.BytesIO(file)).convert("RGB")

    def run_fast() -> Any:
        opened = [decoded(file) for file in files]
        return fast(images=opened, return_tensors="pt", **place)["pixel_values"]

    like = "torch_cuda" if device == "cuda" else "torchvision"
    found = [Candidate("HF fast, Pillow", run_fast, like)]
    cores = len(os.sched_getaffinity(0))
    if cores > 1:
        threads = ThreadPoolExecutor(cores)

        def run_threads() -> Any:
            opened = list(threads.map(decoded, files))
            return fast(images=opened, return_tensors="pt", **place)["pixel_values"]

        name = f"HF fast, Pillow in {cores} threads"
        found.append(Candidate(name, run_threads, like))
    if device != "cuda":

        def run_slow() -> Any:
            opened = [decoded(file) for file in files]
            return slow(images=opened, return_tensors="pt")["pixel_values"]

        pillow = "pillow13" if pillow_version() >= 13 else "pillow12"
        found.append(Candidate("HF slow, Pillow", run_slow, pillow))
    return found


def of_torchvision(images: list[Any], device: str) -> list[Candidate]:
    """torchvision's decoder and transforms."""
    import torch
    from torchvision.io import ImageReadMode, decode_jpeg

    files = [
        torch.frombuffer(bytearray(file), dtype=torch.uint8)
        for file in files_of(images)
    ]
    process = torchvision_steps()

    def run() -> Any:
        decoded = decode_jpeg(files, mode=ImageReadMode.RGB, device=device_name)
        return each(process, decoded)()

    device_name = "cuda" if device == "cuda" else "cpu"
    name = (
        "torchvision nvJPEG and v2"
        if device == "cuda"
        else "torchvision decode_jpeg and v2"
    )
    # Without nvJPEG it raises.
    run()
    return [Candidate(name, run, "v2", is_exact=device != "cuda")]


def candidates(images: list[Any], device: str) -> list[Candidate]:
    """All candidates whose libraries are installed."""
    peers = [of_transformers, of_torchvision]
    return [*of_pixelflume(images, device), *installed(peers, images, device)]


if __name__ == "__main__":
    main(__doc__.split("\n\n")[0], "JPEG files", candidates)
