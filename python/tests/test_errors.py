"""Exceptions: their classes, texts and attributes."""

from __future__ import annotations

import pickle

import numpy as np
import pixelflume as pf
import pytest
from pixelflume import _native


def executor(text: str) -> _native.Executor:
    return _native.Executor(_native.Graph.from_toml(text))


def test_classes() -> None:
    for kind in (pf.PipelineError, pf.InputError):
        assert issubclass(kind, pf.Error)
        assert issubclass(kind, ValueError)
    for kind in (pf.DeviceError, pf.NodeFailure):
        assert issubclass(kind, pf.Error)
        assert issubclass(kind, RuntimeError)
    assert issubclass(pf.DecodeError, pf.InputError)
    for kind in (pf.Error, pf.PipelineError, pf.DecodeError, pf.NodeFailure):
        assert kind.__module__ == "pixelflume"
        assert kind.__doc__
        error = kind("text")
        assert (error.node, error.output, error.image) == (None, None, None)


def test_a_node_that_cannot_take_an_image_is_named() -> None:
    gray = '[[node]]\nname = "gray"\nop = "color"\nfrom = "input"\nconversion = "rgb_to_gray"\n'
    call = executor(gray).call
    with pytest.raises(pf.PipelineError, match="gray") as refused:
        call((np.zeros((4, 4, 1), np.uint8),), "host")
    assert refused.value.node == "gray"
    images = [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 1), np.uint8)]
    with pytest.raises(pf.PipelineError, match="frame 1") as refused:
        call((images,), "host")
    assert (refused.value.node, refused.value.image) == ("gray", 1)


def test_an_output_without_room_is_named() -> None:
    blur = '[[node]]\nname = "soft"\nop = "gaussian_blur"\nfrom = "input"\nsize = 3\n'
    place = np.zeros((1, 7, 7, 1), np.uint8)
    with pytest.raises(pf.PipelineError) as refused:
        executor(blur).call((np.zeros((4, 4, 1), np.uint8),), "host", out=place)
    assert refused.value.output == "soft"


def test_errors_survive_a_pickle() -> None:
    crop = '[[node]]\nname = "part"\nop = "center_crop"\nfrom = "input"\nwidth = 9\nheight = 9\n'
    with pytest.raises(pf.PipelineError) as refused:
        executor(crop).call((np.zeros((4, 4, 1), np.uint8),), "host")
    copy = pickle.loads(pickle.dumps(refused.value))
    assert type(copy) is pf.PipelineError
    assert str(copy) == str(refused.value)
    assert copy.node == "part"


def test_a_gpu_that_is_not_there() -> None:
    if len(pf.devices()) > 1:
        pytest.skip("there is a GPU")
    blur = '[[node]]\nname = "soft"\nop = "gaussian_blur"\nfrom = "input"\nsize = 3\n'
    call = executor(blur).call
    for device in ("cuda", "cuda:7", "cuda:100"):
        with pytest.raises(pf.DeviceError):
            call((np.zeros((4, 4, 1), np.uint8),), device)
    # Without a name the host does it.
    assert call((np.zeros((4, 4, 1), np.uint8),)).device == "host"


def test_wrong_arguments_are_type_errors() -> None:
    blur = '[[node]]\nname = "soft"\nop = "gaussian_blur"\nfrom = "input"\nsize = 3\n'
    call = executor(blur).call
    image = np.zeros((4, 4, 1), np.uint8)
    with pytest.raises(TypeError):
        call([image], "host")  # type: ignore[arg-type]
    with pytest.raises((TypeError, OverflowError)):
        call((image,), "host", epoch=-1)
    with pytest.raises((TypeError, OverflowError)):
        call((image,), "host", index="first")
