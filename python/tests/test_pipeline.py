"""Pipelines: graphs of nodes, their text, their shapes, and calls."""

import json
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pixelflume as pf
import pytest
from pixelflume._native import Error, PipelineError


def photo(seed: int = 0, height: int = 20, width: int = 30) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3), np.uint8)


def edges() -> pf.Pipeline:
    return pf.Pipeline().color("rgb_to_gray").gaussian_blur(5).sobel(name="edges")


def test_each_method_gives_a_new_pipeline() -> None:
    empty = pf.Pipeline("mine", input="photo")
    small = empty.resize(8)
    assert small.nodes == ("resize",)
    assert small.gaussian_blur(3).nodes == ("resize", "gaussian_blur")
    assert small.nodes == ("resize",)
    assert small.inputs == ("photo",) and small.name == "mine"
    with pytest.raises(PipelineError, match="no operators yet"):
        empty.to_toml()
    with pytest.raises(PipelineError, match="no operators yet"):
        empty(photo(), device="host")


def test_a_fluent_pipeline_is_that_of_its_file(tmp_path: Path) -> None:
    text = """
    name = "edges"
    [[node]]
    name = "color"
    op = "color"
    from = "input"
    conversion = "rgb_to_gray"
    [[node]]
    name = "gaussian_blur"
    op = "gaussian_blur"
    from = "color"
    size = 5
    [[node]]
    name = "edges"
    op = "sobel"
    from = "gaussian_blur"
    """
    made = edges().with_options(name="edges")
    read = pf.Pipeline.from_toml(text)
    assert made == read and hash(made) == hash(read)
    assert made.to_toml() == read.to_toml()
    file = tmp_path / "edges.toml"
    file.write_text(text)
    assert pf.Pipeline.from_file(file) == pf.Pipeline.from_file(str(file)) == read
    image = photo()
    ours, theirs = made(image, device="host"), read(image, device="host")
    assert np.array_equal(ours.numpy(), theirs.numpy())


def test_a_pipeline_that_was_read_goes_on() -> None:
    read = pf.Pipeline.from_toml(edges().to_toml())
    assert read.threshold(9).nodes == ("color", "gaussian_blur", "edges", "threshold")
    both = pf.Pipeline.of(edges=read.node("edges"), gray=read.node("color"))
    assert both.outputs == ("edges", "gray")
    with pytest.raises(
        PipelineError, match="it has input, color, gaussian_blur, edges"
    ):
        read.node("graay")


def test_mistakes_of_a_file_are_told_with_their_places() -> None:
    with pytest.raises(PipelineError, match=r"gaussian_blur") as raised:
        pf.Pipeline.from_toml("[[node]]\nname = 'a'\nop = 'gausian_blur'", "my.toml")
    assert "my.toml:3:" in str(raised.value)


def test_pipelines_differ_in_what_their_text_has() -> None:
    p = edges()
    assert p == edges() and hash(p) == hash(edges())
    assert p != p.with_options(fusion=False)
    assert p != p.with_options(name="other")
    assert p != pf.Pipeline(input="other").color("rgb_to_gray")
    assert p != pf.Pipeline().color("rgb_to_gray").gaussian_blur(7).sobel(name="edges")
    assert p != 3 and p != "p"
    assert len({p, edges(), p.resize(3)}) == 2


def test_a_node_that_is_used_twice_is_computed_once() -> None:
    before, after = pf.input("before"), pf.input("after")
    difference = before.abs_diff(after)
    p = pf.Pipeline.of(difference=difference, smooth=difference.gaussian_blur(5))
    assert p.inputs == ("before", "after")
    assert p.nodes == ("difference", "smooth")
    one, two = photo(1), photo(2)
    result = p(before=one, after=two, device="host")
    expected = np.abs(one.astype(np.int16) - two).astype(np.uint8)
    assert np.array_equal(result["difference"].numpy(), expected)
    swapped = p(after=two, before=one, device="host")
    assert np.array_equal(swapped["smooth"].numpy(), result["smooth"].numpy())


def test_inputs_of_one_name_are_one_input() -> None:
    p = pf.Pipeline.of(x=pf.input("a").abs_diff(pf.input("a").flip()))
    assert p.inputs == ("a",)
    fluent = pf.Pipeline().flip()
    assert pf.Pipeline().abs_diff(fluent).inputs == ("input",)


def test_names_are_kinds_with_numbers_and_given_names_come_first() -> None:
    p = pf.Pipeline().flip().flip(name="flip").flip().flip("vertical", name="last")
    assert p.nodes == ("flip_2", "flip", "flip_3", "last")
    with pytest.raises(PipelineError, match="same"):
        pf.Pipeline().flip(name="same").flip(name="same").to_toml()
    with pytest.raises(PipelineError, match="input"):
        pf.Pipeline().flip(name="input").to_toml()


def test_wrong_graphs_are_refused() -> None:
    a = pf.input("a")
    node = a.flip()
    three: Any = 3
    for wrong, text in [
        (lambda: pf.Pipeline.of(), "needs an output"),
        (lambda: pf.Pipeline.of(x=node, y=node), "one node"),
        (lambda: pf.Pipeline.of(x=node, y=a), "is an input"),
        (lambda: pf.Pipeline.of(x=cast(Any, photo())), "node or a pipeline"),
        (lambda: a.abs_diff(three), "node or a pipeline"),
        (lambda: pf.Pipeline.of(x=node, y=node.flip()).flip(), "2 outputs"),
    ]:
        with pytest.raises(PipelineError, match=text):
            wrong()


def test_a_long_chain_does_not_need_a_deep_stack() -> None:
    p = pf.Pipeline()
    for _ in range(3000):
        p = p.flip()
    assert len(p.nodes) == 3000
    assert "and 2900 more nodes" in repr(p)


def test_calls_name_the_inputs_that_are_missing_or_unknown() -> None:
    p = pf.Pipeline.of(x=pf.input("a").abs_diff(pf.input("b")))
    image = photo()
    with pytest.raises(PipelineError, match="missing: b"):
        p(a=image, device="host")
    with pytest.raises(PipelineError, match="unknown: c"):
        p(a=image, b=image, c=image, device="host")
    with pytest.raises(PipelineError, match="without a name"):
        p(image, b=image, device="host")
    with pytest.raises(Error, match="2"):
        p(image, device="host")
    with pytest.raises(PipelineError, match="missing: a, b"):
        p(device="host")
    one = pf.Pipeline(input="photo").flip()
    by_name = one(photo=image, device="host")
    assert np.array_equal(by_name.numpy(), image[:, ::-1])


def test_values_per_image_go_by_node_and_parameter() -> None:
    p = pf.Pipeline().resized_crop((4, 5), box=pf.PER_IMAGE, name="part")
    images = [photo(1), photo(2)]
    boxes = np.array([[0, 0, 5, 4], [7, 3, 5, 4]], np.float64)
    result = p(images, parameters={"part.box": boxes}, device="host").numpy()
    assert np.array_equal(result[0], images[0][:4, :5])
    assert np.array_equal(result[1], images[1][3:7, 7:12])


def test_random_operators_go_by_index_and_epoch() -> None:
    p = pf.Pipeline().random_crop(8, seed=3)
    images = [photo()] * 6
    first = p(images, index=10, epoch=2, device="host").numpy()
    again = p(images[:3], index=13, epoch=2, device="host").numpy()
    assert np.array_equal(first[3:], again)
    other = p(images, index=10, epoch=3, device="host").numpy()
    assert not np.array_equal(first, other)


def test_shapes_and_plans_without_images() -> None:
    p = edges().resize(8).to_float(layout="chw")
    shapes = p.shapes((20, 30, 3))
    assert shapes["edges"] == pf.ImageShape(20, 30, 1)
    assert shapes["to_float"] == pf.ImageShape(8, 8, 1, "f32", "chw")
    assert shapes == p.shapes(pf.ImageShape(20, 30, 3)) == p.shapes([20, 30, 3])
    assert pf.Pipeline().flip().shapes((20, 30))["flip"].channels == 1
    plan = p.inspect((20, 30, 3), device="host", batch=3)
    assert plan["memory"]["batch"] == 3
    assert [node["name"] for node in plan["nodes"]] == list(p.nodes)
    assert p.inspect()["memory"] is None
    for wrong in [(20,), (20, 30, 3, 4), "shape", (20, -1, 3), (1, 2, 3, "u9", "hwc")]:
        with pytest.raises(PipelineError, match="shape"):
            p.shapes(wrong)
    with pytest.raises(Error, match="1"):
        p.shapes((20, 30, 3), (20, 30, 3))
    with pytest.raises(Error, match="channel"):
        pf.Pipeline().color("rgba_to_rgb").shapes((20, 30, 3))
    with pytest.raises(Error, match="names no device"):
        p.inspect((20, 30, 3), device="tpu")


def test_a_drawing_says_what_is_fused() -> None:
    p = pf.Pipeline("pre").resize(8).to_float(name="result")
    text = repr(p)
    assert "result = to_float(resize)" in text and "launch" not in text
    p(photo(), device="host")
    drawn = repr(p)
    assert "20 x 30 x 3 u8" in drawn and "8 x 8 x 3 f32" in drawn
    lines = drawn.splitlines()
    assert lines[0] == "Pipeline 'pre'"
    assert [line.count("launch 1") for line in lines[2:]] == [1, 1]
    apart = p.with_options(fusion=False)
    apart.inspect((20, 30, 3), device="host")
    assert [f"launch {n}" in repr(apart) for n in (1, 2)] == [True, True]
    assert repr(pf.Pipeline("x")) == "<Pipeline 'x' without operators>"


def test_statistics_count_images() -> None:
    p = edges()
    assert p.statistics()["images"] == 0
    p([photo(), photo()], device="host")
    p(photo(), device="host")
    assert p.statistics()["images"] == 3


def test_a_trace_has_the_calls_within_it(tmp_path: Path) -> None:
    p = edges().with_options(fusion=False)
    p(photo(), device="host")
    file = tmp_path / "trace.json"
    with p.trace(file):
        p(photo(), device="host")
    first = json.loads(file.read_text())
    p(photo(), device="host")
    events = first["traceEvents"] if isinstance(first, dict) else first
    names = {event.get("name") for event in events}
    assert {"color", "gaussian_blur", "edges"} <= names, names
    with p.trace(file):
        pass
    empty = json.loads(file.read_text())
    events = empty["traceEvents"] if isinstance(empty, dict) else empty
    assert "edges" not in {event.get("name") for event in events}
    with pytest.raises(OSError), p.trace(tmp_path / "no" / "trace.json"):
        pytest.fail("the folder is not there")


def test_threads_share_a_pipeline_from_its_first_call_on() -> None:
    p = edges()
    image = photo()
    expected = edges()(image, device="host").numpy()
    results: list[Any] = []
    start = threading.Barrier(8)

    def call() -> None:
        start.wait()
        results.extend(p(image, device="host").numpy() for _ in range(20))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 160
    assert all(np.array_equal(result, expected) for result in results)


def test_inputs_whose_names_are_arguments_are_passed_in_a_dictionary() -> None:
    device, out = pf.input("device"), pf.input("out")
    p = pf.Pipeline.of(difference=device.abs_diff(out))
    images = {
        "device": np.full((2, 3, 1), 9, np.uint8),
        "out": np.full((2, 3, 1), 2, np.uint8),
    }
    assert (p(images, device="host").numpy() == 7).all()
    with pytest.raises(pf.PipelineError, match="missing|without"):
        p({"device": images["device"]}, device="host")


def settings() -> pf.Pipeline:
    return pf.Pipeline().flip().with_decode(color="gray", crop=(1, 2, 5, 4))


@pytest.mark.parametrize(
    "make",
    [
        settings,
        lambda: pf.Pipeline.from_toml(settings().to_toml()),
        lambda: settings().flip(),
        lambda: settings().with_options(fusion=False),
        lambda: settings().custom(np.ascontiguousarray, kind="same"),
        lambda: pickle.loads(pickle.dumps(settings().flip())),
        lambda: pickle.loads(
            pickle.dumps(settings().custom(np.ascontiguousarray, kind="same"))
        ),
    ],
)
def test_settings_for_files_stay_with_a_pipeline(
    make: Callable[[], pf.Pipeline],
) -> None:
    file = pf.encode(np.zeros((9, 8, 3), np.uint8))
    assert make()(file, device="host").numpy().shape == (4, 5, 1)


def test_settings_for_files_are_refused_by_name() -> None:
    p = pf.Pipeline().flip()
    wrong: Any = "auto"
    for settings, message in [
        ({"exif": wrong}, "exif cannot be auto; it is one of: apply, ignore"),
        ({"color": wrong}, "color cannot be auto; it is one of: keep, gray, rgb"),
        ({"crop": (0, 0, 0, 5)}, "a crop of 0x5 has no pixels"),
    ]:
        with pytest.raises(PipelineError, match=message):
            p.with_decode(**settings).to_toml()
