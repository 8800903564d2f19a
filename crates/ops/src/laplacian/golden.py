"""Golden vectors of `laplacian`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 26149

SHAPES = [(1, 1), (1, 6), (9, 1), (2, 2), (3, 2), (5, 4), (17, 13), (29, 17)]


def apply(image, output):
    return cv2.Laplacian(image, {"signed": cv2.CV_16S, "clamped": cv2.CV_8U}[output], ksize=1)


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in SHAPES:
            for output in ("signed", "clamped"):
                golden.add({"output": output}, "noise", (width, height, channels))
            golden.skip(20)
        golden.skip(12 - 20)
        for output in ("signed", "clamped"):
            golden.add({"output": output}, "scene", (131, 77, channels))
            golden.add({"output": output}, "stark", (70, 41, channels))
        golden.skip(20)
