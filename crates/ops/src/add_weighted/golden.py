"""Golden vectors of `add_weighted`: OpenCV's `addWeighted`. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 42000


def apply(image, second, alpha=0.5, beta=0.5, gamma=0.0):
    return cv2.addWeighted(image, alpha, second, beta, gamma).reshape(image.shape)


def cases(golden):
    ways = ({}, {"alpha": 0.7, "beta": 0.3}, {"alpha": 0.25, "beta": 0.75, "gamma": 5.0}, {"alpha": 1.5, "beta": -0.5},
            {"alpha": -1.0, "beta": 1.0, "gamma": 128.0}, {"alpha": 0.333, "beta": 0.1, "gamma": -7.7},
            {"alpha": 1.0, "beta": 1.0}, {"alpha": 1000000.0, "beta": -1000000.0, "gamma": 1000000.0})
    for channels in (1, 3, 4):
        for width, height in ((1, 1), (5, 1), (3, 5), (4, 4), (31, 7), (40, 13)):
            for way in ways:
                golden.add({**way, "second": 3000 + width}, "noise", (width, height, channels))
