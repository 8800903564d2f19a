"""Golden vectors of `flip`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 25793

def apply(image, axis):
    return cv2.flip(image, {"horizontal": 1, "vertical": 0, "both": -1}[axis])


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in [(1, 1), (1, 5), (7, 1), (17, 13), (35, 19)]:
            for axis in ("horizontal", "vertical", "both"):
                golden.add({"axis": axis}, "noise", (width, height, channels))
            golden.skip(17)
        golden.skip(12)
    for sample, layout in (("i16", "planar"), ("f32", "interleaved"), ("f32", "planar"), ("u8", "planar")):
        for axis in ("horizontal", "vertical", "both"):
            golden.add({"axis": axis}, "noise", (9, 8, 3), sample=sample, layout=layout)
