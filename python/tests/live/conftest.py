"""Images for the comparisons with the libraries that are installed."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy
import pytest
from PIL import Image

PHOTOS = Path(__file__).parents[3] / "examples" / "photos"

# Sizes (width, height) at which some library takes another way: passes that are left
# out, Pillow 13's order of passes, odd margins of crops, and very small images.
SPECIAL = [
    (224, 224), (225, 224), (224, 225), (256, 256), (384, 384), (640, 480), (480, 640),
    (1, 1), (2, 1), (1, 7), (12, 400), (400, 12), (100, 200), (100, 203), (201, 100),
    (300, 400), (28, 28), (14, 14), (364, 364), (1066, 800),
]  # fmt: skip


def _noise(generator: numpy.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Noise, every other time of 0 and 255 alone, which filters overshoot most."""
    samples = generator.integers(0, 256, (size[1], size[0], 3), "uint8")
    if generator.integers(2):
        samples = numpy.where(samples < 128, numpy.uint8(0), numpy.uint8(255))
    return Image.fromarray(samples)


def _photo(
    photo: Image.Image, size: tuple[int, int], choose: random.Random
) -> Image.Image:
    """A part of a photo; photos that are too small are enlarged first."""
    scale = max(size[0] / photo.width, size[1] / photo.height, 1.0)
    if scale > 1.0:
        enlarged = (round(photo.width * scale), round(photo.height * scale))
        photo = photo.resize(enlarged)
    x = choose.randint(0, photo.width - size[0])
    y = choose.randint(0, photo.height - size[1])
    return photo.crop((x, y, x + size[0], y + size[1]))


@pytest.fixture(scope="session")
def images() -> list[Image.Image]:
    """200 RGB images, equal in each run: noise and parts of photos by turns.

    `PIXELFLUME_LIVE_IMAGES` gives another number.
    """
    count = int(os.environ.get("PIXELFLUME_LIVE_IMAGES", "200"))
    choose = random.Random(18)
    generator = numpy.random.default_rng(18)
    photos = [Image.open(path).convert("RGB") for path in sorted(PHOTOS.glob("*.*g"))]
    assert photos, f"no photos in {PHOTOS}"
    made: list[Image.Image] = []
    while len(made) < count:
        number = len(made)
        side = choose.randint(16, 640)
        size = (side, max(1, side * choose.randint(30, 200) // 100))
        if number % 2 and number // 2 < len(SPECIAL):
            size = SPECIAL[number // 2]
        if number % 4 < 2:
            made.append(_noise(generator, size))
        else:
            made.append(_photo(photos[number // 4 % len(photos)], size, choose))
    return made
