"""What random operators draw, for their golden vectors: Philox4x32-10 and the formulas of torchvision in plain Python.

    pip install torchvision==0.29.2 && python crates/ops/tests/golden/draws.py

writes draws.txt: draws of many operators, epochs, indices and sizes, each a line `OPERATOR <tab> EPOCH INDEX WIDTH HEIGHT <tab> NUMBERS`
(the operator as in vectors.py). They are made by torchvision's own functions, whose random numbers are replaced by those of `Draws`, and
compared with the formulas here. Numbers: x, y, width, height of a rectangle; column and row of a crop; the number of a flip (0 none, 1
horizontal, 2 vertical, 3 both); angle, translations, scale and shears of an affine transformation; the order of brightness, contrast,
saturation and hue, and their factors; 1 for gray."""

import math
from pathlib import Path

MASK = 0xFFFFFFFF
KINDS = {"random_resized_crop": 1, "random_crop": 2, "random_flip": 3, "random_affine": 4, "random_erasing": 5,
         "color_jitter": 6, "random_gray": 7}


def philox(counter, key):
    """Philox4x32-10 (Salmon, Moraes, Dror and Shaw, 2011)."""
    a, b, c, d = counter
    k, l = key
    for _ in range(10):
        p, q = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = (q >> 32) ^ b ^ k, q & MASK, (p >> 32) ^ d ^ l, p & MASK
        k, l = (k + 0x9E3779B9) & MASK, (l + 0xBB67AE85) & MASK
    return a, b, c, d


assert philox((0,) * 4, (0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
assert philox((MASK,) * 4, (MASK, MASK)) == (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)


class Draws:
    """The numbers of one image for one operator."""

    def __init__(self, kind, seed=0, stream=0, epoch=0, index=0):
        self.key = (seed, stream)
        self.counter = [index & MASK, index >> 32, epoch & MASK, KINDS[kind] << 8]
        self.left = []

    def bits(self):
        if not self.left:
            a, b, c, d = philox(self.counter, self.key)
            self.left = [a << 32 | b, c << 32 | d]
            self.counter[3] += 1
        return self.left.pop(0)

    def unit(self):
        return (self.bits() >> 11) / 2**53

    def between(self, low, high):
        return low + (high - low) * self.unit()

    def below(self, count):
        return self.bits() * count >> 64


def log_between(draws, ratio):
    return math.exp(draws.between(math.log(ratio[0]), math.log(ratio[1])))


def resized_crop(draws, width, height, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3)):
    """x, y, width, height: torchvision's RandomResizedCrop."""
    for _ in range(10):
        area = height * width * draws.between(*scale)
        quotient = log_between(draws, ratio)
        w, h = round(math.sqrt(area * quotient)), round(math.sqrt(area / quotient))
        if 0 < w <= width and 0 < h <= height:
            y = draws.below(height - h + 1)
            return draws.below(width - w + 1), y, w, h
    w, h = width, height
    # torchvision rounds tiny sides to no pixel, here it is one.
    if width / height < min(ratio):
        h = max(round(w / min(ratio)), 1)
    elif width / height > max(ratio):
        w = max(round(h * max(ratio)), 1)
    return (width - w) // 2, (height - h) // 2, w, h


def erasing(draws, width, height, probability=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3)):
    """x, y, width, height: torchvision's RandomErasing."""
    if draws.unit() < probability:
        for _ in range(10):
            area = height * width * draws.between(*scale)
            quotient = log_between(draws, ratio)
            h, w = round(math.sqrt(area * quotient)), round(math.sqrt(area / quotient))
            if h < height and w < width:
                y = draws.below(height - h + 1)
                return draws.below(width - w + 1), y, w, h
    return 0, 0, 0, 0


def crop_sides(target, padding=(0,), pad_if_needed=False):
    """The function from the size of an image to the left, top, right and bottom border that torchvision's RandomCrop adds."""
    left, top, right, bottom = {1: list(padding) * 4, 2: list(padding) * 2}.get(len(padding), padding)

    def sides(width, height):
        across = max(target[0] - (left + width + right), 0) if pad_if_needed else 0
        down = max(target[1] - (top + height + bottom), 0) if pad_if_needed else 0
        return left + across, top + down, right + across, bottom + down

    return sides


def crop(draws, width, height, target, **padding):
    """Column and row in the padded image: torchvision's RandomCrop."""
    left, top, right, bottom = crop_sides(target, **padding)(width, height)
    y = draws.below(top + height + bottom - target[1] + 1)
    return draws.below(left + width + right - target[0] + 1), y


def flip(draws, horizontal=0.5, vertical=0.0):
    """1 for horizontal, plus 2 for vertical: torchvision's RandomHorizontalFlip and RandomVerticalFlip."""
    across = draws.unit() < horizontal
    return across + 2 * (draws.unit() < vertical)


JITTER = ("brightness", "contrast", "saturation", "hue")
NEUTRAL = (1.0, 1.0, 1.0, 0.0)


def permutation(draws, count):
    order = list(range(count))
    for place in range(count - 1, 0, -1):
        other = draws.below(place + 1)
        order[place], order[other] = order[other], order[place]
    return order


def color_jitter(draws, brightness=(1, 1), contrast=(1, 1), saturation=(1, 1), hue=(0, 0)):
    """The order of the four changes, and the factor of each, `None` where it is left out: torchvision's ColorJitter."""
    order = permutation(draws, 4)
    ranges = (brightness, contrast, saturation, hue)
    factors = [None if tuple(of) == (same, same) else draws.between(*of) for of, same in zip(ranges, NEUTRAL)]
    return order, factors


def gray(draws, probability=0.1):
    """Whether the image becomes gray: torchvision's RandomGrayscale."""
    return draws.unit() < probability


def affine(draws, width, height, degrees, translate=(0, 0), scale=(1, 1), shear=(0, 0)):
    """Angle, translations, scale, shears: torchvision's RandomAffine."""
    degrees = (-degrees[0], degrees[0]) if len(degrees) == 1 else degrees
    shear = (-shear[0], shear[0]) if len(shear) == 1 else shear
    angle = draws.between(*degrees)
    x, y = (round(draws.between(-most * side, most * side)) for most, side in zip(translate, (width, height)))
    factor = draws.between(*scale)
    shear_x = draws.between(*shear[:2])
    shear_y = draws.between(*shear[2:]) if len(shear) == 4 else 0.0
    return angle, x, y, factor, shear_x, shear_y


def affine_matrix(width, height, angle, x, y, scale, shear_x, shear_y):
    """torchvision's matrix from the output to the source, about the middle of the pixel centers."""
    turn, sx, sy = math.radians(angle), math.radians(shear_x), math.radians(shear_y)
    a = math.cos(turn - sy) / math.cos(sy)
    b = -math.cos(turn - sy) * math.tan(sx) / math.cos(sy) - math.sin(turn)
    c = math.sin(turn - sy) / math.cos(sy)
    d = -math.sin(turn - sy) * math.tan(sx) / math.cos(sy) + math.cos(turn)
    matrix = [value / scale for value in (d, -b, 0.0, -c, a, 0.0)]
    cx, cy = (width - 1) / 2, (height - 1) / 2
    matrix[2] += matrix[0] * (-cx - x) + matrix[1] * (-cy - y) + cx
    matrix[5] += matrix[3] * (-cx - x) + matrix[4] * (-cy - y) + cy
    return matrix


def by_torchvision(draws, kind, width, height, parameters):
    """The draw by torchvision's own code, whose random numbers are those of `draws`, and are not rounded to single precision; `None`
    for a crop without pixels."""
    import torch
    from torchvision import transforms

    def uniform(tensor, low=0.0, high=1.0):
        return tensor.fill_(draws.between(float(low), float(high)))

    old = torch.Tensor.uniform_, torch.randint, torch.randperm
    torch.randperm = lambda count: torch.tensor(permutation(draws, count))
    torch.Tensor.uniform_ = uniform
    torch.randint = lambda low, high, size: torch.tensor([low + draws.below(high - low)])
    torch.set_default_dtype(torch.float64)
    image = torch.empty((3, height, width), dtype=torch.uint8)
    try:
        if kind == "random_resized_crop":
            y, x, h, w = transforms.RandomResizedCrop.get_params(image, list(parameters["scale"]), list(parameters["ratio"]))
            return (x, y, w, h) if w > 0 < h else None
        if kind == "random_erasing":
            if draws.unit() >= parameters["probability"]:
                return 0, 0, 0, 0
            y, x, h, w, v = transforms.RandomErasing.get_params(image, parameters["scale"], parameters["ratio"], [0.0])
            return (0, 0, 0, 0) if v is image else (x, y, w, h)
        if kind == "color_jitter":
            ranges = [None if tuple(parameters[name]) == (same, same) else parameters[name] for name, same in zip(JITTER, NEUTRAL)]
            order, *factors = transforms.ColorJitter.get_params(*ranges)
            return (*order.tolist(), *(same if of is None else of for of, same in zip(factors, NEUTRAL)))
        if kind == "random_crop":
            y, x, _, _ = transforms.RandomCrop.get_params(image, (parameters["height"], parameters["width"]))
            return x, y
        if kind == "random_affine":
            angle, (x, y), scale, (shear_x, shear_y) = transforms.RandomAffine.get_params(
                list(parameters["degrees"]), parameters["translate"], parameters["scale"], parameters["shear"], [width, height])
            matrix = transforms.functional._get_inverse_affine_matrix(
                [(width - 1) / 2, (height - 1) / 2], angle, [x, y], scale, [shear_x, shear_y])
            ours = affine_matrix(width, height, angle, x, y, scale, shear_x, shear_y)
            assert all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) for a, b in zip(matrix, ours))
            return angle, x, y, scale, shear_x, shear_y
    finally:
        torch.set_default_dtype(torch.float32)
        torch.Tensor.uniform_, torch.randint, torch.randperm = old


def cases():
    """Operators, and images that they draw for."""
    sizes = [(640, 480), (333, 500), (1, 1), (2, 900), (900, 3), (17, 11), (4032, 3024)]
    images = [(0, 0), (0, 1), (1, 0), (3, 1_281_166), (2**32 - 1, 2**40 + 5)]
    for seed, stream in ((0, 0), (1, 0), (1, 2**32 - 1), (123_456_789, 7)):
        for epoch, index in images:
            for size in sizes:
                of = (epoch, index, *size)
                at = {"seed": seed, "stream": stream}
                target = {"width": 224, "height": 224}
                for scale, ratio in (((0.08, 1.0), (0.75, 4 / 3)), ((0.9, 1.0), (0.1, 0.2)), ((0.9, 1.0), (5.0, 9.0))):
                    yield "random_resized_crop", {**target, "scale": scale, "ratio": ratio, **at}, of
                for probability, scale, ratio in ((0.5, (0.02, 0.33), (0.3, 3.3)), (1.0, (0.5, 1.0), (0.3, 3.3))):
                    yield "random_erasing", {"probability": probability, "scale": scale, "ratio": ratio, **at}, of
                width, height = (size[0] + 1) // 2, (size[1] + 2) // 3
                yield "random_crop", {"width": width, "height": height, **at}, of
                for horizontal, vertical in ((0.5, 0.0), (0.3, 0.6)):
                    yield "random_flip", {"horizontal": horizontal, "vertical": vertical, **at}, of
                jitter = {"brightness": (0.6, 1.4), "contrast": (0.2, 3.0), "saturation": (0.0, 1.0), "hue": (-0.5, 0.5)}
                yield "color_jitter", {**jitter, **at}, of
                yield "color_jitter", {**jitter, "brightness": (1.0, 1.0), "hue": (0.0, 0.0), **at}, of
                yield "random_gray", {"probability": 0.4, **at}, of
                degrees, shear = (-30.0, 15.0), (-5.0, 5.0, -2.0, 10.0)
                yield "random_affine", {"degrees": degrees, "translate": (0.1, 0.25), "scale": (0.8, 1.3), "shear": shear, **at}, of


def jittered(drawn):
    """The numbers of a draw of `color_jitter`."""
    order, factors = drawn
    return (*order, *(same if of is None else of for of, same in zip(factors, NEUTRAL)))


def main():
    from vectors import word

    lines = []
    for kind, parameters, (epoch, index, width, height) in cases():
        def draws():
            return Draws(kind, parameters["seed"], parameters["stream"], epoch, index)

        own = {name: value for name, value in parameters.items() if name not in ("seed", "stream")}
        if kind == "random_flip":
            numbers = (flip(draws(), **own),)
        elif kind == "random_gray":
            numbers = (gray(draws(), **own),)
        else:
            port = {
                "random_resized_crop": lambda: resized_crop(draws(), width, height, own["scale"], own["ratio"]),
                "random_erasing": lambda: erasing(draws(), width, height, **own),
                "random_crop": lambda: crop(draws(), width, height, (own["width"], own["height"])),
                "random_affine": lambda: affine(draws(), width, height, **own),
                "color_jitter": lambda: jittered(color_jitter(draws(), **own)),
            }[kind]()
            numbers = by_torchvision(draws(), kind, width, height, own) or port
            close = [math.isclose(a, b, rel_tol=1e-12) for a, b in zip(numbers, port, strict=True)]
            assert all(close), (kind, parameters, numbers, port)
        operator = " ".join([kind, *(f"{name}={word(value)}" for name, value in parameters.items())])
        lines.append(f"{operator}\t{epoch} {index} {width} {height}\t{' '.join(repr(float(number)) for number in numbers)}\n")
    path = Path(__file__).resolve().parent / "draws.txt"
    path.write_text("".join(lines))
    print(f"{path}: {len(lines)} draws, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
