#!/usr/bin/env python3
"""Image processors with the backend torch_cuda, against transformers and torchvision on the GPU, bit for bit.

    python3 torch_processors.py [--device N] [--quick]

Images of noise and of slopes, of random and of special sizes, lie on the GPU; the library and pixelflume make their tensors of
each there. Prints a table last.

Exit codes: 0 all is equal, 1 something differs, 77 there is no torch, torchvision, transformers, or GPU.
"""

import argparse
import sys

import pixelflume as pf

SKIPPED = 77

try:
    import torch
    import torchvision
    import transformers
    from torchvision.transforms import InterpolationMode, v2
except ImportError as error:
    print(f"torch, torchvision or transformers cannot be imported: {error}")
    sys.exit(SKIPPED)

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
# Of transformers: class and arguments.
TRANSFORMERS = {
    "blip": ("Blip", {}),
    "clip": ("CLIP", {}),
    "convnext": ("ConvNext", {}),
    "deit": ("DeiT", {}),
    "detr": ("Detr", {}),
    "dinov2": ("Bit", {"size": {"shortest_edge": 256}, "resample": 3, **IMAGENET}),
    "idefics3": ("Idefics3", {}),
    "mask2former": ("Mask2Former", {}),
    "qwen2_vl": ("Qwen2VL", {}),
    "qwen3_vl": ("Qwen2VL", {"patch_size": 16, "size": {"shortest_edge": 65536, "longest_edge": 16777216}, **HALF}),
    "sam": ("Sam", {}),
    "siglip": ("Siglip", {}),
    "smolvlm": ("SmolVLM", {}),
    "vit": ("ViT", {}),
}
# Of torchvision: the shorter edge, the crop and the filter.
PRESETS = {"imagenet": (256, 224, "bilinear"), "imagenet_v2": (232, 224, "bilinear"), "imagenet_bicubic": (256, 224, "bicubic")}
# Their outputs have millions of samples.
LARGE = ["detr", "idefics3", "mask2former", "sam", "smolvlm"]
SPECIAL = [(224, 224), (256, 256), (225, 224), (900, 90), (90, 900), (640, 480), (480, 640), (1080, 1920)]


class Wrong(Exception):
    """A result is not what it must be."""


def expect(condition, what):
    if not condition:
        raise Wrong(what)


class Refused(Exception):
    """The library has no processor of this name, or refuses the image."""


def sizes(count):
    generator = torch.Generator().manual_seed(16)
    drawn = torch.randint(20, 901, (count, 2), generator=generator).tolist()
    return [tuple(size) for size in SPECIAL[: count // 3] + drawn][:count]


def image(number, size):
    """Planes on the GPU: noise, or slopes with a little noise."""
    height, width = size
    generator = torch.Generator().manual_seed(number)
    noise = torch.randint(0, 256, (3, height, width), generator=generator)
    if number % 2:
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        slopes = [x * 255 // max(width - 1, 1), y * 255 // max(height - 1, 1), (x + y) * 255 // max(width + height - 2, 1)]
        noise = (torch.stack(slopes) + (noise >> 4)) & 255
    return noise.to(torch.uint8).cuda()


def of_transformers(name):
    """The processor as a function from planes to named tensors."""
    stem, arguments = TRANSFORMERS[name]
    # Versions before 5 call the one with the backend torchvision "Fast".
    end = "Fast" if int(transformers.__version__.split(".")[0]) < 5 else ""
    kind = getattr(transformers, f"{stem}ImageProcessor{end}", None)
    if kind is None:
        raise Refused("transformers does not have it")
    processor = kind(**arguments)
    tiled = name in ("idefics3", "smolvlm")

    def run(planes):
        try:
            result = processor(
                images=[[planes]] if tiled else [planes],
                return_tensors="pt",
                device="cuda",
                input_data_format="channels_first",
            )
        except (ValueError, RuntimeError) as error:
            raise Refused(str(error)) from error
        values = result["pixel_values"]
        expect(values.is_cuda and values.dtype == torch.float32, f"transformers gives {values.dtype} on {values.device}")
        if tiled:
            return {"tiles": values[0, :-1], "global_image": values[0, -1]}
        masks = {"pixel_mask": result["pixel_mask"].to(torch.uint8)} if "pixel_mask" in result else {}
        return {"pixel_values": values, **masks}

    return run


def of_torchvision(name):
    edge, crop, filter_name = PRESETS[name]
    process = v2.Compose([
        v2.Resize(edge, interpolation=InterpolationMode(filter_name), antialias=True), v2.CenterCrop(crop),
        v2.ToDtype(torch.float32, scale=True), v2.Normalize(IMAGENET["image_mean"], IMAGENET["image_std"])])
    return lambda planes: {"pixel_values": process(planes)}


def differing(expected, got):
    """The number of samples with other bits."""
    expect(expected.numel() == got.numel(), f"{tuple(got.shape)} where the library has {tuple(expected.shape)}")
    bits = torch.int32 if expected.dtype == torch.float32 else torch.uint8
    expected, got = (tensor.contiguous().flatten().view(bits) for tensor in (expected, got))
    return int((expected != got).sum())


def compared(name, options):
    """Images and samples that were compared, and those that differ."""
    run = of_torchvision(name) if name in PRESETS else of_transformers(name)
    processor = pf.processor(name, backend="torch_cuda")
    count = 2 if options.quick else 8 if name in LARGE else 40
    images = samples = wrong_images = wrong_samples = 0
    for number, size in enumerate(sizes(count)):
        planes = image(number, size)
        try:
            expected = run(planes)
        except Refused as error:
            if images == 0 and number == count - 1:
                raise Refused(f"all images are refused: {error}") from error
            continue
        batch = processor(planes.permute(1, 2, 0)[None].contiguous())
        expect(set(expected) == set(batch.outputs), f"{name}: outputs {sorted(expected)} and {sorted(batch.outputs)}")
        wrong = 0
        for output in batch.outputs:
            got = batch[output].torch()
            expect(got.is_cuda, f"{output} is on {got.device}")
            wrong += differing(expected[output], got)
            samples += got.numel()
        images += 1
        wrong_images += wrong > 0
        wrong_samples += wrong
    return images, samples, wrong_images, wrong_samples


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("torch sees no GPU")
        sys.exit(SKIPPED)
    torch.cuda.set_device(options.device)
    rows, wrong = [], []
    for name in [*TRANSFORMERS, *PRESETS]:
        try:
            row = compared(name, options)
        except Refused as error:
            rows.append(f"{name:<16} left out: {str(error).splitlines()[0][:120]}")
            continue
        rows.append(f"{name:<16} {row[0]:>6} {row[1]:>12} {row[2]:>15} {row[3]:>15}")
        if row[3]:
            wrong.append(name)
    versions = f"torch {torch.__version__}, torchvision {torchvision.__version__}, transformers {transformers.__version__}"
    print(f"backend torch_cuda against {versions} on {torch.cuda.get_device_name()}")
    print(f"{'processor':<16} {'images':>6} {'samples':>12} {'images differ':>15} {'samples differ':>15}")
    print("\n".join(rows))
    if wrong:
        table = "\n".join(rows)
        raise Wrong(f"{', '.join(wrong)} differ from {versions}:\n{table}")


if __name__ == "__main__":
    try:
        main()
    except Wrong as error:
        print(f"wrong: {error}", file=sys.stderr)
        sys.exit(1)
