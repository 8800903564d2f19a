"""Golden vectors of `adaptive_threshold`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 44200


def apply(image, size, c, maximum, inverse):
    of = cv2.THRESH_BINARY_INV if inverse else cv2.THRESH_BINARY
    return cv2.adaptiveThreshold(image, maximum, cv2.ADAPTIVE_THRESH_MEAN_C, of, size, c)


def cases(golden):
    for size in (3, 5, 11, 31):
        for c in (0, 2, -3, 1.5, -0.5):
            for inverse in (False, True):
                values = {"size": size, "c": c, "maximum": 255 - size, "inverse": inverse}
                for width, height in ((1, 1), (9, 20), (33, 14)):
                    golden.add(values, "noise", (width, height, 1))
                golden.add(values, "scene", (150, 90, 1))
