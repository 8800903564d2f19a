"""Golden vectors of `sum`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 45400


def apply(image):
    return np.array(cv2.sumElems(image)[: image.shape[2]], np.float64).reshape(-1, 1)


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in ((1, 1), (7, 1), (1, 9), (16, 17), (35, 15), (131, 77), (400, 300)):
            golden.add({}, "noise", (width, height, channels))
        for width, height in ((33, 13), (200, 300)):
            golden.add({}, "scene", (width, height, channels))
        golden.add({}, "stark", (40, 30, channels))
        # All samples of a channel are equal, so that no value differs from the mean.
        for value in (0, 77, 255):
            image = np.full((21, 19, channels), value, np.uint8)
            golden.add({}, "raw", image=image, name=f"flat {value}, {channels} channels")
