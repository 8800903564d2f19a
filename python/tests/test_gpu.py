"""What only a GPU can show: arrays on it, streams, processes.

Each test is skipped, by name, where there is no GPU or no torch for CUDA. `cargo xtask
gpu-validate` runs them with the wheel.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pixelflume as pf
import pytest

HAS_GPU = any(device["name"] == "cuda:0" for device in pf.devices())
pytestmark = pytest.mark.skipif(not HAS_GPU, reason="needs a GPU")

# Clock cycles for which a stream of torch is kept busy: about a tenth of a second.
BUSY = 200_000_000

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


@pytest.fixture(name="torch")
def torch_of_cuda() -> Any:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("torch has no CUDA")
    return torch


def clip() -> pf.Pipeline:
    """What most models want: antialiased, cropped, normalized, planar."""
    return (
        pf.Pipeline()
        .resize(64, "bicubic", like="torchvision")
        .center_crop(48)
        .normalize(MEAN, STD, layout="chw")
    )


def photos(count: int, seed: int = 0, equal: bool = False) -> list[np.ndarray]:
    drawn = np.random.default_rng(seed)
    sizes = drawn.integers(64, 200, (count, 2))
    if equal:
        sizes[:] = sizes[0]
    return [drawn.integers(0, 256, (h, w, 3), np.uint8) for h, w in sizes]


def expected(pipeline: pf.Pipeline, images: Any) -> np.ndarray:
    return pipeline(images, device="host").numpy()


def test_the_gpu_gives_the_bytes_of_the_host() -> None:
    p, images = clip(), photos(20)
    result = p(images, device="cuda")
    assert result.device == "cuda:0"
    np.testing.assert_array_equal(result.numpy(), expected(p, images))
    np.testing.assert_array_equal(np.asarray(result), expected(p, images))


def test_every_operator_of_one_input_gives_the_bytes_of_the_host() -> None:
    batch = np.stack(photos(3, seed=1, equal=True))
    p = pf.Pipeline
    for pipeline in [
        p().gaussian_blur(5).color("rgb_to_gray").sobel("magnitude"),
        p().median_blur(5),
        p().median_blur(9),
        p().dilate(7, shape="ellipse", iterations=2),
        p().morphology("gradient", size=5),
        p().resize((40, 60)).flip("horizontal"),
        p().warp_affine((50, 70), matrix=[0.9, 0.2, 3.0, -0.2, 0.9, 5.0]),
        p().letterbox((96, 96)),
        p().color("rgb_to_gray").threshold(100),
    ]:
        on_gpu = pipeline(batch, device="cuda").numpy()
        np.testing.assert_array_equal(on_gpu, expected(pipeline, batch))


def test_tensors_of_torch_are_read_in_their_stream(torch: Any) -> None:
    p, images = clip(), np.stack(photos(4, seed=2, equal=True))
    wanted = expected(p, images)
    given = torch.from_numpy(images).pin_memory()
    for stream in [torch.cuda.Stream(), torch.cuda.default_stream()]:
        with torch.cuda.stream(stream):
            # First uses wait for the GPU: plans, and the kernels and memory of torch.
            late = torch.empty(images.shape, dtype=torch.uint8, device="cuda")
            for _ in range(3):
                late.copy_(given, non_blocking=True)
                (p(late).torch() * 2).sum()
            stream.synchronize()
            torch.cuda._sleep(BUSY)
            late.copy_(given, non_blocking=True)
            began = time.perf_counter()
            batch = p(late)
            doubled = batch.torch() * 2
            submitted = time.perf_counter() - began
            busy = not stream.query()
        assert busy, f"the call waited for the GPU: {submitted:.3f} s"
        stream.synchronize()
        np.testing.assert_array_equal(doubled.cpu().numpy(), wanted * 2)


def test_results_are_ordered_for_the_stream_that_takes_them(torch: Any) -> None:
    p, images = clip(), np.stack(photos(2, seed=3, equal=True))
    wanted = expected(p, images)
    producer, consumer = torch.cuda.Stream(), torch.cuda.Stream()
    with torch.cuda.stream(producer):
        torch.cuda._sleep(BUSY)
        batch = p(torch.from_numpy(images).cuda(non_blocking=True))
    with torch.cuda.stream(consumer):
        taken = batch.torch() + 0
    consumer.synchronize()
    np.testing.assert_array_equal(taken.cpu().numpy(), wanted)


@pytest.mark.parametrize("stream", [None, 1, 2, -1])
def test_streams_of_dlpack(torch: Any, stream: int | None) -> None:
    p, images = clip(), np.stack(photos(2, seed=4, equal=True))
    batch = p(images, device="cuda")
    if stream == -1:
        batch.wait()
    capsule = batch.__dlpack__(stream=stream, max_version=(1, 1))
    # The capsule is of the legacy or the per-thread default stream; torch's is legacy.
    if stream == 2:
        batch.wait()
    taken = torch.from_dlpack(capsule)
    np.testing.assert_array_equal(taken.cpu().numpy(), expected(p, images))


def test_dlpack_refuses_stream_0_and_gives_copies_for_the_host() -> None:
    images = np.stack(photos(2, seed=5, equal=True))
    p = clip()
    batch = p(images, device="cuda")
    with pytest.raises((ValueError, pf.Error)):
        batch.__dlpack__(stream=0)

    class OnHost:
        def __dlpack__(self, **_: Any) -> Any:
            return batch.__dlpack__(max_version=(1, 1), dl_device=(1, 0))

        def __dlpack_device__(self) -> tuple[int, int]:
            return (1, 0)

    wanted = expected(p, images)
    np.testing.assert_array_equal(np.from_dlpack(OnHost()), wanted)
    copied = batch.__dlpack__(stream=1, max_version=(1, 1), copy=True)
    batch.wait()
    torch = pytest.importorskip("torch")
    other = torch.from_dlpack(copied)
    other.zero_()
    torch.cuda.synchronize()
    np.testing.assert_array_equal(batch.numpy(), wanted)


def test_arrays_of_cupy_go_in_and_out() -> None:
    cupy = pytest.importorskip("cupy")
    p, images = clip(), np.stack(photos(2, seed=6, equal=True))
    wanted = expected(p, images)
    for stream in [cupy.cuda.Stream(non_blocking=True), cupy.cuda.Stream.null]:
        with stream:
            batch = p(cupy.asarray(images))
            assert batch.device == "cuda:0"
            np.testing.assert_array_equal(cupy.asnumpy(batch.cupy()), wanted)

    class Only:
        """An array that has `__cuda_array_interface__` alone."""

        def __init__(self, array: Any) -> None:
            self.array = array
            self.__cuda_array_interface__ = array.__cuda_array_interface__

    array = cupy.asarray(images)
    cupy.cuda.Stream.null.synchronize()
    np.testing.assert_array_equal(p(Only(array)).numpy(), wanted)
    interface = p(array).__cuda_array_interface__
    assert interface["version"] == 3 and tuple(interface["shape"]) == wanted.shape


def test_lists_of_tensors_of_several_sizes(torch: Any) -> None:
    p, images = clip(), photos(16, seed=7)
    on_gpu = [torch.from_numpy(image).cuda() for image in images]
    np.testing.assert_array_equal(p(on_gpu).numpy(), expected(p, images))


def test_planar_tensors_are_refused_and_channels_last_are_not(torch: Any) -> None:
    p, image = clip(), photos(1, seed=8)[0]
    planar = torch.from_numpy(image).permute(2, 0, 1).contiguous().cuda()
    with pytest.raises(pf.InputError, match="channels_last|interleaved|permute"):
        p(planar, axes="chw")
    last = planar[None].to(memory_format=torch.channels_last)
    got = p(last, axes="chw").numpy()
    np.testing.assert_array_equal(got, expected(p, image[None]))


def test_out_is_written_in_place(torch: Any) -> None:
    p, images = clip(), np.stack(photos(8, seed=9, equal=True))
    out = torch.empty((8, 3, 48, 48), device="cuda")
    given = torch.from_numpy(images).cuda()
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    for current in [torch.cuda.current_stream(), stream]:
        with torch.cuda.stream(current):
            out.zero_()
            p(given, out=out)
            got = out.clone()
        current.synchronize()
        np.testing.assert_array_equal(got.cpu().numpy(), expected(p, images))


def test_tensors_may_be_freed_while_they_are_read(torch: Any) -> None:
    p, images = clip(), np.stack(photos(4, seed=10, equal=True))
    wanted = expected(p, images)
    stream = torch.cuda.Stream()
    results = []
    with torch.cuda.stream(stream):
        p(torch.from_numpy(images).cuda()).wait()
        torch.cuda._sleep(BUSY)
        for _ in range(20):
            given = torch.from_numpy(images).pin_memory().cuda(non_blocking=True)
            results.append(p(given))
            del given
            # Torch may give the memory to this tensor at once.
            torch.full(images.shape, 7, dtype=torch.uint8, device="cuda")
        gc.collect()
    for batch in results:
        np.testing.assert_array_equal(batch.numpy(), wanted)


def test_results_outlive_pipeline_and_batch(torch: Any) -> None:
    images = np.stack(photos(2, seed=11, equal=True))
    p = clip()
    wanted = expected(p, images)
    kept = [clip()(images, device="cuda").torch() for _ in range(8)]
    gc.collect()
    for tensor in kept:
        np.testing.assert_array_equal(tensor.cpu().numpy(), wanted)


def test_threads_share_a_pipeline(torch: Any) -> None:
    p = clip()
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            images = photos(6, seed=seed)
            wanted = expected(p, images)
            stream = torch.cuda.Stream()
            with torch.cuda.stream(stream):
                for _ in range(30):
                    on_gpu = [torch.from_numpy(image).cuda() for image in images]
                    got = p(on_gpu).torch().cpu().numpy()
                    np.testing.assert_array_equal(got, wanted)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(20 + i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_memory_does_not_grow(torch: Any) -> None:
    p, images = clip(), photos(8, seed=12)

    def run(times: int) -> int:
        for _ in range(times):
            p(images, device="cuda").torch().sum()
        torch.cuda.synchronize()
        return int(torch.cuda.mem_get_info()[0])

    before = run(50)
    after = run(300)
    assert before - after <= 64 << 20


def in_child(queue: Any) -> None:
    try:
        clip()(photos(1), device="cuda")
        queue.put("no error")
    except pf.DeviceError as error:
        queue.put(str(error))


@pytest.fixture
def inherited() -> Iterator[None]:
    clip()(photos(1), device="cuda").wait()
    yield


@pytest.mark.usefixtures("inherited")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_forked_process_gets_an_error_and_a_spawned_one_works(method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=in_child, args=(queue,))
    child.start()
    told = queue.get(timeout=100)
    child.join(timeout=100)
    if method == "spawn":
        assert told == "no error"
    else:
        assert "fork" in told and "spawn" in told


def test_ctrl_c_ends_a_wait(torch: Any) -> None:
    p, images = clip(), np.stack(photos(2, seed=13, equal=True))
    given = torch.from_numpy(images).cuda()
    p(given).wait()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        torch.cuda._sleep(20 * BUSY)
        batch = p(given)
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    began = time.perf_counter()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        batch.wait()
    still_busy = not stream.query()
    assert still_busy, f"the wait took {time.perf_counter() - began:.2f} s"
    timer.join()
    np.testing.assert_array_equal(batch.numpy(), expected(p, images))


def test_kernels_of_the_user(torch: Any) -> None:
    from test_custom import SOURCE as source
    from test_custom import invert

    operator = pf.custom(invert, cuda=source, kernel="negative")
    images = np.stack(photos(3, seed=14, equal=True))
    p = pf.Pipeline().custom(operator).resize((30, 40))
    got = p(torch.from_numpy(images).cuda())
    assert got.device == "cuda:0"
    np.testing.assert_array_equal(got.numpy(), expected(p, images))


def test_files_are_decoded_for_the_gpu(tmp_path: Any) -> None:
    paths = []
    for i, image in enumerate(photos(6, seed=15)):
        path = tmp_path / f"{i}.png"
        pf.imwrite(path, image)
        paths.append(path)
    p = clip()
    np.testing.assert_array_equal(p(paths, device="cuda").numpy(), expected(p, paths))
