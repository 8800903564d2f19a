"""Streams for training and serving: orders, passes, states, labels, shards."""

from __future__ import annotations

import io
import json
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pixelflume as pf
import pytest


def picture(number: int, width: int = 9, height: int = 7) -> np.ndarray:
    columns = np.arange(width * height * 3).reshape(height, width, 3)
    return (columns + 31 * number).astype(np.uint8)


def random_crop() -> pf.Pipeline:
    return pf.Pipeline().random_crop(3, seed=5)


def outcomes(stream: Any) -> list[tuple[int, int, bytes]]:
    """Epoch, position and samples of each image."""
    seen = []
    for batch in stream:
        for position, image in zip(batch.positions, batch.numpy(), strict=True):
            seen.append((batch.epoch, position, image.tobytes()))
    return seen


def write_shards(folder: Path, samples: int, of_each: int = 4) -> str:
    for first in range(0, samples, of_each):
        with tarfile.open(folder / f"train-{first // of_each:03}.tar", "w") as shard:
            for number in range(first, min(first + of_each, samples)):
                image = pf.encode(picture(number), "png")
                for name, data in [
                    (f"a/{number:03}.png", image),
                    (f"a/{number:03}.cls", b"%d" % number),
                ]:
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    shard.addfile(member, io.BytesIO(data))
    last = (samples - 1) // of_each
    return str(folder / f"train-{{000..{last:03}}}.tar")


@pytest.mark.parametrize("shuffle", [None, 7, (7, 5)])
@pytest.mark.parametrize("order", ["kept", "unordered"])
def test_a_state_divides_a_stream_into_parts(shuffle: Any, order: Any) -> None:
    source = [picture(number) for number in range(23)]
    settings: dict[str, Any] = {
        "batch": 4,
        "epochs": 3,
        "shuffle": shuffle,
        "order": order,
        "device": "host",
        "index": 100,
        "epoch": 2,
    }
    whole = outcomes(random_crop().stream(source, **settings))
    assert len(whole) == 3 * 23
    assert {epoch for epoch, _, _ in whole} == {2, 3, 4}
    for taken in (0, 1, 5, 7):
        stream = random_crop().stream(source, **settings)
        first = []
        for _ in range(taken):
            first += outcomes([next(stream)])
        state = json.loads(json.dumps(stream.state()))
        stream.close()
        assert stream.state() == state
        resumed = random_crop().stream(source, resume=state, **settings)
        parts = first + outcomes(resumed)
        if order == "kept":
            assert parts == whole
        assert sorted(parts) == sorted(whole)
    # Each image was drawn by its place in the source and the pass.
    epoch, position, samples = whole[-1]
    alone = random_crop()(
        [source[position]], index=100 + position, epoch=epoch, device="host"
    )
    assert alone.numpy()[0].tobytes() == samples
    if shuffle is not None and order == "kept":
        passes = [[p for e, p, _ in whole if e == epoch] for epoch in (2, 3, 4)]
        assert passes[0] != passes[1] != passes[2]
        assert sorted(passes[0]) == list(range(23))


def test_a_state_of_an_iterator_leaves_out_what_was_given() -> None:
    def source() -> Iterator[np.ndarray]:
        yield from (picture(number) for number in range(20))

    whole = outcomes(random_crop().stream(source(), batch=3, device="host"))
    stream = random_crop().stream(source(), batch=3, device="host")
    first = outcomes([next(stream), next(stream)])
    state = stream.state()
    stream.close()
    # Fewer images in flight than are left out.
    rest = random_crop().stream(
        source(), batch=3, in_flight=1, device="host", resume=state
    )
    assert first + outcomes(rest) == whole


def test_a_state_of_something_else_is_refused() -> None:
    source = [picture(number) for number in range(9)]
    stream = random_crop().stream(source, batch=4, device="host", shuffle=1)
    next(stream)
    state = stream.state()
    stream.close()
    for wrong in (
        {},
        {"index": 0, "epoch": 0, "position": 5},
        "text",
        {**state, "index": 1},
    ):
        with pytest.raises(pf.PipelineError):
            random_crop().stream(source, shuffle=1, resume=wrong, device="host")  # type: ignore[arg-type]
    for other, settings in [
        (source[:5], {"shuffle": 1}),
        (source, {"shuffle": 2}),
        (source, {}),
    ]:
        with pytest.raises(pf.PipelineError, match="position"):
            next(random_crop().stream(other, resume=state, device="host", **settings))


def test_pairs_have_labels() -> None:
    source = [(picture(number), {"class": number}) for number in range(10)]
    seen = []
    for batch in random_crop().stream(source, batch=4, shuffle=3, device="host"):
        assert [label["class"] for label in batch.labels] == batch.positions
        assert batch.keys == [None] * len(batch)
        assert batch.labels[0] is source[batch.positions[0]][1]
        seen += batch.positions
    assert sorted(seen) == list(range(10)) != seen


def test_an_object_with_a_length_is_indexed() -> None:
    class Images:
        def __len__(self) -> int:
            return 12

        def __getitem__(self, index: int) -> np.ndarray:
            if index == 5:
                raise KeyError("no such image")
            return picture(index)

    stream = random_crop().stream(Images(), batch=4, epochs=2, device="host")  # type: ignore[arg-type]
    assert len(stream) == 6
    with pytest.raises(KeyError, match="no such image"):
        for batch in stream:
            assert batch.positions in ([0, 1, 2, 3], [4])
    stream = random_crop().stream(
        Images(),  # type: ignore[arg-type]
        batch=4,
        epochs=2,
        device="host",
        on_error="skip",
    )
    left_out = [error for batch in stream for error in batch.errors]
    assert [position for position, _ in left_out] == [5, 5]
    with pytest.raises(TypeError, match="__getitem__"):
        random_crop().stream(iter([]), shuffle=1)
    with pytest.raises(TypeError, match="without end"):
        len(random_crop().stream([], epochs=None))


def test_a_pass_ends_with_a_batch() -> None:
    source = [picture(number) for number in range(5)]
    stream = random_crop().stream(source, batch=3, epochs=None, device="host")
    got = [next(stream) for _ in range(6)]
    stream.close()
    assert [len(batch) for batch in got] == [3, 2] * 3
    assert [batch.epoch for batch in got] == [0, 0, 1, 1, 2, 2]


def test_shards_come_with_labels_and_keys(tmp_path: Path) -> None:
    shards = pf.Shards(write_shards(tmp_path, 11))
    assert len(shards) == 11
    pipeline = random_crop()
    for source in (shards, tmp_path / "train-{000..002}.tar"):
        seen = []
        for batch in pipeline.stream(source, batch=4, shuffle=(1, 6), device="host"):
            for position, key, label in zip(
                batch.positions, batch.keys, batch.labels, strict=True
            ):
                assert key == f"a/{position:03}"
                assert label == {"cls": b"%d" % position}
            images = [picture(position) for position in batch.positions]
            for image, position, got in zip(
                images, batch.positions, batch.numpy(), strict=True
            ):
                alone = pipeline([image], index=position, epoch=0, device="host")
                np.testing.assert_array_equal(alone.numpy()[0], got)
            seen += batch.positions
        assert sorted(seen) == list(range(11)) != seen
    wrong = pf.Shards(write_shards(tmp_path, 3), image="jpg")
    with pytest.raises(pf.InputError, match=r"no file \.jpg"):
        next(pipeline.stream(wrong, device="host"))
    with pytest.raises(OSError, match="none"):
        pf.Shards(str(tmp_path / "none-{0..3}.tar"))
    with pytest.raises(pf.PipelineError, match="counts up"):
        pf.Shards("{3..0}.tar")


def test_a_folder_is_read_by_name(tmp_path: Path) -> None:
    for number in (2, 0, 1):
        pf.imwrite(tmp_path / f"{number}.png", picture(number))
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden.png").write_text("no image")
    (batch,) = random_crop().stream(tmp_path, device="host")
    names = [Path(key or "").name for key in batch.keys]
    assert names == ["0.png", "1.png", "2.png"]


def test_a_batch_that_is_not_full_is_given_in_time() -> None:
    more = threading.Event()

    def slow() -> Iterator[np.ndarray]:
        yield picture(0)
        yield picture(1)
        assert more.wait(60)
        yield picture(2)

    stream = random_crop().stream(slow(), batch=8, max_wait=0.05, device="host")
    seen: list[int] = []
    while len(seen) < 2:
        seen += next(stream).positions
    more.set()
    for batch in stream:
        seen += batch.positions
    assert seen == [0, 1, 2]


def test_images_that_do_not_share_a_batch_come_although_the_source_waits() -> None:
    # With one batch in flight the source gives no image that would fill the batches of the job.
    source = [picture(number, 5 + number % 4, 6) for number in range(24)]
    stream = pf.Pipeline().flip().stream(source, batch=4, in_flight=1, device="host")
    positions = [batch.positions for batch in stream]
    assert positions == [list(range(n, n + 4)) for n in range(0, 24, 4)]
    source_of_few = [b"x"] * 9 + [picture(1)]
    stream = (
        pf.Pipeline()
        .flip()
        .stream(source_of_few, batch=4, in_flight=1, device="host", on_error="skip")
    )
    (batch,) = stream
    assert batch.positions == [9]
    assert [position for position, _ in batch.errors] == list(range(9))


def test_images_that_are_padded_to_their_batch_are_one_call() -> None:
    source = [picture(number, 5 + number % 4, 6) for number in range(6)]
    padded = pf.Pipeline().pad_to_largest()
    batches = list(padded.stream(source, batch=4, device="host"))
    assert [batch.shape for batch in batches] == [(4, 6, 8, 3), (2, 6, 6, 3)]
    assert batches[1].labels == []
    with pytest.raises(pf.PipelineError, match="largest of their batch"):
        padded.stream(source, shuffle=1)


def test_a_job_is_given_up_while_its_source_blocks() -> None:
    begun = time.monotonic()
    release = threading.Event()

    class Blocking:
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> np.ndarray:
            release.wait(60)
            return picture(index)

    stream = random_crop().stream(Blocking(), epochs=2, device="host", max_wait=0.0)  # type: ignore[arg-type]
    taking = threading.Thread(target=lambda: list(stream))
    taking.start()
    stream.close()
    taking.join(30)
    assert not taking.is_alive()
    assert time.monotonic() - begun < 30
    release.set()


def test_wrong_settings_are_refused() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"order": "sorted"}, "order"),
        ({"max_wait": -1.0}, "max_wait"),
        ({"max_wait": float("nan")}, "max_wait"),
    ]
    for settings, text in wrong:
        with pytest.raises(pf.PipelineError, match=text):
            random_crop().stream([], **settings)
    with pytest.raises(pf.DeviceError):
        random_crop().stream([], device=[])
    with pytest.raises(pf.PipelineError, match="host_memory"):
        next(random_crop().stream([], memory=5, device="host"))
    assert list(random_crop().stream([], device=["host"])) == []
