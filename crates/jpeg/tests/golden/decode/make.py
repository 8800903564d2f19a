#!/usr/bin/env python3
"""Writes JPEG files with the encoders of OpenCV and Pillow, for a comparison of decoders.

    pip install opencv-python-headless==5.0.0.93 pillow==13.0.0 numpy
    python crates/jpeg/tests/golden/decode/make.py FOLDER COUNT small|mixed|large

The images are parts of the photographs in examples/photos, noise, and graphics; sizes, qualities 1 to 100, samplings, progression,
optimized tables, restarts and color spaces are drawn from the number of the file.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFile

ROOT = Path(__file__).resolve().parents[5]
# Pillow's encoder writes progressive files in one piece.
ImageFile.MAXBLOCK = 1 << 27


def photographs():
    paths = sorted((ROOT / "examples" / "photos").glob("*.*"))
    images = (cv2.imread(str(path), cv2.IMREAD_COLOR) for path in paths)
    return [image for image in images if image is not None]


def image(random, photos, width, height):
    """An image of this size: a photograph, noise, or rectangles."""
    kind = random.integers(10)
    if kind == 0:
        return random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if kind == 1:
        canvas = np.full((height, width, 3), random.integers(0, 256, 3), np.uint8)
        for _ in range(12):
            a, b = random.integers(0, (width, height)), random.integers(0, (width, height))
            cv2.rectangle(canvas, a.tolist(), b.tolist(), random.integers(0, 256, 3).tolist(), int(random.integers(-1, 3)) or 1)
        return canvas
    photo = photos[random.integers(len(photos))]
    rows, columns = photo.shape[:2]
    if width <= columns and height <= rows:
        x, y = random.integers(columns - width + 1), random.integers(rows - height + 1)
        return np.ascontiguousarray(photo[y : y + height, x : x + width])
    return cv2.resize(photo, (width, height), interpolation=cv2.INTER_CUBIC)


def with_opencv(random, path, image):
    options = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(1, 101))]
    options += [cv2.IMWRITE_JPEG_PROGRESSIVE, int(random.integers(2)), cv2.IMWRITE_JPEG_OPTIMIZE, int(random.integers(2))]
    if random.integers(3) == 0:
        options += [cv2.IMWRITE_JPEG_RST_INTERVAL, int(random.integers(1, 40))]
    sampling = [0x411111, 0x221111, 0x211111, 0x121111, 0x111111][random.integers(5)]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    if random.integers(8) == 0:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    assert cv2.imwrite(str(path), image, options)


def with_pillow(random, path, image):
    image = Image.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    options = {"quality": int(random.integers(1, 101)), "subsampling": int(random.integers(3))}
    options |= {"progressive": bool(random.integers(2)), "optimize": bool(random.integers(2))}
    if random.integers(4) == 0:
        options["restart_marker_blocks"] = int(random.integers(1, 30))
    elif random.integers(4) == 0:
        options["restart_marker_rows"] = int(random.integers(1, 4))
    kind = random.integers(10)
    if kind == 0:
        image = image.convert("L")
    elif kind in (1, 2):
        image = image.convert("CMYK")
    elif kind == 3:
        options |= {"keep_rgb": True, "subsampling": 0}
    elif kind == 4:
        exif = Image.Exif()
        exif[0x0112] = int(random.integers(1, 9))
        options["exif"] = exif
    image.save(path, "JPEG", **options)


# The most columns and rows, in turns; and the least.
SIZES = {
    "small": ([(24, 24), (24, 24), (72, 72)], (1, 1)),
    "mixed": ([(24, 24), (90, 90), (500, 400)], (1, 1)),
    "large": ([(3840, 2160)], (1920, 1080)),
}


def main():
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    most, least = SIZES[sys.argv[3]]
    folder.mkdir(parents=True, exist_ok=True)
    photos = photographs()
    for number in range(count):
        random = np.random.default_rng(number)
        sides = zip(least, most[number % len(most)])
        width, height = (int(random.integers(first, last + 1)) for first, last in sides)
        name, encoder = [("opencv", with_opencv), ("pillow", with_pillow)][number % 2]
        encoder(random, folder / f"{name}-{number}.jpg", image(random, photos, width, height))


if __name__ == "__main__":
    main()
