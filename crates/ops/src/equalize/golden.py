"""Golden vectors of `equalize`: torchvision's `equalize`. `crates/ops/tests/golden/generate.py` runs it."""

import numpy as np
from vectors import TORCHVISION, array, tensor

SEED = 41800
LIBRARIES = TORCHVISION


def apply(image):
    import torchvision.transforms.v2.functional as functional

    return array(functional.equalize(tensor(image)))


def cases(golden):
    for channels in (1, 3):
        for width, height in ((1, 1), (2, 1), (16, 17), (33, 13), (255, 2), (64, 64), (200, 300)):
            golden.add({}, "noise", (width, height, channels))
            golden.add({}, "scene", (width, height, channels))
        golden.add({}, "stark", (40, 30, channels))
        one = np.full((9, 11, channels), 77, np.uint8)
        golden.add({}, "raw", image=one, name=f"one value, {channels}")
        one[4, 5, 0] = 90
        golden.add({}, "raw", image=one, name=f"two values, {channels}")
        few = np.clip(np.arange(32 * 24 * channels).reshape(24, 32, channels) % 37 + 101, 0, 255).astype(np.uint8)
        golden.add({}, "raw", image=few, name=f"few values, {channels}")
    golden.add({}, "scene", (1280, 720, 3))
