"""Golden vectors of `otsu_threshold`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 44100

TYPES = {
    "binary": cv2.THRESH_BINARY,
    "binary_inv": cv2.THRESH_BINARY_INV,
    "trunc": cv2.THRESH_TRUNC,
    "tozero": cv2.THRESH_TOZERO,
    "tozero_inv": cv2.THRESH_TOZERO_INV,
}


def apply(image, maximum, type):
    return cv2.threshold(image, 0, maximum, TYPES[type] | cv2.THRESH_OTSU)[1]


def cases(golden):
    for name in TYPES:
        for width, height in ((1, 1), (2, 1), (16, 17), (33, 13), (255, 2), (200, 300)):
            for kind in ("noise", "scene"):
                golden.add({"maximum": 255 - width % 7, "type": name}, kind, (width, height, 1))
    golden.add({"maximum": 255, "type": "binary"}, "stark", (40, 30, 1))
    golden.add({"maximum": 255, "type": "binary"}, "scene", (1280, 720, 1))
    random = np.random.default_rng(SEED)
    for number in range(40):
        width, height = (int(side) for side in random.integers(1, 30, 2))
        middle, spread = random.integers(40, 200), random.integers(1, 40)
        image = random.normal(middle, spread, (height, width, 1)).clip(0, 255).astype(np.uint8)
        name = list(TYPES)[number % 5]
        golden.add({"maximum": 200, "type": name}, "raw", image=image, name=f"bell {number}")
