"""Custom operators: Python functions over images, and CUDA kernels as text."""

import gc
import os
import pickle
import re
import subprocess
import sys
import textwrap
import threading
import weakref
from typing import Any

import numpy as np
import pixelflume as pf
import pytest
from pixelflume import _nvrtc
from pixelflume._native import Error, NodeFailure, PipelineError

PTX = """
.version 7.5
.target sm_75
.address_size 64
.visible .entry invert(.param .align 8 .b8 invert_param_0[80]) { ret; }
"""


def photo(height: int = 5, width: int = 7, channels: int = 3) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(1)
    return random.integers(0, 256, (height, width, channels), np.uint8)


def invert(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return 255 - image


@pf.custom(inputs=2, shape=lambda a, b: a._replace(channels=1))
def brighter(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.maximum(a, b).max(axis=2)


def test_a_function_is_a_node_like_any_other() -> None:
    p = pf.Pipeline().resize(6).custom(invert).gaussian_blur(3)
    assert p.nodes == ("resize", "invert", "gaussian_blur")
    images = [photo(), photo(9, 9)]
    result = p(images, device="host").numpy()
    before = pf.Pipeline().resize(6)
    after = pf.Pipeline().gaussian_blur(3)
    for got, image in zip(result, images, strict=True):
        small = before(image, device="host").numpy()
        inverted = after(invert(small), device="host").numpy()
        assert np.array_equal(got, inverted)


def test_a_function_of_several_images_and_another_shape() -> None:
    a, b = pf.input("a"), pf.input("b")
    p = pf.Pipeline.of(x=a.custom(brighter, b))
    assert p.shapes((5, 7, 3), (5, 7, 3))["x"] == pf.ImageShape(5, 7, 1)
    one, two = photo(), photo()[::-1].copy()
    got = p(a=[one, two], b=[two, one], device="host").numpy()
    expected = np.maximum(one, two).max(axis=2, keepdims=True)
    assert np.array_equal(got[0], expected) and np.array_equal(got[1], expected)
    with pytest.raises(PipelineError, match="reads 2 image"):
        a.custom(brighter)


@pytest.mark.parametrize("dtype", ["f32", "f16"])
@pytest.mark.parametrize("layout", ["hwc", "chw"])
def test_arrays_have_the_layout_and_type_of_the_image(dtype: Any, layout: Any) -> None:
    seen: list[Any] = []

    def function(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        seen.append((image.shape, image.dtype))
        # It may be changed, and kept.
        image *= 2
        return image

    p = pf.Pipeline().to_float(dtype=dtype, layout=layout)
    image = photo()
    plain = p(image, device="host").numpy()
    doubled = p.custom(function)(image, device="host").numpy()
    assert np.array_equal(doubled, plain * 2)
    shape = (5, 7, 3) if layout == "hwc" else (3, 5, 7)
    kind = np.float32 if dtype == "f32" else np.float16
    assert seen == [(shape, np.dtype(kind))]


def test_an_exception_is_the_cause_of_the_failure() -> None:
    def broken(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        raise KeyError("my own text")

    node = pf.input().custom(broken, name="mine")
    p = pf.Pipeline.of(broken=node.flip(), fine=pf.input().flip())
    result = p(photo(), device="host")
    assert np.array_equal(result["fine"].numpy(), photo()[:, ::-1])
    with pytest.raises(NodeFailure, match="my own text") as raised:
        result["broken"].numpy()
    assert raised.value.node == "mine"
    cause = raised.value.__cause__
    assert isinstance(cause, KeyError) and cause.args == ("my own text",)
    assert cause.__traceback__ is not None
    with pytest.raises(NodeFailure, match="KeyError"):
        pf.Pipeline().custom(broken)(photo(), device="host").numpy()


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda image: image[:2], "(2, 7, 3)"),
        (lambda image: image.astype(np.float32), "float32"),
        (lambda image: None, "object"),
        (lambda image: image[..., 0], "(5, 7)"),
    ],
)
def test_results_of_another_shape_or_type_are_refused(function: Any, text: str) -> None:
    with pytest.raises(NodeFailure, match=re.escape(text)) as raised:
        pf.Pipeline().custom(function, kind="wrong")(photo(), device="host").numpy()
    assert "(5, 7, 3)" in str(raised.value) and "uint8" in str(raised.value)


def test_shapes_that_are_refused_and_impossible_ones() -> None:
    def only_gray(image: pf.ImageShape) -> pf.ImageShape:
        if image.channels != 1:
            raise ValueError("gray images only")
        return image

    p = pf.Pipeline().custom(invert, shape=only_gray)
    assert p.shapes((5, 7, 1))["invert"].channels == 1
    with pytest.raises(Error, match="gray images only"):
        p.shapes((5, 7, 3))
    with pytest.raises(Error, match="gray images only"):
        p(photo(), device="host")
    for shape in [(0, 5, 3), (5, 5, 3, 9, 9, 9), "hwc", (1, 2, 3, "u8", "chwx")]:
        wrong = pf.Pipeline().custom(invert, shape=shape)
        with pytest.raises(Error):
            wrong.shapes((5, 7, 3))
    fixed = pf.Pipeline().custom(lambda image: image[:4, :4], shape=(4, 4, 3))
    assert np.array_equal(fixed(photo(), device="host").numpy(), photo()[:4, :4])


def test_a_function_cannot_wait_for_the_workers_that_call_it() -> None:
    inner = pf.Pipeline().flip()

    def nested(image: np.ndarray[Any, Any]) -> Any:
        return inner(image, device="host").numpy()

    with pytest.raises(NodeFailure, match="cannot execute a pipeline"):
        pf.Pipeline().custom(nested)([photo()] * 8, device="host").numpy()
    # What it was in is over.
    assert np.array_equal(inner(photo(), device="host").numpy(), photo()[:, ::-1])


def test_threads_call_functions_at_the_same_time() -> None:
    p = pf.Pipeline().custom(invert)
    images = [photo(n + 3, 5) for n in range(6)]
    wrong: list[int] = []

    def call() -> None:
        for n in range(30):
            image = images[n % 6]
            if not np.array_equal(p(image, device="host").numpy(), 255 - image):
                wrong.append(n)

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_operators_are_equal_and_pickled_by_their_functions() -> None:
    one = pf.Pipeline().custom(invert)
    assert one == pf.Pipeline().custom(invert)
    assert one != pf.Pipeline().custom(photo, kind="invert")
    assert pickle.loads(pickle.dumps(one)) == one
    assert pickle.loads(pickle.dumps(brighter)) is brighter
    decorated = pf.Pipeline.of(x=pf.input("a").custom(brighter, pf.input("b")))
    copy = pickle.loads(pickle.dumps(decorated))
    assert copy == decorated and hash(copy) == hash(decorated)
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        pickle.dumps(pf.Pipeline().custom(lambda image: image))
    with pytest.raises(PipelineError, match="no built-in operator"):
        one.to_toml()


def test_wrong_definitions_are_refused() -> None:
    for options, text in [
        ({"function": 3}, "not int"),
        ({"function": None}, "cuda= or ptx="),
        ({"inputs": 9}, "1 to 8"),
        ({"inputs": 0}, "1 to 8"),
        ({"kind": "x" * 65}, "64 characters"),
        ({"kind": ""}, "characters"),
        ({"per": "row"}, "sample"),
        ({"ptx": "no ptx"}, ".target"),
        ({"ptx": PTX, "threads": (1025, 1, 1)}, "1024"),
        ({"ptx": PTX, "threads": (0, 1, 1)}, "1024"),
        ({"ptx": PTX, "threads": (1, 1, 65)}, "64 along z"),
        ({"ptx": PTX, "cuda": "text"}, "not by both"),
    ]:
        given: dict[str, Any] = {"function": invert, **options}
        function = given.pop("function")
        with pytest.raises(PipelineError, match=text):
            pf.custom(function, **given)
    with pytest.raises(PipelineError, match="kind belong"):
        pf.Pipeline().custom(brighter, kind="other")


def test_an_operator_without_a_function_does_not_run_on_the_host() -> None:
    operator = pf.custom(None, ptx=PTX, kernel="invert")
    assert operator.kind == "invert" and operator.kernel is not None
    p = pf.Pipeline().custom(operator)
    assert p.shapes((5, 7, 3))["invert"] == pf.ImageShape(5, 7, 3)
    assert pickle.loads(pickle.dumps(p)) == p
    with pytest.raises(Error, match="no host executor"):
        p(photo(), device="host")


SOURCE = """
struct Args { Image source, target; };
extern "C" __global__ void negative(const __grid_constant__ Args args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.source.width * args.source.channels) return;
    for (uint32_t n = blockIdx.z; n < args.source.batch; n += gridDim.z)
        for (uint32_t y = blockIdx.y; y < args.source.height; y += gridDim.y)
            reinterpret_cast<uint8_t*>(args.target.base + n * args.target.batch_stride
                + y * args.target.row_pitch)[x] = 255 - reinterpret_cast<const uint8_t*>(
                    args.source.base + n * args.source.batch_stride
                    + y * args.source.row_pitch)[x];
}
"""


def test_cuda_source_is_compiled_where_there_is_a_compiler() -> None:
    try:
        _nvrtc._library()
    except PipelineError as error:
        assert "pip install nvidia-cuda-nvrtc" in str(error)
        pytest.skip("no NVRTC is installed")
    operator = pf.custom(invert, cuda=SOURCE, kernel="negative")
    assert operator.kernel is not None and ".entry negative(" in operator.kernel.ptx
    assert operator.kernel.name == "negative"
    p = pf.Pipeline().custom(operator)
    assert np.array_equal(p(photo(), device="host").numpy(), 255 - photo())
    with pytest.raises(PipelineError, match=r"kernel\.cu\(2\)|kernel\.cu.*:2"):
        pf.custom(None, cuda="\nint x = y;", kernel="negative")
    with pytest.raises(PipelineError, match="no kernel positive"):
        pf.custom(None, cuda=SOURCE, kernel="positive")


def test_without_a_compiler_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_nvrtc, "_candidates", lambda: iter(["/no/libnvrtc.so.12"]))
    _nvrtc._library.cache_clear()
    try:
        with pytest.raises(PipelineError, match="pip install nvidia-cuda-nvrtc"):
            pf.custom(None, cuda=SOURCE, kernel="negative")
    finally:
        _nvrtc._library.cache_clear()


def run(text: str) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=100,
        env=environment,
    )


def test_the_interpreter_exits_while_a_function_is_called() -> None:
    ended = run(
        """
        import threading, time
        import numpy as np
        import pixelflume as pf

        entered = threading.Event()

        def slow(image):
            entered.set()
            time.sleep(0.05)
            return image

        p = pf.Pipeline().custom(slow)

        def call():
            for _ in range(1000):
                try:
                    p([np.zeros((4, 4, 3), np.uint8)] * 8, device="host").numpy()
                except Exception as error:
                    print(type(error).__name__)
                    return

        threading.Thread(target=call, daemon=True).start()
        entered.wait()
        print("exits")
        """
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[0] == "exits", ended.stdout


def test_a_forked_child_calls_functions_too() -> None:
    ended = run(
        """
        import os, threading, time
        import numpy as np
        import pixelflume as pf

        entered = threading.Event()

        def slow(image):
            entered.set()
            time.sleep(0.5)
            return image + 1

        p = pf.Pipeline().custom(slow)
        image = np.zeros((4, 4, 3), np.uint8)
        thread = threading.Thread(target=lambda: p(image, device="host").numpy())
        thread.start()
        entered.wait()
        child = os.fork()
        if child == 0:
            # It exits as programs do: by way of what is registered with atexit.
            assert p(image, device="host").numpy().max() == 1
            raise SystemExit(7)
        thread.join()
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status))
        """
    )
    assert ended.stdout.split() == ["7"], ended.stderr


@pytest.mark.parametrize("called", [False, True])
def test_a_function_that_refers_to_its_pipeline_is_collected(called: bool) -> None:
    class Owner:
        """Holds a pipeline whose functions hold it."""

        pipeline: pf.Pipeline

        def shape(self, image: pf.ImageShape) -> pf.ImageShape:
            return image

        def execute(self, image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            assert self.pipeline.name == "pipeline"
            return 255 - image

    owner = Owner()
    shaped = pf.custom(owner.execute, kind="own", shape=owner.shape)
    owner.pipeline = pf.Pipeline().flip().custom(shaped).custom(shaped)
    assert owner.pipeline.node("own") is not None
    if called:
        owner.pipeline(photo(), device="host")
        list(owner.pipeline.stream([photo()] * 3, batch=2, device="host"))
        owner.pipeline.inspect((5, 7, 3), device="host")
    gone = weakref.ref(owner)
    del owner, shaped
    gc.collect()
    assert gone() is None


def test_a_function_lives_as_long_as_anything_that_calls_it() -> None:
    def made() -> pf.Pipeline:
        return pf.Pipeline().custom(lambda image: 255 - image, kind="negative")

    image = photo()
    node = made().node("negative")
    stream = made().stream([image] * 4, batch=2, device="host")
    executor = made()._prepared()
    graph = made()._checked()
    gc.collect()
    for batch in stream:
        assert np.array_equal(batch.numpy()[0], 255 - image)
    for p in (made(), node.flip(), pf.Pipeline._of_graph(graph)):
        p = p if isinstance(p, pf.Pipeline) else pf.Pipeline.of(result=p)
        gc.collect()
        assert p(image, device="host").shape == image.shape
    batch = executor.call((image,), "host")
    assert np.array_equal(batch.numpy(), 255 - image)
