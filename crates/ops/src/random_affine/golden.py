"""Golden vectors of `random_affine`: what OpenCV makes of the matrices that torchvision's formulas give.
`crates/ops/tests/golden/generate.py` runs it."""

import cv2
import draws
import numpy as np

SEED = 35000


def apply(image, degrees, translate=(0, 0), scale=(1, 1), shear=(0, 0), value=(0, 0, 0, 0), seed=0, stream=0):
    size = image.shape[1], image.shape[0]
    numbers = draws.Draws("random_affine", seed, stream)
    matrix = draws.affine_matrix(*size, *draws.affine(numbers, *size, degrees, translate, scale, shear))
    return cv2.warpAffine(image, np.array(matrix).reshape(2, 3), size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                          borderMode=cv2.BORDER_CONSTANT, borderValue=value)


def cases(golden):
    """On a CPU with AVX2: OpenCV's other code differs in the last bit."""
    if "AVX2" not in cv2.getCPUFeaturesLine():
        raise SystemExit("the vectors of random_affine are those of a CPU with AVX2")
    for channels in (1, 3, 4):
        for seed in range(8):
            shape = (35, 20, channels)
            golden.add({"degrees": (15,), "seed": seed}, "noise", shape)
            golden.add({"degrees": (-180, 180), "translate": (0.2, 0.3), "seed": seed, "stream": 1}, "noise", shape)
            golden.add({"degrees": (0,), "scale": (0.5, 2.0), "value": (1, 2, 3, 4), "seed": seed}, "noise", shape)
            golden.add({"degrees": (10, 20), "shear": (30,), "value": (9, 8, 7, 6), "seed": seed}, "noise", shape)
            golden.add({"degrees": (5,), "shear": (-20, 40, 10, 30), "scale": (1, 1.5), "seed": seed}, "noise", shape)
        golden.add({"degrees": (0,)}, "noise", (35, 20, channels))
