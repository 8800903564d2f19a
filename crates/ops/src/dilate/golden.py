"""Golden vectors of `dilate`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 26131

SHAPES = [(1, 1), (1, 6), (9, 1), (2, 2), (3, 2), (5, 4), (17, 13), (29, 17)]
WINDOWS = {"rectangle": cv2.MORPH_RECT, "cross": cv2.MORPH_CROSS, "ellipse": cv2.MORPH_ELLIPSE}
BORDERS = {
    "constant": cv2.BORDER_CONSTANT,
    "replicate": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT,
    "reflect_101": cv2.BORDER_REFLECT_101,
}


def apply(image, size, height=None, shape="rectangle", anchor=(-1, -1), iterations=1, border="ignored", value=(0, 0, 0, 0)):
    element = cv2.getStructuringElement(WINDOWS[shape], (size, height or size), anchor)
    # Without a border OpenCV's default, a constant that has no effect.
    outside = {} if border == "ignored" else {"borderType": BORDERS[border]}
    if border == "constant":
        outside["borderValue"] = value
    return cv2.dilate(image, element, anchor=anchor, iterations=iterations, **outside)


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in SHAPES:
            for size in (3, 5, 7, 9, 15, 31):
                golden.add({"size": size}, "noise", (width, height, channels))
                golden.skip(2)
            golden.skip(4)
        golden.skip(3)
        for size in (7,):
            golden.add({"size": size}, "scene", (131, 77, channels))
            golden.add({"size": size}, "stark", (70, 41, channels))
        golden.skip(11)
    for channels in (1, 3, 4):
        for shape in WINDOWS:
            for width, height in SHAPES[:-1]:
                for sides in ((1, 1), (4, 4), (5, 5), (9, 2), (1, 8)):
                    given = {"size": sides[0], "height": sides[1], "shape": shape}
                    golden.add(given, "noise", (width, height, channels))
            golden.add({"size": 6, "shape": shape}, "scene", (131, 77, channels))
            golden.add({"size": 15, "shape": shape}, "scene", (70, 41, channels))
            for border in BORDERS:
                for width, height in ((1, 1), (3, 2), (13, 9)):
                    for anchor in ((2, 2), (0, 4), (4, 0)):
                        given = {"size": 5, "shape": shape, "anchor": anchor, "border": border, "value": (90, 120, 150, 7)}
                        golden.add(given | {"iterations": 2}, "noise", (width, height, channels))
                        if anchor != (2, 2):
                            golden.add(given, "noise", (width, height, channels))
            for iterations in (2, 3, 7):
                golden.add({"size": 3, "shape": shape, "iterations": iterations}, "scene", (70, 41, channels))
        golden.add({"size": 9, "height": 1, "anchor": (8, 0)}, "scene", (131, 77, channels))
    golden.add({"size": 3, "iterations": 100}, "scene", (17, 13, 1))
    for shape in WINDOWS:
        golden.add({"size": 33, "shape": shape}, "stark", (70, 41, 1))
        golden.add({"size": 63, "shape": shape}, "scene", (29, 17, 1))
        golden.add({"size": 255, "height": 254, "shape": shape}, "stark", (9, 7, 1))


def random_cases(golden, random, count):
    """`count` cases of any windows on small images."""
    for index in range(count):
        width, height, across, down = (int(side) for side in random.integers(1, (30, 30, 12, 12)))
        given = {"size": across, "height": down, "shape": str(random.choice(list(WINDOWS)))}
        if random.integers(2):
            given["anchor"] = (int(random.integers(across)), int(random.integers(down)))
        given["iterations"] = int(random.integers(1, 4))
        given["border"] = str(random.choice(["ignored", *BORDERS]))
        given["value"] = tuple(int(sample) for sample in random.integers(0, 256, 4))
        golden.add(given, "noise", (width, height, int(random.choice([1, 3, 4]))), name=f"random {index}")
