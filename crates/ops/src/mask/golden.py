"""Golden vectors of `mask`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 44300


def apply(image, second, value):
    pixels = np.empty_like(image)
    pixels[:] = value[: image.shape[2]]
    return cv2.copyTo(image, second, pixels).reshape(image.shape)


def cases(golden):
    for channels in (1, 3, 4):
        for value in ([0] * 4, [9, 80, 200, 7]):
            for width, height in ((1, 1), (1, 7), (17, 13), (35, 15), (131, 77)):
                golden.add({"second": 1000 + width, "value": value}, "noise", (width, height, channels))
    # One mask for all channels.
    for channels in (3, 4):
        for width, height in ((1, 1), (17, 13), (131, 77)):
            golden.add({"second": f"{1300 + width}:{width}x{height}x1", "value": [9, 80, 200, 7]}, "noise", (width, height, channels))
