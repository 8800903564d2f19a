"""Golden vectors of `gamma`: OpenCV's `LUT` with the table of NumPy. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 41400


def apply(image, gamma):
    table = np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
    return cv2.LUT(image, table)


def cases(golden):
    for channels in (1, 3, 4):
        for gamma in (0.01, 0.45, 1 / 2.2, 0.5, 1.0, 1.8, 2.2, 3.0, 100.0):
            golden.add({"gamma": gamma}, "noise", (33, 13, channels))
