"""Golden vectors of `random_flip`: what OpenCV makes of the flips that torchvision's formulas give.
`crates/ops/tests/golden/generate.py` runs it."""

import cv2
import draws

SEED = 33000


def apply(image, horizontal=0.5, vertical=0.0, seed=0, stream=0):
    number = draws.flip(draws.Draws("random_flip", seed, stream), horizontal, vertical)
    return image if number == 0 else cv2.flip(image, {1: 1, 2: 0, 3: -1}[number])


def cases(golden):
    for seed in range(6):
        for stream in (0, 1):
            golden.add({"seed": seed, "stream": stream}, "noise", (9, 6, 3))
            golden.add({"horizontal": 0.4, "vertical": 0.6, "seed": seed, "stream": stream}, "noise", (7, 5, 4))
    for sample, layout in (("i16", "planar"), ("f32", "interleaved"), ("u8", "planar")):
        for seed in range(4):
            parameters = {"horizontal": 0.5, "vertical": 0.5, "seed": seed}
            golden.add(parameters, "noise", (9, 8, 3), sample=sample, layout=layout)
