"""Tensors and batches as arrays of other libraries."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pixelflume as pf
import pytest
from pixelflume import _native

SHORT = {"float16": "f16", "bfloat16": "bf16", "float32": "f32"}
TYPES = ["uint8", "int16", "float16", "bfloat16", "float32", "float64"]


def results(sample: str = "uint8", images: int = 2) -> _native.Batch:
    text = (
        '[[node]]\nname = "out"\nop = "resize"\nfrom = "input"\nwidth = 4\nheight = 3\n'
    )
    if sample == "int16":
        text = '[[node]]\nname = "out"\nop = "sobel"\nfrom = "input"\noutput = "dx"\n'
    elif sample == "float64":
        text = '[[node]]\nname = "out"\nop = "mean_std"\nfrom = "input"\n'
    elif sample != "uint8":
        text = (
            '[[node]]\nname = "out"\nop = "to_float"\nfrom = "input"\n'
            f'sample = "{SHORT[sample]}"\n'
        )
    pixels = np.arange(images * 3 * 4, dtype=np.uint8).reshape(images, 3, 4, 1)
    call = _native.Executor(_native.Graph.from_toml(text)).call
    return call((pixels,), "host")


def test_numpy_shares_the_memory_and_can_write_it() -> None:
    batch = results()
    first, second = batch.numpy(), batch["out"].numpy()
    assert first.shape == (2, 3, 4, 1)
    assert first.flags.writeable
    first[0, 0, 0, 0] = 77
    assert second[0, 0, 0, 0] == 77
    assert np.asarray(batch).ctypes.data == first.ctypes.data
    assert batch[1].numpy().ctypes.data == first.ctypes.data + 12
    assert batch[1].shape == (3, 4, 1)


def test_an_array_keeps_the_memory() -> None:
    batch = results()
    expected = batch.numpy().copy()
    gone = weakref.ref(batch)
    array, image = batch.numpy(), batch[1]
    del batch
    gc.collect()
    assert gone() is None
    for _ in range(20):
        results()
    assert np.array_equal(array, expected)
    assert np.array_equal(image.numpy(), expected[1])


def test_properties() -> None:
    tensor = results()["out"]
    assert (tensor.shape, tensor.ndim, tensor.nbytes) == ((2, 3, 4, 1), 4, 24)
    assert (tensor.dtype, tensor.device, len(tensor)) == ("uint8", "host", 2)
    assert repr(tensor) == 'Tensor(shape=(2, 3, 4, 1), dtype=uint8, device="host")'
    assert repr(results()) == f"Batch(out={tensor!r})"
    assert [image.shape for image in tensor] == [(3, 4, 1)] * 2
    assert tensor[-1].shape == tensor[1].shape
    for index in (2, -3):
        with pytest.raises(IndexError, match="out of range"):
            tensor[index]
        with pytest.raises(IndexError, match="out of range"):
            results()[index]
    for several in (tensor, results()):
        with pytest.raises(TypeError, match="for slices"):
            several[0:1]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="one image"):
        len(tensor[0])
    assert not hasattr(tensor, "__cuda_array_interface__")
    assert not hasattr(results(), "__cuda_array_interface__")
    tensor.wait()
    results().wait()
    assert results().is_ready


@pytest.mark.parametrize("copy", [None, False, True])
@pytest.mark.parametrize("version", [None, (0, 8), (1, 0), (1, 3)])
def test_capsules_in_both_versions(
    version: tuple[int, int] | None, copy: bool | None
) -> None:
    for tensor in (results(), results()["out"], results()["out"][1]):
        assert tensor.__dlpack_device__() == (1, 0)
        capsule = tensor.__dlpack__(max_version=version, copy=copy)
        versioned = version is not None and version >= (1, 0)
        name = "dltensor_versioned" if versioned else "dltensor"
        assert f'"{name}"' in repr(capsule)


def test_capsules_that_nobody_takes_free_the_tensor() -> None:
    tensor = results()["out"]
    for version in (None, (1, 0)):
        for _ in range(1000):
            tensor.__dlpack__(max_version=version)
    assert np.array_equal(np.from_dlpack(tensor), tensor.numpy())


def test_from_dlpack_shares_or_copies() -> None:
    tensor = results()["out"]
    shared = np.from_dlpack(tensor)
    assert shared.ctypes.data == tensor.numpy().ctypes.data
    if np.lib.NumpyVersion(np.__version__) >= "2.1.0":
        copied = np.from_dlpack(tensor, copy=True)
        assert copied.ctypes.data != shared.ctypes.data
        assert np.array_equal(copied, shared)
        assert np.array_equal(np.from_dlpack(tensor[1], copy=True), shared[1])
    assert np.from_dlpack(tensor[1]).ctypes.data == shared[1].ctypes.data
    with pytest.raises(BufferError, match="own device"):
        tensor.__dlpack__(dl_device=(2, 0))


@pytest.mark.parametrize("sample", TYPES)
def test_every_type_of_samples(sample: str) -> None:
    tensor = results(sample)["out"]
    assert tensor.dtype == sample
    if sample != "bfloat16":
        array = tensor.numpy()
        assert array.dtype == np.dtype(sample)
        assert np.array_equal(np.from_dlpack(tensor), array)
        assert memoryview(tensor).itemsize == array.itemsize
        return
    with pytest.raises(BufferError, match="bfloat16"):
        memoryview(tensor)
    try:
        import ml_dtypes
    except ImportError:
        with pytest.raises(TypeError, match="ml_dtypes"):
            tensor.numpy()
    else:
        assert tensor.numpy().dtype == ml_dtypes.bfloat16


def test_buffers() -> None:
    batch = results()
    view = memoryview(batch)
    assert (view.shape, view.strides) == ((2, 3, 4, 1), (12, 4, 1, 1))
    assert (view.format, view.readonly, view.c_contiguous) == ("B", False, True)
    assert bytes(batch["out"][1]) == bytes(batch)[12:]
    view[0, 0, 0, 0] = 9
    assert batch.numpy()[0, 0, 0, 0] == 9
    view.release()


@pytest.mark.parametrize("sample", TYPES)
def test_samples_are_copied_to_a_buffer_as_those_of_a_gpu_are(sample: str) -> None:
    if sample == "bfloat16":
        pytest.importorskip("ml_dtypes")
    # More than the page-locked memory that is between the two.
    tensor = results(sample, 3 if sample == "int16" else 400_000)["out"]
    for part in (tensor, tensor[1], tensor[-1]):
        copy = bytearray(part.nbytes)
        part._read_into(copy)
        assert copy == part.numpy().tobytes()
    for wrong in (bytearray(3), bytes(tensor.nbytes), np.zeros((9, 9), np.uint8)[::2]):
        with pytest.raises((BufferError, pf.Error)):
            tensor._read_into(wrong)


def test_array_converts() -> None:
    batch = results()
    assert np.asarray(batch, dtype=np.float64).dtype == np.float64
    assert batch.__array__().ctypes.data == batch.numpy().ctypes.data
    assert batch["out"].__array__(copy=True).ctypes.data != batch.numpy().ctypes.data
    with pytest.raises(ValueError, match="copy"):
        batch["out"].__array__(np.float64, copy=False)
    assert (np.add(batch, 1) == batch.numpy() + 1).all()


def test_results_are_images_again() -> None:
    text = '[[node]]\nname = "out"\nop = "flip"\nfrom = "input"\n'
    call = _native.Executor(_native.Graph.from_toml(text)).call
    batch = results()
    assert np.array_equal(call((batch,), "host").numpy(), batch.numpy()[:, :, ::-1])


def test_deleters_run_on_any_thread() -> None:
    for _ in range(50):
        arrays = [np.from_dlpack(results()["out"]) for _ in range(4)]
        thread = threading.Thread(target=arrays.clear)
        thread.start()
        thread.join()


@pytest.mark.parametrize("sample", TYPES)
def test_torch(sample: str) -> None:
    torch = pytest.importorskip("torch")
    batch = results(sample)
    tensor = batch.torch()
    assert tensor.dtype == getattr(torch, sample)
    assert tuple(tensor.shape) == batch.shape
    assert tensor.data_ptr() == batch["out"].torch().data_ptr()
    if sample == "bfloat16":
        assert torch.equal(
            tensor.float(), results("float32").torch().bfloat16().float()
        )
    else:
        assert np.array_equal(tensor.numpy(), batch.numpy())


def test_torch_gives_lists_of_images_of_several_sizes() -> None:
    pytest.importorskip("torch")
    text = '[[node]]\nname = "out"\nop = "gaussian_blur"\nfrom = "input"\nsize = 3\n'
    call = _native.Executor(_native.Graph.from_toml(text)).call
    images = [np.zeros((5, 6, 3), np.uint8), np.zeros((7, 6, 3), np.uint8)]
    batch = call((images,), "host")
    assert [tuple(tensor.shape) for tensor in batch.torch()] == [(5, 6, 3), (7, 6, 3)]


def test_classes_have_their_public_names() -> None:
    assert isinstance(results(), pf.Batch)
    assert isinstance(results()["out"], pf.Tensor)
    assert pf.Tensor.__module__ == "pixelflume"
