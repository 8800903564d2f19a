"""Golden vectors of `random_crop`: slices of what OpenCV pads, at the places that torchvision's formulas give.
`crates/ops/tests/golden/generate.py` runs it."""

import cv2
import draws

SEED = 34000
MODES = {"constant": "BORDER_CONSTANT", "replicate": "BORDER_REPLICATE", "reflect_101": "BORDER_REFLECT_101"}


def apply(image, width, height, padding=(0,), pad_if_needed=False, mode="constant", value=(0,), seed=0, stream=0):
    size = image.shape[1], image.shape[0]
    border = {"padding": padding, "pad_if_needed": pad_if_needed}
    left, top, right, bottom = draws.crop_sides((width, height), **border)(*size)
    x, y = draws.crop(draws.Draws("random_crop", seed, stream), *size, (width, height), **border)
    pixel = tuple(value) * 4 if len(value) == 1 else value
    padded = cv2.copyMakeBorder(image, top, bottom, left, right, getattr(cv2, MODES[mode]), value=pixel)
    padded = padded.reshape(*padded.shape[:2], image.shape[2])
    return padded[y:y + height, x:x + width]


def cases(golden):
    for channels in (1, 3, 4):
        shape = (17, 12, channels)
        for seed in range(4):
            golden.add({"width": 9, "height": 7, "seed": seed}, "noise", shape)
            golden.add({"width": 17, "height": 12, "seed": seed}, "noise", shape)
            for mode in MODES:
                way = {"mode": mode, "value": (7, 8, 9, 10), "seed": seed, "stream": 3}
                golden.add({"width": 16, "height": 10, "padding": (4,), **way}, "noise", shape)
                golden.add({"width": 16, "height": 10, "padding": (2, 5), **way}, "noise", shape)
                golden.add({"width": 20, "height": 13, "padding": (1, 2, 3, 4), **way}, "noise", shape)
                if mode != "reflect_101":
                    golden.add({"width": 22, "height": 10, "pad_if_needed": True, **way}, "noise", shape)
                    golden.add({"width": 22, "height": 30, "padding": (1,), "pad_if_needed": True, **way}, "noise", shape)
        # Rectangles in the padding alone.
        for seed in range(12):
            parameters = {"width": 5, "height": 4, "padding": (20, 15), "value": (7, 8, 9, 10), "seed": seed}
            golden.add(parameters, "noise", shape)
            golden.add({**parameters, "mode": "replicate"}, "noise", shape)
    for layout in ("interleaved", "planar"):
        parameters = {"width": 9, "height": 8, "padding": (2,), "value": (-0.5,), "seed": 5}
        golden.add(parameters, "noise", (9, 8, 3), sample="f32", layout=layout)
