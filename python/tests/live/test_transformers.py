"""Image processors of transformers beside `pixelflume.processor`, bit for bit."""

from __future__ import annotations

import json
from typing import Any

import pixelflume
import pytest
from pixelflume.testing import assert_equal_to, compare

transformers = pytest.importorskip("transformers")
pytest.importorskip("torchvision")

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}

# Names of pixelflume: the class of transformers, and its arguments.
NAMED: dict[str, tuple[str, dict[str, Any]]] = {
    "blip": ("Blip", {}),
    "clip": ("CLIP", {}),
    "convnext": ("ConvNext", {}),
    "deit": ("DeiT", {}),
    "detr": ("Detr", {}),
    "dinov2": ("Bit", {"size": {"shortest_edge": 256}, "resample": 3, **IMAGENET}),
    "idefics3": ("Idefics3", {}),
    "mask2former": ("Mask2Former", {}),
    "qwen2_vl": ("Qwen2VL", {}),
    "qwen3_vl": (
        "Qwen2VL",
        {
            "patch_size": 16,
            "size": {"shortest_edge": 65536, "longest_edge": 16777216},
            **HALF,
        },
    ),
    "sam": ("Sam", {}),
    "siglip": ("Siglip", {}),
    "smolvlm": ("SmolVLM", {}),
    "vit": ("ViT", {}),
}

# Configurations with keys of several ages, and other values than the defaults.
CONFIGURED: dict[str, tuple[str, dict[str, Any]]] = {
    "old CLIP": ("CLIP", {"size": 336, "crop_size": 336, "resample": 3}),
    "old ConvNext": ("ConvNext", {"size": 224, "crop_pct": 0.875, "resample": 3}),
    "padded DETR": (
        "Detr",
        {
            "size": {"shortest_edge": 200, "longest_edge": 333},
            "pad_size": {"height": 340, "width": 340},
        },
    ),
    "small Idefics3": (
        "Idefics3",
        {"size": {"longest_edge": 384}, "max_image_size": {"longest_edge": 96}},
    ),
    "large SigLIP": (
        "Siglip",
        {"size": {"height": 384, "width": 384}, "resample": 2, **HALF},
    ),
}


def processor(stem: str, backend: str, arguments: dict[str, Any]) -> Any:
    """The image processor; classes of version 4 have other names."""
    version_4 = int(transformers.__version__.split(".")[0]) < 5
    endings = {"torchvision": "Fast", "pil": ""} if version_4 else {"pil": "Pil"}
    name = f"{stem}ImageProcessor{endings.get(backend, '')}"
    return getattr(transformers, name)(**arguments)


@pytest.mark.parametrize("backend", ["torchvision", "pil"])
@pytest.mark.parametrize("name", NAMED)
def test_named_processors_are_equal(name: str, backend: str, images: Any) -> None:
    from pixelflume._reference import pillow_backend

    stem, arguments = NAMED[name]
    own = "torchvision" if backend == "torchvision" else pillow_backend()
    figures = compare(
        processor(stem, backend, arguments),
        images,
        pipeline=pixelflume.processor(name, backend=own),
        device="host",
    )
    assert figures.equal, str(figures)
    assert figures.images == len(images)
    # Images that are very small or narrow are refused by both.
    assert figures.refused < len(images) / 4


@pytest.mark.parametrize("backend", ["torchvision", "pil"])
@pytest.mark.parametrize("name", CONFIGURED)
def test_processors_from_configurations_are_equal(
    name: str, backend: str, images: Any
) -> None:
    stem, arguments = CONFIGURED[name]
    assert_equal_to(processor(stem, backend, arguments), images, device="host")


@pytest.mark.parametrize("name", ["clip", "detr", "qwen2_vl"])
def test_a_saved_configuration_makes_the_same_pipeline(
    name: str, tmp_path: Any, images: Any
) -> None:
    stem, arguments = NAMED[name]
    theirs = processor(stem, "torchvision", arguments)
    theirs.save_pretrained(tmp_path)
    pipeline = pixelflume.processor(tmp_path / "preprocessor_config.json")
    assert_equal_to(theirs, images[:20], pipeline=pipeline, device="host")
    text = json.loads((tmp_path / "preprocessor_config.json").read_text())
    assert pixelflume.processor(text) == pipeline


def test_outputs_beside_the_values_are_compared(images: Any) -> None:
    few = images[:8]
    detr = compare(processor("Detr", "torchvision", {}), few, device="host")
    assert sorted(detr.outputs) == ["pixel_mask", "pixel_values"]
    qwen = compare(processor("Qwen2VL", "torchvision", {}), few, device="host")
    assert sorted(qwen.outputs) == ["image_grid_thw", "pixel_values"]


def test_tensors_are_equal_as_well(images: Any) -> None:
    from torchvision.transforms.v2.functional import pil_to_tensor

    tensors = [pil_to_tensor(image) for image in images[:20]]
    assert_equal_to(processor("CLIP", "torchvision", {}), tensors, device="host")


def test_the_other_backend_differs_and_is_named(images: Any) -> None:
    pipeline = pixelflume.processor("siglip", backend="torchvision")
    theirs = processor("Siglip", "pil", {})
    with pytest.raises(
        AssertionError, match="the pipeline that is made of the"
    ) as error:
        assert_equal_to(theirs, images[:20], pipeline=pipeline, device="host")
    assert "channel 0, y" in str(error.value)
    assert "0x" in str(error.value)
