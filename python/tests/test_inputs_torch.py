"""Tensors of PyTorch as the images of a call."""

import gc
from typing import Any

import numpy as np
import pixelflume as pf
import pytest
from seen import one, seen

torch = pytest.importorskip("torch")


def noise(*shape: int) -> Any:
    return torch.randint(0, 256, shape, dtype=torch.uint8)


def refused(images: Any, match: str) -> pf.InputError:
    with pytest.raises(pf.InputError, match=match) as raised:
        seen(images)
    return raised.value


def test_tensors_are_images_with_channels_first_or_last() -> None:
    image = noise(3, 6, 7)
    expected = image.permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(one(image), expected)
    np.testing.assert_array_equal(one(image.permute(1, 2, 0)), expected)
    np.testing.assert_array_equal(one(image.permute(1, 2, 0).contiguous()), expected)
    np.testing.assert_array_equal(one(image[0]), expected[..., :1])
    batch = noise(2, 3, 6, 7)
    expected = batch.permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(seen(batch), expected)
    last = batch.contiguous(memory_format=torch.channels_last)
    np.testing.assert_array_equal(seen(last), expected)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32"])
def test_sample_types_are_those_of_the_tensor(dtype: str) -> None:
    image = noise(6, 7, 3).to(getattr(torch, dtype))
    got = one(image)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, image.numpy())


def test_views_with_any_strides_are_taken() -> None:
    image = noise(9, 11, 3)
    for view in (image[2:, 3:], image[::2, ::3], image.transpose(0, 1), image[..., 1:]):
        np.testing.assert_array_equal(one(view), view.numpy())
    repeated = image[:1].expand(9, 11, 3)
    np.testing.assert_array_equal(one(repeated), repeated.numpy())


def test_kinds_are_mixed_in_a_list() -> None:
    image = noise(5, 7, 3)
    for got in seen([image, image.numpy(), image.permute(2, 0, 1)]):
        np.testing.assert_array_equal(got, image.numpy())


def test_memory_is_kept_during_the_call_and_freed_after_it() -> None:
    for _ in range(50):
        tensor = noise(64, 64, 3)
        expected = tensor.numpy().copy()
        np.testing.assert_array_equal(one(tensor), expected)
    storage = torch.zeros(48, dtype=torch.uint8)
    for _ in range(10):
        one(storage.view(4, 4, 3))
    gc.collect()
    # Only a storage that nothing else uses is resized in place.
    storage.resize_(96)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: torch.zeros(4, 4, dtype=torch.bool), "bool"),
        (lambda: torch.zeros(4, 4, dtype=torch.float64), "float64.*float32"),
        (lambda: torch.zeros(4, 4, dtype=torch.int64), "int64"),
        (lambda: torch.zeros(4, 4, dtype=torch.complex64), "code 5"),
        (lambda: torch.zeros(4, 4, requires_grad=True), "tensor.detach\\(\\)"),
        (lambda: torch.nn.Parameter(torch.zeros(4, 4)), "tensor.detach\\(\\)"),
        (
            lambda: torch.imag(torch.ones(4, 4, dtype=torch.complex64).conj()),
            "resolve_neg",
        ),
        (lambda: torch.zeros(4, 4).to_sparse(), "torch.Tensor failed"),
        (lambda: torch.zeros(4, 4, device="meta"), "torch.Tensor failed"),
        (lambda: torch.zeros(0, 4), "0 entries"),
        (lambda: torch.zeros(4), "1 dimensions"),
        (lambda: torch.zeros(()), "0 dimensions"),
        (lambda: torch.zeros(1, 1, 4, 4, 3), "5 dimensions"),
        (lambda: torch.zeros(9, 9, 9), 'axes="hwc"'),
    ],
)
def test_tensors_that_are_no_images_are_refused(make: Any, match: str) -> None:
    refused(make(), match)
    error = refused([noise(2, 2, 3), make()], f"^image 1: .*{match}")
    assert error.image == 1
    assert "\n" not in str(error)


def test_a_neighbor_of_a_detached_tensor_is_taken() -> None:
    weights = torch.rand(4, 4, requires_grad=True)
    np.testing.assert_array_equal(
        one(weights.detach())[..., 0], weights.detach().numpy()
    )
