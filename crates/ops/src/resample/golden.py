"""Golden vectors of `resample`: what Pillow and torchvision make of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import math

import numpy as np

from vectors import Library

SEED = 71000

LIBRARIES = {
    "pillow12": Library("pillow", {"pillow": "12.3.0"}),
    "pillow13": Library("pillow", {"pillow": "13.0.0"}),
    "torchvision": Library("torchvision", {"torchvision": "0.29.2", "torch": "2.15.0"}),
    "torch_cuda": Library("torch", {"torch": None, "torchvision": None}, cuda=True),
    # The model below, which equals torch 2.11 on an H200.
    "torch_cuda_model": Library("torch_cuda_model", {"numpy": None}, "2.11.0"),
}

PILLOW = ("box", "bilinear", "hamming", "bicubic", "lanczos")
FILTERS = {
    "pillow12": PILLOW,
    "pillow13": PILLOW,
    "torchvision": ("bilinear", "bicubic", "lanczos"),
    "torch_cuda": ("bilinear", "bicubic"),
}


def apply(image, like, filter, box=None, **size):
    """The output of the library. Its size is computed here for the forms that it has no function of its own for."""
    height, width = image.shape[:2]
    if like.startswith("pillow"):
        return pillow(image, filter, target(width, height, **size), box)
    if like == "torch_cuda" and not has_gpu():
        return cuda_model(image, *target(width, height, **size), filter)
    return torchvision(image, filter, size, cuda=like == "torch_cuda")


def has_gpu():
    return not LIBRARIES["torch_cuda"].missing()


def pillow(image, filter, size, box):
    from PIL import Image

    mode = getattr(Image.Resampling, filter.upper())
    flat = image[:, :, 0] if image.shape[2] == 1 else image
    return np.asarray(Image.fromarray(flat).resize(size, mode, box=box)).reshape(size[1], size[0], image.shape[2])


def torchvision(image, filter, size, cuda):
    import torch
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2 import functional

    tensor = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
    if cuda:
        tensor = tensor.cuda()
    height, width = image.shape[:2]
    mode = InterpolationMode[filter.upper()]
    if "shortest_edge" in size and size.get("rounding", "torchvision") == "torchvision" and "round_up_to" not in size:
        # torchvision's own rule for the size.
        short, most = size["shortest_edge"], size.get("max_size")
        if most is None or most > short:
            out = functional.resize(tensor, [short], mode, max_size=most, antialias=True)
            assert out.shape[1:] == target(width, height, **size)[::-1]
            return out.cpu().numpy().transpose(1, 2, 0)
    width, height = target(width, height, **size)
    out = functional.resize(tensor, [height, width], mode, antialias=True)
    return out.cpu().numpy().transpose(1, 2, 0)


F, D = np.float32, np.float64


def fma(a, b, c):
    """a * b + c in single precision with one rounding: in double precision rounded to odd, and then to single precision."""
    a, b, c = np.broadcast_arrays(*[np.asarray(v, F).astype(D) for v in (a, b, c)])
    product = a * b
    total = product + c
    part = total - product
    error = (product - (total - part)) + (c - part)
    bits = total.view(np.int64)
    odd = (error != 0) & ((bits & 1) == 0)
    return np.where(odd, np.where((error > 0) == (total > 0), bits + 1, bits - 1), bits).view(D).astype(F)


def cuda_windows(source, target, filter):
    half = 1 if filter == "bilinear" else 2
    scale = F(source) / F(target)
    support = F(F(half) * scale) if scale >= 1 else F(half)
    inverse = F(1 / D(scale)) if scale >= 1 else F(1)
    windows = []
    for index in range(target):
        center = F(index + 0.5)
        first = max(int(F(fma(scale, center, -support) + F(0.5))), 0)
        count = min(int(F(fma(scale, center, support) + F(0.5))), source) - first
        x = np.abs(((np.arange(count).astype(F) + fma(-scale, center, F(first))) + F(0.5)) * inverse).astype(F)
        if half == 1:
            weights = np.where(x < 1, F(1) - x, F(0))
        else:
            near = fma((fma(F(1.5), x, F(-2.5)) * x).astype(F), x, F(1))
            far = fma(fma((x - F(5)).astype(F), x, F(8)), x, F(-4)) * F(-0.5)
            weights = np.where(x < 1, near, np.where(x < 2, far, F(0)))
        total = F(0)
        for weight in weights:
            total = F(total + weight)
        windows.append((first, (weights / total).astype(F)))
    return windows


def cuda_pass(rows, windows):
    out = []
    for first, weights in windows:
        total = rows[first] * weights[0]
        for index in range(1, len(weights)):
            total = fma(rows[first + index], weights[index], total)
        out.append(total)
    return np.stack(out)


def cuda_model(image, width, height, filter):
    """What torch's antialiased kernel on CUDA computes, rounded as torchvision rounds it."""
    if (height, width) == image.shape[:2]:
        return image
    rows = cuda_pass(image.astype(F).swapaxes(0, 1), cuda_windows(image.shape[1], width, filter)).swapaxes(0, 1)
    rows = cuda_pass(rows, cuda_windows(image.shape[0], height, filter))
    return np.rint(rows).clip(0, 255).astype(np.uint8)


def target(w, h, round_up_to=1, **size):
    """Width and height of the output, by the functions of transformers 5.23.0 that have these rules."""
    return tuple(math.ceil(edge / round_up_to) * round_up_to for edge in rule(w, h, **size))


def rule(w, h, width=None, height=None, shortest_edge=None, longest_edge=None, max_size=None, rounding=None, max_width=None,
         max_height=None, multiple=None, min_pixels=1, max_pixels=math.inf, tile=None):
    if width:
        return width, height
    if shortest_edge and rounding == "detr":
        raw = None
        low, high = float(min(h, w)), float(max(h, w))
        if max_size and high / low * shortest_edge > max_size:
            raw = max_size * low / high
            shortest_edge = int(round(raw))
        if (h <= w and h == shortest_edge) or (w <= h and w == shortest_edge):
            return w, h
        edge = shortest_edge if raw is None else raw
        return (shortest_edge, int(edge * h / w)) if w < h else (int(edge * w / h), shortest_edge)
    if shortest_edge:
        short, long = (w, h) if w <= h else (h, w)
        short, long = shortest_edge, int(shortest_edge * long / short)
        if max_size and long > max_size:
            short, long = int(max_size * short / long), max_size
        return (short, long) if w <= h else (long, short)
    if longest_edge and rounding == "idefics3":
        ratio = w / h
        if w >= h:
            w, h = longest_edge, int(longest_edge / ratio)
            h += h % 2
        else:
            w, h = int(longest_edge * ratio), longest_edge
            w += w % 2
        w, h = max(w, 1), max(h, 1)
        ratio = w / h
        if w >= h and w > 4096:
            w, h = 4096, int(4096 / ratio)
        elif h > w and h > 4096:
            w, h = int(4096 * ratio), 4096
        return max(w, 1), max(h, 1)
    if longest_edge:
        scale = longest_edge * 1.0 / max(h, w)
        return int(w * scale + 0.5), int(h * scale + 0.5)
    if max_width:
        scale = min(max_height / h, max_width / w)
        return int(w * scale), int(h * scale)
    if multiple:
        a, b = round(h / multiple) * multiple, round(w / multiple) * multiple
        if a * b > max_pixels:
            k = math.sqrt((h * w) / max_pixels)
            a = max(multiple, math.floor(h / k / multiple) * multiple)
            b = max(multiple, math.floor(w / k / multiple) * multiple)
        elif a * b < min_pixels:
            k = math.sqrt(min_pixels / (h * w))
            a, b = math.ceil(h * k / multiple) * multiple, math.ceil(w * k / multiple) * multiple
        return b, a
    ratio = w / h
    if w >= h:
        w = math.ceil(w / tile) * tile
        return w, math.ceil(int(w / ratio) / tile) * tile
    h = math.ceil(h / tile) * tile
    return math.ceil(int(h * ratio) / tile) * tile, h


PAIRS = [
    # (source, destination): one pixel, one pass, both, whole factors, tall images on both sides of the rules for the first pass.
    ((1, 1), (1, 1)), ((1, 1), (7, 5)), ((9, 1), (4, 3)), ((13, 11), (13, 11)), ((13, 11), (13, 4)), ((13, 11), (6, 11)),
    ((24, 18), (12, 9)), ((24, 18), (8, 6)), ((25, 19), (12, 9)), ((10, 7), (31, 15)), ((101, 67), (24, 16)),
    ((30, 61), (15, 30)), ((30, 60), (15, 30)), ((12, 90), (12, 40)), ((12, 90), (20, 9)), ((2, 203), (5, 40)),
    ((2, 203), (5, 230)), ((1, 140), (1, 61)), ((3, 64), (20, 5)), ((64, 3), (5, 20)), ((49, 49), (7, 7)),
]
BIG = [
    ((640, 480), (224, 224)), ((641, 427), (320, 240)), ((427, 1281), (224, 672)), ((320, 240), (333, 251)),
    ((1920, 1080), (224, 224)), ((257, 131), (128, 65)),
]
BOXES = [
    # (source, destination, box)
    ((24, 18), (12, 9), (0, 0, 24, 18)), ((24, 18), (24, 18), (0, 0, 24, 18)), ((24, 18), (10, 9), (3, 2, 13, 11)),
    ((24, 18), (10, 9), (0.5, 2, 10.5, 11)), ((24, 18), (7, 20), (0.3, 1.7, 20.25, 17.9)), ((24, 18), (24, 9), (0, 3, 24, 18)),
    ((24, 18), (24, 12), (0, 3, 24, 15)), ((24, 18), (12, 18), (5, 0, 17, 18)), ((24, 18), (5, 4), (7.1, 8.2, 7.6, 8.3)),
    ((15, 90), (8, 20), (1.5, 2.25, 14.5, 88.875)), ((2, 240), (3, 50), (0, 3.5, 1.5, 239)), ((2, 240), (1, 100), (1, 20, 2, 220)),
]
SIZES = [
    # (source, parameters of the size)
    ((50, 31), {"shortest_edge": 16}), ((31, 50), {"shortest_edge": 17, "max_size": 20}),
    ((31, 50), {"shortest_edge": 17, "max_size": 30, "rounding": "torchvision"}),
    ((50, 31), {"shortest_edge": 16, "max_size": 20, "rounding": "detr"}), ((47, 33), {"shortest_edge": 24, "rounding": "detr"}),
    ((50, 31), {"longest_edge": 33}), ((31, 50), {"longest_edge": 70, "rounding": "sam"}),
    ((50, 31), {"longest_edge": 33, "rounding": "idefics3"}), ((7, 90), {"longest_edge": 40, "rounding": "idefics3"}),
    ((50, 31), {"max_width": 20, "max_height": 40}), ((31, 50), {"max_width": 60, "max_height": 80}),
    ((50, 31), {"multiple": 8}), ((50, 31), {"multiple": 7, "max_pixels": 500}),
    ((20, 31), {"multiple": 14, "min_pixels": 900, "max_pixels": 2000}), ((5, 31), {"multiple": 12, "min_pixels": 700}),
    ((50, 31), {"tile": 20}), ((31, 50), {"tile": 13}), ((50, 31), {"shortest_edge": 20, "rounding": "detr", "round_up_to": 8}),
]


def cases(golden):
    like = golden.like.removesuffix("_model")
    for filter in FILTERS[like]:
        def add(size, *input):
            golden.add({"like": like, "filter": filter, **size}, *input)

        # torch fails on some shapes of one pixel, and its formula for them is that of all others.
        pairs = [pair for pair in PAIRS if like.startswith("pillow") or min(pair[0]) > 1]
        for index, (source, (width, height)) in enumerate(pairs):
            for channels in (1, 3, 4):
                kind = ("noise", "stark")[(index + channels) % 2]
                add({"width": width, "height": height}, kind, (*source, channels))
        for index, (source, (width, height)) in enumerate(BIG):
            add({"width": width, "height": height}, "scene", (*source, (3, 4, 1)[index % 3]))
        for index, (source, size) in enumerate(SIZES):
            add(size, "noise", (*source, (3, 1, 4)[index % 3]))
        if like.startswith("pillow"):
            for index, (source, (width, height), box) in enumerate(BOXES):
                for channels in (1 + 2 * (index % 2), 4):
                    add({"width": width, "height": height, "box": box}, "noise", (*source, channels))


def random_cases(golden, random, count):
    """`count` cases of each filter: any shapes, often with one pass, a tall image, black and white, or a box."""
    like = golden.like.removesuffix("_model")
    for filter in FILTERS[like]:
        for index in range(count):
            w, h, width, height = (int(side) for side in random.integers(1, (40, 90)[index % 2], 4))
            if index % 10 == 3:
                width = w
            if index % 10 == 4:
                height = h
            if index % 25 == 7:
                w, h, height = 1 + index % 2, int(random.integers(101, 450)), int(random.integers(1, 90))
            if not like.startswith("pillow"):
                # As above: torch fails on, or computes something else for, some shapes of one column or row.
                w, h, width, height = (max(side, 2) for side in (w, h, width, height))
            size = {"width": width, "height": height}
            if like.startswith("pillow") and random.random() < 0.4:
                x0, x1 = sorted(float(x) for x in random.random(2) * w)
                y0, y1 = sorted(float(y) for y in random.random(2) * h)
                if index % 2:
                    x0, y0 = int(x0), int(y0)
                if index % 5 == 0:
                    x0 = 0
                if index % 7 == 0:
                    x1 = w
                if F(x0) < F(x1) and F(y0) < F(y1):
                    size["box"] = (x0, y0, x1, y1)
            elif index % 4 == 0:
                size = random_size(random, w, h, size)
            channels, kind = (1, 3, 4)[index % 3], "stark" if random.random() < 0.25 else "noise"
            shape = (w, h, channels)
            golden.add({"like": like, "filter": filter, **size}, kind, shape, name=f"{filter} {index}: {shape} {size}")


def random_size(random, w, h, exact):
    """A rule for the size that makes a moderate one of this shape; `exact` where none of the drawn ones does."""
    for _ in range(20):
        a, b = (int(side) for side in random.integers(1, 90, 2))
        multiple = int(random.integers(1, 30))
        size = [
            {"shortest_edge": a, "max_size": b}, {"shortest_edge": a, "max_size": b, "rounding": "detr"},
            {"shortest_edge": a, "rounding": "detr", "round_up_to": multiple}, {"shortest_edge": a}, {"longest_edge": a},
            {"longest_edge": a, "rounding": "idefics3"}, {"max_width": a, "max_height": b}, {"tile": a},
            {"multiple": multiple, "max_pixels": multiple * multiple + a * b}, {"multiple": multiple, "min_pixels": a * b},
        ][int(random.integers(10))]
        if "multiple" in size and max(w, h) / min(w, h) > 200:
            continue
        if 2 <= min(target(w, h, **size)) and max(target(w, h, **size)) <= 200:
            return size
    return exact
