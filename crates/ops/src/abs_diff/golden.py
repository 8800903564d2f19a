"""Golden vectors of `abs_diff`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 25608

def apply(image, second):
    return cv2.absdiff(image, second)


SHAPES = [(1, 1), (1, 7), (16, 1), (17, 13), (35, 19)]


def cases(golden):
    for channels in (1, 2, 3, 4, 7):
        for width, height in SHAPES:
            golden.add({"second": 1000 + width}, "noise", (width, height, channels))
            golden.skip(6)
        golden.add({"second": 7}, "stark", (131, 77, channels))
        golden.skip(1)
