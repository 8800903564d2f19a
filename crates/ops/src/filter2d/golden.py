"""Golden vectors of `filter2d`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 47000

BORDERS = {
    "constant": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT,
    "reflect_101": cv2.BORDER_REFLECT_101,
}
DEPTHS = {"clamped": cv2.CV_8U, "signed": cv2.CV_16S}
SHAPES = [(1, 1), (1, 7), (7, 1), (2, 2), (3, 3), (4, 5), (17, 13), (35, 19), (34, 6)]
# Columns and rows.
SIZES = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 3), (4, 3), (5, 5), (7, 7), (11, 11), (12, 10), (129, 1), (1, 129), (43, 3)]


def apply(image, kernel, columns=None, anchor_x=-1, anchor_y=-1, delta=0, border="reflect_101", output="clamped"):
    columns = columns or round(len(kernel) ** 0.5)
    kernel = np.array(kernel, float).reshape(-1, columns)
    return cv2.filter2D(image, DEPTHS[output], kernel, anchor=(anchor_x, anchor_y), delta=delta, borderType=BORDERS[border])


def numbers(random, count, kind):
    if kind == "integers":
        kernel = random.integers(-3, 4, count).astype(float)
    elif kind == "shares":
        kernel = random.random(count) * 2 / count
    else:
        kernel = random.normal(0, {"fractions": 0.3, "large": 300.0}[kind], count)
    if count > 1:
        kernel *= random.random(count) < 0.9
    # Few digits, and not those of an f32.
    return [float(f"{number:.7g}") for number in kernel]


def near_ties(random, columns, rows):
    """Large numbers that cancel: the sum is what is left of their roundings, so that it shows the order and every rounding."""
    half = random.normal(0, 1e4, (rows, columns // 2)).astype(np.float32)
    kernel = np.concatenate([half, -half], axis=1)
    return [float(number) for row in kernel for number in random.permutation(row)]


def cases(golden):
    """On a CPU with AVX2: OpenCV's other code has no fused operations."""
    if "AVX2" not in cv2.getCPUFeaturesLine():
        raise SystemExit("the vectors of filter2d are those of a CPU with AVX2")
    random = np.random.default_rng(SEED)
    kinds, borders, outputs = ["integers", "shares", "fractions", "large"], list(BORDERS), list(DEPTHS)
    for number, (columns, rows) in enumerate(SIZES):
        for index, (width, height) in enumerate(SHAPES):
            parameters = {"kernel": numbers(random, columns * rows, kinds[(index + number) % 4]), "columns": columns}
            if index % 3 != 0:
                parameters |= {"anchor_x": int(random.integers(columns)), "anchor_y": int(random.integers(rows))}
            parameters |= {"delta": [0, 0.5, -3.25, 127.6][index % 4], "border": borders[(index + number // 2) % 4]}
            parameters["output"] = outputs[(index // 2 + number) % 2]
            golden.add(parameters, "noise", (width, height, (1, 3, 4)[(index + number) % 3]))
    golden.add({"kernel": [0, -1, 0, -1, 5, -1, 0, -1, 0]}, "scene", (131, 77, 3))
    golden.add({"kernel": [0] * 9, "delta": 77.5}, "noise", (19, 5, 3))
    for border in BORDERS:
        for output in DEPTHS:
            golden.add({"kernel": numbers(random, 25, "fractions"), "border": border, "output": output, "delta": 60}, "stark", (70, 41, 3))
    # Rows that are constant: every tail of 0 to 3 samples, in vectors of 4 to 32.
    for width in [*range(1, 13), 31, 32, 33, 37, 62]:
        for channels in (1, 3):
            columns, rows = [(6, 5), (2, 3), (16, 8), (42, 3)][width % 4]
            row = random.integers(0, 256, (9, 1, channels), dtype=np.uint8)
            parameters = {"kernel": near_ties(random, columns, rows), "columns": columns, "delta": 120, "output": outputs[width % 2]}
            golden.add(parameters, "raw", image=np.repeat(row, width, axis=1), name=f"sums that cancel, {width}x{channels}")
