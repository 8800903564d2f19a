"""Golden vectors of `warp_affine`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import math

import cv2
import numpy as np

SEED = 26726

INTERPOLATIONS = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
BORDERS = {
    "constant": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT,
    "reflect_101": cv2.BORDER_REFLECT_101, "wrap": cv2.BORDER_WRAP,
}


def apply(image, width, height, inverse, matrix, value, interpolation="bilinear", border="constant"):
    flags = INTERPOLATIONS[interpolation] | (cv2.WARP_INVERSE_MAP if inverse else 0)
    return cv2.warpAffine(image, np.array(matrix, float).reshape(2, 3), (width, height), flags=flags,
                          borderMode=BORDERS[border], borderValue=value)


def turned(angle, scale, source, target, shift):
    """A rotation about the middles of both images."""
    c, s = scale * math.cos(angle), scale * math.sin(angle)
    x, y = target[0] / 2 - c * source[0] / 2 + s * source[1] / 2, target[1] / 2 - s * source[0] / 2 - c * source[1] / 2
    return [round(number, 6) for number in (c, -s, x + shift[0], s, c, y + shift[1])]


PAIRS = [
    # (source, destination): tails of a row of 0 to 15 columns, one side of 1, more and less than a group of 16
    ((1, 1), (1, 1)), ((1, 1), (18, 3)), ((9, 1), (17, 4)), ((1, 9), (4, 17)), ((2, 2), (16, 16)), ((17, 13), (15, 21)),
    ((35, 19), (33, 14)), ((29, 31), (47, 11)), ((31, 17), (32, 16)),
]
TURNS = [(0.3, 1, (0, 0)), (-1.1, 0.6, (1.5, -2)), (2.5, 1.7, (0.1, 0.2)), (3.1, 3, (-4, 3))]
PLAIN = [
    [1, 0, 0, 0, 1, 0], [1, 0, 0.5, 0, 1, -0.25], [0.5, 0, 0, 0, 2, 0], [-1, 0, 8, 0, -1, 5], [0, -1, 12, 1, 0, 0],
    [1, 0.25, -1, 0.5, 1, -2], [1, 0, 100, 0, 1, 0], [1e-3, 0, 0, 0, 1e3, -700], [1e20, -1e20, 3, 1e15, 1, 1],
]


def add(golden, size, inverse, matrix, value, kind, shape, **sampling):
    parameters = {"width": size[0], "height": size[1], "inverse": inverse, "matrix": matrix, "value": value, **sampling}
    golden.add(parameters, kind, shape)


def cases(golden):
    """On a CPU with AVX2: OpenCV's other code differs in the last bit."""
    if "AVX2" not in cv2.getCPUFeaturesLine():
        raise SystemExit("the vectors of warp_affine are those of a CPU with AVX2")
    for channels in (1, 3, 4):
        for source, (width, height) in PAIRS:
            for index, (angle, scale, shift) in enumerate(TURNS):
                matrix = turned(angle, scale, source, (width, height), shift)
                inverse = (index + width) % 2 == 1
                add(golden, (width, height), inverse, matrix, [114, 10, 200, 7], "noise", (*source, channels))
        for matrix in PLAIN:
            add(golden, (37, 15), False, matrix, [0, 255, 9, 100], "noise", (23, 18, channels))
            add(golden, (19, 22), True, matrix, [0, 255, 9, 100], "noise", (23, 18, channels))
        # A singular matrix is one place, seen from the output.
        add(golden, (19, 5), True, [0, 0, 3.5, 0, 0, 4.25], [0, 0, 0, 0], "noise", (23, 18, channels))
        for angle in (0.05, 0.8, -2):
            matrix = turned(angle, 1.1, (331, 257), (311, 203), (0.3, 0.7))
            add(golden, (311, 203), False, matrix, [0, 0, 0, 0], "noise", (331, 257, channels))
            add(golden, (303, 211), True, matrix, [20, 30, 40, 50], "stark", (331, 257, channels))
    samplings = [{"interpolation": one, "border": border} for one in INTERPOLATIONS for border in BORDERS]
    for index, sampling in enumerate(samplings):
        # OpenCV does not return from a cubic warp of one row or column with this border.
        narrow = sampling == {"interpolation": "cubic", "border": "reflect_101"}
        pairs = [pair for pair in PAIRS if not narrow or min(pair[0]) > 1]
        for pair, (source, (width, height)) in enumerate(pairs):
            angle, scale, shift = TURNS[(pair + index) % len(TURNS)]
            matrix = turned(angle, scale, source, (width, height), shift)
            add(golden, (width, height), pair % 2 == 1, matrix, [114, 10, 200, 7], "noise", (*source, (1, 3, 4)[(pair + index) % 3]), **sampling)
        for matrix in PLAIN[:6]:
            # Far outside the source, where borders repeat.
            matrix = [*matrix[:2], matrix[2] - 60, *matrix[3:5], matrix[5] + 90]
            add(golden, (37, 15), True, matrix, [0, 255, 9, 100], "noise", (23, 18, (1, 3, 4)[index % 3]), **sampling)
        matrix = turned(0.4, 0.8, (131, 97), (151, 103), (0.3, 0.7))
        add(golden, (151, 103), False, matrix, [1, 2, 3, 4], "noise", (131, 97, 3), **sampling)
    # Positions beyond 32 bits.
    for interpolation in INTERPOLATIONS:
        for matrix in ([1e12, 0, 3e9, 0, 1e12, 3e9], [2e8, 0, -3e9, 0, 3e8, -1e9], PLAIN[-1]):
            for border in ("constant", "replicate"):
                add(golden, (37, 15), True, matrix, [1, 2, 3, 4], "noise", (13, 9, 3), interpolation=interpolation, border=border)
