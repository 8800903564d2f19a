"""Golden vectors of `erase`: assignments to slices. `crates/ops/tests/golden/generate.py` runs it."""

from vectors import Library

SEED = 36000
LIBRARIES = {"numpy": Library("numpy", {"numpy": None})}


def apply(image, box, value=(0,)):
    x, y, width, height = box
    image = image.copy()
    image[y:y + height, x:x + width] = value[0] if len(value) == 1 else value[:image.shape[2]]
    return image


def cases(golden):
    boxes = [(5, 3, 20, 11), (0, 0, 9, 7), (17, 6, 18, 14), (0, 0, 35, 20), (34, 19, 1, 1), (3, 3, 0, 5), (35, 20, 0, 0)]
    for channels in (1, 3, 4):
        for box in boxes:
            golden.add({"box": box}, "noise", (35, 20, channels))
            golden.add({"box": box, "value": (1, 2, 3, 4)}, "noise", (35, 20, channels))
    for sample, layout in (("i16", "planar"), ("f16", "planar"), ("bf16", "interleaved"), ("f32", "planar"), ("u8", "planar")):
        for channels in (1, 3, 4):
            golden.add({"box": (2, 1, 5, 4), "value": (3, 4, 5, 6)}, "noise", (9, 8, channels), sample=sample, layout=layout)
