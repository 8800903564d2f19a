"""Measures how far decoded JPEG files are from those of libjpeg-turbo, for the page of exactness.

It needs the Python package of this repository, NumPy and Pillow, and writes `differences.json` beside it:

    python crates/codec/tests/golden/differences.py
"""

import io
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageFile, features

import pixelflume as pf

HERE = Path(__file__).resolve().parent
PHOTOS = HERE.parents[3] / "examples" / "photos"
QUALITIES = (30, 50, 75, 90, 95, 100)

# Pillow's encoder writes progressive files in one piece.
ImageFile.MAXBLOCK = 1 << 26


def files(image, **options):
    """The image as JPEG files of several qualities, baseline and progressive."""
    for quality in QUALITIES:
        for progressive in (False, True):
            file = io.BytesIO()
            image.save(file, "JPEG", quality=quality, progressive=progressive, **options)
            yield file.getvalue()


def difference(name, images, **options):
    """The row of the page for these images."""
    samples = differing = largest = 0
    for image in images:
        for file in files(image, **options):
            expected = np.asarray(Image.open(io.BytesIO(file))).astype(int)
            got = pf.decode(file).numpy().reshape(expected.shape).astype(int)
            far = np.abs(got - expected)
            samples += far.size
            differing += int((far > 0).sum())
            largest = max(largest, int(far.max()))
    return {
        "this": f"JPEG files, {name}",
        "that": f"libjpeg-turbo {features.version('libjpeg_turbo')} of Pillow {PIL.__version__}",
        "input": f"photographs, quality {QUALITIES[0]} to {QUALITIES[-1]}",
        "samples": samples,
        "differing": differing,
        "largest": float(largest),
        "unit": "",
    }


def main():
    color = [
        Image.open(PHOTOS / name).convert("RGB")
        for name in ("chelsea.png", "coffee.png", "rocket.jpg")
    ]
    gray = [Image.open(PHOTOS / "camera.png").convert("L")]
    rows = [
        difference(subsampling, color, subsampling=subsampling)
        for subsampling in ("4:2:0", "4:2:2", "4:4:4")
    ]
    rows.append(difference("gray", gray))
    lines = ",\n".join(json.dumps(row) for row in rows)
    (HERE / "differences.json").write_text('{"differences": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    main()
