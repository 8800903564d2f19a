"""Streams: batches of an iterable of images, in order."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

from pixelflume import _native

# The longest wait for the thread that reads the source: it may be blocked in code of
# the source, which nothing can end.
_SOURCE_SECONDS = 1.0


class Stream(Iterator[_native.StreamBatch]):
    """The batches of a source of images; `Pipeline.stream` makes one.

    Threads read the source, and decode and execute images, ahead of the caller: as many
    batches as are in flight, and no further. They start when the first batch is asked
    for, and end with the last batch, with `close()`, at the end of a `with` block, and
    when the stream is dropped.

    Any thread may take batches. A process that is forked from this one makes a stream
    of its own: this one raises `DeviceError` there.

    Attributes:
        errors: Places in the source, and exceptions, of images that were left out
            behind the last batch; those before and within a batch are in the batch's
            `errors`. Empty unless the stream was made with `on_error="skip"`.
    """

    def __init__(self, settings: _native.StreamSettings, source: Iterable[Any]) -> None:
        self._settings = settings
        self._source: Iterable[Any] | None = source
        self._closed = False
        # The code of a source may close the stream while it starts.
        self._lock = threading.RLock()
        # The thread that reads the source, or is about to make its iterator.
        self._reader: threading.Thread | None = None
        self._native: _native.Stream | None = None
        self._end: weakref.finalize[Any, Any] | None = None
        self.errors: list[tuple[int, Exception]] = []

    def __len__(self) -> int:
        """The number of batches, where no image is left out."""
        try:
            images = len(self._source)  # type: ignore[arg-type]
        except TypeError:
            kind = type(self._source).__name__
            raise TypeError(f"a source of type {kind} has no length") from None
        return -(-images // self._settings.batch)

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
            self.errors = native.left_out()
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

    def _start(self) -> _native.Stream | None:
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
            images = iter(self._source)  # type: ignore[arg-type]
            if self._closed:
                return
            native = _native.Stream(self._settings)
            reader = threading.Thread(
                target=_read,
                args=(native, images),
                name="pixelflume-source",
                daemon=True,
            )
            # Called at the drop of the stream, and at the end of the interpreter.
            self._end = weakref.finalize(self, _close, native, reader)
            self._reader = reader
            reader.start()
            self._native = native
        except BaseException:
            self._reader = None
            self.close()
            raise


def _read(native: _native.Stream, images: Iterator[Any]) -> None:
    """Pushes the images of a source as long as there is room for them."""
    error: BaseException | None = None
    try:
        while native.wait_for_room():
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


def _close(native: _native.Stream, reader: threading.Thread) -> None:
    native.close()
    # A thread that could not be started is not alive.
    if reader.is_alive() and reader is not threading.current_thread():
        reader.join(_SOURCE_SECONDS)
