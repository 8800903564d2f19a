#!/usr/bin/env python3
"""Prints what a library makes of JPEG files: a line for each file and form, with the CRC-32 of the samples, or `refused`.

    pip install opencv-python-headless==5.0.0.93 numpy       (or pillow==12.3.0, or pillow==13.0.0)
    python crates/jpeg/tests/golden/decode/hashes.py FOLDER opencv > FOLDER/opencv.txt
    cargo run --release -p pixelflume-jpeg --example oracle -- check FOLDER FOLDER/opencv.txt

Other versions of the libraries are refused.
"""

import sys
import zlib
from importlib import metadata
from pathlib import Path

# The package and its version, for each name of a library.
LIBRARIES = {
    "opencv": ("opencv-python-headless", "5.0.0.93"),
    "pillow12": ("pillow", "12.3.0"),
    "pillow13": ("pillow", "13.0.0"),
}


def line(name, form, image):
    """A line of the list. The image is an array of rows, or None if the library refuses the file."""
    if image is None:
        return f"{name} {form} refused"
    height, width = image.shape[:2]
    crc = zlib.crc32(image.tobytes(), zlib.crc32(f"{width}x{height}:".encode()))
    return f"{name} {form} {crc:08x}"


def opencv(path):
    """RGB as in the file, the same turned as EXIF says, and gray."""
    import cv2

    def rgb(flags):
        image = cv2.imread(str(path), flags)
        return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    unturned = cv2.IMREAD_IGNORE_ORIENTATION
    color = rgb(cv2.IMREAD_COLOR | unturned)
    yield "opencv-rgb", color
    yield "opencv-turned", rgb(cv2.IMREAD_COLOR)
    # In gray, OpenCV decodes files whose chroma it cannot scale to the size of the image. Here they are refused.
    yield "opencv-gray", None if color is None else cv2.imread(str(path), cv2.IMREAD_GRAYSCALE | unturned)


def pillow(path, form):
    import numpy as np
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path) as image:
            yield form, np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError):
        yield form, None


def main():
    folder, library = Path(sys.argv[1]), sys.argv[2]
    package, version = LIBRARIES[library]
    if metadata.version(package) != version:
        sys.exit(f"{library} is {package}=={version}, and {metadata.version(package)} is installed")
    for path in sorted(folder.glob("*.jpg")):
        forms = opencv(path) if library == "opencv" else pillow(path, f"{library}-rgb")
        for form, image in forms:
            print(line(path.name, form, image))


if __name__ == "__main__":
    main()
