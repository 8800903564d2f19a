"""Times JPEG files in memory to RGB pixels: pixelflume beside OpenCV, simplejpeg and
Pillow on the CPU, and beside torchvision's nvJPEG on a GPU.

    python benches/python/jpeg_decode.py [--device cuda] [--json FILE]
    python benches/python/jpeg_decode.py --write DIR

The files are photos of `examples`, enlarged to 1920x1080, with noise of such a strength
that a 4:2:0 file of quality 90 has about 350 KB, each with other noise; and the same
images without subsampling, and as progressive files. First the samples of each
candidate are compared with those of Pillow on the CPU. Then all candidates take turns,
in an order that rotates, over the same files; the ratio is the median of the ratios to
pixelflume of the same round.

On the CPU the process is bound to N cores (`--threads`, 1 by default) before any library
is loaded; each candidate decodes one file after the other, and with one core the time
that counts is that of all threads on the processor, which other processes do not
lengthen.

With `--device cuda` the pixels stay in memory of the GPU. Files go in batches of 64, one
batch after the other or as a stream, and one by one, each waited for. pixelflume's batch
is a pipeline of one operator, a crop of the whole image, whose copy is in its time.
`--write DIR` writes the files to a folder for each form, for `pixelflume bench jpeg
--files`.

A library that is not installed is left out, with a message.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
WIDTH, HEIGHT = 1920, 1080
QUALITY = 90
BYTES = 350_000
BATCH = 64

FORMS: dict[str, dict[str, Any]] = {
    "4:2:0": {"subsampling": "4:2:0"},
    "4:4:4": {"subsampling": "4:4:4"},
    "progressive 4:2:0": {"subsampling": "4:2:0", "progressive": True},
    "progressive 4:4:4": {"subsampling": "4:4:4", "progressive": True},
}


@dataclass
class Candidate:
    """One library with one way to decode."""

    name: str
    run: Callable[[], object]
    """Decodes all files."""
    pixels: Callable[[], list[Any]]
    """The pixels of the first files, as arrays."""
    files: int
    """The files of a run."""
    seconds: list[float] = field(default_factory=list)
    differing: str = ""


def scenes() -> list[Any]:
    """The photos, enlarged, each with noise of its own strength."""
    import numpy
    from PIL import Image

    noise = numpy.random.default_rng(19).normal(size=(HEIGHT, WIDTH, 1))
    found = []
    for path in sorted(PHOTOS.glob("*.*g")):
        photo = Image.open(path).convert("RGB").resize((WIDTH, HEIGHT))
        pixels = numpy.asarray(photo, numpy.float32)
        least, most = 0.0, 40.0
        for _ in range(7):
            strength = (least + most) / 2
            noisy = add(pixels, noise, strength)
            if len(encoded(noisy, "4:2:0")) < BYTES:
                least = strength
            else:
                most = strength
        found.append((pixels, noise, least))
    return found


def add(pixels: Any, noise: Any, strength: float) -> Any:
    """Pixels with noise."""
    import numpy

    return (pixels + strength * noise).clip(0, 255).astype(numpy.uint8)


def encoded(pixels: Any, form: str) -> bytes:
    """A file of a form, by Pillow."""
    from PIL import Image

    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", quality=QUALITY, **FORMS[form])
    return target.getvalue()


def make_files(form: str, count: int, of: list[Any]) -> list[bytes]:
    """Files of a form; each has another part of the noise."""
    import numpy

    def file(number: int) -> bytes:
        pixels, noise, strength = of[number % len(of)]
        shift = (number * 7919) % (WIDTH * HEIGHT)
        return encoded(add(pixels, numpy.roll(noise, shift), strength), form)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        return list(threads.map(file, range(count)))


def pillow(file: bytes) -> Any:
    """The pixels that Pillow gives."""
    import numpy
    from PIL import Image

    return numpy.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def of_cpu(name: str, decode: Callable[[bytes], Any], files: list[bytes]) -> Candidate:
    """A library that decodes one file after the other."""

    def run() -> None:
        for file in files:
            decode(file)

    return Candidate(name, run, lambda: [decode(file) for file in files], len(files))


def on_cpu(files: list[bytes]) -> list[Callable[[], Candidate]]:
    """The candidates of the CPU, the first one pixelflume."""

    def pixelflume() -> Candidate:
        import numpy
        import pixelflume

        def decode(file: bytes) -> Any:
            return numpy.asarray(pixelflume.decode(file, orientation="ignore"))

        return of_cpu("pixelflume", decode, files)

    def opencv() -> Candidate:
        import cv2
        import numpy

        # Without a conversion of its own where the version has one.
        flag = getattr(cv2, "IMREAD_COLOR_RGB", None)

        def decode(file: bytes) -> Any:
            array = numpy.frombuffer(file, numpy.uint8)
            if flag is not None:
                return cv2.imdecode(array, flag)
            return cv2.cvtColor(cv2.imdecode(array, 1), cv2.COLOR_BGR2RGB)

        cv2.setNumThreads(len(os.sched_getaffinity(0)))
        return of_cpu(f"OpenCV {cv2.__version__}", decode, files)

    def simple() -> Candidate:
        import simplejpeg

        return of_cpu("simplejpeg", simplejpeg.decode_jpeg, files)

    def of_pillow() -> Candidate:
        import PIL

        return of_cpu(f"Pillow {PIL.__version__}", pillow, files)

    def torchvision() -> Candidate:
        import torch
        from torchvision.io import ImageReadMode, decode_jpeg

        def decode(file: bytes) -> Any:
            data = torch.frombuffer(bytearray(file), dtype=torch.uint8)
            planes = decode_jpeg(data, mode=ImageReadMode.RGB)
            return planes.permute(1, 2, 0).numpy()

        return of_cpu("torchvision", decode, files)

    return [pixelflume, opencv, simple, of_pillow, torchvision]


def on_gpu(files: list[bytes]) -> list[Callable[[], list[Candidate]]]:
    """The candidates of a GPU, the first one pixelflume."""
    first = files[:8]
    batches = [files[at : at + BATCH] for at in range(0, len(files), BATCH)]
    single = files[:BATCH]

    def pixelflume() -> list[Candidate]:
        import pixelflume
        import torch

        whole = pixelflume.Pipeline().center_crop((HEIGHT, WIDTH))

        def pixels() -> list[Any]:
            return list(whole(first, device="cuda").numpy())

        def run_batches() -> None:
            for batch in batches:
                whole(batch, device="cuda")

        def run_stream() -> None:
            with whole.stream(files, batch=BATCH, device="cuda") as stream:
                for _ in stream:
                    pass

        def run_single() -> None:
            for file in single:
                whole(file, device="cuda")
                torch.cuda.synchronize()

        return [
            Candidate("pixelflume, batches", run_batches, pixels, len(files)),
            Candidate("pixelflume, stream", run_stream, pixels, len(files)),
            Candidate("pixelflume, one by one", run_single, pixels, len(single)),
        ]

    def torchvision() -> list[Candidate]:
        import torch
        from torchvision.io import ImageReadMode, decode_jpeg

        def tensors(files: list[bytes]) -> list[Any]:
            return [
                torch.frombuffer(bytearray(file), dtype=torch.uint8) for file in files
            ]

        def decode(data: Any) -> Any:
            return decode_jpeg(data, mode=ImageReadMode.RGB, device="cuda")

        of_batches = [tensors(batch) for batch in batches]
        of_single = tensors(single)

        def pixels() -> list[Any]:
            decoded = decode(tensors(first))
            return [image.permute(1, 2, 0).cpu().numpy() for image in decoded]

        def run_batches() -> None:
            for batch in of_batches:
                decode(batch)

        def run_single() -> None:
            for data in of_single:
                decode(data)
                torch.cuda.synchronize()

        # Without nvJPEG it raises.
        run_single()
        name = "torchvision nvJPEG"
        return [
            Candidate(f"{name}, batches", run_batches, pixels, len(files)),
            Candidate(f"{name}, one by one", run_single, pixels, len(single)),
        ]

    return [pixelflume, torchvision]


def candidates(files: list[bytes], device: str) -> list[Candidate]:
    """All candidates whose libraries are installed."""
    found: list[Candidate] = []
    for make in on_gpu(files) if device == "cuda" else on_cpu(files):
        try:
            made = make()
        except (ImportError, AttributeError, RuntimeError) as error:
            print(f"left out: {make.__name__}: {error}", file=sys.stderr)
            continue
        found += made if isinstance(made, list) else [made]
    return found


def compare(all_of_them: list[Candidate], files: list[bytes]) -> bool:
    """Fills in the samples that differ; whether pixelflume's are Pillow's."""
    import numpy

    good = True
    expected: dict[int, Any] = {}
    for candidate in all_of_them:
        pixels = candidate.pixels()
        samples = differing = largest = 0
        for number, got in enumerate(pixels):
            if number not in expected:
                expected[number] = pillow(files[number]).astype(numpy.int16)
            distance = numpy.abs(expected[number] - got)
            samples += distance.size
            differing += int(numpy.count_nonzero(distance))
            largest = max(largest, int(distance.max()))
        share = 100 * differing / samples
        candidate.differing = (
            f"{share:.3g} %, at most by {largest}" if differing else "none"
        )
        if differing and candidate.name.startswith("pixelflume"):
            good = False
    return good


def measure(all_of_them: list[Candidate], device: str, rounds: int) -> None:
    """Fills in the times: seconds of a run, one of each round."""
    one_core = len(os.sched_getaffinity(0)) == 1 and device != "cuda"
    clock = time.process_time if one_core else time.perf_counter

    def wait() -> None:
        if device == "cuda":
            sys.modules["torch"].cuda.synchronize()

    for number in range(rounds + 1):
        shift = number % len(all_of_them)
        for candidate in all_of_them[shift:] + all_of_them[:shift]:
            start = clock()
            candidate.run()
            wait()
            # The first round warms up.
            if number > 0:
                candidate.seconds.append(clock() - start)


def table(all_of_them: list[Candidate], form: str) -> list[dict[str, Any]]:
    """Prints the table of a form, and returns its rows."""
    print(
        "| candidate | ms a file | images/s | times pixelflume's | differing samples |"
    )
    print("|---|---|---|---|---|")
    rows = []
    first = all_of_them[0]
    for candidate in all_of_them:
        one_by_one = candidate.name.endswith("one by one")
        # Ways of the same kind are compared.
        of_kind = [
            of for of in all_of_them if of.name.endswith("one by one") == one_by_one
        ]
        beside = of_kind[0] if of_kind[0].name.startswith("pixelflume") else first
        median = statistics.median(candidate.seconds) / candidate.files
        pairs = zip(candidate.seconds, beside.seconds, strict=True)
        ratio = statistics.median(theirs / ours for theirs, ours in pairs)
        ratio *= beside.files / candidate.files
        rows.append(
            {
                "form": form,
                "candidate": candidate.name,
                "ms": 1e3 * median,
                "images_per_s": 1 / median,
                "ratio": ratio,
                "differing": candidate.differing,
            }
        )
        print(
            f"| {candidate.name} | {1e3 * median:.3f} | {1 / median:,.0f} "
            f"| {ratio:.2f} | {candidate.differing} |"
        )
    return rows


def main() -> None:
    """Reads the arguments, compares, measures, and prints a table for each form."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--threads", type=int, default=1, help="cores, on the CPU")
    parser.add_argument("--device", choices=["host", "cuda"], default="host")
    parser.add_argument("--files", type=int, help="files of 4:2:0 (512, CPU: 4)")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--forms", nargs="*", choices=list(FORMS), default=list(FORMS))
    parser.add_argument("--json", type=Path, help="a file for the rows")
    parser.add_argument("--write", type=Path, help="write the files to this folder")
    options = parser.parse_args()
    of_gpu = options.device == "cuda" or options.write is not None
    if not of_gpu:
        cores = sorted(os.sched_getaffinity(0))[-options.threads :]
        os.sched_setaffinity(0, cores)
    count = options.files or (512 if of_gpu else 4)
    of = scenes()
    rows, good = [], True
    for form in options.forms:
        # Fewer of the others, which take longer.
        of_form = count if form == "4:2:0" or not of_gpu else max(count // 4, 1)
        files = make_files(form, of_form, of)
        if options.write:
            folder = options.write / form.replace(":", "").replace(" ", "-")
            folder.mkdir(parents=True, exist_ok=True)
            for number, file in enumerate(files):
                (folder / f"{number:05}.jpg").write_bytes(file)
            print(f"{folder}: {len(files)} files")
            continue
        all_of_them = candidates(files, options.device)
        good = compare(all_of_them, files) and good
        measure(all_of_them, options.device, options.rounds)
        mean = sum(map(len, files)) // len(files)
        print(
            f"\n{len(files)} files, {WIDTH}x{HEIGHT}, {form}, quality {QUALITY}, {mean} "
            f"bytes each, {options.device}, {len(os.sched_getaffinity(0))} cores, "
            f"{options.rounds} rounds\n"
        )
        rows += table(all_of_them, form)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    if not good:
        sys.exit("pixelflume's samples differ from Pillow's; see the last column")


if __name__ == "__main__":
    main()
