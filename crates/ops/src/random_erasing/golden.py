"""Golden vectors of `random_erasing`: assignments to the slices that torchvision's formulas give.
`crates/ops/tests/golden/generate.py` runs it."""

import draws
from vectors import Library

SEED = 37000
LIBRARIES = {"numpy": Library("numpy", {"numpy": None})}


def apply(image, probability=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=(0,), seed=0, stream=0):
    numbers = draws.Draws("random_erasing", seed, stream)
    x, y, width, height = draws.erasing(numbers, image.shape[1], image.shape[0], probability, scale, ratio)
    image = image.copy()
    image[y:y + height, x:x + width] = value[0] if len(value) == 1 else value[:image.shape[2]]
    return image


def cases(golden):
    for channels in (1, 3, 4):
        for seed in range(6):
            golden.add({"seed": seed}, "noise", (35, 20, channels))
            way = {"probability": 1.0, "value": (1, 2, 3, 4), "seed": seed, "stream": 1}
            golden.add(way, "noise", (35, 20, channels))
            golden.add({**way, "scale": (0.4, 0.9), "ratio": (1.0, 1.0)}, "noise", (20, 30, channels))
    for sample, layout in (("f16", "planar"), ("f32", "interleaved"), ("u8", "planar")):
        for seed in range(3):
            parameters = {"probability": 1.0, "value": (3,), "seed": seed}
            golden.add(parameters, "noise", (9, 8, 3), sample=sample, layout=layout)
