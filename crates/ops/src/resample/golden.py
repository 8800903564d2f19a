"""Golden vectors of `resample`: what Pillow and torchvision make of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import math

import numpy as np

from vectors import Library

SEED = 71000

LIBRARIES = {
    "pillow12": Library("pillow", {"pillow": "12.3.0"}),
    "pillow13": Library("pillow", {"pillow": "13.0.0"}),
    "torchvision": Library("torchvision", {"torchvision": "0.29.2", "torch": "2.15.0"}),
    # On a machine with a GPU.
    "torch_cuda": Library("torch", {"torch": None, "torchvision": None}),
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
    return torchvision(image, filter, size, cuda=like == "torch_cuda")


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


def target(width, height, round_up_to=1, **size):
    """Width and height of the output, by the functions of transformers 5.23.0 that have these rules."""
    width, height = rule(width, height, **size)
    return tuple(math.ceil(edge / round_up_to) * round_up_to for edge in (width, height))


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
    like = golden.like
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
