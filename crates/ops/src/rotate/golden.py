"""Golden vectors of `rotate`: torchvision's. `crates/ops/tests/golden/generate.py` runs it."""

from vectors import TORCHVISION_GRID, array, tensor

SEED = 62000
LIBRARIES = TORCHVISION_GRID


def apply(image, angle, expand=False, center=None, interpolation="nearest", value=None, like="torchvision"):
    from torchvision.transforms import InterpolationMode
    import torchvision.transforms.v2.functional as functional

    fill = None if value is None else [float(sample) for sample in value[:image.shape[2]]]
    return array(functional.rotate(
        tensor(image), angle, InterpolationMode(interpolation), expand, center and list(center), fill))


SIZES = [(1, 1), (2, 1), (1, 9), (7, 9), (11, 6), (67, 1), (16, 16), (35, 19), (131, 97)]
ANGLES = [0, 90, 180, 270, -90, 450, 45, 30.5, 359.99, -123.4, 1e-3]
VALUES = [None, [0, 0, 0, 0], [114, 10, 200, 7]]


def cases(golden):
    for index, size in enumerate(SIZES):
        for turn, angle in enumerate(ANGLES):
            for expand in (False, True):
                number = index + turn + expand
                parameters = {"angle": angle, "expand": expand, "interpolation": ("nearest", "bilinear")[number % 2], "like": golden.like}
                if (value := VALUES[number % 3]) is not None:
                    parameters["value"] = value
                if number % 5 == 0:
                    parameters["center"] = [round(size[0] * 0.3, 3), size[1] - 0.5]
                golden.add(parameters, "stark" if number % 7 == 0 else "noise", (*size, (1, 3, 4)[number % 3]))
    # Ties between pixels.
    for angle in (90, 45, 135):
        for interpolation in ("nearest", "bilinear"):
            golden.add({"angle": angle, "interpolation": interpolation, "center": [10, 7.5], "like": golden.like}, "noise", (20, 15, 3))
            golden.add({"angle": angle, "interpolation": interpolation, "like": golden.like}, "noise", (21, 14, 3))
    for interpolation in ("nearest", "bilinear"):
        for expand in (False, True):
            golden.add({"angle": 17.25, "expand": expand, "interpolation": interpolation, "value": [1, 2, 3, 4], "like": golden.like},
                       "scene", (641, 479, 3))


def random_cases(golden, random, count):
    for _ in range(count):
        size = [int(side) for side in random.integers(1, random.choice([12, 40, 90]), 2)]
        angle = float(random.choice([random.uniform(-400, 400), random.integers(-24, 24) * 15.0]))
        parameters = {"angle": angle, "expand": bool(random.integers(2)), "like": golden.like}
        parameters["interpolation"] = str(random.choice(["nearest", "bilinear"]))
        if random.integers(2):
            parameters["value"] = [int(sample) for sample in random.integers(0, 256, 4)]
        if random.integers(3) == 0:
            parameters["center"] = [float(random.uniform(-5, side + 5)) for side in size]
        golden.add(parameters, str(random.choice(["noise", "stark"])), (*size, int(random.choice([1, 3, 4]))))
