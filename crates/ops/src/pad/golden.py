"""Golden vectors of `pad`: what OpenCV makes of its cases with 8-bit samples, and torchvision of those with others.
`crates/ops/tests/golden/generate.py` runs it."""

import numpy as np

from vectors import OPENCV, Library, array, tensor

SEED = 25796
LIBRARIES = {"opencv": OPENCV, "torchvision": Library("torchvision", {"torchvision": "0.29.2", "torch": "2.15.0"})}

MODES = {"constant": "constant", "replicate": "edge", "reflect_101": "reflect"}
# Left, top, right, bottom.
SIDES = [(0, 0, 0, 0), (1, 0, 0, 2), (3, 2, 1, 0), (20, 11, 9, 30)]


def apply(image, left, top, right, bottom, mode, value):
    if image.dtype != np.uint8:
        from torchvision.transforms.v2 import functional

        fill = {"fill": value} if mode == "constant" else {}
        sides = [left, top, right, bottom]
        return array(functional.pad(tensor(image), sides, padding_mode=MODES[mode], **fill))
    import cv2

    borders = {"constant": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE, "reflect_101": cv2.BORDER_REFLECT_101}
    return cv2.copyMakeBorder(image, top, bottom, left, right, borders[mode], value=value)


def cases(golden):
    if golden.like == "torchvision":
        return cases_of_torchvision(golden)
    for channels in (1, 3, 4):
        for width, height in [(1, 1), (1, 5), (7, 1), (17, 13), (35, 19)]:
            for left, top, right, bottom in SIDES:
                for mode in MODES:
                    sides = {"left": left, "top": top, "right": right, "bottom": bottom}
                    value = [1, 20, 130, 255] if mode == "constant" else [0, 0, 0, 0]
                    golden.add({**sides, "mode": mode, "value": value}, "noise", (width, height, channels))
            golden.skip(8)
        golden.skip(12)


def cases_of_torchvision(golden):
    for sample in ("f32", "f16", "bf16"):
        for layout in ("interleaved", "planar"):
            for mode in MODES:
                for left, top, right, bottom in ((0, 0, 3, 2), (2, 1, 0, 4)):
                    sides = {"left": left, "top": top, "right": right, "bottom": bottom}
                    # 1.00390625 is halfway between two bf16, and 0.1 no number of any of the types.
                    value = [0.1, -1.5, 1.00390625] if mode == "constant" else [0]
                    golden.add({**sides, "mode": mode, "value": value}, "noise", (7, 5, 3), sample=sample, layout=layout)
            sides = {"left": 0, "top": 0, "right": 2, "bottom": 3}
            golden.add({**sides, "mode": "constant", "value": [0.5]}, "noise", (4, 3, 1), sample=sample, layout=layout)
