"""Golden vectors of `concat`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 45600


def apply(image, second, axis="horizontal"):
    join = {"horizontal": cv2.hconcat, "vertical": cv2.vconcat}[axis]
    # OpenCV knows no f16: bits of the same size are copied.
    bits = [part if part.dtype in (np.uint8, np.int16, np.float32) else part.view(np.int16) for part in (image, second)]
    out = join(bits).view(image.dtype)
    return out.reshape(*out.shape[:2], image.shape[2])


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in ((1, 1), (7, 5), (17, 13)):
            golden.add({"second": 2000 + width}, "noise", (width, height, channels))
            golden.add({"second": 2100 + width, "axis": "vertical"}, "noise", (width, height, channels))
            golden.add({"second": f"{2200 + width}:9x{height}x{channels}"}, "noise", (width, height, channels))
            golden.add({"second": f"{2300 + width}:{width}x4x{channels}", "axis": "vertical"}, "noise", (width, height, channels))
        for sample, layout in (("u8", "planar"), ("i16", "interleaved"), ("f16", "planar"), ("f32", "planar")):
            of = {"sample": sample, "layout": layout}
            golden.add({"second": f"2400:3x5x{channels}"}, "noise", (7, 5, channels), **of)
            golden.add({"second": f"2500:7x2x{channels}", "axis": "vertical"}, "noise", (7, 5, channels), **of)
        golden.add({"second": f"2600:50x77x{channels}"}, "scene", (131, 77, channels))
        golden.add({"second": f"2700:131x60x{channels}", "axis": "vertical"}, "scene", (131, 77, channels))
