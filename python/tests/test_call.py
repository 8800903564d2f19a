"""Calls: images in, a batch out."""

from __future__ import annotations

import numpy as np
import pixelflume as pf
import pytest
from pixelflume import _native


def executor(text: str) -> _native.Executor:
    return _native.Executor(_native.Graph.from_toml(text))


def node(name: str, op: str, source: str = "input", **parameters: object) -> str:
    def shown(value: object) -> str:
        return f'"{value}"' if isinstance(value, str) else str(value)

    lines = "".join(f"{key} = {shown(value)}\n" for key, value in parameters.items())
    return f'[[node]]\nname = "{name}"\nop = "{op}"\nfrom = "{source}"\n{lines}'


RESIZE = node("small", "resize", width=8, height=6)
BLUR = node("soft", "gaussian_blur", size=5)
CROP = node("crop", "resized_crop", width=4, height=3, box="input")


def photo(height: int, width: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (height, width, 3), np.uint8)


def test_one_image_gives_one_image_and_a_batch_a_batch() -> None:
    call = executor(RESIZE).call
    image = photo(20, 30)
    one = call((image,), "host")
    assert one.shape == (6, 8, 3)
    assert len(one) == 1
    batch = call((np.stack([image, image]),), "host")
    assert batch.shape == (2, 6, 8, 3)
    assert len(batch) == 2
    for result in batch.numpy():
        assert np.array_equal(result, one.numpy())
    listed = call(([image],), "cpu")
    assert listed.shape == (1, 6, 8, 3)


def test_images_of_several_sizes_give_one_tensor_where_results_have_one_size() -> None:
    call = executor(RESIZE).call
    images = [photo(20, 30), photo(13, 11, 1), photo(20, 30, 2)]
    batch = call((images,), "host")
    assert batch.shape == (3, 6, 8, 3)
    for image, result in zip(images, batch, strict=True):
        alone = call((image,), "host").numpy()
        assert np.array_equal(result.numpy(), alone)


def test_results_of_several_sizes_are_lists() -> None:
    call = executor(BLUR).call
    images = [photo(20, 30), photo(13, 11, 1), photo(20, 30, 2)]
    batch = call((images,), "host")
    results = batch.numpy()
    assert [result.shape for result in results] == [
        (20, 30, 3),
        (13, 11, 3),
        (20, 30, 3),
    ]
    for image, result in zip(images, results, strict=True):
        assert np.array_equal(result, call((image,), "host").numpy())
    assert isinstance(batch["soft"], list)
    assert batch[-2].shape == (13, 11, 3)
    with pytest.raises(pf.PipelineError, match="several sizes"):
        batch.__dlpack__()
    with pytest.raises(BufferError):
        memoryview(batch)


def test_outputs_of_one_and_of_several_sizes_beside_each_other() -> None:
    both = (
        'outputs = ["soft", "small"]\n'
        + BLUR
        + node("small", "resize", "soft", width=8, height=6)
    )
    call = executor(both).call
    images = [photo(20, 30), photo(13, 11, 1)]
    batch = call((images,), "host")
    assert batch.outputs == ("soft", "small")
    assert batch["small"].shape == (2, 6, 8, 3)
    assert [tensor.shape for tensor in batch["soft"]] == [(20, 30, 3), (13, 11, 3)]
    assert "soft" in batch and "other" not in batch
    for position, image in enumerate(images):
        alone = call((image,), "host")
        for name in batch.outputs:
            mine = batch.images(name)[position].numpy()
            assert np.array_equal(mine, alone[name].numpy())
    with pytest.raises(pf.PipelineError, match='batch\\["soft"\\]'):
        batch.numpy()
    with pytest.raises(KeyError, match="small"):
        batch["other"]


def test_several_inputs_by_position() -> None:
    call = executor(
        'inputs = ["a", "b"]\n[[node]]\nname = "d"\nop = "abs_diff"\nfrom = ["a", "b"]\n'
    ).call
    first, second = photo(9, 8), photo(9, 8, 1)
    result = call((first, second), "host").numpy()
    wide = first.astype(np.int16) - second.astype(np.int16)
    assert np.array_equal(result, np.abs(wide).astype(np.uint8))
    with pytest.raises(pf.PipelineError, match="2 input"):
        call((first,), "host")
    with pytest.raises(pf.InputError, match='"b" has 1 frame'):
        call(([first, first], [second]), "host")


def test_values_for_each_image() -> None:
    call = executor(CROP).call
    image = np.zeros((10, 12, 1), np.uint8)
    image[:, 6:] = 200
    boxes = np.array([[0, 0, 6, 10], [6, 0, 6, 10]], np.float32)
    batch = call(([image, image],), "host", parameters={"crop.box": boxes})
    left, right = batch.numpy()
    assert (left == 0).all()
    assert (right == 200).all()
    same = call(([image, image],), "host", parameters={"crop.box": boxes.tolist()})
    assert np.array_equal(same.numpy(), batch.numpy())
    with pytest.raises(pf.PipelineError, match="node.parameter"):
        call((image,), "host", parameters={"box": boxes})
    with pytest.raises(pf.PipelineError, match="equally many"):
        call((image,), "host", parameters={"crop.box": [[1, 2], [3]]})
    with pytest.raises(pf.PipelineError, match=r"1 image\(s\)"):
        call(([image, image],), "host", parameters={"crop.box": boxes[:1]})


def test_random_operators_follow_index_and_epoch() -> None:
    flips = executor(node("flip", "random_flip", seed=3))
    images = [photo(6, 7, seed) for seed in range(32)]
    whole = flips.call((images,), "host", index=100, epoch=2).numpy()
    numbers = list(range(100, 132))
    assert np.array_equal(
        whole, flips.call((images,), "host", index=numbers, epoch=2).numpy()
    )
    for position in (0, 7, 31):
        alone = flips.call((images[position],), "host", index=100 + position, epoch=2)
        assert np.array_equal(alone.numpy(), whole[position])
    other = flips.call((images,), "host", index=100, epoch=3).numpy()
    assert not np.array_equal(other, whole)
    # Without a number the images of a call come behind those of the call before.
    fresh = executor(node("flip", "random_flip", seed=3))
    first = fresh.call((images[:5],), "host", epoch=2).numpy()
    second = fresh.call((images[5:],), "host", epoch=2).numpy()
    counted = flips.call((images,), "host", index=0, epoch=2).numpy()
    assert np.array_equal(np.concatenate([first, second]), counted)


def test_results_go_into_arrays_of_the_caller() -> None:
    call = executor(RESIZE).call
    image = photo(20, 30)
    expected = call((image,), "host").numpy()
    place = np.zeros((1, 6, 8, 3), np.uint8)
    batch = call((image,), "host", out=place)
    assert np.array_equal(place[0], expected)
    assert batch["small"] is place
    place[:] = 0
    call((image,), "host", out={"small": place})
    assert np.array_equal(place[0], expected)
    with pytest.raises(pf.PipelineError, match="room is for"):
        call((image,), "host", out=np.zeros((1, 6, 9, 3), np.uint8))
    with pytest.raises(pf.PipelineError, match='no output "other"'):
        call((image,), "host", out={"other": place})
    with pytest.raises(pf.PipelineError, match="2 place"):
        call((image,), "host", out=[place, place])
    place.flags.writeable = False
    with pytest.raises(pf.InputError) as refused:
        call((image,), "host", out=place)
    assert refused.value.output == "small"


@pytest.mark.parametrize("side", [8, 1024])
def test_results_do_not_go_into_the_memory_of_images(side: int) -> None:
    flip = '[[node]]\nname = "{}"\nop = "flip"\nfrom = "input"\n'
    one, two = executor(flip.format("a")), executor(flip.format("a") + flip.format("b"))
    batch = np.zeros((2, side, side, 3), np.uint8)
    refused = 'output "a" shares memory with input "input"'
    for images in (batch, list(batch)):
        with pytest.raises(pf.PipelineError, match=refused):
            one.call((images,), "host", out=batch)
    with pytest.raises(pf.PipelineError, match=refused):
        one.call((batch[1],), "host", out=batch[1:])
    with pytest.raises(pf.PipelineError, match='"b" shares memory with output "a"'):
        two.call((batch.copy(),), "host", out=[batch, batch])
    # Neighbors share nothing, and an image that is copied first may be overwritten.
    one.call((batch[0],), "host", out=batch[1:])
    one.call((batch[:, :, ::-1],), "host", out=batch)


def test_statistics_count_batches() -> None:
    calls = executor(RESIZE)
    for _ in range(3):
        calls.call(([photo(20, 30)] * 2,), "host")
    counted = calls.statistics()
    assert counted["batches"] == 3
    assert counted["images"] == 6
    assert counted["plans_compiled"] == 1


def test_devices_by_name() -> None:
    host = pf.devices()[0]
    assert host["name"] == "host"
    assert host["multiprocessors"] >= 1
    call = executor(RESIZE).call

    class Device:
        type = "cpu"
        index = None

        def __str__(self) -> str:
            return "cpu"

    assert call((photo(9, 9),), Device()).device == "host"
    for wrong in ("gpu", "cuda:x", 3, object()):
        with pytest.raises(pf.DeviceError):
            call((photo(9, 9),), wrong)
    with pytest.raises(pf.PipelineError, match="hwc"):
        call((photo(9, 9),), "host", axes="hcw")
