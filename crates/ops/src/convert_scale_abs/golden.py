"""Golden vectors of `convert_scale_abs`: OpenCV's `convertScaleAbs`. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 41600


def apply(image, alpha=1.0, beta=0.0):
    return cv2.convertScaleAbs(image, alpha=alpha, beta=beta)


def cases(golden):
    ways = ({}, {"alpha": 1.5, "beta": -20.0}, {"alpha": -0.7, "beta": 90.5}, {"alpha": 0.5}, {"beta": -255.5},
            {"alpha": 0.1, "beta": 0.05}, {"alpha": 1000000.0, "beta": -1000000.0}, {"alpha": 0.0, "beta": 3.5})
    for channels in (1, 3, 4):
        for way in ways:
            golden.add(way, "noise", (37, 11, channels))
