"""Golden vectors of `pyr_down`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 47300

BORDERS = {
    "replicate": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT, "reflect_101": cv2.BORDER_REFLECT_101, "wrap": cv2.BORDER_WRAP,
}
SHAPES = [(1, 1), (1, 7), (8, 1), (2, 2), (3, 3), (2, 5), (4, 5), (17, 13), (35, 20), (66, 9)]


def apply(image, border="reflect_101"):
    return cv2.pyrDown(image, borderType=BORDERS[border])


def cases(golden):
    for border in BORDERS:
        for channels in (1, 3, 4):
            for width, height in SHAPES:
                golden.add({"border": border}, "noise", (width, height, channels))
            golden.add({"border": border}, "scene", (131, 77, channels))
            golden.add({"border": border}, "stark", (70, 41, channels))
