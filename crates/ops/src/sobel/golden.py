"""Golden vectors of `sobel`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 25512

def apply(image, output="magnitude", size=3):
    if image.shape[2] == 3:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    elif image.shape[2] == 4:
        image = cv2.cvtColor(image, cv2.COLOR_RGBA2GRAY)
    gx = cv2.Sobel(image, cv2.CV_16S, 1, 0, ksize=size)
    gy = cv2.Sobel(image, cv2.CV_16S, 0, 1, ksize=size)
    if output == "dx":
        return gx
    if output == "dy":
        return gy
    square = gx.astype(np.int64) ** 2 + gy.astype(np.int64) ** 2
    # Larger squares make 255 as well, and smaller ones are exact in float32. np.sqrt of float32 is the correctly
    # rounded IEEE root, np.rint rounds half to even.
    square = np.minimum(square, 256 ** 2)
    return np.minimum(255, np.rint(np.sqrt(square.astype(np.float32)))).astype(np.uint8)


def cases(golden):
    shapes = [(1, 1), (1, 7), (7, 1), (2, 2), (3, 3), (4, 5), (17, 13), (35, 19)]
    for output in ("magnitude", "dx", "dy"):
        for channels in (1, 3, 4):
            for width, height in shapes:
                golden.add({"output": output}, "noise", (width, height, channels))
            golden.add({"output": output}, "scene", (131, 77, channels))
        golden.add({"output": output}, "stark", (37, 23, 1))
    for size in (5, 7):
        for output in ("magnitude", "dx", "dy"):
            for index, (width, height) in enumerate(shapes):
                golden.add({"output": output, "size": size}, "noise", (width, height, (1, 3, 4)[index % 3]))
            golden.add({"output": output, "size": size}, "scene", (131, 77, 3))
            # Black and white: derivatives of 7 pixels beyond i16.
            golden.add({"output": output, "size": size}, "stark", (37, 23, 1))
            golden.add({"output": output, "size": size}, "stark", (99, 31, 1))
