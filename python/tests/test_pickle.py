"""Pipelines travel to other processes."""

import copy
import multiprocessing
import pickle
from typing import Any

import numpy as np
import pixelflume as pf
import pytest
from pixelflume._native import PipelineError


def brighter(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.minimum(image, 250) + np.uint8(5)


def pipelines() -> dict[str, pf.Pipeline]:
    a, b = pf.input("a"), pf.input("b")
    difference = a.abs_diff(b)
    third = pf.Pipeline("thirds", fusion=False).blend(pf.input("b"), alpha=1 / 3)
    return {
        "fluent": pf.Pipeline().resize(7, "bicubic", like="pillow13", name="small"),
        "graph": pf.Pipeline.of(difference=difference, smooth=difference.box_blur(3)),
        "settings": third,
        "custom": pf.Pipeline("mine").flip().custom(brighter, name="brighter"),
        "processor": pf.processor("clip", dtype="f16"),
    }


@pytest.mark.parametrize("name", pipelines())
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_copy_is_equal_and_gives_the_same_bits(name: str, protocol: int) -> None:
    made = pipelines()[name]
    restored = pickle.loads(pickle.dumps(made, protocol))
    assert type(restored) is type(made)
    assert restored == made and hash(restored) == hash(made)
    assert repr(restored) == repr(made)
    if len(made.inputs) == 1:
        image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
        ours, theirs = made(image, device="host"), restored(image, device="host")
        assert np.array_equal(ours.numpy(), theirs.numpy())
    assert copy.deepcopy(made) == made and copy.copy(made) == made


def test_a_used_pipeline_leaves_its_memory_behind() -> None:
    p = pf.Pipeline().gaussian_blur(5)
    fresh = pickle.dumps(p)
    p(np.zeros((8, 8, 3), np.uint8), device="host")
    assert pickle.dumps(p) == fresh
    assert pickle.loads(fresh).statistics()["images"] == 0


def test_a_pipeline_file_is_what_is_pickled() -> None:
    p = pf.Pipeline().gaussian_blur(5)
    restore, arguments = p.__reduce__()
    assert arguments == (p.to_toml(),)
    assert restore(*arguments) == p


def test_names_that_no_pipeline_file_has_are_pickled_too() -> None:
    photo = pf.input("the photo").resize(5, "bicubic", like="pillow13")
    spaced = pf.Pipeline.of(
        **{"with space": photo.flip(), ".hidden": photo.flip("vertical")}
    )
    with pytest.raises(PipelineError, match="with space|the photo|hidden"):
        spaced.to_toml()
    restored = pickle.loads(pickle.dumps(spaced))
    assert restored == spaced and repr(restored) == repr(spaced)
    assert restored.outputs == ("with space", ".hidden")


def call(p: pf.Pipeline, image: np.ndarray[Any, Any], results: Any) -> None:
    results.put(p(image, device="host").numpy())


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("name", ["fluent", "custom"])
def test_another_process_executes_it(name: str, method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    p = pipelines()[name]
    image = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    expected = p(image, device="host").numpy()
    results = context.Queue()
    child = context.Process(target=call, args=(p, image, results))
    child.start()
    assert np.array_equal(results.get(timeout=100), expected)
    child.join(100)
    assert child.exitcode == 0
