"""Times decoded images of mixed sizes to the tensors of CLIP: pixelflume beside
transformers, torchvision, DALI and CV-CUDA.

    python benches/python/clip.py [--threads N] [--device cuda] [--json FILE]

The process is bound to N cores (1 by default) before any library is loaded, so that
all of them find as many. A library that is not installed is left out, with a message.

First the results are compared: the number of samples of the batch that differ from the
pixelflume pipeline that repeats the library. Then the times are measured: all
candidates take turns, in an order that rotates, and a turn is as many batches as take
about a tenth of a second. With one core the time that counts is that of all threads on
the processor, which other processes do not lengthen; else it is wall time. The table
has medians, and the median of the ratios, in the same round, to the fastest pixelflume
that gives the same samples, or else to the fastest.

Images of PIL or arrays lie in ordinary memory. With `--device cuda` they are uploaded
by each library, and there are candidates whose images lie on the GPU already: planes
for torch, interleaved for pixelflume and CV-CUDA.

`clip_files.py` does the same from JPEG files.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]


@dataclass
class Candidate:
    """One library with one kind of images."""

    name: str
    run: Callable[[], Any]
    """Makes the tensors of the batch: (images, 3, 224, 224), f32."""
    equals: str = ""
    """The backend of pixelflume whose samples the library should give."""
    is_exact: bool = True
    """Whether the run fails where it does not give them."""
    times: list[float] = field(default_factory=list)
    differing: str = ""


def photographs(count: int) -> list[Any]:
    """Parts of the photos of `examples`, enlarged or shrunk to mixed sizes."""
    from PIL import Image

    photos = [Image.open(path).convert("RGB") for path in sorted(PHOTOS.glob("*.*g"))]
    choose = random.Random(64)
    images = []
    for number in range(count):
        width = choose.randint(256, 1280)
        size = (width, width * choose.randint(60, 150) // 100)
        images.append(photos[number % len(photos)].resize(size))
    return images


def of_pixelflume(images: list[Any], device: str) -> list[Candidate]:
    """The pipelines of this project, for each kind of images."""
    import numpy
    import pixelflume

    arrays = [numpy.asarray(image) for image in images]
    kinds: dict[str, list[Any]] = {"PIL": images, "arrays": arrays}
    backends = ["torchvision", "pillow13"]
    if device == "cuda":
        import torch

        kinds["on the GPU"] = [torch.from_numpy(array).cuda() for array in arrays]
        backends.append("torch_cuda")
    pipelines = {
        backend: pixelflume.processor("clip", backend=backend) for backend in backends
    }

    def candidate(backend: str, kind: str) -> Candidate:
        pipeline, given = pipelines[backend], kinds[kind]
        name = f"pixelflume, {backend}, {kind}"
        return Candidate(name, lambda: pipeline(given, device=device), backend)

    first = [candidate(backend, "arrays") for backend in backends]
    others = [candidate("torchvision", kind) for kind in kinds if kind != "arrays"]
    steps = pixelflume_steps(device)
    name = "pixelflume, steps of torchvision v2, arrays"
    run = Candidate(name, lambda: steps(arrays, device=device), "v2")
    return [*first, run, *others]


def pixelflume_steps(device: str) -> Any:
    """The steps of torchvision's own transforms, which crop and normalize otherwise."""
    import pixelflume

    like = "torch_cuda" if device == "cuda" else "torchvision"
    return (
        pixelflume.Pipeline()
        .resize(224, "bicubic", like=like)
        .center_crop(224, like="torchvision")
        .normalize(MEAN, STD, like="torchvision_v2", layout="chw")
    )


def of_transformers(images: list[Any], device: str) -> list[Candidate]:
    """The fast and the slow image processor of transformers."""
    from torchvision.transforms.v2.functional import pil_to_tensor

    slow, fast = transformers_processors()
    planes = [pil_to_tensor(image) for image in images]

    def run(processor: Any, given: list[Any], **arguments: Any) -> Callable[[], Any]:
        def made() -> Any:
            return processor(images=given, return_tensors="pt", **arguments)

        return lambda: made()["pixel_values"]

    if device == "cuda":
        on_gpu = [plane.cuda() for plane in planes]
        return [
            Candidate("HF fast, PIL", run(fast, images, device=device), "torch_cuda"),
            Candidate("HF fast, tensors on the GPU", run(fast, on_gpu), "torch_cuda"),
        ]
    pillow = "pillow13" if pillow_version() >= 13 else "pillow12"
    return [
        Candidate("HF fast, PIL", run(fast, images), "torchvision"),
        Candidate("HF fast, tensors", run(fast, planes), "torchvision"),
        Candidate("HF slow, PIL", run(slow, images), pillow),
    ]


def transformers_processors() -> tuple[Any, Any]:
    """The slow and the fast image processor of CLIP."""
    import transformers

    version_4 = int(transformers.__version__.split(".")[0]) < 5
    slow_name = "CLIPImageProcessor" if version_4 else "CLIPImageProcessorPil"
    fast_name = "CLIPImageProcessorFast" if version_4 else "CLIPImageProcessor"
    return getattr(transformers, slow_name)(), getattr(transformers, fast_name)()


def pillow_version() -> int:
    """The major version of Pillow."""
    import PIL

    return int(PIL.__version__.split(".")[0])


def torchvision_steps() -> Callable[[Any], Any]:
    """The steps of CLIP in torchvision's transforms.v2."""
    import torch
    from torchvision.transforms import InterpolationMode, v2

    return v2.Compose(
        [
            v2.ToImage(),
            v2.Resize(224, InterpolationMode.BICUBIC, antialias=True),
            v2.CenterCrop(224),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )


def of_torchvision(images: list[Any], device: str) -> list[Candidate]:
    """The steps of CLIP in torchvision's transforms.v2."""
    from torchvision.transforms import v2

    process = torchvision_steps()
    planes = [v2.functional.pil_to_tensor(image) for image in images]
    if device == "cuda":
        on_gpu = [plane.cuda() for plane in planes]
        name = "torchvision v2, tensors on the GPU"
        return [Candidate(name, each(process, on_gpu), "v2")]
    return [
        Candidate("torchvision v2, PIL", each(process, images), "v2"),
        Candidate("torchvision v2, tensors", each(process, planes), "v2"),
    ]


def each(process: Callable[[Any], Any], images: list[Any]) -> Callable[[], Any]:
    """The transform of each image, and all results in one tensor."""
    import torch

    return lambda: torch.stack([process(image) for image in images])


def of_dali(images: list[Any], device: str) -> list[Candidate]:
    """The steps in a pipeline of DALI."""
    import numpy
    from nvidia.dali import fn, pipeline_def, types

    arrays = [numpy.asarray(image) for image in images]
    threads = len(os.sched_getaffinity(0))
    place = "gpu" if device == "cuda" else "cpu"

    @pipeline_def(
        batch_size=len(arrays),
        num_threads=threads,
        device_id=0 if device == "cuda" else None,
        prefetch_queue_depth=1,
    )
    def clip() -> Any:
        pixels = fn.external_source(lambda: arrays, layout="HWC")
        if device == "cuda":
            pixels = pixels.gpu()
        small = fn.resize(
            pixels,
            resize_shorter=224.0,
            interp_type=types.INTERP_CUBIC,
            antialias=True,
            device=place,
        )
        return fn.crop_mirror_normalize(
            small,
            crop=(224, 224),
            mean=[255 * value for value in MEAN],
            std=[255 * value for value in STD],
            output_layout="CHW",
            device=place,
        )

    pipeline = clip()
    pipeline.build()

    def run() -> Any:
        (output,) = pipeline.run()
        return (output.as_cpu() if device == "cuda" else output).as_array()

    return [Candidate("DALI, arrays", run)]


def of_cvcuda(images: list[Any], device: str) -> list[Candidate]:
    """The steps of torchvision, executed by CV-CUDA."""
    if device != "cuda":
        raise ImportError("CV-CUDA has no operators for the CPU")
    import cvcuda.tv
    import numpy
    import torch
    from torchvision.transforms import InterpolationMode, v2

    # Its own chain of torchvision's steps; one call for each size.
    process = cvcuda.tv.Compose(
        [
            v2.Resize(224, InterpolationMode.BICUBIC, antialias=True),
            v2.CenterCrop(224),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )
    on_gpu = [
        torch.from_numpy(numpy.array(image)).permute(2, 0, 1).contiguous().cuda()
        for image in images
    ]
    return [Candidate("CV-CUDA tv.Compose, tensors on the GPU", each(process, on_gpu))]


def candidates(images: list[Any], device: str) -> list[Candidate]:
    """All candidates whose libraries are installed."""
    peers = [of_transformers, of_torchvision, of_dali, of_cvcuda]
    return [*of_pixelflume(images, device), *installed(peers, images, device)]


def installed(
    all_of_them: list[Callable[[list[Any], str], list[Candidate]]],
    images: list[Any],
    device: str,
) -> list[Candidate]:
    """The candidates of libraries that are installed and work on the device."""
    found: list[Candidate] = []
    for peers in all_of_them:
        try:
            found.extend(peers(images, device))
        except (ImportError, AttributeError, RuntimeError) as error:
            print(f"left out: {peers.__name__[3:]}: {error}", file=sys.stderr)
    return found


def samples(result: Any) -> Any:
    """The samples of a result as an array."""
    import numpy

    if hasattr(result, "is_cuda"):
        result = result.cpu()
    return result.numpy() if hasattr(result, "numpy") else numpy.asarray(result)


def compare(all_of_them: list[Candidate]) -> bool:
    """Fills in the samples that differ; whether what should be equal is."""
    import numpy

    own = {
        candidate.equals: samples(candidate.run())
        for candidate in reversed(all_of_them)
        if candidate.name.startswith("pixelflume")
    }
    good = True
    for candidate in all_of_them:
        beside = candidate.equals or "torchvision"
        expected, got = own.get(beside), samples(candidate.run())
        if expected is None:
            candidate.differing = f"{beside} was not run"
            continue
        unequal = expected.view(numpy.uint32) != numpy.ascontiguousarray(got).view(
            numpy.uint32
        )
        share = 100 * float(numpy.mean(unequal))
        largest = float(numpy.abs(expected - got).max())
        good = good and not (candidate.equals and candidate.is_exact and share)
        candidate.differing = (
            f"none, of {beside}"
            if share == 0
            else f"{share:.3g} % of {beside}, at most {largest:.2g}"
        )
    return good


def measure(all_of_them: list[Candidate], device: str, rounds: int) -> None:
    """Fills in the times: seconds of a batch, one of each round."""
    one_core = len(os.sched_getaffinity(0)) == 1 and device != "cuda"
    clock = time.process_time if one_core else time.perf_counter

    torch = sys.modules.get("torch")

    def wait() -> None:
        if device == "cuda" and torch is not None:
            torch.cuda.synchronize()

    counts = []
    for candidate in all_of_them:
        for _ in range(3):
            start = time.perf_counter()
            candidate.run()
            wait()
            took = time.perf_counter() - start
        counts.append(max(1, round(0.1 / took)))
    for number in range(rounds):
        shift = number % len(all_of_them)
        turns = list(zip(all_of_them, counts, strict=True))
        for candidate, count in turns[shift:] + turns[:shift]:
            start = clock()
            for _ in range(count):
                result = candidate.run()
            wait()
            candidate.times.append((clock() - start) / count)
            del result


def table(all_of_them: list[Candidate], count: int) -> list[dict[str, Any]]:
    """Prints the table, and returns its rows."""
    own = [item for item in all_of_them if item.name.startswith("pixelflume")]
    own.sort(key=lambda candidate: statistics.median(candidate.times))
    print(
        "| candidate | ms a batch | images/s | times pixelflume's | differing samples |"
    )
    print("|---|---|---|---|---|")
    rows = []
    for candidate in all_of_them:
        median = statistics.median(candidate.times)
        alike = [of for of in own if of.equals == candidate.equals]
        pairs = zip(candidate.times, (alike or own)[0].times, strict=True)
        ratio = statistics.median(theirs / ours for theirs, ours in pairs)
        row = {
            "candidate": candidate.name,
            "ms": 1e3 * median,
            "images_per_s": count / median,
            "ratio": ratio,
            "differing": candidate.differing,
        }
        rows.append(row)
        print(
            f"| {candidate.name} | {1e3 * median:.2f} | {count / median:,.0f} "
            f"| {ratio:.2f} | {candidate.differing} |"
        )
    return rows


def main(
    title: str,
    what: str,
    candidates_of: Callable[[list[Any], str], list[Candidate]],
) -> None:
    """Reads the arguments, compares, measures, and prints the table.

    `candidates_of` makes the candidates of images for a device.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--threads", type=int, default=1, help="cores to be bound to")
    parser.add_argument("--device", choices=["host", "cuda"], default="host")
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", help="a file for the rows")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[-options.threads :]
    os.sched_setaffinity(0, cores)
    images = photographs(options.images)
    all_of_them = candidates_of(images, options.device)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(len(cores))
    good = compare(all_of_them)
    measure(all_of_them, options.device, options.rounds)
    print(
        f"{options.images} {what} to 3x224x224 f32, {options.device}, {len(cores)} "
        f"cores, {options.rounds} rounds\n"
    )
    rows = table(all_of_them, options.images)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1), encoding="utf-8")
    if not good:
        sys.exit("results that should be equal differ; see the last column")


if __name__ == "__main__":
    main(__doc__.split("\n\n")[0], "images", candidates)
