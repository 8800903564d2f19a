"""Golden vectors of `nv12_to_rgb`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 26720

def apply(image):
    return cv2.cvtColor(image, cv2.COLOR_YUV2RGB_NV12)


def cases(golden):
    for width, height in [(2, 3), (2, 6), (8, 3), (34, 21), (64, 48), (1024, 768)]:
        golden.add({}, "noise", (width, height, 1))
