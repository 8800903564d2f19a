"""Golden vectors of `erode`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 26130

SHAPES = [(1, 1), (1, 6), (9, 1), (2, 2), (3, 2), (5, 4), (17, 13), (29, 17)]


def apply(image, size):
    return cv2.erode(image, cv2.getStructuringElement(cv2.MORPH_RECT, (size, size)))


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in SHAPES:
            for size in (3, 5, 7, 9, 15, 31):
                golden.add({"size": size}, "noise", (width, height, channels))
                golden.skip(2)
            golden.skip(4)
        golden.skip(3)
        for size in (7,):
            golden.add({"size": size}, "scene", (131, 77, channels))
            golden.add({"size": size}, "stark", (70, 41, channels))
        golden.skip(11)
