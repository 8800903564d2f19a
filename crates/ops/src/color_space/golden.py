"""Golden vectors of `color_space`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import numpy as np

SEED = 61000
SPACES = {"hsv": "HSV", "hsv_full": "HSV", "hls": "HLS", "ycrcb": "YCrCb", "yuv": "YUV", "xyz": "XYZ", "lab": "Lab"}


def names():
    """The conversions: from and to RGB and BGR."""
    for space in SPACES:
        for rgb in ("rgb", "bgr"):
            yield f"{rgb}_to_{space}"
            yield f"{space}_to_{rgb}"
    for rgb in ("linear_rgb", "linear_bgr"):
        yield f"{rgb}_to_lab"
        yield f"lab_to_{rgb}"


def code(conversion):
    """OpenCV's constant."""
    import cv2

    words = conversion.replace("linear_", "L").split("_to_")
    full = "_FULL" if "hsv_full" in words else ""
    source, target = (SPACES.get(word, word.upper()) for word in words)
    return getattr(cv2, f"COLOR_{source}2{target}{full}")


def apply(image, conversion):
    import cv2

    height, width, _ = image.shape
    if conversion.startswith("hsv"):
        # Columns of whole groups of 32 are truncated, the others rounded.
        parts = [np.ascontiguousarray(image[:, x : x + 31]) for x in range(0, width, 31)]
        return np.concatenate([cv2.cvtColor(part, code(conversion)) for part in parts], axis=1)
    if conversion.endswith("to_hls"):
        # Columns of whole groups of 8 have another formula than the others.
        wide = np.concatenate([image, np.zeros((height, -width % 8, 3), np.uint8)], axis=1)
        return cv2.cvtColor(wide, code(conversion))[:, :width]
    return cv2.cvtColor(image, code(conversion))


def cases(golden):
    for conversion in names():
        for width, height in [(1, 1), (1, 8), (7, 5), (16, 3), (33, 2), (17, 13), (127, 63)]:
            golden.add({"conversion": conversion}, "noise", (width, height, 3))
        # Many colors: 2^18 of the 2^24.
        golden.add({"conversion": conversion}, "noise", (512, 512, 3))
    # Every color, of a few: the references of all of them would take minutes.
    for conversion in ("rgb_to_hsv", "hsv_to_rgb", "rgb_to_ycrcb"):
        golden.add({"conversion": conversion}, "colors")
