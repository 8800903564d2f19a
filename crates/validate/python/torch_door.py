#!/usr/bin/env python3
"""Tensors of torch through a pipeline and back, in the stream of torch: no copy, no wait of the host.

    python3 torch_door.py LIBRARY [--device N] [--quick]

LIBRARY is libpixelflume_c_door.so (crates/c-door). A side stream of torch is kept busy. Behind that work torch makes an input,
the pipeline is submitted in the same stream, and torch computes on the result there. All of it is enqueued while the stream is
still busy, and the values equal those of the host device of pixelflume. Prints a table last.

Exit codes: 0 all is right, 1 something is wrong, 77 there is no torch or no GPU.
"""

import argparse
import ctypes
import statistics
import sys
import time

SKIPPED = 77
TEXT = b"""
name = "torch"
[[node]]
name = "small"
op = "resize"
from = "input"
width = 64
height = 48
[[node]]
name = "tensor"
op = "normalize"
from = "small"
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
sample = "f32"
layout = "planar"
"""
ROOM = 1000
IN_FLIGHT = 64
# Clock cycles of a GPU: some 0.3 s.
CYCLES = 500_000_000

try:
    import torch
    from torch.utils.dlpack import from_dlpack, to_dlpack
except ImportError as error:
    print(f"torch cannot be imported: {error}")
    sys.exit(SKIPPED)

api = ctypes.pythonapi
api.PyCapsule_GetPointer.restype = ctypes.c_void_p
api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
api.PyCapsule_SetName.argtypes = [ctypes.py_object, ctypes.c_char_p]
api.PyCapsule_New.restype = ctypes.py_object
api.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
# The name must live as long as the capsules.
USED = b"used_dltensor"
NAME = b"dltensor"


class Wrong(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Wrong(what)


class Library:
    def __init__(self, path):
        library = ctypes.CDLL(path)
        pointer, size, text = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
        library.pf_runner_new.restype = pointer
        library.pf_runner_new.argtypes = [text, size, ctypes.c_int, ctypes.c_int, size, text, size]
        library.pf_runner_free.restype = None
        library.pf_runner_free.argtypes = [pointer]
        library.pf_reserved.restype = size
        library.pf_reserved.argtypes = [pointer]
        library.pf_submit.restype = pointer
        library.pf_submit.argtypes = [pointer, pointer, pointer, pointer, pointer, text, size]
        library.pf_wait.argtypes = [pointer, text, size]
        library.pf_detach.restype = None
        library.pf_detach.argtypes = [pointer]
        self.library = library


class Runner:
    def __init__(self, library, ordinal, replay, text=TEXT):
        self.library = library.library
        self.error = ctypes.create_string_buffer(ROOM)
        self.runner = self.library.pf_runner_new(
            text, len(text), ordinal, int(replay), IN_FLIGHT, self.error, ROOM
        )
        expect(self.runner, f"no runner: {self.error.value.decode()}")

    def reserved(self):
        return self.library.pf_reserved(self.runner)

    def submit(self, tensor, stream):
        """The batch, the result as a tensor of torch, the address that the library says, and the seconds of the call."""
        capsule = to_dlpack(tensor)
        given = api.PyCapsule_GetPointer(capsule, NAME)
        api.PyCapsule_SetName(capsule, USED)
        result, address = ctypes.c_void_p(), ctypes.c_uint64()
        begin = time.perf_counter()
        pending = self.library.pf_submit(
            self.runner, given, stream, ctypes.byref(result), ctypes.byref(address), self.error, ROOM
        )
        seconds = time.perf_counter() - begin
        expect(pending, f"not submitted: {self.error.value.decode()}")
        tensor = from_dlpack(api.PyCapsule_New(result, NAME, None))
        return pending, tensor, address.value, seconds

    def wait(self, pending):
        code = self.library.pf_wait(pending, self.error, ROOM)
        expect(code == 0, f"the batch failed: {self.error.value.decode()}")

    def detach(self, pending):
        self.library.pf_detach(pending)

    def free(self):
        self.library.pf_runner_free(self.runner)


def host_result(host, tensor):
    pending, result, _, _ = host.submit(tensor.cpu().contiguous(), None)
    host.wait(pending)
    return result.clone()


def round_trip(runner, host, stream, seed, rounds):
    """Batches behind a busy stream; nothing is looked at before all are enqueued."""
    torch.manual_seed(seed)
    shape = (2, 120, 160, 3)
    kept, frames = [], []
    with torch.cuda.stream(stream):
        base = torch.randint(0, 200, shape, dtype=torch.uint8, device="cuda")
    # The first batches compile a plan and capture graphs.
    for _ in range(4):
        with torch.cuda.stream(stream):
            pending, result, _, _ = runner.submit(base, stream.cuda_stream)
        runner.wait(pending)
    # Torch loads a kernel at its first use, which may wait for the device.
    with torch.cuda.stream(stream):
        (base + 1, result * 2 + 1)
    del result
    stream.synchronize()
    longest = 0.0
    with torch.cuda.stream(stream):
        torch.cuda._sleep(CYCLES)
        begin = time.perf_counter()
        for number in range(rounds):
            given = base + (number % 50)  # made behind the sleep
            pending, result, address, seconds = runner.submit(given, stream.cuda_stream)
            longest = max(longest, seconds)
            del given  # its memory stays until the batch is complete
            expect(result.data_ptr() == address, "torch got another address: the result was copied")
            expect(tuple(result.shape) == (2, 3, 48, 64), f"the shape is {tuple(result.shape)}")
            expect(result.is_cuda and result.dtype == torch.float32, "another tensor")
            kept.append(result * 2 + 1)  # torch computes on it in the same stream
            frames.append(pending)
            del result
        took = time.perf_counter() - begin
        expect(
            not stream.query(),
            f"the stream is idle after {took * 1e3:.1f} ms: something has waited for it (longest submit {longest * 1e3:.1f} ms)",
        )
    for number, pending in enumerate(frames):
        if number % 2:
            runner.detach(pending)
        else:
            runner.wait(pending)
    stream.synchronize()
    for number, result in enumerate(kept):
        with torch.cuda.stream(stream):
            given = base + (number % 50)
            stream.synchronize()
        expected = host_result(host, given) * 2 + 1
        expect(torch.equal(result.cpu(), expected), f"batch {number} differs from the host's")


def many(runner, stream, count):
    """Results that are dropped again: the pool does not grow. Gives the median of the call's time."""
    with torch.cuda.stream(stream):
        given = torch.zeros((2, 120, 160, 3), dtype=torch.uint8, device="cuda")
        times = []
        for number in range(count):
            if number == IN_FLIGHT:
                before = runner.reserved()
            pending, result, _, seconds = runner.submit(given, stream.cuda_stream)
            runner.detach(pending)
            del result
            times.append(seconds)
    stream.synchronize()
    grown = runner.reserved() - before
    expect(grown <= 0, f"the pool grew by {grown} bytes in {count} batches")
    return statistics.median(times) * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library")
    parser.add_argument("--device", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("torch sees no GPU")
        sys.exit(SKIPPED)
    torch.cuda.set_device(options.device)
    library = Library(options.library)
    host = Runner(library, -1, False)
    rounds, count = (4, 500) if options.quick else (16, 5000)
    rows = []
    streams = {"side": torch.cuda.Stream(), "default": torch.cuda.default_stream()}
    for name, stream in streams.items():
        for mode in ["direct", "replay"]:
            runner = Runner(library, options.device, mode == "replay")
            for seed in range(2):
                round_trip(runner, host, stream, seed, rounds)
            rows.append((name, mode, 2 * rounds, many(runner, stream, count)))
            runner.free()
    host.free()
    name = torch.cuda.get_device_name()
    print(f"torch {torch.__version__} on {name}: enqueued behind a busy stream, same addresses, equal to the host")
    print(f"{'stream':<8} {'mode':<7} {'batches':>7} {'call of submit, us (median, through ctypes)':>44}")
    for stream, mode, batches, microseconds in rows:
        print(f"{stream:<8} {mode:<7} {batches:>7} {microseconds:>44.2f}")


if __name__ == "__main__":
    try:
        main()
    except Wrong as error:
        print(f"wrong: {error}", file=sys.stderr)
        sys.exit(1)
