"""Golden vectors of `normalize`: its formula in exact fractions. `crates/ops/tests/golden/generate.py` runs it.

OpenCV has no function of these bits: factor and summand are rounded to f32, and `sample * factor + summand` is rounded once.
NumPy rounds to f16 and `ml_dtypes` to bf16.
"""

from fractions import Fraction

import ml_dtypes
import numpy as np

SEED = 27000
EPSILON = Fraction(1, 10**6)


def rounded(exact):
    """The f32 next to a fraction, ties to even."""
    near = np.float32(float(exact))
    candidates = [np.nextafter(near, np.float32(-np.inf)), near, np.nextafter(near, np.float32(np.inf))]
    return min(candidates, key=lambda value: (abs(Fraction(float(value)) - exact), int(value.view(np.uint32)) & 1))


def apply(image, mean, std, scale=1 / 255, sample="f32", layout="interleaved"):
    channels = image.shape[2]
    out = np.empty(image.shape, np.float32)
    for channel in range(channels):
        m, s = (values[channel if len(values) > 1 else 0] for values in (mean, std))
        factor, summand = (Fraction(float(np.float32(value))) for value in (scale / s, -m / s))
        values = [rounded(level * factor + summand) for level in range(256)]
        for level, value in enumerate(values):
            plain = (level * Fraction(scale) - Fraction(m)) / Fraction(s)
            assert abs(Fraction(float(value)) - plain) <= EPSILON * (1 + abs(Fraction(m) / Fraction(s)) + abs(plain)), (level, value)
        out[:, :, channel] = np.array(values, np.float32)[image[:, :, channel]]
    # Beyond the range of the type lies infinity.
    with np.errstate(over="ignore"):
        out = out.astype({"f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16}[sample])
    return out.transpose(2, 0, 1) if layout == "planar" else out


def cases(golden):
    imagenet = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    statistics = {
        1: [{"mean": [0.5], "std": [0.25]}, {"mean": [0], "std": [1], "scale": 1}],
        3: [imagenet, {"mean": [0.5], "std": [0.5]}, {**imagenet, "scale": 1}],
        4: [{"mean": [0.1, 0.2, 0.3, -0.4], "std": [0.5, 2, 0.7, -0.8], "scale": 0.01}],
    }
    # The cases of bf16 are behind all others, whose inputs have the seeds of the time before it.
    for samples in (("f32", "f16"), ("bf16",)):
        for channels in statistics:
            for parameters in statistics[channels]:
                for sample in samples:
                    for layout in ("interleaved", "planar"):
                        for width, height in ((1, 1), (17, 13), (70, 5)):
                            if channels > 1 and width * height > 300:
                                continue
                            golden.add({**parameters, "sample": sample, "layout": layout}, "noise", (width, height, channels))
    # Ties (256 to 511, of which bf16 has every second number), infinity, and subnormal numbers: of all 256 levels.
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    for mean, scale in ((-256, 1), (0, 1.334e36), (0, 1e-40)):
        for sample in ("f32", "f16", "bf16"):
            golden.add({"mean": [mean], "std": [1], "scale": scale, "sample": sample}, "raw", image=levels)
