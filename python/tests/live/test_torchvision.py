"""Transforms of torchvision beside pipelines, bit for bit."""

from __future__ import annotations

from typing import Any

import pixelflume
import pytest
from pixelflume.testing import assert_equal_to, compare

torch = pytest.importorskip("torch")
models = pytest.importorskip("torchvision.models")
presets = pytest.importorskip("torchvision.transforms._presets")
v1 = pytest.importorskip("torchvision.transforms.transforms")
v2 = pytest.importorskip("torchvision.transforms.v2")
InterpolationMode = v2.InterpolationMode

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def weights() -> dict[str, Any]:
    """The weights for classification; of those that do the same, the first."""
    found: dict[str, Any] = {}
    for model in models.list_models(module=models):
        for member in models.get_model_weights(model):
            transform = member.transforms()
            if isinstance(transform, presets.ImageClassification):
                found.setdefault(repr(transform), member)
    return {str(member): member for member in found.values()}


@pytest.mark.parametrize("name", weights())
def test_weights_are_equal(name: str, images: Any) -> None:
    from pixelflume._reference import pillow_backend

    assert_equal_to(
        weights()[name].transforms(),
        images,
        pipeline=pixelflume.processor(name, backend=pillow_backend()),
        device="host",
    )


V1 = [
    v1.Compose(
        [v1.Resize(256), v1.CenterCrop(224), v1.ToTensor(), v1.Normalize(MEAN, STD)]
    ),
    v1.Compose([v1.Resize((64, 96), InterpolationMode.BOX), v1.ToTensor()]),
    v1.Compose([v1.Resize(100, InterpolationMode.HAMMING, max_size=150)]),
    v1.Compose([v1.Pad((1, 2, 3, 4), (7, 8, 9)), v1.PILToTensor()]),
    v1.Compose([v1.CenterCrop((90, 300)), v1.ToTensor(), v1.Pad(3, 0.5)]),
]
V2 = [
    v2.Compose(
        [
            v2.ToImage(),
            v2.Resize(256, InterpolationMode.BICUBIC),
            v2.CenterCrop(224),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    ),
    v2.Compose(
        [
            v2.Resize((50, 70), "lanczos"),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
        ]
    ),
    v2.Compose([v2.ToImage(), v2.Resize(40, max_size=60), v2.Pad(5, 1)]),
]


@pytest.mark.parametrize("transform", V1 + V2, ids=repr)
def test_steps_are_equal_for_images_of_pillow(transform: Any, images: Any) -> None:
    assert_equal_to(transform, images, device="host")


@pytest.mark.parametrize("transform", V2, ids=repr)
def test_steps_are_equal_for_tensors(transform: Any, images: Any) -> None:
    tensors = [v2.functional.pil_to_tensor(image) for image in images]
    assert_equal_to(transform, tensors, device="host")


def test_resizes_of_tensors_by_v1_have_no_pipeline(images: Any) -> None:
    tensors = [v2.functional.pil_to_tensor(image) for image in images[:8]]
    transform = v1.Compose([v1.Resize((50, 60), antialias=True)])
    with pytest.raises(ValueError, match=r"torchvision\.transforms\.v2"):
        compare(transform, tensors)
    pipeline = pixelflume.Pipeline().resample(
        like="torchvision", filter="bilinear", width=60, height=50
    )
    figures = compare(transform, tensors, pipeline=pipeline, device="host")
    assert figures.differing > 0 and figures.largest == 1
    assert any("of about a level" in line for line in figures.likely)


@pytest.mark.parametrize(
    "transform",
    [
        v1.RandomHorizontalFlip(),
        v2.Resize(32, "nearest"),
        v1.Compose([v1.ToTensor(), v1.Resize(32, antialias=True)]),
        v2.ToDtype(torch.float16, scale=True),
        v1.Compose([v1.Lambda(lambda image: image)]),
    ],
    ids=repr,
)
def test_steps_that_no_operator_equals_are_refused(transform: Any, images: Any) -> None:
    with pytest.raises(ValueError, match="operator|no pipeline is equal"):
        compare(transform, images[:1])


def test_the_filter_that_differs_is_found(images: Any) -> None:
    theirs = v1.Compose([v1.Resize((64, 64)), v1.ToTensor()])
    pipeline = (
        pixelflume.Pipeline()
        .resize(width=64, height=64)
        .to_float(like="torchvision", layout="chw")
    )
    figures = compare(theirs, images[:8], pipeline=pipeline, device="host")
    assert not figures.equal
    assert any("compare the two by to_toml" in line for line in figures.likely)
    assert any("antialiasing" in line for line in figures.likely), str(figures)
