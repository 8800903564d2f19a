__version__: str

def get_num_threads() -> int: ...
def set_num_threads(threads: int, /) -> None: ...

# Streams

class StreamBatch(Batch):
    """A batch of a stream: a `Batch` that knows where its images were in the source."""

    @property
    def positions(self) -> list[int]:
        """The places of the images in the source, counted from 0."""

    @property
    def errors(self) -> list[tuple[int, Exception]]:
        """Places in the source, and exceptions, of images that were left out before and
        between those of the batch."""

class StreamSettings:
    def __new__(
        cls,
        graph: Graph,
        batch: int,
        in_flight: int,
        workers: int | None,
        device: object,
        on_error: str,
        order: bool,
        axes: str | None,
        index: int,
        epoch: int,
    ) -> StreamSettings: ...

class Stream:
    def __new__(cls, settings: StreamSettings) -> Stream: ...
    def wait_for_room(self) -> bool: ...
    def push(self, image: object) -> None: ...
    def end(self, error: BaseException | None) -> None: ...
    def next(self) -> StreamBatch | None: ...
    def left_out(self) -> list[tuple[int, Exception]]: ...
    def close(self) -> None: ...
