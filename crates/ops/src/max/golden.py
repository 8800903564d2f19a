"""Golden vectors of `max`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 43400


def apply(image, second):
    return cv2.max(image, second).reshape(image.shape)


def cases(golden):
    for channels in (1, 2, 3, 4, 7):
        for width, height in ((1, 1), (1, 7), (16, 1), (17, 13), (35, 19)):
            golden.add({"second": 1000 + width}, "noise", (width, height, channels))
        golden.add({"second": 7}, "stark", (131, 77, channels))
        golden.add({"second": 8}, "scene", (131, 77, channels))
