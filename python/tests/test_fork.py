"""Forked and spawned processes: each makes memory of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pytest
from pixelflume import _native

TEXT = '[[node]]\nname = "out"\nop = "resize"\nfrom = "input"\nwidth = 5\nheight = 4\n'
IMAGE = np.arange(9 * 8 * 3, dtype=np.uint8).reshape(9, 8, 3)
# In a process that is forked from this one it is inherited.
EXECUTOR = _native.Executor(_native.Graph.from_toml(TEXT))


def work(connection: Connection) -> None:
    results = [EXECUTOR.call((IMAGE,), "host").numpy().tobytes() for _ in range(20)]
    connection.send(results)
    connection.close()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_compute_what_their_parent_computes(method: str) -> None:
    expected = EXECUTOR.call((IMAGE,), "host").numpy().tobytes()
    context: Any = multiprocessing.get_context(method)
    children = []
    for _ in range(2):
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=work, args=(theirs,))
        child.start()
        theirs.close()
        children.append((child, ours))
    for child, connection in children:
        assert connection.poll(60)
        assert connection.recv() == [expected] * 20
        child.join(60)
        assert child.exitcode == 0


def in_child(work: object, seconds: int = 60) -> int:
    """Forks, calls `work` in the child, and gives the child's exit status."""
    assert callable(work)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        # A child that hangs ends by the alarm.
        signal.alarm(seconds)
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="forks of threads are refused")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_of_a_process_whose_threads_are_in_calls() -> None:
    expected = EXECUTOR.call((IMAGE,), "host").numpy().tobytes()
    stop = threading.Event()

    def calls() -> None:
        # Without the GIL an array has a lock, which a child inherits as it is: the
        # child's array is another one.
        image = IMAGE.copy()
        while not stop.is_set():
            EXECUTOR.call((image,), "host")

    threads = [threading.Thread(target=calls) for _ in range(3)]
    for thread in threads:
        thread.start()

    def child() -> None:
        for _ in range(10):
            assert EXECUTOR.call((IMAGE,), "host").numpy().tobytes() == expected

    try:
        for _ in range(10):
            assert in_child(child) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_results_of_the_parent_can_be_read_and_dropped_in_a_child() -> None:
    batch = EXECUTOR.call((IMAGE,), "host")
    expected = batch.numpy().tobytes()

    def child() -> None:
        nonlocal batch
        assert batch.numpy().tobytes() == expected
        del batch

    assert in_child(child) == 0
    assert batch.numpy().tobytes() == expected


def test_torch_data_loaders_work_with_either_method() -> None:
    torch = pytest.importorskip("torch")
    expected = EXECUTOR.call((IMAGE,), "host").torch()
    for method in ("fork", "spawn"):
        loader = torch.utils.data.DataLoader(
            Images(), batch_size=4, num_workers=2, multiprocessing_context=method
        )
        batches = list(loader)
        assert len(batches) == 3
        for batch in batches:
            assert all(torch.equal(image, expected) for image in batch)


class Images:
    """A data set that calls the executor of its process."""

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> object:
        return EXECUTOR.call((IMAGE,), "host").torch()
