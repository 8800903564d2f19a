from os import PathLike
from typing import Literal

from typing_extensions import Buffer

__version__: str

def get_num_threads() -> int: ...
def set_num_threads(threads: int, /) -> None: ...
def decode(
    data: Buffer,
    *,
    orientation: Literal["exif", "ignore"] = "exif",
    channels: Literal[1, 3, 4] | None = None,
    max_pixels: int = 178956970,
) -> Tensor: ...
def imread(
    path: str | PathLike[str],
    *,
    orientation: Literal["exif", "ignore"] = "exif",
    channels: Literal[1, 3, 4] | None = None,
    max_pixels: int = 178956970,
) -> Tensor: ...
def encode(
    image: object,
    format: str = "png",
    *,
    quality: int | None = None,
    axes: str | None = None,
) -> bytes: ...
def imwrite(
    path: str | PathLike[str],
    image: object,
    *,
    format: str | None = None,
    quality: int | None = None,
    axes: str | None = None,
    overwrite: bool = False,
) -> None: ...
