"""Golden vectors of `connected_components`: OpenCV's `connectedComponentsWithAlgorithm`. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 43800

SHAPES = [(1, 1), (1, 9), (8, 1), (2, 2), (3, 5), (17, 13), (64, 48), (131, 77)]


def apply(image, connectivity=8):
    # The default algorithm numbers components with a connectivity of 8 in the order of blocks of 2x2 pixels.
    return cv2.connectedComponentsWithAlgorithm(image, connectivity, cv2.CV_32S, cv2.CCL_WU)[1]


def snake(width, height):
    """One line that fills the image, with a gap of a pixel between its turns."""
    image = np.zeros((height, width), np.uint8)
    image[::2] = 1
    image[1::4, -1] = 200
    image[3::4, 0] = 255
    return image[:, :, None]


def fork(width, height):
    """Lines down that meet in the last row, with gaps in some of them."""
    image = np.zeros((height, width), np.uint8)
    image[:, ::2] = 3
    image[height // 2, ::6] = 0
    image[-1] = 7
    return image[:, :, None]


def sparse(width, height, share, random):
    return (random.random((height, width, 1)) < share).astype(np.uint8) * 255


def cases(golden):
    random = np.random.default_rng(SEED)
    for connectivity in (4, 8):
        way = {"connectivity": connectivity}
        for width, height in SHAPES:
            golden.add(way, "stark", (width, height, 1))
        golden.add(way, "noise", (20, 20, 1))
        for name, image in {
            "snake": snake(41, 33), "fork": fork(50, 21), "corners": (np.indices((20, 31)).sum(0) % 2).astype(np.uint8)[:, :, None],
            "nothing": np.zeros((7, 9, 1), np.uint8), "a quarter": sparse(57, 39, 0.25, random), "half": sparse(300, 60, 0.5, random),
            "many": sparse(90, 70, 0.6, random),
        }.items():
            golden.add(way, "raw", image=image, name=f"{name}, {connectivity}")
        golden.add(way, "stark", (640, 480, 1))


def random_cases(golden, random, count):
    """Masks of random sizes and densities."""
    for case in range(count):
        width, height = (int(side) for side in random.integers(1, 120, 2))
        image = sparse(width, height, random.random(), random)
        golden.add({"connectivity": int(random.choice([4, 8]))}, "raw", image=image, name=f"case {case}")
