"""Golden vectors of `median_blur`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 26147

SHAPES = [(1, 1), (1, 6), (9, 1), (2, 2), (3, 2), (5, 4), (17, 13), (29, 17)]


def apply(image, size):
    return cv2.medianBlur(image, size)


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in SHAPES:
            for size in (3, 5):
                golden.add({"size": size}, "noise", (width, height, channels))
            golden.skip(20)
        golden.skip(8 - 18)
        for size in (3, 5):
            golden.add({"size": size}, "scene", (131, 77, channels))
            golden.add({"size": size}, "stark", (70, 41, channels))
        golden.skip(4 + 18)
