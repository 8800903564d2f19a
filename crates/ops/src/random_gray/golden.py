"""Golden vectors of `random_gray`: torchvision's `rgb_to_grayscale` of the images for which its formula draws it.
`crates/ops/tests/golden/generate.py` runs it."""

import draws
from vectors import TORCHVISION, array, tensor

SEED = 43200
LIBRARIES = TORCHVISION


def apply(image, probability=0.1, seed=0, stream=0):
    import torchvision.transforms.v2.functional as functional

    if not draws.gray(draws.Draws("random_gray", seed, stream), probability):
        return image
    return array(functional.rgb_to_grayscale(tensor(image), num_output_channels=image.shape[2]))


def cases(golden):
    for channels in (1, 3):
        for seed in range(6):
            for probability in (0.1, 0.5, 1.0):
                golden.add({"probability": probability, "seed": seed, "stream": 1}, "noise", (25, 14, channels))
    golden.add({"probability": 1.0}, "colors")
