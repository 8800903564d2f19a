"""Golden vectors of `color_jitter`: torchvision's functions in the order and with the factors that its formulas give.
`crates/ops/tests/golden/generate.py` runs it."""

import draws
from vectors import TORCHVISION, array, tensor

SEED = 43000
LIBRARIES = TORCHVISION


def apply(image, brightness=(1.0, 1.0), contrast=(1.0, 1.0), saturation=(1.0, 1.0), hue=(0.0, 0.0), seed=0, stream=0):
    import torchvision.transforms.v2.functional as functional

    ranges = (brightness, contrast, saturation, hue)
    order, factors = draws.color_jitter(draws.Draws("color_jitter", seed, stream), *ranges)
    functions = (functional.adjust_brightness, functional.adjust_contrast, functional.adjust_saturation, functional.adjust_hue)
    planes = tensor(image)
    for change in order:
        if factors[change] is not None:
            planes = functions[change](planes, factors[change])
    return array(planes)


def cases(golden):
    ways = ({}, {"brightness": (0.6, 1.4), "contrast": (0.6, 1.4), "saturation": (0.6, 1.4), "hue": (-0.1, 0.1)},
            {"contrast": (0.0, 2.0), "hue": (-0.5, 0.5)}, {"brightness": (0.2, 0.9), "saturation": (1.5, 3.0)},
            {"contrast": (0.5, 0.5), "saturation": (0.0, 1.0)}, {"hue": (0.1, 0.3)})
    for channels in (1, 3):
        for seed in range(6):
            for way in ways:
                golden.add({**way, "seed": seed}, "noise", (23, 14, channels))
            golden.add({**ways[1], "seed": seed, "stream": 1}, "scene", (160, 121, channels))
