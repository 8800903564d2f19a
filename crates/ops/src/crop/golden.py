"""Golden vectors of `crop`: the slices of its cases. `crates/ops/tests/golden/generate.py` runs it."""

from vectors import Library

SEED = 25893

LIBRARIES = {"numpy": Library("numpy", {"numpy": None})}


def apply(image, x, y, width, height):
    return image[y:y + height, x:x + width]


def cases(golden):
    for channels in (1, 3, 4):
        for x, y, width, height in ((0, 0, 35, 19), (34, 18, 1, 1), (3, 4, 20, 9), (0, 7, 35, 2), (11, 0, 1, 19)):
            golden.add({"x": x, "y": y, "width": width, "height": height}, "noise", (35, 19, channels))
        golden.skip(107)
    for sample, layout in (("i16", "interleaved"), ("f16", "planar"), ("bf16", "planar"), ("f32", "interleaved"), ("u8", "planar")):
        for channels in (1, 3):
            golden.add({"x": 2, "y": 3, "width": 7, "height": 4}, "noise", (9, 8, channels), sample=sample, layout=layout)
