#!/usr/bin/env python3
"""Measures by how much results differ that are easily taken for the same, for the page docs/exactness.md.

    pip install torch==2.15.0 torchvision==0.29.2 pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy ml_dtypes==0.6.0
    python crates/ops/tests/golden/differences.py
    cargo xtask exactness

Writes differences.json beside it: {"differences": [{this, that, input, samples, differing, largest, unit}, ..]}. A result of the
project is stood in for by the library that it equals in every sample, as the golden vectors show, or by a formula that the golden
vectors of an operator are made with. Other versions of the libraries are refused.
"""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np

from generate import SOURCE, load
from vectors import noise, scene

HERE = Path(__file__).resolve().parent
VERSIONS = {"torch": "2.15.0", "torchvision": "0.29.2", "pillow": "13.0.0", "opencv-python-headless": "5.0.0.93"}
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
F = np.float32

# (width, height) of images and results.
SIZES = [((1920, 1080), (224, 224)), ((640, 480), (341, 256)), ((300, 200), (120, 77)), ((97, 61), (200, 150)), ((64, 48), (31, 50))]
TALL = [((300, 700), (110, 256)), ((224, 1500), (56, 375)), ((61, 403), (30, 60))]
KINDS = {"noise": noise, "photograph-like": scene}


class Pair:
    """Counts the differences of two results over some images."""

    def __init__(self, this, that, kind, unit=""):
        self.entry = {"this": this, "that": that, "input": kind, "samples": 0, "differing": 0, "largest": 0.0, "unit": unit}

    def add(self, a, b):
        difference = np.abs(np.asarray(a).astype(np.float64) - np.asarray(b).astype(np.float64))
        self.entry["samples"] += int(difference.size)
        self.entry["differing"] += int(np.count_nonzero(difference))
        self.entry["largest"] = float(f"{max(self.entry['largest'], float(difference.max())):.3g}")


def pillow(image, size, name):
    from PIL import Image

    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling[name.upper()]))


def horizontal_first(image, size, name):
    """The order of passes of Pillow up to 12: each call makes one pass."""
    return pillow(pillow(image, (size[0], image.shape[0]), name), size, name)


def torchvision(image, size, name, version):
    import torch
    from torchvision.transforms import InterpolationMode, functional
    from torchvision.transforms.v2 import functional as functional_v2

    tensor = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
    resize = {1: functional, 2: functional_v2}[version].resize
    out = resize(tensor, [size[1], size[0]], InterpolationMode[name.upper()], antialias=True)
    return out.numpy().transpose(1, 2, 0)


def resamples():
    cuda_model = load(SOURCE / "resample" / "golden.py").cuda_model
    for name in ("bilinear", "bicubic"):
        for kind, make in KINDS.items():
            own = f"`resample`, {name}, like "
            pairs = [
                Pair(own + "`torchvision`", "like `pillow13`", kind),
                Pair(own + "`torchvision`", "torchvision 0.29.2 `functional.resize` (v1) of a tensor on the CPU", kind),
                Pair(own + "`torchvision`", "like `torch_cuda`", kind),
                Pair(own + "`torch_cuda`", "torchvision 0.29.2 `functional.resize` (v1) of a tensor on the CPU", kind),
            ]
            tall = Pair(own + "`pillow13`", "like `pillow12`", f"{kind}, taller than 2:1")
            for seed, (source, size) in enumerate(SIZES):
                image = make(*source, 3, seed)
                native, old = (torchvision(image, size, name, version) for version in (2, 1))
                cuda = cuda_model(image, *size, name)
                for pair, (a, b) in zip(pairs, [(native, pillow(image, size, name)), (native, old), (native, cuda), (cuda, old)]):
                    pair.add(a, b)
            for seed, (source, size) in enumerate(TALL):
                image = make(*source, 3, seed)
                tall.add(pillow(image, size, name), horizontal_first(image, size, name))
            yield from [*pairs, tall]


def cubic_axis(count, target):
    """The taps and weights of the integer form of INTER_CUBIC."""
    positions = ((np.arange(target) + 0.5) * (1 / (target / count)) - 0.5).astype(F)
    first = np.floor(positions).astype(int)
    x = (positions - first.astype(F)).astype(F)
    a, one = F(-0.75), F(1)
    inner = lambda x: ((a + F(2)) * x - (a + F(3))) * x * x + one
    before = ((a * (x + one) - F(5) * a) * (x + one) + F(8) * a) * (x + one) - F(4) * a
    weights = [before, inner(x), inner(one - x)]
    weights.append(one - weights[0] - weights[1] - weights[2])
    taps = [np.clip(first - 1 + tap, 0, count - 1) for tap in range(4)]
    return taps, [np.rint(weight.astype(F) * F(2048)).astype(np.int64) for weight in weights]


def cubic(image, size):
    (xs, across), (ys, down) = (cubic_axis(*pair) for pair in ((image.shape[1], size[0]), (image.shape[0], size[1])))
    rows = sum(image.astype(np.int64)[:, xs[tap]] * across[tap][None, :, None] for tap in range(4))
    total = sum(rows[ys[tap]] * down[tap][:, None, None] for tap in range(4))
    return np.clip((total + (1 << 21)) >> 22, 0, 255).astype(np.uint8)


def cubics(opencv_without_ipp):
    import cv2

    for kind, make in KINDS.items():
        pairs = [Pair("`resize`, `cubic`", f"OpenCV 5.0.0 `INTER_CUBIC`, {code}", kind) for code in
                 ("default wheel for x86-64 (IPP)", "`OPENCV_IPP=disabled`")]
        for seed, (source, size) in enumerate(SIZES):
            image = make(*source, 3, seed)
            own = cubic(image, size)
            pairs[0].add(own, cv2.resize(image, size, interpolation=cv2.INTER_CUBIC))
            pairs[1].add(own, opencv_without_ipp(image, size))
        yield from pairs


def without_ipp(image, size):
    """INTER_CUBIC in a process of its own: OpenCV reads the variable when it is loaded."""
    code = ("import cv2, sys, numpy as np; h, w, ow, oh = map(int, sys.argv[1:]);"
            "image = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(h, w, 3);"
            "sys.stdout.buffer.write(cv2.resize(image, (ow, oh), interpolation=cv2.INTER_CUBIC).tobytes())")
    numbers = [str(number) for number in (*image.shape[:2], *size)]
    out = subprocess.run([sys.executable, "-c", code, *numbers], input=np.ascontiguousarray(image).tobytes(), check=True,
                         stdout=subprocess.PIPE, env={**os.environ, "OPENCV_IPP": "disabled", "OPENCV_LOG_LEVEL": "ERROR"}).stdout
    return np.frombuffer(out, np.uint8).reshape(size[1], size[0], 3)


def tables():
    """256 entries for each of three channels, as each library's operations make them. Pairs that are equal are left out."""
    import torch

    level = torch.arange(256, dtype=torch.uint8)[None, None].expand(3, 1, 256)
    from torchvision.transforms import functional
    from torchvision.transforms.v2 import functional as functional_v2

    v1 = functional.normalize(functional.convert_image_dtype(level, torch.float32), MEAN, STD)
    v2 = functional.normalize(functional_v2.to_dtype(level, torch.float32, scale=True), MEAN, STD)
    k = 1.0 / (1 / 255)
    fused = functional.normalize(level.float(), torch.tensor(MEAN) * k, torch.tensor(STD) * k)
    scaled = (np.arange(256, dtype=np.float64) * (1 / 255)).astype(F)
    plain = np.stack([(scaled - F(m)) / F(s) for m, s in zip(MEAN, STD)])[:, None]
    fma = load(SOURCE / "normalize" / "golden.py").apply
    image = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    fma = fma(image, mean=MEAN, std=STD, scale=1 / 255, like="fma").transpose(2, 0, 1)
    named = {"torchvision": v1.numpy(), "torchvision_v2": v2.numpy(), "transformers": fused.numpy(), "transformers_pillow": plain, "fma": fma}
    names = list(named)
    for index, this in enumerate(names):
        for that in names[index + 1:]:
            pair = Pair(f"`normalize`, like `{this}`", f"like `{that}`", "all values, ImageNet", "(f32)")
            pair.add(named[this], named[that])
            if pair.entry["differing"]:
                yield pair


def blends():
    import cv2

    apply = load(SOURCE / "blend" / "golden.py").apply
    pair = Pair("`blend`", "OpenCV 5.0.0 `addWeighted`", "noise")
    for index, alpha in enumerate((0.001, 0.1, 0.25, 0.3, 0.5, 0.7)):
        a, b = noise(640, 480, 3, index), noise(640, 480, 3, 100 + index)
        pair.add(apply(a, b, alpha), cv2.addWeighted(a, alpha, b, 1 - alpha, 0))
    yield pair


def main():
    for package, version in VERSIONS.items():
        found = metadata.version(package).split("+")[0]
        if found != version:
            raise SystemExit(f"the differences are those of {package} {version}, this is {found}")
    import torch

    torch.set_num_threads(1)
    entries = [pair.entry for pair in (*resamples(), *cubics(without_ipp), *tables(), *blends())]
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    (HERE / "differences.json").write_text('{"differences": [\n' + lines + "\n]}\n")
    print(f"differences.json: {len(entries)} entries")


if __name__ == "__main__":
    main()
