"""Golden vectors of `blend`: its formula, at most one step from OpenCV's. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

from vectors import Library

SEED = 25609

LIBRARIES = {"numpy": Library("numpy", {"numpy": None, "opencv-python-headless": "5.0.0.93"})}


def apply(image, second, alpha):
    """The project's own rounding, at most one step from OpenCV's."""
    k = int(np.floor(alpha * 256 + 0.5))
    blended = ((image.astype(np.int32) * k + second.astype(np.int32) * (256 - k) + 128) >> 8).astype(np.uint8)
    weighted = cv2.addWeighted(image, alpha, second, 1 - alpha, 0).reshape(image.shape)
    assert np.abs(blended.astype(np.int32) - weighted).max() <= 1, alpha
    return blended


SHAPES = [(1, 1), (1, 7), (16, 1), (17, 13), (35, 19)]


def cases(golden):
    for channels in (1, 2, 3, 4, 7):
        for width, height in SHAPES:
            for alpha in (0, 0.001, 0.25, 0.5, 0.7, 1):
                golden.add({"alpha": alpha, "second": 2000 + width}, "noise", (width, height, channels))
            golden.skip(1)
        golden.add({"alpha": 0.3, "second": 7}, "stark", (131, 77, channels))
        golden.skip(1)
