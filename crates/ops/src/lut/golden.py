"""Golden vectors of `lut`: OpenCV's `LUT`. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np
from vectors import splitmix64_bytes

SEED = 41500


def apply(image, table):
    table = np.array(table, np.uint8)
    if table.size < 256:
        table = np.concatenate([table, np.arange(table.size, 256, dtype=np.uint8)])
    channels = table.size // 256
    return cv2.LUT(image, np.ascontiguousarray(table.reshape(channels, 256).T.reshape(1, 256, channels)))


def cases(golden):
    for channels in (1, 3, 4):
        for count in (1, 7, 256, 256 * channels):
            table = splitmix64_bytes(channels * 1000 + count, count).tolist()
            for width, height in ((1, 1), (16, 2), (35, 9)):
                name = f"lut of {count} entries, {width}x{height}x{channels}, {len(golden.blocks)}"
                golden.add({"table": table}, "noise", (width, height, channels), name=name)
