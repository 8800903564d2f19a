"""Golden vectors of `perspective`: torchvision's. `crates/ops/tests/golden/generate.py` runs it."""

import numpy as np

from vectors import TORCHVISION_GRID, array, tensor

SEED = 64000
LIBRARIES = TORCHVISION_GRID


def apply(image, startpoints, endpoints, interpolation="bilinear", value=None, like="torchvision"):
    from torchvision.transforms import InterpolationMode
    import torchvision.transforms.v2.functional as functional

    fill = None if value is None else [float(sample) for sample in value[:image.shape[2]]]
    start, end = ([list(points[index:index + 2]) for index in range(0, 8, 2)] for points in (startpoints, endpoints))
    return array(functional.perspective(tensor(image), start, end, InterpolationMode(interpolation), fill))


SIZES = [(2, 2), (3, 8), (7, 9), (11, 6), (16, 16), (35, 19), (131, 97)]
VALUES = [None, [0, 0, 0, 0], [114, 10, 200, 7]]


def corners(size):
    right, bottom = size[0] - 1, size[1] - 1
    return [0, 0, right, 0, right, bottom, 0, bottom]


def moves(size):
    """Four corners that stay, are moved, turned and mirrored, and perspectives."""
    here = corners(size)
    a, b = size[0] // 4 + 1, size[1] // 3 + 1
    yield here
    yield [at + (3, -2)[index % 2] for index, at in enumerate(here)]
    yield here[2:] + here[:2]
    yield here[2:4] + here[:2] + here[6:] + here[4:6]
    yield [at + by for at, by in zip(here, (a, 1, 0, b, 2, a, -1, 3))]
    yield [at + by for at, by in zip(here, (-a, b, a, -b, 5, -1, -b, a))]
    # A divisor of 0 at pixels of the output.
    yield [1, 0, 2, 0, 3, 4, 0, 4]


def is_possible(start, end):
    """Whether the equations of the coefficients have one solution: torchvision gives any numbers where they have not."""
    equations = []
    for index in range(0, 8, 2):
        (x, y), (u, v) = end[index:index + 2], start[index:index + 2]
        equations += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    return np.linalg.matrix_rank(np.array(equations, float)) == 8


def cases(golden):
    for index, size in enumerate(SIZES):
        for move, end in enumerate(moves(size)):
            if not is_possible(corners(size), end):
                continue
            number = index + move
            for interpolation in ("nearest", "bilinear"):
                parameters = {"startpoints": corners(size), "endpoints": end, "interpolation": interpolation, "like": golden.like}
                if (value := VALUES[number % 3]) is not None:
                    parameters["value"] = value
                golden.add(parameters, "stark" if number % 7 == 0 else "noise", (*size, (1, 3, 4)[number % 3]))
    for interpolation in ("nearest", "bilinear"):
        golden.add({"startpoints": corners((641, 479)), "endpoints": [31, 17, 600, 3, 640, 470, -20, 401], "interpolation": interpolation,
                    "value": [1, 2, 3, 4], "like": golden.like}, "scene", (641, 479, 3))


def random_cases(golden, random, count):
    for _ in range(count):
        size = [int(side) for side in random.integers(6, random.choice([12, 40, 90]), 2)]
        most = min(size) // 3
        end = [at + int(random.integers(-most, most + 1)) for at in corners(size)]
        parameters = {"startpoints": corners(size), "endpoints": end, "like": golden.like}
        parameters["interpolation"] = str(random.choice(["nearest", "bilinear"]))
        if random.integers(2):
            parameters["value"] = [int(sample) for sample in random.integers(0, 256, 4)]
        golden.add(parameters, str(random.choice(["noise", "stark"])), (*size, int(random.choice([1, 3, 4]))))
