"""Golden vectors of `clahe`: OpenCV's `createCLAHE`. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 42900


def apply(image, clip_limit=40.0, columns=8, rows=8):
    return cv2.createCLAHE(clip_limit, (columns, rows)).apply(image)


def cases(golden):
    ways = ({}, {"clip_limit": 2.0}, {"clip_limit": 0.0, "columns": 3, "rows": 2}, {"clip_limit": 0.5, "columns": 1, "rows": 1},
            {"clip_limit": 1.3, "columns": 5, "rows": 7}, {"clip_limit": 255.0, "columns": 2, "rows": 9})
    for way in ways:
        for width, height in ((1, 1), (2, 3), (9, 8), (16, 16), (40, 33), (64, 48), (131, 77)):
            golden.add(way, "noise", (width, height, 1))
            golden.add(way, "scene", (width, height, 1))
    golden.add({"clip_limit": 3.0}, "scene", (640, 480, 1))
    golden.add({"clip_limit": 3.0, "columns": 64, "rows": 64}, "scene", (641, 479, 1))
    golden.add({}, "stark", (50, 60, 1))
