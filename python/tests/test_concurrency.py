"""Threads, interrupts, memory over many calls, and the end of the interpreter."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
from pixelflume import _native

RESIZE = (
    '[[node]]\nname = "out"\nop = "resize"\nfrom = "input"\nwidth = 5\nheight = 4\n'
)


def executor(text: str = RESIZE) -> _native.Executor:
    return _native.Executor(_native.Graph.from_toml(text))


def run(code: str, **arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs a program of Python in a process of its own."""
    program = textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )


def test_threads_get_equal_results() -> None:
    calls = executor()
    images = [np.full((8 + thread, 9, 3), 20 * thread, np.uint8) for thread in range(8)]
    expected = [calls.call((image,), "host").numpy().tobytes() for image in images]
    wrong: list[int] = []

    def work(thread: int) -> None:
        for _ in range(1000):
            result = calls.call((images[thread],), "host")
            if result.numpy().tobytes() != expected[thread]:
                wrong.append(thread)

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    # A call is counted once, whichever runner had it.
    assert calls.statistics()["batches"] == 8 + 8 * 1000


def test_more_threads_than_runners_wait_for_one() -> None:
    calls = executor()
    image = np.zeros((300, 300, 3), np.uint8)
    done: list[int] = []

    def work() -> None:
        for _ in range(5):
            calls.call((image,), "host")
        done.append(1)

    threads = [threading.Thread(target=work) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 40


def test_many_calls_do_not_grow() -> None:
    calls = executor()
    image = (np.zeros((32, 32, 3), np.uint8),)

    def many(count: int) -> None:
        for _ in range(count):
            calls.call(image, "host").numpy()

    many(3000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    many(20_000)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # In KiB: less than a byte a call would be 20 KiB, a leaked result 240 bytes a call.
    assert after - before < 2048


def test_an_interpreter_ends_with_results_alive() -> None:
    ended = run(
        f"""
        import atexit
        import threading
        import numpy as np
        from pixelflume import _native

        calls = _native.Executor(_native.Graph.from_toml({RESIZE!r}))
        image = np.zeros((9, 9, 3), np.uint8)
        batch = calls.call((image,), "host")
        tensor, array = batch["out"], batch.numpy()
        shared = np.from_dlpack(tensor)
        capsule = tensor.__dlpack__(max_version=(1, 0))
        view = memoryview(tensor)
        cycle = [batch]
        cycle.append(cycle)
        atexit.register(lambda: calls.call((image,), "host").numpy())

        def background():
            while True:
                calls.call((image,), "host").numpy()

        for _ in range(3):
            threading.Thread(target=background, daemon=True).start()
        print("end")
        """
    )
    assert (ended.stdout, ended.returncode) == ("end\n", 0), ended.stderr


def test_ctrl_c_ends_a_long_call() -> None:
    ended = run(
        f"""
        import os, signal, threading
        import numpy as np
        import pixelflume as pf
        from pixelflume import _native

        entered, released = threading.Event(), threading.Event()

        def endless(image):
            if not entered.is_set():
                entered.set()
                os.kill(os.getpid(), signal.SIGINT)
            # A call that does not notice Ctrl-C gets here, and is told apart below.
            released.wait(60)
            return image

        calls = _native.Executor(_native.Graph.from_toml({RESIZE!r}))
        image = np.zeros((8, 8, 3), np.uint8)
        try:
            pf.Pipeline().custom(endless)(image, device="host")
        except KeyboardInterrupt:
            print("interrupted", entered.is_set())
        # Other calls go on while the work of the first one does.
        print(calls.call((image,), "host").shape)
        released.set()
        """
    )
    assert ended.stdout == "interrupted True\n(4, 5, 3)\n", ended.stderr


def test_the_interpreter_is_free_during_a_call() -> None:
    blur = '[[node]]\nname = "a"\nop = "gaussian_blur"\nfrom = "input"\nsize = 31\n'
    calls = executor(blur)
    image = np.zeros((1000, 1000, 3), np.uint8)
    calls.call((image,), "host")
    stop = threading.Event()
    steps = 0

    def count() -> None:
        nonlocal steps
        while not stop.is_set():
            steps += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    interval = sys.getswitchinterval()
    # The other thread gets the interpreter only where this one gives it away.
    sys.setswitchinterval(1000)
    try:
        thread.start()
        during = 0
        for _ in range(20):
            before = steps
            calls.call((image,), "host")
            during += steps - before
    finally:
        stop.set()
        sys.setswitchinterval(interval)
        thread.join()
    assert during > 0


def test_the_interpreter_exits_while_an_image_is_read_by_python_code() -> None:
    code = textwrap.dedent(
        """
        import gc, threading, time
        import numpy as np
        import pixelflume as pf

        entered = threading.Event()

        class Slow:
            '''An array whose interface is Python code, as that of torch is.'''

            def __init__(self):
                self.array = np.zeros((4, 4, 3), np.uint8)

            def __dlpack_device__(self):
                return (1, 0)

            def __dlpack__(self, **options):
                entered.set()
                time.sleep(0.3)
                return self.array.__dlpack__()

        class Last:
            '''Garbage that the ending interpreter collects, which takes its time.'''

            def __del__(self, sleep=time.sleep):
                sleep(0.7)

        gc.disable()
        last = Last()
        last.itself = last
        del last
        p = pf.Pipeline().resize((2, 2))

        def call():
            while True:
                p(Slow(), device="host").numpy()

        threading.Thread(target=call, daemon=True).start()
        entered.wait()
        print("exits")
        """
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "exits\n"
