"""Golden vectors of `saturation`: torchvision's `adjust_saturation`. `crates/ops/tests/golden/generate.py` runs it."""

from vectors import TORCHVISION, array, tensor

SEED = 42500
LIBRARIES = TORCHVISION


def apply(image, factor):
    import torchvision.transforms.v2.functional as functional

    return array(functional.adjust_saturation(tensor(image), factor))


def cases(golden):
    for channels in (1, 3):
        for factor in (0.0, 0.3, 1.0, 1.3, 2.0, 7.5):
            for width, height in ((1, 1), (2, 5), (5, 2), (3, 3), (33, 12)):
                golden.add({"factor": factor}, "noise", (width, height, channels))
            golden.add({"factor": factor}, "stark", (35, 14, channels))
        golden.add({"factor": factor}, "scene", (320, 241, channels))
    golden.add({"factor": 1.7}, "colors")
