"""Golden vectors of `color`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 24534

CONVERSIONS = {
    "rgb_to_gray": cv2.COLOR_RGB2GRAY,
    "bgr_to_gray": cv2.COLOR_BGR2GRAY,
    "rgba_to_gray": cv2.COLOR_RGBA2GRAY,
    "rgb_to_bgr": cv2.COLOR_RGB2BGR,
    "bgr_to_rgb": cv2.COLOR_BGR2RGB,
    "rgba_to_rgb": cv2.COLOR_RGBA2RGB,
    "rgb_to_rgba": cv2.COLOR_RGB2RGBA,
    "gray_to_rgb": cv2.COLOR_GRAY2RGB,
}


def apply(image, conversion):
    return cv2.cvtColor(image, CONVERSIONS[conversion])


def cases(golden):
    shapes = [(1, 1), (1, 8), (8, 1), (7, 5), (16, 3), (33, 2), (17, 13), (127, 63)]
    for conversion in CONVERSIONS:
        channels = {"gray": 1, "rgba": 4}.get(conversion.split("_")[0], 3)
        for width, height in shapes:
            golden.add({"conversion": conversion}, "noise", (width, height, channels))
    golden.add({"conversion": "rgb_to_gray"}, "colors")
    golden.add({"conversion": "bgr_to_gray"}, "colors")
