"""A data set of torch over a stream, for `test_stream.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pixelflume as pf
import torch
from torch.utils.data import IterableDataset, get_worker_info


class Numbers(IterableDataset[Any]):
    """Images whose samples are their numbers, each worker with a part of them."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self.images = images
        self.pipeline = pf.Pipeline().crop(4, x=0, y=0)

    def __iter__(self) -> Iterator[tuple[list[int], torch.Tensor]]:
        worker = get_worker_info()
        first, step = (worker.id, worker.num_workers) if worker else (0, 1)
        numbers = range(first, self.images, step)
        source = (np.full((6, 8, 3), number, np.uint8) for number in numbers)
        with self.pipeline.stream(source, batch=6, workers=1, device="host") as stream:
            for batch in stream:
                yield [numbers[at] for at in batch.positions], batch.torch()
