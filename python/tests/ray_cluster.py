"""Ray on this machine, for the tests of one module."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
# By default Ray's workers wait for all other processes of a busy machine.
os.environ.setdefault("RAY_worker_niceness", "0")

ray: Any = pytest.importorskip("ray")
pytest.importorskip("ray.data")


@contextlib.contextmanager
def started(cpus: int, gpus: int) -> Iterator[None]:
    """A cluster of one node; `gpus` are what Ray counts, whether they are there or not."""
    # Workers find the modules of the tests by their names. Ray's own way to set
    # variables starts further processes, which takes time.
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    before = dict(os.environ)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    ray.init(
        num_cpus=cpus,
        num_gpus=gpus,
        include_dashboard=False,
        object_store_memory=120 * 2**20,
        logging_level="ERROR",
    )
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()
        os.environ.clear()
        os.environ.update(before)


def rows_of(dataset: Any) -> list[dict[str, Any]]:
    """The rows in the order of their column `id`."""
    return sorted(dataset.take_all(), key=lambda row: row["id"])
