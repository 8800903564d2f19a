"""Golden vectors of `solarize`: torchvision's `solarize`. `crates/ops/tests/golden/generate.py` runs it."""

from vectors import TORCHVISION, array, tensor

SEED = 41200
LIBRARIES = TORCHVISION


def apply(image, threshold):
    import torchvision.transforms.v2.functional as functional

    return array(functional.solarize(tensor(image), threshold))


def cases(golden):
    for channels in (1, 3, 4):
        for threshold in (0.0, 1.0, 110.0, 127.5, 128.0, 254.25, 255.0):
            golden.add({"threshold": threshold}, "noise", (33, 12, channels))
    for channels in (1, 3, 4):
        golden.add({"threshold": 110.0}, "noise", (33, 12, channels), sample="u8", layout="planar")
