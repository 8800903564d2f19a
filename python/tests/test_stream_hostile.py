"""Streams: sources and settings that are wrong, threads and processes that share them."""

from __future__ import annotations

import gc
import io
import os
import pickle
import tarfile
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pixelflume as pf
import pytest


def picture(number: int, width: int = 9, height: int = 7) -> np.ndarray:
    return np.full((height, width, 3), number % 256, np.uint8)


def corner() -> pf.Pipeline:
    return pf.Pipeline().crop(4, x=0, y=0)


def write_shard(path: Path, samples: int, side: int) -> None:
    """Samples of noise, whose first sample is their number, which is their label too."""
    drawn = np.random.default_rng(1)
    with tarfile.open(path, "w") as shard:
        for number in range(samples):
            image = drawn.integers(0, 256, (side, side, 3), np.uint8)
            image[0, 0] = number
            label = b"%d" % number
            for extension, data in (("png", pf.encode(image, "png")), ("cls", label)):
                member = tarfile.TarInfo(f"{number:03}.{extension}")
                member.size = len(data)
                shard.addfile(member, io.BytesIO(data))


def test_forked_processes_read_the_shards_of_their_parent(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.tar", 200, 60)
    shards = pf.Shards(tmp_path / "a.tar")

    def read() -> int:
        numbers = []
        for batch in corner().stream(shards, batch=7, device="host"):
            for label, image in zip(batch.labels, batch.numpy(), strict=True):
                assert int(label["cls"]) == image[0, 0, 0]
                numbers.append(int(label["cls"]))
        return 0 if numbers == list(range(200)) else 1

    with corner().stream(shards, batch=4, device="host") as stream:
        next(stream)
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            code = 2
            try:
                code = read()
            finally:
                os._exit(code)
        children.append(child)
    ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert ended == [0, 0, 0]


def test_shards_are_pickled_by_their_paths(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.tar", 3, 8)
    shards = pickle.loads(pickle.dumps(pf.Shards(tmp_path / "a.tar", image=".PNG")))
    (batch,) = corner().stream(shards, device="host")
    assert batch.keys == ["000", "001", "002"]
    assert len(pf.Shards(os.fsencode(tmp_path / "a.tar"))) == 3


@pytest.mark.parametrize("epochs", [1, None])
@pytest.mark.parametrize("order", ["kept", "unordered"])
def test_a_source_that_exits_ends_its_stream(epochs: Any, order: Any) -> None:
    class Exiting:
        def __len__(self) -> int:
            return 5

        def __getitem__(self, index: int) -> np.ndarray:
            if index == 3:
                raise SystemExit("enough")
            return picture(index)

    stream = corner().stream(
        Exiting(),  # type: ignore[arg-type]
        batch=2,
        epochs=epochs,
        shuffle=1,
        order=order,
        device="host",
        on_error="skip",
    )
    with pytest.raises(SystemExit, match="enough"):
        for batch in stream:
            assert batch.errors == []
    assert stream.errors == []


def test_passes_without_end_over_images_that_all_fail_end() -> None:
    stream = corner().stream([b"x"] * 3, epochs=None, device="host", on_error="skip")
    with pytest.raises(pf.DecodeError):
        next(stream)
    # Some of each pass fail.
    some = [b"x", b"y", picture(2), b"z"]
    stream = corner().stream(some, epochs=None, batch=1, device="host", on_error="skip")
    assert [next(stream).positions for _ in range(3)] == [[2]] * 3
    stream.close()


def test_threads_that_share_a_stream_keep_its_errors() -> None:
    for _ in range(20):
        source = [picture(1), b"x", b"y", b"z"]
        stream = corner().stream(source, batch=1, device="host", on_error="skip")
        threads = [threading.Thread(target=lambda s=stream: list(s)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [position for position, _ in stream.errors] == [1, 2, 3]


def test_the_length_of_a_stream_is_that_of_what_is_left() -> None:
    source = [picture(number) for number in range(10)]
    settings: dict[str, Any] = {"batch": 4, "epochs": 3, "device": "host"}
    for taken in range(9):
        stream = corner().stream(source, **settings)
        assert len(stream) == 9
        for _ in range(taken):
            next(stream)
        state = stream.state()
        stream.close()
        assert len(stream) == 9
        resumed = corner().stream(source, resume=state, **settings)
        assert len(resumed) == 9 - taken == len(list(resumed))
        # Batches of other sizes.
        other = corner().stream(source, resume=state, **{**settings, "batch": 3})
        assert len(other) == len(list(other))


def test_a_seed_is_a_number() -> None:
    source = [picture(number) for number in range(20)]

    def order(shuffle: Any) -> list[int]:
        (batch,) = corner().stream(source, shuffle=shuffle, device="host")
        return batch.positions

    assert order(np.int64(7)) == order(7)
    assert order((np.int64(7), np.int32(5))) == order((7, 5))
    for wrong in (True, False, -1, "a", 1.5, (1, 2, 3), (7, -1), 2**64, (7, 0), ()):
        with pytest.raises(pf.PipelineError, match="shuffle"):
            order(wrong)


@pytest.mark.parametrize(
    "name", ["batch", "in_flight", "workers", "index", "epoch", "epochs", "memory"]
)
def test_a_number_that_cannot_be_is_refused_by_its_name(name: str) -> None:
    for wrong in (-1, 2**64, 1.5, "1"):
        with pytest.raises(pf.PipelineError, match=name):
            corner().stream([], **{name: wrong})  # type: ignore[arg-type]


def test_items_that_are_no_image_are_told_with_their_place() -> None:
    good = picture(0)
    for wrong, text in [
        (None, "None is no image"),
        ([good, 5], r"a list of 2 entries .* `\(image, label\)`"),
        ([good], "a list of 1 entries"),
        ((good, 1, 2), "a tuple of 3 entries"),
        (np.stack([good, good]), "a batch of 2 images"),
    ]:
        for source in ([good, wrong], iter([good, wrong])):
            stream = corner().stream(source, batch=1, device="host")
            next(stream)
            with pytest.raises(pf.InputError, match=text) as raised:
                next(stream)
            assert raised.value.image == 1
            assert raised.value.__notes__ == ["image 1 of the source"]


def test_streams_of_batches_that_are_padded_take_every_source(tmp_path: Path) -> None:
    padded = pf.Pipeline().pad_to_largest()
    for number in range(3):
        pf.imwrite(tmp_path / f"{number}.png", picture(number))
    (batch,) = padded.stream(tmp_path, device="host")
    assert [int(image[0, 0, 0]) for image in batch.numpy()] == [0, 1, 2]
    write_shard(tmp_path / "a.tar", 3, 8)
    for shards in (tmp_path / "a.tar", pf.Shards(tmp_path / "a.tar")):
        with pytest.raises(pf.PipelineError, match="shards"):
            padded.stream(shards)
    with pytest.raises(pf.InputError, match="label"):
        next(padded.stream([(picture(0), 5)], device="host"))
    with pytest.raises(pf.PipelineError, match="is an image"):
        corner().stream(tmp_path / "0.png")


def test_a_label_that_holds_its_batch_is_collected() -> None:
    class Label:
        batch: Any

    label = Label()
    (label.batch,) = corner().stream([(picture(0), label)], device="host")
    gone = weakref.ref(label)
    del label
    gc.collect()
    assert gone() is None
