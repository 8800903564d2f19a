"""Golden vectors of `posterize`: torchvision's `posterize`. `crates/ops/tests/golden/generate.py` runs it."""

from vectors import TORCHVISION, array, tensor

SEED = 41100
LIBRARIES = TORCHVISION


def apply(image, bits):
    import torchvision.transforms.v2.functional as functional

    return array(functional.posterize(tensor(image), bits))


def cases(golden):
    for channels in (1, 3, 4):
        for bits in range(9):
            golden.add({"bits": bits}, "noise", (21, 10, channels))
    for channels in (1, 3, 4):
        golden.add({"bits": 3}, "noise", (21, 10, channels), sample="u8", layout="planar")
