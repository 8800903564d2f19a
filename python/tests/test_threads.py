"""The number of threads of a process."""

import os
import subprocess
import sys

import pixelflume as pf
import pytest


def of_process(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"import pixelflume as pf\n{code}"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_variable_and_function_set_the_number() -> None:
    assert of_process("print(pf.get_num_threads())", PIXELFLUME_THREADS="3") == "3"
    code = "pf.set_num_threads(5); print(pf.get_num_threads())"
    assert of_process(code, PIXELFLUME_THREADS="3") == "5"


def test_other_values_of_the_variable_count_as_absent() -> None:
    cores = len(os.sched_getaffinity(0))
    for value in ("0", "many", "-2", "1025"):
        threads = of_process("print(pf.get_num_threads())", PIXELFLUME_THREADS=value)
        assert 1 <= int(threads) <= cores


@pytest.mark.parametrize("threads", [0, 1025])
def test_numbers_out_of_range_are_refused(threads: int) -> None:
    with pytest.raises(ValueError, match="1 to 1024"):
        pf.set_num_threads(threads)
