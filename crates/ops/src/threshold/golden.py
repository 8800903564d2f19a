"""Golden vectors of `threshold`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 26705

def apply(image, threshold, maximum):
    return cv2.threshold(image, threshold, maximum, cv2.THRESH_BINARY)[1]


def cases(golden):
    for channels in (1, 3, 4):
        for threshold, maximum in ((127, 255), (0, 255), (254, 9), (255, 255), (64, 0)):
            golden.add({"threshold": threshold, "maximum": maximum}, "noise", (33, 14, channels))
