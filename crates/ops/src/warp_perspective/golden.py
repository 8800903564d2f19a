"""Golden vectors of `warp_perspective`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import math

import cv2
import numpy as np

SEED = 60000
INTERPOLATIONS = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
BORDERS = {
    "constant": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT,
    "reflect_101": cv2.BORDER_REFLECT_101, "wrap": cv2.BORDER_WRAP,
}


def apply(image, width, height, inverse, matrix, value, interpolation, border):
    flags = INTERPOLATIONS[interpolation] | (cv2.WARP_INVERSE_MAP if inverse else 0)
    return cv2.warpPerspective(image, np.array(matrix, float).reshape(3, 3), (width, height), flags=flags,
                               borderMode=BORDERS[border], borderValue=value)


def seen(angle, scale, source, target, tilt):
    """A rotation about the middles of both images, and a third row."""
    c, s = scale * math.cos(angle), scale * math.sin(angle)
    x, y = target[0] / 2 - c * source[0] / 2 + s * source[1] / 2, target[1] / 2 - s * source[0] / 2 - c * source[1] / 2
    tilts = [tilt[0] / source[0], tilt[1] / source[1], 1]
    return [round(number, 6) for number in (c, -s, x, s, c, y, *tilts)]


PAIRS = [
    # (source, destination): tails of a row of 0 to 15 columns, one side of 1, more and less than a group of 16
    ((1, 1), (1, 1)), ((1, 1), (18, 3)), ((9, 1), (17, 4)), ((1, 9), (4, 17)), ((2, 2), (16, 16)), ((17, 13), (15, 21)),
    ((35, 19), (33, 14)), ((29, 31), (47, 11)), ((31, 17), (32, 16)),
]
VIEWS = [(0.3, 1, (0.2, 0)), (-1.1, 0.6, (0.1, -0.3)), (2.5, 1.7, (-0.2, 0.5)), (0.05, 1, (0, 0)), (3.1, 3, (0.9, 0.4))]
PLAIN = [
    [1, 0, 0, 0, 1, 0, 0, 0, 1], [2, 0, 1, 0, 2, -0.5, 0, 0, 2], [1, 0.25, -1, 0.5, 1, -2, 0.01, 0, 1], [1, 0, -60, 0, 1, 90, 0, 0.01, 1],
    [0.5, 0, 0, 0, 0.5, 0, 0, -0.03, 0.7],
]


def cases(golden):
    """On a CPU with AVX2: OpenCV's other code differs in the last bit."""
    if "AVX2" not in cv2.getCPUFeaturesLine():
        raise SystemExit("the vectors of warp_perspective are those of a CPU with AVX2")

    def add(size, inverse, matrix, value, shape, **sampling):
        parameters = {"width": size[0], "height": size[1], "inverse": inverse, "matrix": matrix, "value": value, **sampling}
        golden.add(parameters, "noise", shape)

    samplings = [{"interpolation": one, "border": border} for one in INTERPOLATIONS for border in BORDERS]
    for index, sampling in enumerate(samplings):
        # OpenCV does not return from a cubic warp of one row or column with this border.
        narrow = sampling == {"interpolation": "cubic", "border": "reflect_101"}
        pairs = [pair for pair in PAIRS if not narrow or min(pair[0]) > 1]
        for pair, (source, size) in enumerate(pairs):
            matrix = seen(*VIEWS[(pair + index) % len(VIEWS)][:2], source, size, VIEWS[(pair + index) % len(VIEWS)][2])
            add(size, pair % 2 == 1, matrix, [114, 10, 200, 7], (*source, (1, 3, 4)[(pair + index) % 3]), **sampling)
        for matrix in PLAIN:
            for inverse in (False, True):
                add((37, 15), inverse, matrix, [0, 255, 9, 100], (23, 18, (1, 3, 4)[index % 3]), **sampling)
        matrix = seen(0.4, 0.8, (131, 97), (151, 103), (0.3, -0.2))
        add((151, 103), False, matrix, [1, 2, 3, 4], (131, 97, 3), **sampling)
    # Divisors of 0, where the first two rows are 0 and where they are not.
    for border in ("constant", "replicate"):
        for interpolation in ("nearest", "cubic") if border == "constant" else INTERPOLATIONS:
            for matrix in ([1, 0, -4, 0, 1, -3, 1, 0, -4], [1, 0, -3, 0, 1, -1, 1, 0, -4], [1, 0, 0, 0, 1, 0, 0, 0, 0]):
                add((37, 15), True, matrix, [1, 2, 3, 4], (13, 9, 3), interpolation=interpolation, border=border)
