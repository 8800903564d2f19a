"""Golden vectors of `yuv_to_rgb`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 26800


def apply(image, format):
    if format == "yuyv":
        height, width, _ = image.shape
        return cv2.cvtColor(image.reshape(height, width // 2, 2), cv2.COLOR_YUV2RGB_YUY2)
    return cv2.cvtColor(image, {"nv12": cv2.COLOR_YUV2RGB_NV12, "nv21": cv2.COLOR_YUV2RGB_NV21, "i420": cv2.COLOR_YUV2RGB_I420}[format])


def cases(golden):
    for format in ("nv12", "nv21", "i420", "yuyv"):
        for width, height in [(4, 3), (4, 6), (8, 3), (36, 21), (64, 48), (512, 384)]:
            golden.add({"format": format}, "noise", (width, height, 1))
