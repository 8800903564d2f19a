"""Golden vectors of `median_blur`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 26147

SHAPES = [(1, 1), (1, 6), (9, 1), (2, 2), (3, 2), (5, 4), (17, 13), (29, 17)]


def apply(image, size):
    return cv2.medianBlur(image, size)


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in SHAPES:
            for size in (3, 5):
                golden.add({"size": size}, "noise", (width, height, channels))
            golden.skip(20)
        golden.skip(8 - 18)
        for size in (3, 5):
            golden.add({"size": size}, "scene", (131, 77, channels))
            golden.add({"size": size}, "stark", (70, 41, channels))
        golden.skip(4 + 18)
    for channels in (1, 3, 4):
        for size in (7, 9, 11, 13, 15, 31):
            for width, height in SHAPES:
                golden.add({"size": size}, "noise", (width, height, channels))
        for width, height in SHAPES[:-2]:
            golden.add({"size": 255}, "noise", (width, height, channels))
        for size in (7, 9, 11, 13, 15):
            golden.add({"size": size}, "scene", (131, 77, channels))
        for size in (7, 9, 11, 13, 15, 31):
            golden.add({"size": size}, "stark", (70, 41, channels))
    # More columns than are counted at a time, and medians that jump from one end to the other.
    golden.add({"size": 21}, "stark", (600, 20, 1))
    golden.add({"size": 9}, "noise", (600, 20, 1))
    golden.add({"size": 63}, "scene", (70, 41, 1))
    golden.add({"size": 255}, "scene", (29, 17, 1))


def random_cases(golden, random, count):
    """`count` cases of any sizes on small images."""
    for index in range(count):
        width, height = (int(side) for side in random.integers(1, 60, 2))
        size = 2 * int(random.integers(1, 16 if index % 10 else 64)) + 1
        shape = (width, height, int(random.choice([1, 3, 4])))
        golden.add({"size": size}, ("noise", "scene", "stark")[index % 3], shape, name=f"random {index}")
