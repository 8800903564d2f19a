"""Golden vectors of `alpha_composite`: what Pillow makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

from vectors import Library

SEED = 44000

LIBRARIES = {"pillow13": Library("pillow", {"pillow": "13.0.0"})}


def apply(image, second):
    import numpy as np
    from PIL import Image

    below, above = (Image.fromarray(pixels, "RGBA") for pixels in (image, second))
    return np.asarray(Image.alpha_composite(below, above))


def cases(golden):
    for width, height in ((1, 1), (1, 7), (16, 1), (17, 13), (35, 11), (300, 200)):
        for second in (1, 2):
            golden.add({"second": second}, "noise", (width, height, 4))
    for kind in ("stark", "scene"):
        golden.add({"second": 3}, kind, (131, 77, 4))
