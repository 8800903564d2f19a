"""Golden vectors of `resized_crop`: what the libraries of `resize` and `resample` make of slices. `crates/ops/tests/golden/generate.py`
runs it."""

import importlib.util
from pathlib import Path

import numpy as np

from vectors import OPENCV


def script(kind):
    """The golden.py of another operator."""
    spec = importlib.util.spec_from_file_location(f"golden_{kind}", Path(__file__).resolve().parent.parent / kind / "golden.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SEED = 31000
RESIZE, RESAMPLE = script("resize"), script("resample")
# Not on a GPU, with which other environments have other cases: the model stands for it.
LIBRARIES = {"opencv": OPENCV, **{name: library for name, library in RESAMPLE.LIBRARIES.items() if name != "torch_cuda"}}


def apply(image, box, width, height, interpolation="bilinear", filter=None, like=None):
    x, y, columns, rows = box
    part = np.ascontiguousarray(image[y:y + rows, x:x + columns])
    if filter is None:
        return RESIZE.apply(part, width, height, interpolation)
    if like == "torch_cuda":
        return RESAMPLE.cuda_model(part, width, height, filter)
    return RESAMPLE.apply(part, like, filter, width=width, height=height)


def sampling(like, channels):
    """The ways in which a library resizes, and the sizes of the outputs for each."""
    sizes = [(9, 7), (20, 31), (17, 12), (1, 1)]
    if like == "opencv":
        for interpolation in RESIZE.MODES:
            # Rows of less than eight samples: OpenCV computes longer ones by another formula.
            narrow = {1: [(7, 9), (3, 20)], 3: [(2, 9), (1, 20)], 4: [(1, 9), (1, 20)]}[channels]
            yield {"interpolation": interpolation}, narrow if interpolation == "cubic" else sizes
    else:
        like = "torch_cuda" if like == "torch_cuda_model" else like
        for filter in RESAMPLE.FILTERS[like]:
            yield {"filter": filter, "like": like}, sizes[:2]


# Inside, at the corners, whole, a row, a column, and twice the size of an output.
BOXES = [(5, 3, 20, 11), (0, 0, 9, 7), (17, 6, 18, 14), (0, 0, 35, 20), (0, 19, 35, 1), (34, 0, 1, 20), (2, 1, 34 - 16, 14)]


def cases(golden):
    for channels in (1, 3, 4):
        for way, sizes in sampling(golden.like, channels):
            for box in BOXES if golden.like == "opencv" else BOXES[:4]:
                for width, height in sizes:
                    golden.add({"box": box, "width": width, "height": height, **way}, "noise", (35, 20, channels))
