"""Golden vectors of `affine`: torchvision's. `crates/ops/tests/golden/generate.py` runs it."""

from vectors import TORCHVISION_GRID, array, tensor

SEED = 63000
LIBRARIES = TORCHVISION_GRID


def apply(image, angle=0.0, translate=(0, 0), scale=1.0, shear=(0, 0), center=None, interpolation="nearest", value=None,
          like="torchvision"):
    from torchvision.transforms import InterpolationMode
    import torchvision.transforms.v2.functional as functional

    fill = None if value is None else [float(sample) for sample in value[:image.shape[2]]]
    return array(functional.affine(
        tensor(image), angle, list(translate), scale, list(shear), InterpolationMode(interpolation), fill, center and list(center)))


SIZES = [(1, 1), (2, 1), (1, 9), (7, 9), (11, 6), (67, 1), (16, 16), (35, 19), (131, 97)]
CHANGES = [
    {}, {"translate": [3, -2]}, {"translate": [0.5, 0.25]}, {"angle": 90}, {"scale": 2.0}, {"scale": 0.3}, {"shear": [20, 0]},
    {"shear": [-35.5, 12]}, {"angle": 30.5, "translate": [-1.5, 2], "scale": 1.3, "shear": [5, -8]},
    {"angle": -200, "scale": 0.8, "shear": [60, 50]}, {"translate": [1e6, -1e6]}, {"scale": 1e6}, {"scale": 1e-6, "angle": 12},
]
VALUES = [None, [0, 0, 0, 0], [114, 10, 200, 7]]


def cases(golden):
    for index, size in enumerate(SIZES):
        for change, changed in enumerate(CHANGES):
            number = index + change
            for interpolation in ("nearest", "bilinear"):
                parameters = {**changed, "interpolation": interpolation, "like": golden.like}
                if (value := VALUES[number % 3]) is not None:
                    parameters["value"] = value
                if number % 5 == 0:
                    parameters["center"] = [round(size[0] * 0.3, 3), size[1] - 0.5]
                golden.add(parameters, "stark" if number % 7 == 0 else "noise", (*size, (1, 3, 4)[number % 3]))
    for interpolation in ("nearest", "bilinear"):
        golden.add({**CHANGES[8], "interpolation": interpolation, "value": [1, 2, 3, 4], "like": golden.like}, "scene", (641, 479, 3))


def random_cases(golden, random, count):
    for _ in range(count):
        size = [int(side) for side in random.integers(1, random.choice([12, 40, 90]), 2)]
        parameters = {
            "angle": float(random.uniform(-400, 400)), "translate": [float(random.uniform(-side, side)) for side in size],
            "scale": float(random.uniform(0.2, 3)), "shear": [float(shear) for shear in random.uniform(-60, 60, 2)],
            "interpolation": str(random.choice(["nearest", "bilinear"])), "like": golden.like,
        }
        if random.integers(2):
            parameters["value"] = [int(sample) for sample in random.integers(0, 256, 4)]
        if random.integers(3) == 0:
            parameters["center"] = [float(random.uniform(-5, side + 5)) for side in size]
        golden.add(parameters, str(random.choice(["noise", "stark"])), (*size, int(random.choice([1, 3, 4]))))
