"""Golden vectors of `threshold`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 26705

TYPES = {
    "binary": cv2.THRESH_BINARY,
    "binary_inv": cv2.THRESH_BINARY_INV,
    "trunc": cv2.THRESH_TRUNC,
    "tozero": cv2.THRESH_TOZERO,
    "tozero_inv": cv2.THRESH_TOZERO_INV,
}


def apply(image, threshold, maximum, type="binary"):
    return cv2.threshold(image, threshold, maximum, TYPES[type])[1].reshape(image.shape)


def cases(golden):
    for channels in (1, 3, 4):
        for threshold, maximum in ((127, 255), (0, 255), (254, 9), (255, 255), (64, 0)):
            golden.add({"threshold": threshold, "maximum": maximum}, "noise", (33, 14, channels))
    golden.skip(1000)
    for name in TYPES:
        for channels in (1, 2, 3, 4):
            for threshold, maximum in ((127, 255), (0, 200), (254, 9), (255, 255)):
                golden.add({"threshold": threshold, "maximum": maximum, "type": name}, "noise", (21, 14, channels))
