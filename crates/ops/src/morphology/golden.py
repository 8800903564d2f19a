"""Golden vectors of `morphology`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 31000

SHAPES = [(1, 1), (1, 6), (9, 1), (2, 2), (5, 4), (17, 13)]
OPERATIONS = {
    "open": cv2.MORPH_OPEN,
    "close": cv2.MORPH_CLOSE,
    "gradient": cv2.MORPH_GRADIENT,
    "top_hat": cv2.MORPH_TOPHAT,
    "black_hat": cv2.MORPH_BLACKHAT,
}
WINDOWS = {"rectangle": cv2.MORPH_RECT, "cross": cv2.MORPH_CROSS, "ellipse": cv2.MORPH_ELLIPSE}
BORDERS = {
    "constant": cv2.BORDER_CONSTANT,
    "replicate": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT,
    "reflect_101": cv2.BORDER_REFLECT_101,
}


def apply(
    image, operation, size, height=None, shape="rectangle", anchor=(-1, -1), iterations=1, border="ignored", value=(0, 0, 0, 0)
):
    element = cv2.getStructuringElement(WINDOWS[shape], (size, height or size), anchor)
    # Without a border OpenCV's default, a constant that has no effect.
    outside = {} if border == "ignored" else {"borderType": BORDERS[border]}
    if border == "constant":
        outside["borderValue"] = value
    return cv2.morphologyEx(image, OPERATIONS[operation], element, anchor=anchor, iterations=iterations, **outside)


def cases(golden):
    for operation in OPERATIONS:
        for channels in (1, 3, 4):
            for shape in WINDOWS:
                of = {"operation": operation, "shape": shape}
                for width, height in SHAPES:
                    for sides in ((5, 5), (9, 2)):
                        given = of | {"size": sides[0], "height": sides[1]}
                        golden.add(given, "noise", (width, height, channels))
                golden.add(of | {"size": 4}, "stark", (70, 41, channels))
                golden.add(of | {"size": 7}, "scene", (131, 77, channels))
                for iterations in (2, 3):
                    golden.add(of | {"size": 3, "iterations": iterations}, "scene", (70, 41, channels))
                for border in BORDERS:
                    given = of | {"size": 5, "anchor": (0, 3), "border": border, "value": (90, 120, 150, 7)}
                    for iterations in (1, 2):
                        golden.add(given | {"iterations": iterations}, "noise", (13, 9, channels))
        golden.add({"operation": operation, "size": 35}, "scene", (70, 41, 1))


def random_cases(golden, random, count):
    """`count` cases of any operations and windows on small images."""
    for index in range(count):
        width, height, across, down = (int(side) for side in random.integers(1, (30, 30, 12, 12)))
        given = {"operation": str(random.choice(list(OPERATIONS))), "size": across, "height": down}
        given["shape"] = str(random.choice(list(WINDOWS)))
        if random.integers(2):
            given["anchor"] = (int(random.integers(across)), int(random.integers(down)))
        given["iterations"] = int(random.integers(1, 4))
        given["border"] = str(random.choice(["ignored", *BORDERS]))
        given["value"] = tuple(int(sample) for sample in random.integers(0, 256, 4))
        golden.add(given, "noise", (width, height, int(random.choice([1, 3, 4]))), name=f"random {index}")
