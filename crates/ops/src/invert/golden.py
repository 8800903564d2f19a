"""Golden vectors of `invert`: torchvision's `invert`. `crates/ops/tests/golden/generate.py` runs it."""

from vectors import TORCHVISION, array, tensor

SEED = 41300
LIBRARIES = TORCHVISION


def apply(image):
    import torchvision.transforms.v2.functional as functional

    return array(functional.invert(tensor(image)))


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in ((1, 1), (15, 3), (16, 2), (33, 12)):
            golden.add({}, "noise", (width, height, channels))
    for channels in (1, 3, 4):
        golden.add({}, "noise", (33, 12, channels), sample="u8", layout="planar")
