"""Golden vectors of `hue`: torchvision's `adjust_hue`. `crates/ops/tests/golden/generate.py` runs it."""

from vectors import TORCHVISION, array, tensor

SEED = 42700
LIBRARIES = TORCHVISION


def apply(image, turn):
    import torchvision.transforms.v2.functional as functional

    return array(functional.adjust_hue(tensor(image), turn))


def cases(golden):
    for channels in (1, 3):
        for turn in (-0.5, -0.27, -0.05, 0.0, 0.1, 0.3333, 0.5):
            for width, height in ((1, 1), (2, 5), (5, 2), (3, 3), (33, 12)):
                golden.add({"turn": turn}, "noise", (width, height, channels))
            golden.add({"turn": turn}, "stark", (35, 14, channels))
        golden.add({"turn": turn}, "scene", (320, 241, channels))
    golden.add({"turn": 0.13}, "colors")
