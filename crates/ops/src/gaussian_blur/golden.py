"""Golden vectors of `gaussian_blur`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 24600

def apply(image, size, sigma=0):
    return cv2.GaussianBlur(image, (size, size), sigma)


def cases(golden):
    shapes = [(1, 1), (1, 6), (9, 1), (2, 2), (3, 2), (5, 4), (17, 13), (29, 17)]
    for size in (3, 5, 7, 9, 11, 15, 31):
        for sigma in ({}, {"sigma": 0.5}, {"sigma": 1.1}, {"sigma": 2.5}, {"sigma": 6}):
            for channels in (1, 3, 4):
                for width, height in shapes:
                    golden.add({"size": size, **sigma}, "noise", (width, height, channels))
        for channels in (1, 3):
            golden.add({"size": size}, "scene", (97, 61, channels))
            golden.add({"size": size}, "stark", (31, 23, channels))
    # A bright column: its blur shows every tap, for many sigmas.
    for size in (3, 7, 13, 31):
        column = np.zeros((1, 2 * size, 1), np.uint8)
        column[0, size] = 255
        for sigma in (0.1, 0.3, 0.7, 0.8, 1, 1.5, 2, 3, 4.25, 10, 100):
            golden.add({"size": size, "sigma": sigma}, "raw", image=column, name=f"taps of size {size}, sigma {sigma}")
