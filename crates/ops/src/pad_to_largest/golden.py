"""Golden vectors of `pad_to_largest` for batches of one image, of which it is the largest: NumPy's pad to multiples.
`crates/ops/tests/golden/generate.py` runs it."""

import numpy as np

from vectors import Library

SEED = 38000
LIBRARIES = {"numpy": Library("numpy", {"numpy": None})}


def apply(image, multiple=1, position="top_left", value=(0,)):
    height, width, channels = image.shape
    missing = [-side % multiple for side in (height, width)]
    before = [pixels // 2 if position == "center" else 0 for pixels in missing]
    around = [(first, pixels - first) for first, pixels in zip(before, missing)]
    values = tuple(value) * channels if len(value) == 1 else value
    planes = [np.pad(image[:, :, c], around, constant_values=values[c]) for c in range(channels)]
    return np.stack(planes, axis=-1)


def cases(golden):
    for sample, layout in (("u8", "interleaved"), ("u8", "planar"), ("f32", "planar"), ("f16", "interleaved"), ("i16", "planar")):
        for shape in ((7, 5, 3), (4, 9, 1), (6, 6, 4)):
            for multiple in (1, 4, 5):
                for position in ("top_left", "center"):
                    parameters = {"multiple": multiple, "position": position, "value": (1, 2, 3, 4)}
                    golden.add(parameters, "noise", shape, sample=sample, layout=layout)
            golden.add({}, "noise", shape, sample=sample, layout=layout)
