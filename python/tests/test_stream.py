"""Streams: order, back-pressure, errors, ends, threads, processes."""

from __future__ import annotations

import gc
import io
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pixelflume as pf
import pytest
from PIL import Image


def picture(number: int, width: int = 8, height: int = 6) -> np.ndarray:
    """An image in which every sample is the number, modulo 256."""
    return np.full((height, width, 3), number % 256, np.uint8)


def png(number: int, width: int = 8, height: int = 6) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture(number, width, height)).save(file, "png")
    return file.getvalue()


def identity() -> pf.Pipeline:
    return pf.Pipeline().crop(4, x=0, y=0)


def values(batch: Any) -> list[int]:
    """The first sample of each image."""
    return [int(image[0, 0, 0]) for image in batch.numpy()]


def wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.005)


def threads_of_streams() -> list[str]:
    """The names of the threads of this process that belong to streams."""
    names = []
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/comm") as file:
                name = file.read().strip()
        except OSError:
            continue
        if name.startswith("pixelflume "):
            names.append(name)
    names += [t.name for t in threading.enumerate() if t.name == "pixelflume-source"]
    return names


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    gc.collect()
    wait_until(lambda: not threads_of_streams())


def test_batches_are_in_the_order_of_the_source() -> None:
    # Large images among small ones take longer to decode.
    drawn = random.Random(1)
    sides = [drawn.choice([8, 8, 8, 700]) for _ in range(70)]
    source = [png(number, side, side) for number, side in enumerate(sides)]
    positions: list[int] = []
    with identity().stream(source, batch=16, workers=4, device="host") as stream:
        assert len(stream) == 5
        for batch in stream:
            assert values(batch) == batch.positions
            assert batch.errors == []
            positions += batch.positions
    assert positions == list(range(70))


def test_results_are_those_of_a_call() -> None:
    pipeline = pf.Pipeline().resize(16, "bilinear", like="torchvision").center_crop(12)
    drawn = np.random.default_rng(2)
    source = [
        drawn.integers(0, 256, (h, w, 3), np.uint8)
        for h, w in drawn.integers(12, 60, (40, 2))
    ]
    for batch in pipeline.stream(source, batch=7, device="host"):
        images = [source[position] for position in batch.positions]
        called = pipeline(images, device="host").numpy()
        np.testing.assert_array_equal(batch.numpy(), called)


def test_images_of_several_sizes_come_as_a_list() -> None:
    source = [picture(number, 5 + number % 3, 6) for number in range(9)]
    pipeline = pf.Pipeline().flip()
    (batch,) = pipeline.stream(source, batch=16, device="host")
    shapes = [image.shape for image in batch.images()]
    assert shapes == [image.shape for image in source]


def test_random_operators_draw_by_the_place_in_the_source() -> None:
    pipeline = pf.Pipeline().random_crop(3, seed=5)
    drawn = np.random.default_rng(3)
    source = list(drawn.integers(0, 256, (20, 9, 9, 3), np.uint8))
    called = pipeline(source, device="host", index=100, epoch=2).numpy()
    for size in (3, 20):
        stream = pipeline.stream(source, batch=size, device="host", index=100, epoch=2)
        got = np.concatenate([batch.numpy() for batch in stream])
        np.testing.assert_array_equal(got, called)


def test_the_source_is_read_no_further_than_what_is_in_flight() -> None:
    taken = 0

    def endless() -> Iterator[np.ndarray]:
        nonlocal taken
        while True:
            taken += 1
            yield picture(taken)

    with identity().stream(endless(), batch=4, in_flight=2, device="host") as stream:
        # Nothing is read before the first batch is asked for.
        assert taken == 0
        for batches in range(1, 6):
            assert len(next(stream)) == 4
            read = 4 * (batches + 2)
            wait_until(lambda read=read: taken == read)
            time.sleep(0.02)
            assert taken == read


def test_a_batch_is_there_before_the_source_gives_more() -> None:
    more = threading.Event()

    def slow() -> Iterator[np.ndarray]:
        yield picture(1)
        yield picture(2)
        assert more.wait(60)
        yield picture(3)

    stream = identity().stream(slow(), batch=2, device="host")
    assert values(next(stream)) == [1, 2]
    more.set()
    assert values(next(stream)) == [3]
    assert list(stream) == []


def test_an_error_of_the_source_is_raised_in_its_place() -> None:
    def failing() -> Iterator[np.ndarray]:
        for number in range(5):
            yield picture(number)
        raise KeyError("the disk is gone")

    for on_error in ("raise", "skip"):
        stream = identity().stream(failing(), batch=3, device="host", on_error=on_error)
        assert values(next(stream)) == [0, 1, 2]
        assert values(next(stream)) == [3, 4]
        with pytest.raises(KeyError, match="the disk is gone"):
            next(stream)
        assert list(stream) == []


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (b"no image at all", pf.DecodeError),
        (object(), pf.InputError),
        ("/no/such/file.png", (pf.InputError, OSError)),
    ],
)
def test_an_image_that_cannot_be_taken(wrong: Any, error: Any) -> None:
    source: list[Any] = [png(number) for number in range(7)]
    source[4] = wrong
    stream = identity().stream(source, batch=3, device="host")
    assert values(next(stream)) == [0, 1, 2]
    assert values(next(stream)) == [3]
    with pytest.raises(error):
        next(stream)
    assert list(stream) == []

    stream = identity().stream(source, batch=3, device="host", on_error="skip")
    first, second = stream
    assert (first.positions, first.errors) == ([0, 1, 2], [])
    assert second.positions == [3, 5, 6]
    ((position, raised),) = second.errors
    assert position == 4
    assert isinstance(raised, error)
    assert stream.errors == []


def test_an_image_that_a_node_cannot_take_is_left_out() -> None:
    source = [picture(number, 8 if number % 4 else 3) for number in range(10)]
    stream = identity().stream(source, batch=4, device="host", on_error="skip")
    positions, left_out = [], []
    for batch in stream:
        assert values(batch) == batch.positions
        positions += batch.positions
        left_out += [position for position, _ in batch.errors]
    assert positions == [1, 2, 3, 5, 6, 7, 9]
    assert left_out == [0, 4, 8]


def test_errors_behind_the_last_batch_are_kept() -> None:
    stream = identity().stream(
        [picture(0), b"", b"x"], batch=1, device="host", on_error="skip"
    )
    assert [batch.positions for batch in stream] == [[0]]
    assert [position for position, _ in stream.errors] == [1, 2]


def test_without_order_every_image_comes_once() -> None:
    drawn = random.Random(4)
    source = [png(number, drawn.choice([8, 300])) for number in range(50)]
    seen: list[int] = []
    for batch in identity().stream(source, batch=8, device="host", order=False):
        assert values(batch) == batch.positions
        seen += batch.positions
    assert sorted(seen) == list(range(50))


def test_wrong_settings_are_refused() -> None:
    for settings, text in [
        ({"batch": 0}, "batch is 0"),
        ({"in_flight": 0}, "in_flight is 0"),
        ({"workers": 1000}, "workers is 1000"),
        ({"on_error": "ignore"}, "on_error"),
        ({"axes": "whc"}, "axes"),
    ]:
        with pytest.raises(pf.PipelineError, match=text):
            identity().stream([], **settings)
    a, b = pf.input("a"), pf.input("b")
    with pytest.raises(pf.PipelineError, match="one input"):
        pf.Pipeline.of(difference=a.abs_diff(b)).stream([])
    with pytest.raises(TypeError, match="not iterable"):
        next(identity().stream(5, device="host"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no length"):
        len(identity().stream(iter([])))


def endless() -> Iterator[np.ndarray]:
    number = 0
    while True:
        yield picture(number)
        number += 1


def test_a_stream_ends_early_in_every_way() -> None:
    closed = identity().stream(endless(), batch=2, device="host")
    next(closed)
    closed.close()
    closed.close()
    assert list(closed) == []
    with pytest.raises(RuntimeError, match="within"):
        with identity().stream(endless(), batch=2, device="host") as stream:
            for _ in stream:
                raise RuntimeError("within the loop")
    for _ in identity().stream(endless(), batch=2, device="host"):
        break
    dropped = identity().stream(endless(), batch=2, device="host")
    next(dropped)
    del dropped
    gc.collect()
    wait_until(lambda: not threads_of_streams())
    # One that was never asked for a batch has no threads.
    identity().stream(endless(), batch=2, device="host").close()


def test_the_end_of_a_generator_is_run() -> None:
    ended = threading.Event()

    def source() -> Iterator[np.ndarray]:
        try:
            yield from endless()
        finally:
            ended.set()

    with identity().stream(source(), batch=2, device="host") as stream:
        next(stream)
    assert ended.wait(30)


def test_a_source_that_blocks_does_not_hold_the_end_back() -> None:
    release = threading.Event()

    def blocking() -> Iterator[np.ndarray]:
        yield picture(0)
        release.wait(60)

    stream = identity().stream(blocking(), batch=1, device="host")
    assert values(next(stream)) == [0]
    stream.close()
    assert not release.is_set()
    release.set()


def test_another_thread_waits_and_is_woken_by_close() -> None:
    release = threading.Event()

    def blocking() -> Iterator[np.ndarray]:
        release.wait(60)
        yield picture(0)

    stream = identity().stream(blocking(), batch=1, device="host")
    taken: list[Any] = []
    waiting = threading.Thread(target=lambda: taken.extend(stream))
    waiting.start()
    wait_until(lambda: "pixelflume-source" in threads_of_streams())
    stream.close()
    waiting.join(30)
    assert not waiting.is_alive()
    assert taken == []
    release.set()


def test_several_threads_share_a_stream() -> None:
    stream = identity().stream((picture(n) for n in range(200)), batch=3, device="host")
    seen: list[int] = []

    def take() -> None:
        for batch in stream:
            assert values(batch) == batch.positions
            seen.extend(batch.positions)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(seen) == list(range(200))


def test_batches_outlive_their_stream() -> None:
    with identity().stream(
        [picture(n) for n in range(6)], batch=3, device="host"
    ) as stream:
        batches = list(stream)
    del stream
    gc.collect()
    assert [values(batch) for batch in batches] == [[0, 1, 2], [3, 4, 5]]


def test_ten_thousand_images_take_no_more_memory_than_one_thousand() -> None:
    def run(images: int) -> int:
        source = (png(number) for number in range(images))
        count = 0
        for batch in identity().stream(source, batch=50, device="host", workers=2):
            count += len(batch)
        assert count == images
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = run(1000)
    after = run(10_000)
    assert after - before < 8 * 1024  # KiB


def run_python(code: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **settings,
    )


def test_ctrl_c_ends_the_wait_for_a_batch() -> None:
    code = """
        import threading
        import pixelflume as pf

        def blocking():
            print("waiting", flush=True)
            threading.Event().wait()
            yield None

        try:
            next(pf.Pipeline().crop(4, x=0, y=0).stream(blocking(), device="host"))
        except KeyboardInterrupt:
            print("interrupted")
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert output == "interrupted\n"
    assert process.returncode == 0


def test_the_interpreter_ends_with_a_stream_open() -> None:
    code = """
        import itertools
        import numpy as np
        import pixelflume as pf

        image = np.zeros((8, 8, 3), np.uint8)
        stream = pf.Pipeline().crop(4, x=0, y=0).stream(itertools.repeat(image), device="host")
        batch = next(stream)
        print(len(batch))
    """
    ended = run_python(code)
    assert (ended.returncode, ended.stdout) == (0, "64\n"), ended.stderr


def test_a_forked_child_makes_a_stream_of_its_own() -> None:
    code = """
        import os
        import numpy as np
        import pixelflume as pf

        images = [np.full((8, 8, 3), n % 256, np.uint8) for n in range(300)]
        pipeline = pf.Pipeline().crop(4, x=0, y=0)
        stream = pipeline.stream(images, batch=2, device="host")
        next(stream)
        child = os.fork()
        if child == 0:
            try:
                next(stream)
            except pf.DeviceError as error:
                assert "make a stream in the child" in str(error), error
            else:
                os._exit(1)
            stream.close()
            del stream
            batches = list(pipeline.stream(images, batch=100, device="host"))
            os._exit(0 if [len(batch) for batch in batches] == [100] * 3 else 2)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0, status
        assert sum(len(batch) for batch in stream) == 298
        print("done")
    """
    ended = run_python(code)
    assert (ended.returncode, ended.stdout) == (0, "done\n"), ended.stderr


@pytest.mark.parametrize(("workers", "method"), [(0, None), (2, "fork"), (2, "spawn")])
def test_a_data_loader_of_torch(workers: int, method: str | None) -> None:
    torch = pytest.importorskip("torch")
    # Beside this file, since workers that are spawned import it.
    from stream_dataset import Numbers
    from torch.utils.data import DataLoader

    loader = DataLoader(
        Numbers(40),
        batch_size=None,
        num_workers=workers,
        multiprocessing_context=method,
    )
    seen: list[int] = []
    for positions, images in loader:
        assert isinstance(images, torch.Tensor)
        assert images.shape[1:] == (4, 4, 3)
        assert [int(image[0, 0, 0]) for image in images] == [int(p) for p in positions]
        seen += [int(position) for position in positions]
    assert sorted(seen) == list(range(40))


def test_a_gpu_gives_the_results_of_the_host() -> None:
    if not any(device["name"] == "cuda:0" for device in pf.devices()):
        pytest.skip("there is no GPU")
    pipeline = pf.Pipeline().resize(24, "bicubic", like="torchvision").center_crop(16)
    drawn = np.random.default_rng(6)
    sizes = drawn.integers(20, 90, (150, 2))
    source = [drawn.integers(0, 256, (h, w, 3), np.uint8) for h, w in sizes]
    with pipeline.stream(source, batch=16, device="cuda") as on_gpu:
        with pipeline.stream(source, batch=16, device="host") as on_host:
            for one, other in zip(on_gpu, on_host, strict=True):
                assert one.device == "cuda:0"
                assert one.positions == other.positions
                np.testing.assert_array_equal(one.numpy(), other.numpy())
