#!/usr/bin/env python3
"""Makes the golden data of processors: what transformers, torchvision and ultralytics make of 200 images, as hashes.

    pip install torch==2.15.0 torchvision==0.29.2 transformers==5.23.0 pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy
    pip install --no-deps ultralytics==8.4.190
    python crates/pipeline/tests/processors/generate.py [PROCESSOR ...]
    pip install pillow==12.3.0
    python crates/pipeline/tests/processors/generate.py [PROCESSOR ...]

With Pillow 13.0.0 it writes the sets of the backends torchvision, pillow13 and opencv, with Pillow 12.3.0 those of pillow12, and
leaves the other sets of a file as they are. Other versions of any library are refused, because their arithmetic may differ.

images.json      {"sizes": [[height, width], ..]}: the sizes of the images; `image` below makes their samples.
golden/NAME.json {"sets": [SET, ..]}, a file per processor. A SET has
    processor    name of the processor
    json         the preprocessor_config.json that was read, or null where the class was made without arguments
    options      arguments of processors that have no preprocessor_config.json (torchvision's presets, LetterBox), or null
    backend      torchvision, pillow12, pillow13, or opencv
    library, version, with    the library, its version, and the versions of the libraries under it
    outputs      names of the outputs, in order
    shapes       a shape per output, where all cases have the same
    cases        [number of the image, HASH per output] where there is `shapes`, else [number, SHAPE, HASH, ..]; [number, "error"]
                 where the library refuses the image
Outputs are those of one image (a batch of one) without the axis of the batch: f32, except masks (u8, 0 and 1). `fingerprint` is
the hash.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
VERSIONS = {"torch": "2.15.0", "torchvision": "0.29.2", "transformers": "5.23.0", "ultralytics": "8.4.190", "cv2": "5.0.0"}
PILLOWS = {"12.3.0": "pillow12", "13.0.0": "pillow13"}

MASK = (1 << 64) - 1
GOLDEN_RATIO = 0x9E3779B97F4A7C15


def mix(z):
    """The finalizer of splitmix64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def states(seed, count):
    """The states of splitmix64 after each of the first `count` steps."""
    return np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN_RATIO)


def fingerprint(array):
    """The sum of `mix(w + s)` over all 32-bit little-endian words `w` of the array and the states `s` of splitmix64 of seed 0.
    Bytes of 0 fill the last word."""
    data = np.ascontiguousarray(array).tobytes()
    words = np.frombuffer(data + b"\0" * (-len(data) % 4), "<u4").astype(np.uint64)
    return f"{int(mix(words + states(0, words.size)).sum(dtype=np.uint64)):016x}"


def sizes():
    """The sizes (height, width) of the images: every size that is special for some processor, and random ones."""
    named = [
        # Tall: Pillow 13 takes the vertical pass first from 2:1 on, 12.3 from 100:1.
        (1, 1), (200, 100), (201, 100), (203, 100), (400, 3), (405, 4), (600, 40), (999, 10), (1500, 300), (7, 1), (449, 224),
        (300, 149), (64, 31), (130, 60), (960, 250),
        # Wide, and tiny.
        (1, 2), (2, 1), (2, 2), (3, 3), (1, 7), (3, 5), (5, 3), (4, 3), (3, 400), (40, 600), (10, 999), (300, 1500), (100, 201),
        # Of the size of targets, and near them, for copies, skipped passes and odd margins of crops.
        (224, 224), (256, 256), (224, 225), (225, 224), (227, 341), (341, 227), (232, 232), (384, 384), (364, 364), (365, 364),
        (512, 512), (640, 640), (480, 640), (360, 640), (14, 14), (28, 28), (32, 32), (16, 48), (56, 56), (800, 1066),
        # Photographs.
        (768, 1024), (1024, 768), (1000, 1500), (1080, 1440), (1200, 900), (427, 640), (500, 375), (375, 500), (333, 500), (281, 500),
    ]
    words = iter(int(word) for word in mix(states(16, 1000)))
    while len(named) < 200:
        # A third up to 400, most below 200, in any ratio up to 4:1.
        side = 8 + next(words) % (392 if len(named) % 3 == 0 else 192)
        other = side * (64 + next(words) % 193) // 256 or 1
        named.append((side, other) if next(words) % 2 else (other, side))
    return named


def image(number, size):
    """The samples (height, width, 3) of an image. Its kind is the number modulo 4: noise; noise of 0 and 255 only; slopes; slopes
    with noise and a disc of inverted samples."""
    height, width = size
    count = height * width * 3
    seed = GOLDEN_RATIO * (number + 1) & MASK
    with np.errstate(over="ignore"):
        noise = mix(states(seed, -(-count // 8))).astype("<u8").view(np.uint8)[:count].reshape(height, width, 3)
    if number % 4 == 0:
        return noise
    if number % 4 == 1:
        return np.where(noise >= 128, 255, 0).astype(np.uint8)
    y, x = np.mgrid[:height, :width]
    slopes = [x * 255 // max(width - 1, 1), y * 255 // max(height - 1, 1), (x + y) * 255 // max(width + height - 2, 1)]
    slopes = np.stack(slopes, axis=-1)
    if number % 4 == 3:
        slopes = slopes + (noise >> 3) & 255
        disc = 2 * ((2 * x - width) ** 2 + (2 * y - height) ** 2) < min(width, height) ** 2
        slopes = np.where(disc[:, :, None], 255 - slopes, slopes)
    return slopes.astype(np.uint8)


IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
CLIP = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
STEPS = {"do_normalize": True, "do_rescale": True, "do_resize": True, "rescale_factor": 0.00392156862745098}

# Processors of transformers: class, and its preprocessor_config.json; None: made without arguments.
TRANSFORMERS = {
    "clip": ("CLIP", None),
    "siglip": ("Siglip", None),
    "vit": ("ViT", None),
    "deit": ("DeiT", None),
    "dinov2": ("Bit", {
        "crop_size": {"height": 224, "width": 224}, "do_center_crop": True, "do_convert_rgb": True, **STEPS, **IMAGENET,
        "image_processor_type": "BitImageProcessor", "resample": 3, "size": {"shortest_edge": 256}}),
    "convnext": ("ConvNext", None),
    "detr": ("Detr", None),
    "sam": ("Sam", None),
    "qwen2_vl": ("Qwen2VL", None),
    "idefics3": ("Idefics3", None),
    "smolvlm": ("SmolVLM", None),
    "blip": ("Blip", None),
    "mask2former": ("Mask2Former", None),
    # Files as they lie on model hubs, of several ages.
    "clip_hub": ("CLIP", {
        "crop_size": 224, "do_center_crop": True, "do_normalize": True, "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor", **CLIP, "resample": 3, "size": 224}),
    "clip_large_hub": ("CLIP", {
        "crop_size": {"height": 336, "width": 336}, "do_center_crop": True, "do_convert_rgb": True, **STEPS, **CLIP,
        "image_processor_type": "CLIPImageProcessor", "resample": 3, "size": {"shortest_edge": 336}}),
    "siglip_hub": ("Siglip", {
        **STEPS, **HALF, "image_processor_type": "SiglipImageProcessor", "processor_class": "SiglipProcessor", "resample": 2,
        "size": {"height": 384, "width": 384}}),
    "vit_hub": ("ViT", {"do_normalize": True, "do_resize": True, **HALF, "resample": 2, "size": 224}),
    "deit_hub": ("DeiT", {
        "crop_size": 224, "do_center_crop": True, "do_normalize": True, "do_resize": True,
        "feature_extractor_type": "DeiTFeatureExtractor", **IMAGENET, "resample": 3, "size": 256}),
    "convnext_hub": ("ConvNext", {
        "crop_pct": 0.875, "do_normalize": True, "do_resize": True, "feature_extractor_type": "ConvNextFeatureExtractor",
        **IMAGENET, "resample": 3, "size": 224}),
    "detr_hub": ("Detr", {
        "do_normalize": True, "do_resize": True, "feature_extractor_type": "DetrFeatureExtractor", "format": "coco_detection",
        **IMAGENET, "max_size": 1333, "size": 800}),
    "detr_pad": ("Detr", {
        **STEPS, **IMAGENET, "do_pad": True, "format": "coco_detection", "image_processor_type": "DetrImageProcessor",
        "pad_size": {"height": 340, "width": 340}, "resample": 2, "size": {"longest_edge": 333, "shortest_edge": 200}}),
    "sam_hub": ("Sam", {
        **STEPS, **IMAGENET, "do_convert_rgb": True, "do_pad": True, "image_processor_type": "SamImageProcessor",
        "pad_size": {"height": 256, "width": 256}, "processor_class": "SamProcessor", "resample": 2, "size": {"longest_edge": 256}}),
    "qwen2_vl_hub": ("Qwen2VL", {
        **CLIP, "image_processor_type": "Qwen2VLImageProcessor", "max_pixels": 200704, "merge_size": 2, "min_pixels": 3136,
        "patch_size": 14, "processor_class": "Qwen2VLProcessor", "temporal_patch_size": 2}),
    "qwen3_vl_hub": ("Qwen2VL", {
        **HALF, "image_processor_type": "Qwen2VLImageProcessorFast", "merge_size": 2, "patch_size": 16,
        "processor_class": "Qwen3VLProcessor", "size": {"longest_edge": 262144, "shortest_edge": 65536}, "temporal_patch_size": 2}),
    "idefics3_hub": ("Idefics3", {
        **STEPS, **HALF, "do_convert_rgb": True, "do_image_splitting": True, "do_pad": True,
        "image_processor_type": "Idefics3ImageProcessor", "max_image_size": {"longest_edge": 96},
        "processor_class": "Idefics3Processor", "resample": 1, "size": {"longest_edge": 384}}),
    "smolvlm_hub": ("SmolVLM", {
        **STEPS, **HALF, "do_convert_rgb": True, "do_image_splitting": True, "do_pad": True,
        "image_processor_type": "SmolVLMImageProcessor", "max_image_size": {"longest_edge": 128},
        "processor_class": "SmolVLMProcessor", "resample": 1, "size": {"longest_edge": 512}}),
    "blip_hub": ("Blip", {
        "do_normalize": True, "do_resize": True, **CLIP, "image_processor_type": "BlipImageProcessor",
        "processor_class": "BlipProcessor", "resample": 3, "size": {"height": 384, "width": 384}, "size_divisor": 32}),
    "mask2former_hub": ("Mask2Former", {
        **STEPS, **IMAGENET, "ignore_index": 255, "image_processor_type": "Mask2FormerImageProcessor", "resample": 2,
        "size": {"longest_edge": 333, "shortest_edge": 200}, "size_divisor": 32}),
}
PRESETS = {
    "imagenet": {"crop": 224, "resize": 256, "interpolation": "bilinear"},
    "imagenet_v2": {"crop": 224, "resize": 232, "interpolation": "bilinear"},
    "imagenet_bicubic": {"crop": 224, "resize": 256, "interpolation": "bicubic"},
}
LETTERBOXES = {
    "letterbox": {},
    "letterbox_auto": {"auto": True, "stride": 32},
    "letterbox_down": {"scaleup": False},
    "letterbox_corner": {"center": False},
}


def transformers_set(name, backend, pillow):
    """The processor as a function from an image to its outputs, and the description of the set."""
    import transformers
    from PIL import Image

    class_name, config = TRANSFORMERS[name]
    suffix = "" if backend == "torchvision" else "Pil"
    kind = getattr(transformers, f"{class_name}ImageProcessor{suffix}")
    processor = kind() if config is None else kind.from_dict(dict(config))
    outputs = ["pixel_values"] + ["pixel_mask"] * (class_name in ("Detr", "Mask2Former"))

    def run(samples):
        result = processor(Image.fromarray(samples), return_tensors="np")
        values = np.asarray(result["pixel_values"])
        assert values.dtype == np.float32, values.dtype
        # Qwen2-VL has no axis of the batch; Idefics3 has one of the batch and one of the images of a text.
        results = [values if class_name == "Qwen2VL" else values[0]]
        return results + [np.asarray(result[output])[0].astype(np.uint8) for output in outputs[1:]]

    under = f"torchvision {VERSIONS['torchvision']}, torch {VERSIONS['torch']} on the CPU" if not suffix else f"Pillow {pillow}"
    return run, {"json": config, "library": "transformers", "with": under, "outputs": outputs}


def preset_set(name, backend, pillow):
    import torch
    from PIL import Image
    from torchvision.transforms import InterpolationMode, v2
    from torchvision.transforms._presets import ImageClassification

    options = PRESETS[name]
    mode = InterpolationMode(options["interpolation"])
    if backend == "torchvision":
        process = v2.Compose([
            v2.ToImage(), v2.Resize(options["resize"], interpolation=mode, antialias=True), v2.CenterCrop(options["crop"]),
            v2.ToDtype(torch.float32, scale=True), v2.Normalize(IMAGENET["image_mean"], IMAGENET["image_std"])])
    else:
        process = ImageClassification(crop_size=options["crop"], resize_size=options["resize"], interpolation=mode)
    under = f"torch {VERSIONS['torch']} on the CPU" + ("" if backend == "torchvision" else f", Pillow {pillow}")
    run = lambda samples: [process(Image.fromarray(samples)).numpy()]
    return run, {"options": options, "library": "torchvision", "with": under, "outputs": ["pixel_values"]}


def letterbox_set(name, backend, pillow):
    import torch
    from ultralytics.data.augment import LetterBox

    options = LETTERBOXES[name]
    box = LetterBox((640, 640), **options)

    def run(samples):
        planar = np.ascontiguousarray(box(image=samples).transpose(2, 0, 1))
        return [torch.from_numpy(planar).float().div_(255).numpy()]

    return run, {"options": options, "library": "ultralytics", "with": f"OpenCV {VERSIONS['cv2']}", "outputs": ["pixel_values"]}


def made(name, backend, pillow, images):
    """A set: what the processor makes of the images."""
    maker = preset_set if name in PRESETS else letterbox_set if name in LETTERBOXES else transformers_set
    run, facts = maker(name, backend, pillow)
    facts = {"processor": name, "json": None, "options": None, "backend": backend, **facts, "version": VERSIONS[facts["library"]]}
    results = []
    for number, samples in enumerate(images):
        try:
            outputs = run(samples)
        except (ValueError, RuntimeError, ZeroDivisionError) as error:
            print(f"{name} {backend}: image {number} {samples.shape}: {type(error).__name__}: {str(error)[:120]}")
            results.append((number, None, None))
            continue
        results.append((number, [list(output.shape) for output in outputs], [fingerprint(output) for output in outputs]))
    shapes = [shape for _, shape, _ in results if shape is not None]
    if all(shape == shapes[0] for shape in shapes):
        facts["shapes"] = shapes[0]
    cases = []
    for number, shape, hashes in results:
        if hashes is None:
            cases.append([number, "error"])
        elif "shapes" in facts:
            cases.append([number, *hashes])
        else:
            cases.append([number, *(item for pair in zip(shape, hashes) for item in pair)])
    return {**facts, "cases": cases}


def text(sets):
    """JSON with a line for each case."""
    parts = []
    for facts in sets:
        lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in facts.items() if key != "cases"]
        cases = ",\n".join(json.dumps(case, separators=(",", ":")) for case in facts["cases"])
        parts.append("{" + ",\n ".join(lines) + f',\n "cases": [\n{cases}\n]' + "}")
    return '{"sets": [\n' + ",\n".join(parts) + "\n]}\n"


def checked_versions():
    """The version of Pillow; refuses libraries of other versions than the named ones."""
    import importlib

    import PIL

    for name, version in VERSIONS.items():
        found = importlib.import_module(name).__version__.split("+")[0]
        if found != version:
            raise SystemExit(f"the golden data is that of {name} {version}, this is {found}")
    if PIL.__version__ not in PILLOWS:
        raise SystemExit(f"the golden data is that of Pillow {' and '.join(PILLOWS)}, this is {PIL.__version__}")
    return PIL.__version__


def backends_of(name, pillow):
    """The backends of a processor that are run with this Pillow."""
    backend = PILLOWS[pillow]
    if backend == "pillow12":
        return [] if name in LETTERBOXES else [backend]
    return ["opencv"] if name in LETTERBOXES else ["torchvision", backend]


def main(names):
    warnings.filterwarnings("ignore")
    pillow = checked_versions()
    import torch

    torch.set_num_threads(1)
    all_names = [*PRESETS, *TRANSFORMERS, *LETTERBOXES]
    for name in names:
        if name not in all_names:
            raise SystemExit(f"no processor is called {name}; there are {', '.join(all_names)}")
    listed = sizes()
    (HERE / "images.json").write_text(json.dumps({"sizes": listed}) + "\n")
    images = [image(number, size) for number, size in enumerate(listed)]
    order = ["torchvision", "pillow12", "pillow13", "opencv"]
    for name in names or all_names:
        path = HERE / "golden" / f"{name}.json"
        sets = json.loads(path.read_text())["sets"] if path.exists() else []
        for backend in backends_of(name, pillow):
            sets = [facts for facts in sets if facts["backend"] != backend] + [made(name, backend, pillow, images)]
        sets.sort(key=lambda facts: order.index(facts["backend"]))
        path.write_text(text(sets))
        print(f"{path.name}: {sum(len(facts['cases']) for facts in sets)} cases, {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
