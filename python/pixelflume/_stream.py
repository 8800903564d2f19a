"""Streams: batches of an iterable of images, in order."""

from __future__ import annotations

import json
import os
import threading
import weakref
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

from pixelflume import _native
from pixelflume._native import PipelineError

# The longest wait for the thread that reads the source: it may be blocked in code of
# the source, which nothing can end.
_SOURCE_SECONDS = 1.0


class Shards:
    """The samples of tar shards, as WebDataset has them, as the source of a stream.

    A sample is the files of one key: `cats/0001.jpg`, `cats/0001.cls`. Its image goes
    through the pipeline; the other files are its label, a dictionary of their bytes by
    extension; its key is among the `keys` of the batch.

    The headers of all shards are read when this is made, so that there is a length, and
    a stream can shuffle the samples, pass over them several times and be resumed.

    Args:
        paths: A path, or several. Numbers in braces stand for several shards:
            `"train-{000..012}.tar"`.
        image: The extension of the image, or several with `;` between them, of which a
            sample has one (`"jpg;png"`, also with dots or capitals). Without it, the first file whose extension is
            that of an image format.

    Example:
        >>> import io, tarfile
        >>> import numpy as np
        >>> import pixelflume as pf
        >>> with tarfile.open("cats-000.tar", "w") as shard:
        ...     for n in range(3):
        ...         image = pf.encode(np.full((8, 8, 3), n, np.uint8), "png")
        ...         for name, data in ((f"{n}.png", image), (f"{n}.cls", b"%d" % n)):
        ...             member = tarfile.TarInfo(name)
        ...             member.size = len(data)
        ...             shard.addfile(member, io.BytesIO(data))
        >>> cats = pf.Shards("cats-{000..000}.tar")
        >>> len(cats)
        3
        >>> for batch in pf.Pipeline().flip().stream(cats, batch=2, device="host"):
        ...     print(batch.keys, [int(label["cls"]) for label in batch.labels])
        ['0', '1'] [0, 1]
        ['2'] [2]
    """

    def __init__(
        self,
        paths: str | bytes | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        image: str | None = None,
    ) -> None:
        if isinstance(paths, str | bytes | os.PathLike):
            paths = [os.fsdecode(paths)]
        self._paths = [os.fsdecode(path) for path in paths]
        if image is not None:
            image = ";".join(one.lower().removeprefix(".") for one in image.split(";"))
        self._image = image
        self._native = _native.Shards(self._paths, image)

    def __reduce__(self) -> Any:
        # The other process looks the samples up for itself.
        return (_shards, (self._paths, self._image))

    def __len__(self) -> int:
        return len(self._native)


def _shards(paths: list[str], image: str | None) -> Shards:
    return Shards(paths, image=image)


class _Indexed:
    """A source whose images are taken by their index."""

    def __init__(self, images: Any) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)


def source_of(source: Any, is_ordered_anew: bool) -> Any:
    """The source of a stream: shards, images by their index, or an iterable of images.

    `is_ordered_anew` says that images are shuffled or read several times.
    """
    if isinstance(source, str | os.PathLike):
        path = os.fsdecode(source)
        if not os.path.isdir(path):
            if _native.is_image_name(os.path.basename(path)):
                raise PipelineError(
                    f"the source {path!r} is an image; a source is a folder, tar shards, or "
                    "a list of images"
                )
            return Shards(path)
        names = sorted(name for name in os.listdir(path) if _is_image(name))
        return _Indexed([os.path.join(path, name) for name in names])
    if isinstance(source, list | tuple):
        return _Indexed(source)
    if is_ordered_anew and not isinstance(source, Shards):
        if not hasattr(source, "__len__") or not hasattr(source, "__getitem__"):
            raise TypeError(
                f"a source of type {type(source).__name__} can be read once, in its order; "
                "to shuffle it or to read it several times give a list, or an object with "
                "`__len__` and `__getitem__`"
            )
        return _Indexed(source)
    return source


def images_of(source: Any, is_ordered_anew: bool, is_whole: bool) -> Any:
    """The source of a stream, checked, for a pipeline whose batches are executed whole or not."""
    images = source_of(source, is_ordered_anew)
    if not is_whole:
        return images
    if isinstance(images, Shards):
        raise PipelineError(
            "a pipeline that pads images to the largest of their batch has no streams of tar shards"
        )
    return images.images if isinstance(images, _Indexed) else images


def _is_image(name: str) -> bool:
    return not name.startswith(".") and _native.is_image_name(name)


class Stream(Iterator[_native.StreamBatch]):
    """The batches of a source of images; `Pipeline.stream` makes one.

    Threads read the source, and decode and execute images, ahead of the caller: as many
    batches as are in flight, and no further. They start when the first batch is asked
    for, and end with the last batch, with `close()`, at the end of a `with` block, and
    when the stream is dropped.

    Any thread may take batches. A process that is forked from this one makes a stream
    of its own: this one raises `DeviceError` there.

    A training loop keeps `state()` with its model, and makes a stream with `resume=state`
    that gives the other images, with the same random parameters.

    Attributes:
        errors: Places in the source, and exceptions, of images that were left out
            behind the last batch; those before and within a batch are in the batch's
            `errors`. Empty unless the stream was made with `on_error="skip"`.
    """

    def __init__(
        self,
        settings: _native.StreamSettings,
        source: Any,
        first: tuple[int, int] = (0, 0),
        position: dict[str, Any] | None = None,
    ) -> None:
        self._settings = settings
        self._source: Any = source
        # The numbers of the first image and the first pass.
        self._first = first
        # Which images an earlier stream gave.
        self._position = position
        # The length of the source, which a closed stream does not have anymore.
        self._images: int | None = None
        self._closed = False
        # The code of a source may close the stream while it starts.
        self._lock = threading.RLock()
        # The thread that reads the source, or is about to make its iterator.
        self._reader: threading.Thread | None = None
        self._native: _native.Stream | _native.WholeStream | None = None
        self._end: weakref.finalize[Any, Any] | None = None
        self._last: dict[str, Any] | None = None
        self.errors: list[tuple[int, Exception]] = []

    def __len__(self) -> int:
        """The number of batches of the whole stream: of an ordered one on one device, where
        no image is left out. Batches that an earlier stream gave (`resume`) do not count.
        """
        if self._images is None:
            try:
                self._images = len(self._source)
            except TypeError:
                if self._closed:
                    raise TypeError("a closed stream has no length") from None
                kind = type(self._source).__name__
                raise TypeError(f"a source of type {kind} has no length") from None
        epochs, images = self._settings.epochs, self._images
        if epochs is None:
            raise TypeError("a stream of passes without end has no length")
        if images == 0:
            return 0
        batch = self._settings.batch
        passes, before = 0, {}
        if self._position is not None:
            passes, given = divmod(self._position["next"], images)
            before[passes] = given
            for place in self._position["taken"]:
                before[place // images] = before.get(place // images, 0) + 1
        parts = [-(-(images - given) // batch) for given in before.values()]
        return max(0, epochs - passes - len(parts)) * -(-images // batch) + sum(parts)

    def state(self) -> dict[str, Any]:
        """Which images were given, for `resume=` of a later stream.

        An image counts when its batch was given. The dictionary holds numbers, texts
        and lists alone, so that `json` writes it and `torch.save` keeps it. A stream
        that was not asked for a batch starts here.

        Example:
            >>> import numpy as np
            >>> import pixelflume as pf
            >>> photos = [np.full((8, 8, 3), n, np.uint8) for n in range(10)]
            >>> p = pf.Pipeline().random_flip(seed=1)
            >>> stream = p.stream(photos, batch=4, shuffle=7, epochs=2, device="host")
            >>> first = next(stream).positions
            >>> state = stream.state()
            >>> stream.close()
            >>> rest = p.stream(photos, batch=4, shuffle=7, epochs=2, device="host", resume=state)
            >>> sorted(first + [n for batch in rest for n in batch.positions])[:4]
            [0, 0, 1, 1]
        """
        native = self._start()
        if isinstance(native, _native.Stream):
            self._last = self._state_of(native)
        if self._last is None:
            raise RuntimeError(
                "the stream was closed before it started, or has no state"
            )
        return self._last

    def _state_of(self, native: _native.Stream) -> dict[str, Any]:
        index, epoch = self._first
        return {"index": index, "epoch": epoch, "position": json.loads(native.state())}

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> _native.StreamBatch:
        native = self._start()
        if native is None:
            raise StopIteration
        try:
            batch = native.next()
        except BaseException:
            self.close()
            raise
        if batch is None:
            # Another thread may have been the first at the end.
            self.errors += native.left_out()
            self.close()
            raise StopIteration
        return batch

    def close(self) -> None:
        """Ends the stream: its threads stop, and batches not taken are dropped.

        It waits for the threads, but for one that is blocked in the code of the source:
        that thread ends when the source gives its next image. Another call does nothing.
        """
        with self._lock:
            end, self._end = self._end, None
            if isinstance(self._native, _native.Stream) and not self._closed:
                try:
                    self._last = self._state_of(self._native)
                except _native.DeviceError:
                    # In a child that was forked.
                    pass
            self._source = None
            self._closed = True
        if end is not None:
            end()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError(
            "a stream has threads and cannot be pickled; pickle the pipeline, and make a "
            "stream where it is used"
        )

    def _start(self) -> _native.Stream | _native.WholeStream | None:
        """The threads, which the first call starts; `None` when the stream is closed."""
        if self._closed:
            return None
        if self._reader is threading.current_thread():
            raise RuntimeError(
                "a stream's own source takes a batch of it, which waits for the source"
            )
        if self._native is None:
            with self._lock:
                if self._native is None and not self._closed:
                    self._open()
        return None if self._closed else self._native

    def _open(self) -> None:
        """Starts the threads; an error closes the stream."""
        self._reader = threading.current_thread()
        try:
            source = self._source
            is_indexed = isinstance(source, _Indexed)
            images = None
            if not is_indexed and not isinstance(source, Shards):
                images = iter(source)
            if self._closed:
                return
            native: _native.Stream | _native.WholeStream
            if self._settings.is_whole:
                native = _native.WholeStream(self._settings)
            else:
                native = _native.Stream(
                    self._settings,
                    len(source) if is_indexed else None,
                    source._native if isinstance(source, Shards) else None,
                )
            reader = threading.Thread(
                target=_read,
                args=(native, source.images if is_indexed else None, images),
                name="pixelflume-source",
                daemon=True,
            )
            # Called at the drop of the stream, and at the end of the interpreter.
            self._end = weakref.finalize(self, _close, native, reader)
            self._reader = reader
            if not isinstance(source, Shards):
                reader.start()
            self._native = native
        except BaseException:
            self._reader = None
            self.close()
            raise


def _read(
    native: _native.Stream | _native.WholeStream,
    source: Any,
    images: Iterator[Any] | None,
) -> None:
    """Pushes the images of a source that are asked for."""
    error: BaseException | None = None
    try:
        while (wanted := native.wait_for_room()) is not None:
            if images is None:
                try:
                    image = source[wanted]
                except Exception as raised:
                    native.push_error(raised)  # type: ignore[union-attr]
                    continue
            else:
                try:
                    image = next(images)
                except StopIteration:
                    break
            native.push(image)
            # Not kept while the thread waits for room.
            del image
    except BaseException as raised:
        error = raised
    native.end(error)


def _close(
    native: _native.Stream | _native.WholeStream, reader: threading.Thread
) -> None:
    native.close()
    # A thread that could not be started is not alive.
    if reader.is_alive() and reader is not threading.current_thread():
        reader.join(_SOURCE_SECONDS)
