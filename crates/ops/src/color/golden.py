"""Golden vectors of `color`: what the libraries make of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import numpy as np

from vectors import OPENCV, Library, array, tensor

SEED = 24534
LIBRARIES = {
    "opencv": OPENCV,
    "pillow": Library("pillow", {"pillow": "13.0.0"}),
    "torchvision": Library("torchvision", {"torchvision": "0.29.2", "torch": "2.15.0"}),
}

GRAY = ["rgb_to_gray", "bgr_to_gray", "rgba_to_gray", "bgra_to_gray"]
FORMATS = ["rgb", "bgr", "rgba", "bgra"]
CONVERSIONS = [
    "rgb_to_gray",
    "bgr_to_gray",
    "rgba_to_gray",
    "rgb_to_bgr",
    "bgr_to_rgb",
    "rgba_to_rgb",
    "rgb_to_rgba",
    "gray_to_rgb",
]
# Those that came later, behind the others so that these keep their inputs.
LATER = ["bgra_to_gray"] + [f"gray_to_{to}" for to in FORMATS[1:]]
LATER += [f"{a}_to_{b}" for a in FORMATS for b in FORMATS if a != b and f"{a}_to_{b}" not in CONVERSIONS]


def apply(image, conversion, like="opencv"):
    if like == "opencv":
        import cv2

        return cv2.cvtColor(image, getattr(cv2, "COLOR_" + conversion.upper().replace("_TO_", "2")))
    color = image[:, :, :3]
    if conversion.startswith("bgr"):
        color = color[:, :, ::-1]
    color = np.ascontiguousarray(color)
    if like == "pillow":
        from PIL import Image

        return np.asarray(Image.fromarray(color).convert("L"))
    from torchvision.transforms.v2 import functional

    return array(functional.rgb_to_grayscale(tensor(color)))


def cases(golden):
    shapes = [(1, 1), (1, 8), (8, 1), (7, 5), (16, 3), (33, 2), (17, 13), (127, 63)]

    def add(conversion):
        channels = {"gray": 1, "rgba": 4, "bgra": 4}.get(conversion.split("_")[0], 3)
        parameters = {"conversion": conversion}
        if golden.like != "opencv":
            parameters["like"] = golden.like
        for width, height in shapes:
            golden.add(parameters, "noise", (width, height, channels))

    if golden.like == "opencv":
        for conversion in CONVERSIONS:
            add(conversion)
        golden.add({"conversion": "rgb_to_gray"}, "colors")
        golden.add({"conversion": "bgr_to_gray"}, "colors")
        for conversion in LATER:
            add(conversion)
        return
    for conversion in GRAY:
        add(conversion)
    for conversion in GRAY[:2]:
        golden.add({"conversion": conversion, "like": golden.like}, "colors")
