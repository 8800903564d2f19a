"""Golden vectors of `transpose`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 61000


def apply(image, method):
    if method == "transpose":
        return cv2.transpose(image)
    if method == "transverse":
        return cv2.rotate(cv2.transpose(image), cv2.ROTATE_180)
    return cv2.rotate(image, {"clockwise": cv2.ROTATE_90_CLOCKWISE, "counterclockwise": cv2.ROTATE_90_COUNTERCLOCKWISE}[method])


def cases(golden):
    for method in ("transpose", "transverse", "clockwise", "counterclockwise"):
        for channels in (1, 3, 4):
            # Less and more than a tile of 32 x 32 pixels.
            for width, height in ((1, 1), (2, 1), (1, 7), (5, 4), (33, 16), (31, 65), (100, 37)):
                golden.add({"method": method}, "noise", (width, height, channels))
        for sample in ("i16", "f32"):
            for layout in ("interleaved", "planar"):
                golden.add({"method": method}, "noise", (9, 7, 3), sample=sample, layout=layout)
