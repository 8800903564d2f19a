"""Golden vectors of `bitwise_not`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 43900


def apply(image):
    return cv2.bitwise_not(image).reshape(image.shape)


def cases(golden):
    for channels in (1, 2, 3, 4):
        for width, height in ((1, 1), (15, 3), (16, 2), (33, 12)):
            golden.add({}, "noise", (width, height, channels))
