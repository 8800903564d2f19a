"""Golden vectors of `pyr_up`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 47500

SHAPES = [(1, 1), (1, 7), (8, 1), (2, 2), (3, 3), (2, 5), (4, 5), (17, 13), (35, 20), (33, 4)]


def apply(image):
    return cv2.pyrUp(image)


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in SHAPES:
            golden.add({}, "noise", (width, height, channels))
        golden.add({}, "scene", (91, 47, channels))
        golden.add({}, "stark", (50, 31, channels))
