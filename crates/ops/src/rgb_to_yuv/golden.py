"""Golden vectors of `rgb_to_yuv`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 26900


def apply(image, format):
    planar = cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420)
    if format == "i420":
        return planar
    height, width, _ = image.shape
    # OpenCV makes no NV12: the same samples, U beside V.
    chroma = planar[height:].reshape(2, -1)
    return np.concatenate([planar[:height], chroma.T.reshape(-1, width)])


def cases(golden):
    for format in ("nv12", "i420"):
        for width, height in [(2, 2), (2, 4), (8, 2), (34, 14), (64, 32), (512, 256)]:
            golden.add({"format": format}, "noise", (width, height, 3))
