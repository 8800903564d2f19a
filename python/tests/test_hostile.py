"""Arguments and sources whose own code misbehaves: errors, and no panic, abort or hang."""

from __future__ import annotations

import itertools
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pixelflume as pf
import pytest
from pixelflume import _native

IMAGE = np.zeros((8, 8, 3), np.uint8)
CROP = pf.Pipeline().resized_crop((4, 4), box=pf.PER_IMAGE, name="part")


def ends(program: str, expected: str) -> None:
    """Runs a program that may hang or abort in a process of its own."""
    head = (
        "import numpy as np, pixelflume as pf\nimage = np.zeros((8, 8, 3), np.uint8)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, expected), done.stderr


@pytest.mark.parametrize("count", [1 << 62, 1 << 42, 2, 0])
def test_an_index_for_each_image_is_counted_before_it_is_read(count: int) -> None:
    random = pf.Pipeline().random_flip(seed=1)
    with pytest.raises(pf.PipelineError, match=f"{count} number.* for 1 image"):
        random(IMAGE, device="host", index=range(count))


@pytest.mark.parametrize("index", ["1", "first", -1, 1.5, [[1]], [1.5]])
def test_an_index_that_is_no_number_is_refused(index: Any) -> None:
    random = pf.Pipeline().random_flip(seed=1)
    with pytest.raises((TypeError, OverflowError)):
        random(IMAGE, device="host", index=index)


@pytest.mark.parametrize("endless", [itertools.count(), itertools.repeat([])])
def test_values_without_an_end_are_refused(endless: Any) -> None:
    with pytest.raises(pf.PipelineError, match="more than"):
        CROP([IMAGE], device="host", parameters={"part.box": [endless]})


def test_parameters_may_change_while_they_are_read() -> None:
    parameters: dict[str, Any] = {}

    class Box:
        def tolist(self) -> list[list[int]]:
            parameters[f"part.new{len(parameters)}"] = [[1]]
            return [[0, 0, 4, 4]]

    parameters["part.box"] = Box()
    batch = CROP([IMAGE], device="host", parameters=parameters)
    assert batch.shape == (1, 4, 4, 3)


def test_parameters_of_an_operator_may_change_while_they_are_read() -> None:
    parameters: dict[str, Any] = {}

    class Size:
        def __float__(self) -> float:
            parameters["other"] = 1
            return 3.0

    parameters["size"] = Size()
    with pytest.raises((pf.PipelineError, TypeError)):
        _native.Operator("gaussian_blur", parameters | {"size": "x"})
    try:
        _native.Operator("gaussian_blur", parameters)
    except pf.PipelineError:
        pass


@pytest.mark.parametrize(
    "arguments",
    [
        {"device": "x" * 100_000},
        {"axes": "x" * 100_000},
        {"parameters": {"x" * 100_000: [1]}},
        {"out": {"x" * 100_000: IMAGE}},
    ],
)
def test_errors_show_the_beginning_of_a_long_text(arguments: dict[str, Any]) -> None:
    arguments = {"device": "host", **arguments}
    with pytest.raises(pf.Error) as raised:
        pf.Pipeline().flip()(IMAGE, **arguments)
    assert len(str(raised.value)) < 1000


def test_a_place_that_is_no_array_is_an_input_error() -> None:
    flip = pf.Pipeline().flip()
    with pytest.raises(pf.InputError, match="__dlpack__"):
        flip(IMAGE, device="host", out=bytearray(IMAGE.nbytes))
    batch = flip(IMAGE, device="host", out={"flip": None})
    assert batch["flip"].shape == IMAGE.shape


def test_none_is_no_source() -> None:
    with pytest.raises(TypeError):
        next(pf.Pipeline().flip().stream(None, device="host"))  # type: ignore[arg-type]


def test_a_source_may_close_its_stream_when_it_is_iterated() -> None:
    ends(
        """
        class Source:
            def __iter__(self):
                stream.close()
                return iter([image])

        stream = pf.Pipeline().flip().stream(Source(), device="host")
        print(list(stream))
        """,
        "[]",
    )


def test_a_source_cannot_take_batches_of_its_stream() -> None:
    ends(
        """
        class Source:
            def __iter__(self):
                next(stream)
                return iter([image])

        def generator():
            yield image
            next(stream)

        for source in Source(), generator():
            stream = pf.Pipeline().flip().stream(source, batch=1, device="host")
            try:
                print(len(list(stream)))
            except RuntimeError as error:
                print("own source" in str(error))
        """,
        "True\nTrue",
    )


def test_a_stream_whose_thread_cannot_start_is_closed() -> None:
    ends(
        """
        import threading

        def start(self):
            raise RuntimeError("no thread")

        stream = pf.Pipeline().flip().stream([image], device="host")
        threading.Thread.start, start = start, threading.Thread.start
        try:
            next(stream)
        except RuntimeError as error:
            print(error)
        threading.Thread.start = start
        print(list(stream))
        """,
        "no thread\n[]",
    )


def test_the_function_of_a_custom_operator_may_decode_files() -> None:
    ends(
        """
        data = pf.encode(image, "png")
        decoding = pf.Pipeline().custom(lambda array: pf.decode(data).numpy())
        print(decoding([image] * 16, device="host").shape)
        """,
        "(16, 8, 8, 3)",
    )


def test_the_function_of_a_custom_operator_cannot_take_batches_of_a_stream() -> None:
    ends(
        """
        flip = pf.Pipeline().flip()
        nested = pf.Pipeline().custom(
            lambda array: next(flip.stream([array], device="host")).numpy()[0]
        )
        try:
            nested([image] * 16, device="host")
        except pf.NodeFailure as error:
            print(type(error.__cause__).__name__)
        """,
        "RuntimeError",
    )
