"""CUDA C++ to PTX, by an NVRTC that is installed."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import glob
import importlib.util
import os
from collections.abc import Iterator

from pixelflume._native import PipelineError

ARCHITECTURE = "compute_75"
"""The least GPU that the PTX is for; newer ones take it too."""

MAX_SOURCE = 1 << 20
"""The most characters of a source text."""

# What stands before each source text: NVRTC has no headers of the C library.
PRELUDE = """
typedef unsigned char uint8_t; typedef signed char int8_t;
typedef unsigned short uint16_t; typedef short int16_t;
typedef unsigned int uint32_t; typedef int int32_t;
typedef unsigned long long uint64_t; typedef long long int64_t;
struct Image {
    uint64_t base, row_pitch, batch_stride;
    uint32_t width, height, channels, batch;
};
#line 1 "kernel.cu"
"""


def compile_ptx(source: str, name: str) -> str:
    """Compiles CUDA C++ to PTX.

    Args:
        source: The text, with a kernel that is `extern "C"`. `Image`, `uint8_t` and the
            like are declared.
        name: Name of the kernel, for the check that it is there.

    Raises:
        PipelineError: No NVRTC is installed, or the text does not compile; then the
            error has the compiler's messages.
    """
    if len(source) > MAX_SOURCE or "\0" in source:
        raise PipelineError(
            f"cuda= is a text of at most {MAX_SOURCE} characters without zero characters"
        )
    nvrtc = _library()
    program = ctypes.c_void_p()
    text = (PRELUDE + source).encode()
    _check(
        nvrtc,
        nvrtc.nvrtcCreateProgram(
            ctypes.byref(program), text, b"pixelflume.cu", 0, None, None
        ),
    )
    try:
        options = [f"--gpu-architecture={ARCHITECTURE}".encode(), b"--std=c++17"]
        array = (ctypes.c_char_p * len(options))(*options)
        code = nvrtc.nvrtcCompileProgram(program, len(options), array)
        if code != 0:
            log = _text(nvrtc, program, "ProgramLog").strip()
            raise PipelineError(f"the CUDA source of {name} does not compile:\n{log}")
        ptx = _text(nvrtc, program, "PTX")
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    if f".entry {name}(" not in ptx:
        raise PipelineError(
            f"the CUDA source has no kernel {name}; declare it as "
            f'extern "C" __global__ void {name}(...), or say its name by kernel='
        )
    return ptx


def _text(nvrtc: ctypes.CDLL, program: ctypes.c_void_p, what: str) -> str:
    """A text that NVRTC has of a program, without the zero byte at its end."""
    size = ctypes.c_size_t()
    _check(nvrtc, getattr(nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size)))
    buffer = ctypes.create_string_buffer(size.value)
    _check(nvrtc, getattr(nvrtc, f"nvrtcGet{what}")(program, buffer))
    return buffer.value.decode(errors="replace")


def _check(nvrtc: ctypes.CDLL, code: int) -> None:
    if code != 0:
        text = nvrtc.nvrtcGetErrorString(code)
        raise PipelineError(f"NVRTC failed: {text.decode(errors='replace')}")


@functools.cache
def _library() -> ctypes.CDLL:
    """The NVRTC of the toolkit, or of the packages that torch and CuPy install."""
    tried: list[str] = []
    for path in _candidates():
        if path in tried:
            continue
        tried.append(path)
        try:
            library = ctypes.CDLL(path)
            library.nvrtcGetErrorString.restype = ctypes.c_char_p
            library.nvrtcCompileProgram.argtypes = [
                ctypes.c_void_p,
                ctypes.c_int,
                ctypes.POINTER(ctypes.c_char_p),
            ]
            for function in ("PTX", "PTXSize", "ProgramLog", "ProgramLogSize"):
                getattr(library, f"nvrtcGet{function}").argtypes = [
                    ctypes.c_void_p,
                    ctypes.c_void_p,
                ]
            return library
        except (OSError, AttributeError):
            continue
    raise PipelineError(
        "no NVRTC is installed, which compiles cuda=; install one, for example "
        "`pip install nvidia-cuda-nvrtc-cu12` or the CUDA toolkit (CUDA_HOME), or compile "
        "the kernel with `nvcc -ptx -arch=compute_75` and pass the text as ptx="
    )


def _candidates() -> Iterator[str]:
    """Where NVRTC may be. The oldest is best: an older driver takes its PTX."""
    spec = importlib.util.find_spec("nvidia")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for pattern in ("cuda_nvrtc/lib", "cu1?/lib"):
            yield from _libraries(os.path.join(folder, pattern))
    for variable in ("CUDA_HOME", "CUDA_PATH"):
        home = os.environ.get(variable)
        if home:
            yield from _libraries(os.path.join(home, "lib64"))
    found = ctypes.util.find_library("nvrtc")
    if found:
        yield found
    yield from ("libnvrtc.so", "libnvrtc.so.12", "libnvrtc.so.13")
    yield from _libraries("/usr/local/cuda*/lib64")


def _libraries(folder: str) -> list[str]:
    files = glob.glob(os.path.join(folder, "libnvrtc.so*"))
    return sorted(file for file in files if "builtins" not in file)
