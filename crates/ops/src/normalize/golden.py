"""Golden vectors of `normalize`: torchvision and transformers, and exact fractions. `crates/ops/tests/golden/generate.py` runs it.

The numbers of `fma` are no library's: factor and summand are rounded to f32, and `sample * factor + summand` is rounded once.
NumPy rounds those to f16 and `ml_dtypes` to bf16, the others torch.
"""

from fractions import Fraction

import numpy as np
from floats import levels, of_tensor, to_tensor
from vectors import Library

SEED = 27000
EPSILON = Fraction(1, 10**6)

TORCH = {"torch": "2.15.0", "numpy": None, "ml_dtypes": "0.6.0"}
LIBRARIES = {
    "torchvision": Library("torchvision", {"torchvision": "0.29.2", **TORCH}),
    "torchvision_v2": Library("torchvision", {"torchvision": "0.29.2", **TORCH}),
    "transformers": Library("transformers", {"transformers": "5.23.0", "torchvision": "0.29.2", **TORCH}),
    "transformers_pillow": Library("transformers", {"transformers": "5.23.0", **TORCH}),
    "fma": Library("fractions", {"numpy": None, "ml_dtypes": "0.6.0"}, "1"),
}


def rounded(exact):
    """The f32 next to a fraction, ties to even."""
    near = np.float32(float(exact))
    candidates = [np.nextafter(near, np.float32(-np.inf)), near, np.nextafter(near, np.float32(np.inf))]
    return min(candidates, key=lambda value: (abs(Fraction(float(value)) - exact), int(value.view(np.uint32)) & 1))


def fma(image, mean, std, scale, sample, layout):
    out = np.empty(image.shape, np.float32)
    for channel, (m, s) in enumerate(zip(mean, std)):
        factor, summand = (Fraction(float(np.float32(value))) for value in (scale / s, -m / s))
        values = [rounded(level * factor + summand) for level in range(256)]
        for level, value in enumerate(values):
            plain = (level * Fraction(scale) - Fraction(m)) / Fraction(s)
            assert abs(Fraction(float(value)) - plain) <= EPSILON * (1 + abs(Fraction(m) / Fraction(s)) + abs(plain)), (level, value)
        out[:, :, channel] = np.array(values, np.float32)[image[:, :, channel]]
    import ml_dtypes

    # Beyond the range of the type lies infinity.
    with np.errstate(over="ignore"):
        out = out.astype({"f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16}[sample])
    return out.transpose(2, 0, 1) if layout == "planar" else out


def torchvision(image, mean, std):
    from torchvision import transforms

    return transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, std)])(image)


def torchvision_v2(image, mean, std):
    import torch
    from torchvision.transforms import v2

    return v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std)])(image)


def pixel_values(processor, image, mean, std, scale):
    """What a processor makes of an RGB image, of which it leaves the size."""
    values = processor(
        image, do_resize=False, do_center_crop=False, image_mean=mean, image_std=std, rescale_factor=float(scale),
        input_data_format="channels_last", return_tensors="pt")
    return values["pixel_values"][0]


def transformers(image, mean, std, scale):
    import torch
    from transformers.models.clip.image_processing_clip import CLIPImageProcessor

    processor = CLIPImageProcessor()
    out = processor.rescale_and_normalize(to_tensor(image), True, scale, True, tuple(mean), tuple(std))
    assert image.shape[2] != 3 or torch.equal(out, pixel_values(processor, image, mean, std, scale))
    return out


def transformers_pillow(image, mean, std, scale):
    import torch
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    processor = CLIPImageProcessorPil()
    planes = np.ascontiguousarray(image.transpose(2, 0, 1))
    out = torch.from_numpy(processor.normalize(processor.rescale(planes, scale), mean, std))
    assert image.shape[2] != 3 or torch.equal(out, pixel_values(processor, image, mean, std, scale))
    return out


def apply(image, mean, std, like, scale=1 / 255, sample="f32", layout="interleaved"):
    mean, std = ([float(value) for value in (values * image.shape[2] if len(values) == 1 else values)] for values in (mean, std))
    if like == "fma":
        return fma(image, mean, std, scale, sample, layout)
    if like in ("torchvision", "torchvision_v2"):
        assert scale == 1 / 255
        tensor = {"torchvision": torchvision, "torchvision_v2": torchvision_v2}[like](image, mean, std)
    else:
        tensor = {"transformers": transformers, "transformers_pillow": transformers_pillow}[like](image, mean, std, scale)
    return of_tensor(tensor, sample, layout)


IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
CLIP = {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]}


def fma_cases(golden):
    statistics = {
        1: [{"mean": [0.5], "std": [0.25]}, {"mean": [0], "std": [1], "scale": 1}],
        3: [IMAGENET, {"mean": [0.5], "std": [0.5]}, {**IMAGENET, "scale": 1}],
        4: [{"mean": [0.1, 0.2, 0.3, -0.4], "std": [0.5, 2, 0.7, -0.8], "scale": 0.01}],
    }
    for channels in statistics:
        for parameters in statistics[channels]:
            for sample in ("f32", "f16", "bf16"):
                for layout in ("interleaved", "planar"):
                    for width, height in ((1, 1), (17, 13), (70, 5)):
                        if channels > 1 and width * height > 300:
                            continue
                        parameters = {**parameters, "like": "fma", "sample": sample, "layout": layout}
                        golden.add(parameters, "noise", (width, height, channels))
    # Ties (256 to 511, of which bf16 has every second number), infinity, and subnormal numbers: of all 256 levels.
    for mean, scale in ((-256, 1), (0, 1.334e36), (0, 1e-40)):
        for sample in ("f32", "f16", "bf16"):
            golden.add({"mean": [mean], "std": [1], "like": "fma", "scale": scale, "sample": sample}, "raw", image=levels(1))


def cases(golden):
    if golden.like == "fma":
        return fma_cases(golden)
    statistics = [
        (1, {"mean": [0.5], "std": [0.25]}),
        (3, IMAGENET),
        (3, CLIP),
        (3, {"mean": [0.5], "std": [0.5]}),
        (3, {"mean": [0], "std": [1]}),
        (4, {"mean": [0.1, 0.2, 0.3, -0.4], "std": [0.5, 2, 0.7, -0.8]}),
    ]
    if golden.like.startswith("transformers"):
        # 256 to 511 have ties of bf16. The last quotients are beyond f16, or subnormal.
        statistics += [
            (3, {**IMAGENET, "scale": 1}),
            (3, {**CLIP, "scale": 1 / 127.5}),
            (4, {"mean": [0.1, 0.2, 0.3, -0.4], "std": [0.5, 2, 0.7, -0.8], "scale": 0.01}),
            (1, {"mean": [-256], "std": [1], "scale": 1}),
            (1, {"mean": [0], "std": [1e-30], "scale": 0.3}),
            (1, {"mean": [0], "std": [1e30], "scale": 1e-9}),
        ]
    for channels, parameters in statistics:
        for sample, layout in (("f32", "interleaved"), ("f16", "planar"), ("bf16", "interleaved")):
            golden.add({**parameters, "like": golden.like, "sample": sample, "layout": layout}, "raw", image=levels(channels))
