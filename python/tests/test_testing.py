"""The test kit: what it finds equal, and what it says of differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import PIL
import pixelflume
import pytest
from PIL import Image
from pixelflume.testing import assert_equal_to, compare

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
PILLOW = "pillow13" if int(PIL.__version__.split(".")[0]) >= 13 else "pillow12"
CONFIGURATION = {
    "image_processor_type": "SiglipImageProcessor",
    "size": {"height": 16, "width": 24},
    "resample": 3,
    "image_mean": [0.5, 0.4, 0.3],
    "image_std": [0.5, 0.25, 0.125],
}


def noise(width: int = 20, height: int = 30, seed: int = 1) -> Any:
    generator = numpy.random.default_rng(seed)
    return generator.integers(0, 256, (height, width, 3), "uint8")


def values(image: Any) -> Any:
    """The steps of transformers' backend Pillow for `CONFIGURATION`, in NumPy."""
    small = numpy.asarray(image.resize((24, 16), Image.Resampling.BICUBIC))
    scaled = (small.transpose(2, 0, 1) * (1 / 255)).astype(numpy.float32)
    mean, std = (
        numpy.float32(CONFIGURATION[key]).reshape(3, 1, 1)
        for key in ("image_mean", "image_std")
    )
    return (scaled - mean) / std


class Siglip:
    """A stand-in for an image processor of transformers with the backend Pillow."""

    backend = "pil"

    def to_json_string(self) -> str:
        return json.dumps(CONFIGURATION)

    def __call__(self, images: Any, return_tensors: str) -> dict[str, Any]:
        assert return_tensors == "np"
        return {"pixel_values": values(images)[None]}


class Processor:
    """A stand-in for a processor with a tokenizer."""

    image_processor = Siglip()


def flip(image: Any) -> Any:
    return numpy.asarray(image)[:, ::-1]


FLIP = pixelflume.Pipeline().flip(axis="horizontal")


def test_functions_over_all_kinds_of_images() -> None:
    path = PHOTOS / "coffee.png"
    array = noise()
    picture = Image.fromarray(noise(7, 5))
    for images in [path, str(path), array, picture, [path, array, picture]]:
        figures = compare(flip, images, pipeline=FLIP, device="host")
        assert figures.equal and figures.first is None
        assert figures.outputs == ["output"]
        assert figures.images == (3 if isinstance(images, list) else 1)
    assert figures.samples == 3 * (600 * 400 + 20 * 30 + 7 * 5)
    assert_equal_to(flip, (noise(seed=seed) for seed in range(20)), pipeline=FLIP)


def test_a_processor_of_transformers_makes_its_pipeline() -> None:
    images = [noise(30 + seed, 50 - seed, seed) for seed in range(20)]
    for processor in [Siglip(), Processor()]:
        figures = compare(processor, images, device="host")
        assert figures.equal, str(figures)
        assert figures.samples == 20 * 3 * 16 * 24
        assert figures.outputs == ["pixel_values"]
        assert f"backend {PILLOW} (" in figures.reference
        assert "equal in every bit: 20 images" in str(figures)


def test_the_backend_that_is_equal_is_named() -> None:
    pipeline = pixelflume.processor(CONFIGURATION, backend="torchvision")
    with pytest.raises(AssertionError) as error:
        assert_equal_to(Siglip(), noise(200, 300), pipeline=pipeline, device="host")
    text = str(error.value)
    assert f"that is made of the processor is equal (backend {PILLOW})" in text

    class Claims(Siglip):
        backend = "torchvision"

    figures = compare(Claims(), noise(200, 300), device="host")
    assert any(line.startswith(f"backend {PILLOW} is equal") for line in figures.likely)


def test_the_first_difference_has_its_place_and_bits() -> None:
    def nearly(image: Any) -> Any:
        samples = values(image)
        samples[1, 2, 3] = numpy.nextafter(samples[1, 2, 3], numpy.float32(9))
        samples[2, 0, 0] += 0.5
        return {"pixel_values": samples}

    images = [noise(), noise(seed=2)]
    pipeline = pixelflume.processor(CONFIGURATION, backend=PILLOW)
    figures = compare(nearly, images, pipeline=pipeline, device="host")
    first = figures.first
    assert first is not None and first.position == (1, 2, 3)
    assert (first.image, first.output) == (0, "pixel_values")
    expected = numpy.float32(first.expected)
    assert expected == numpy.nextafter(numpy.float32(first.got), numpy.float32(9))
    assert "channel 1, y 2, x 3" in first.reason
    assert f"0x{int(expected.view(numpy.uint32)):08x}" in first.reason
    assert "2 of 1,152 samples" in first.reason
    assert (figures.differing, figures.differing_images) == (4, 2)
    assert figures.largest == pytest.approx(0.5, abs=1e-6)


def test_differences_of_form() -> None:
    figures = compare(
        lambda image: numpy.asarray(image)[1:], noise(), pipeline=FLIP, device="host"
    )
    assert figures.first is not None and figures.first.position is None
    assert "the shape is (30, 20, 3), expected (29, 20, 3)" in str(figures)
    pipeline = pixelflume.processor(CONFIGURATION, backend=PILLOW, dtype="f16")
    figures = compare(values, noise(), pipeline=pipeline, device="host")
    assert "samples are float16, expected float32" in str(figures)


def test_zeros_of_both_signs_differ() -> None:
    pipeline = pixelflume.Pipeline().to_float()
    black = numpy.zeros((2, 2, 3), "uint8")
    figures = compare(
        lambda image: -numpy.zeros((2, 2, 3), "float32"),
        black,
        pipeline=pipeline,
        device="host",
    )
    assert figures.differing == 12 and figures.largest == 0


@pytest.mark.parametrize(
    ("processor", "sign"),
    [
        (lambda image: values(image)[::-1], "RGB and BGR"),
        (lambda image: values(image) * numpy.float32(1.000001), "only the last bits"),
        (lambda image: values(image) * numpy.float32(255), "0 to 255 on one side"),
        (
            lambda image: values(image.resize((9, 9)).resize(image.size)),
            "another filter or size",
        ),
    ],
)
def test_signs(processor: Any, sign: str) -> None:
    pipeline = pixelflume.processor(CONFIGURATION, backend=PILLOW)
    figures = compare(processor, noise(50, 40), pipeline=pipeline, device="host")
    assert any(sign in line for line in figures.likely), str(figures)


def test_images_that_are_refused() -> None:
    def of_even_widths(image: Any) -> Any:
        if image.width % 2:
            raise ValueError("the width is odd")
        return numpy.asarray(image)[:10, :10]

    pipeline = pixelflume.Pipeline().crop(x=0, y=0, width=10, height=10)
    images = [noise(20), noise(9), noise(30), noise(11)]
    figures = compare(of_even_widths, images, pipeline=pipeline, device="host")
    assert (figures.images, figures.refused, figures.differing_images) == (4, 1, 1)
    assert figures.first is not None and figures.first.image == 3
    assert "the processor alone refuses the image: the width is odd" in str(figures)
    figures = compare(
        lambda image: numpy.asarray(image), noise(8), pipeline=pipeline, device="host"
    )
    assert "pixelflume alone refuses the image" in str(figures)


def test_outputs_are_compared_by_name() -> None:
    image = pixelflume.input("image")
    pipeline = pixelflume.Pipeline.of(
        flipped=image.flip(axis="horizontal"),
        cut=image.crop(x=0, y=0, width=2, height=3),
    )

    def both(image: Any) -> dict[str, Any]:
        samples = numpy.asarray(image)
        return {"cut": samples[:3, :2], "mean": samples.mean()}

    figures = compare(both, noise(), pipeline=pipeline, device="host")
    assert figures.equal and figures.outputs == ["cut"]
    assert figures.not_compared == ["flipped", "mean"]
    assert "not compared: flipped, mean" in str(figures)
    with pytest.raises(
        ValueError, match="outputs mean, max, the pipeline flipped, cut"
    ):
        compare(
            lambda image: {"mean": numpy.zeros(1), "max": numpy.zeros(1)},
            noise(),
            pipeline=pipeline,
            device="host",
        )


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no image"):
        compare(flip, [], pipeline=FLIP)
    with pytest.raises(ValueError, match=r"give pipeline=\.\.\."):
        compare(flip, noise())
    with pytest.raises(ValueError, match=r"image 1 is of type ndarray, shape \(4, 5\)"):
        compare(flip, [noise(), numpy.zeros((4, 5), "uint8")], pipeline=FLIP)
    with pytest.raises(TypeError, match="give an image processor of transformers"):
        compare(3, noise(), pipeline=FLIP)
