"""Golden vectors of `scharr`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 28000

SHAPES = [(1, 1), (1, 7), (7, 1), (2, 2), (3, 3), (4, 5), (17, 13), (35, 19)]


def apply(image, output):
    dx, dy = {"dx": (1, 0), "dy": (0, 1)}[output]
    return cv2.Scharr(image, cv2.CV_16S, dx, dy)


def cases(golden):
    for output in ("dx", "dy"):
        for channels in (1, 3, 4):
            for width, height in SHAPES:
                golden.add({"output": output}, "noise", (width, height, channels))
            golden.add({"output": output}, "scene", (131, 77, channels))
            golden.add({"output": output}, "stark", (70, 41, channels))
