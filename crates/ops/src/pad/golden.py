"""Golden vectors of `pad`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 25796

BORDERS = {"constant": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE, "reflect_101": cv2.BORDER_REFLECT_101}
# Left, top, right, bottom.
SIDES = [(0, 0, 0, 0), (1, 0, 0, 2), (3, 2, 1, 0), (20, 11, 9, 30)]


def apply(image, left, top, right, bottom, mode, value):
    return cv2.copyMakeBorder(image, top, bottom, left, right, BORDERS[mode], value=value)


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in [(1, 1), (1, 5), (7, 1), (17, 13), (35, 19)]:
            for left, top, right, bottom in SIDES:
                for mode in BORDERS:
                    sides = {"left": left, "top": top, "right": right, "bottom": bottom}
                    value = [1, 20, 130, 255] if mode == "constant" else [0, 0, 0, 0]
                    golden.add({**sides, "mode": mode, "value": value}, "noise", (width, height, channels))
            golden.skip(8)
        golden.skip(12)
