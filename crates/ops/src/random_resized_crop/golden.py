"""Golden vectors of `random_resized_crop`: what the libraries of `resize` and `resample` make of the rectangles that torchvision's
formulas give. `crates/ops/tests/golden/generate.py` runs it."""

import importlib.util
from pathlib import Path

import draws

PATH = Path(__file__).resolve().parent.parent / "resized_crop/golden.py"
SPEC = importlib.util.spec_from_file_location("golden_resized_crop", PATH)
RESIZED_CROP = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(RESIZED_CROP)

SEED = 32000
LIBRARIES = RESIZED_CROP.LIBRARIES


def apply(image, width, height, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), seed=0, stream=0, **way):
    numbers = draws.Draws("random_resized_crop", seed, stream)
    box = draws.resized_crop(numbers, image.shape[1], image.shape[0], scale, ratio)
    return RESIZED_CROP.apply(image, box, width, height, **way)


def cases(golden):
    for channels in (1, 3, 4):
        for index, (way, sizes) in enumerate(RESIZED_CROP.sampling(golden.like, channels)):
            for width, height in sizes[:2]:
                size = {"width": width, "height": height}
                golden.add({**size, **way}, "noise", (35, 20, channels))
                golden.add({**size, "seed": index + 1, "stream": 2, **way}, "noise", (35, 20, channels))
                golden.add({**size, "scale": (0.2, 0.4), "ratio": (0.5, 2.0), "seed": index, **way}, "noise", (20, 30, channels))
                # The rectangle in the middle, since none fits.
                golden.add({**size, "scale": (1.0, 1.0), "ratio": (0.25, 0.25), "seed": index, **way}, "noise", (24, 16, channels))
