"""Golden vectors of `brightness`: torchvision's `adjust_brightness`. `crates/ops/tests/golden/generate.py` runs it."""

from vectors import TORCHVISION, array, tensor

SEED = 41000
LIBRARIES = TORCHVISION


def apply(image, factor):
    import torchvision.transforms.v2.functional as functional

    return array(functional.adjust_brightness(tensor(image), factor))


def cases(golden):
    for channels in (1, 3):
        for factor in (0.0, 0.3, 0.8, 1.0, 1.2, 1.7, 2.0, 6.5, 300.0, 1000000.0):
            golden.add({"factor": factor}, "noise", (33, 13, channels))
    golden.add({"factor": 1.4}, "scene", (640, 480, 3))
