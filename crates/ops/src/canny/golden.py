"""Golden vectors of `canny`: OpenCV's `Canny`. `crates/ops/tests/golden/generate.py` runs it."""

import cv2
import numpy as np

SEED = 43100

# The largest magnitudes of an image, about.
SCALES = {3: 1300.0, 5: 10000.0, 7: 100000.0}


def apply(image, low, high, aperture=3, l2_gradient=False):
    return cv2.Canny(image, low, high, apertureSize=aperture, L2gradient=l2_gradient)


def spiral(width, height, step):
    """A line one pixel wide that turns inward, `step` pixels from one round to the next; it fades from its outer end to its inner one."""
    image = np.full((height, width), 100.0)
    x, y, turn, left = 2, 2, 0, width - 5
    lengths = [width - 5, height - 5]
    strength = 155.0
    while left > 0:
        dx, dy = ((1, 0), (0, 1), (-1, 0), (0, -1))[turn % 4]
        for _ in range(left):
            image[y, x] = 100.0 + strength
            x, y, strength = x + dx, y + dy, max(strength * 0.999, 30.0)
        turn += 1
        lengths[turn % 2] -= step if turn > 1 else 0
        left = lengths[turn % 2]
    return image.astype(np.uint8)[:, :, None]


def comb(width, height, step):
    """Weak lines down that are joined at their feet: the strong pixels are at the top of the last one alone."""
    image = np.full((height, width), 90.0)
    for x in range(3, width - 4, step):
        image[4:height - 3, x:x + 2] = 130.0
    image[height - 4:height - 2, 3:x + 2] = 130.0
    image[4:10, x:x + 2] = 250.0
    return image.astype(np.uint8)[:, :, None]


def checkerboard(width, height, side, low, high):
    y, x = np.mgrid[:height, :width]
    return np.where((x // side + y // side) % 2 == 1, high, low).astype(np.uint8)[:, :, None]


def rings(width, height, channels):
    """Rings around the middle whose contrast grows from left to right, with another phase in each channel."""
    y, x, c = np.mgrid[:height, :width, :channels]
    wave = np.sin(np.hypot(x - width / 2, y - height / 2) / 3.0 + c)
    return (128 + 120 * wave * x / width).astype(np.uint8)


def drawings():
    return {
        "spiral": spiral(61, 47, 5), "comb": comb(75, 50, 6), "checkerboard": checkerboard(48, 40, 5, 30, 200),
        "pixels": checkerboard(33, 21, 1, 0, 255), "rings": rings(60, 50, 1), "colored rings": rings(50, 46, 3),
        "rings of four channels": rings(41, 30, 4),
    }


def cases(golden):
    for aperture, scale in SCALES.items():
        for l2_gradient in (False, True):
            way = {"aperture": aperture, "l2_gradient": l2_gradient}
            for channels in (1, 3, 4):
                for width, height in ((1, 1), (1, 7), (6, 1), (2, 2), (3, 3), (5, 4), (17, 13), (40, 39)):
                    golden.add({"low": 0.2 * scale, "high": 0.5 * scale, **way}, "noise", (width, height, channels))
                golden.add({"low": 0.1 * scale, "high": 0.3 * scale, **way}, "scene", (131, 77, channels))
                golden.add({"low": 0.4 * scale, "high": 0.8 * scale, **way}, "stark", (70, 41, channels))
            # Exchanged, equal, with a fraction, and at the ends of the range.
            for low, high in ((0.5, 0.2), (0.3, 0.3), (0.30123456, 0.400567), (0.0, 0.0), (0.0, 0.6)):
                golden.add({"low": low * scale, "high": high * scale, **way}, "noise", (37, 33, 1))
            golden.add({"low": 1000000.0, "high": 0.0, **way}, "scene", (64, 48, 1))
            for name, image in drawings().items():
                of = {"low": 0.03 * scale, "high": 0.3 * scale, **way}
                golden.add(of, "raw", image=image, name=f"{name}, {aperture}, {l2_gradient}")
    golden.add({"low": 40.0, "high": 400.0}, "raw", image=spiral(233, 181, 7), name="large spiral")
    golden.add({"low": 40.0, "high": 400.0}, "raw", image=comb(300, 90, 8), name="large comb")
    golden.add({"low": 60.0, "high": 240.0}, "scene", (640, 480, 3))
    golden.add({"low": 150.0, "high": 900.0}, "noise", (700, 500, 1))


def random_cases(golden, random, count):
    """Drawings and blurred noise of random sizes, thresholds and apertures."""
    for case in range(count):
        width, height = (int(side) for side in random.integers(12, 90, 2))
        channels = int(random.choice([1, 3, 4]))
        noise = random.integers(0, 256, (height, width, channels), dtype=np.uint8)
        side = int(random.integers(1, 9))
        low, high = (int(sample) for sample in random.integers(0, 256, 2))
        image = [
            lambda: spiral(width, height, int(random.integers(3, 9))), lambda: comb(width, height, int(random.integers(4, 12))),
            lambda: checkerboard(width, height, side, low, high), lambda: rings(width, height, channels), lambda: noise,
            lambda: cv2.GaussianBlur(noise, (5, 5), 0).reshape(noise.shape),
        ][case % 6]()
        aperture = int(random.choice([3, 5, 7]))
        low, high = (float(threshold) for threshold in random.random(2) * SCALES[aperture] * random.choice([0.1, 0.5, 1.0]))
        parameters = {"low": low, "high": high, "aperture": aperture, "l2_gradient": bool(case % 2)}
        golden.add(parameters, "raw", image=np.ascontiguousarray(image), name=f"case {case}")
