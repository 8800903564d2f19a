"""Golden vectors of `tile`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 45500


def apply(image, columns=1, rows=1):
    # OpenCV knows no f16: bits of the same size are repeated.
    bits = image if image.dtype in (np.uint8, np.int16, np.float32) else image.view(np.int16)
    out = cv2.repeat(bits, rows, columns).view(image.dtype)
    return out.reshape(rows * image.shape[0], columns * image.shape[1], image.shape[2])


def cases(golden):
    for channels in (1, 3, 4):
        for columns, rows in ((1, 1), (2, 1), (1, 3), (3, 2)):
            for width, height in ((1, 1), (7, 5), (16, 9)):
                golden.add({"columns": columns, "rows": rows}, "noise", (width, height, channels))
        for sample, layout in (("u8", "planar"), ("i16", "interleaved"), ("f16", "planar"), ("f32", "planar")):
            golden.add({"columns": 2, "rows": 3}, "noise", (7, 5, channels), sample=sample, layout=layout)
        golden.add({"columns": 5, "rows": 2}, "scene", (131, 77, channels))
