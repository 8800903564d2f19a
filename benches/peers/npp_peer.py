"""NVIDIA Performance Primitives on a GPU: one call for each image and operator, all captured as one graph.

NPP's filters have no reflected border, so that the outermost pixels differ. Of the workloads NPP has no planar float outputs
in one call; these are left out.
"""

import ctypes
import glob

import common
import gpu

# Values of NPP's enumerations, nppdefs.h.
LINEAR = 2
REPLICATE = 2
MASK = {3: 200, 5: 201, 7: 400}
NORM_L2 = 2


class Size(ctypes.Structure):
    _fields_ = [("width", ctypes.c_int), ("height", ctypes.c_int)]


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]


class Rect(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int), ("width", ctypes.c_int), ("height", ctypes.c_int)]


class StreamContext(ctypes.Structure):
    """NppStreamContext of NPP 13."""

    _fields_ = [
        ("stream", ctypes.c_void_p),
        ("device", ctypes.c_int),
        ("multiprocessors", ctypes.c_int),
        ("threads_per_multiprocessor", ctypes.c_int),
        ("threads_per_block", ctypes.c_int),
        ("shared_memory_per_block", ctypes.c_size_t),
        ("capability_major", ctypes.c_int),
        ("capability_minor", ctypes.c_int),
        ("stream_flags", ctypes.c_uint),
        ("reserved", ctypes.c_int),
    ]


def library(part):
    """A library of NPP 13, from the loader's path or a toolkit; None where there is none."""
    name = f"libnpp{part}.so.13"
    for path in [name, *sorted(glob.glob(f"/usr/local/cuda*/lib64/{name}"))]:
        try:
            return ctypes.CDLL(path)
        except OSError:
            continue
    return None


class Npp:
    def __init__(self, torch, libraries):
        self.torch = torch
        self.color, self.filters, self.geometry, self.arithmetic = libraries
        properties = torch.cuda.get_device_properties(0)
        self.context = StreamContext(
            device=0,
            multiprocessors=properties.multi_processor_count,
            threads_per_multiprocessor=properties.max_threads_per_multi_processor,
            threads_per_block=1024,
            shared_memory_per_block=48 << 10,
            capability_major=properties.major,
            capability_minor=properties.minor,
        )

    def call(self, library, name, *arguments):
        self.context.stream = self.torch.cuda.current_stream().cuda_stream
        status = getattr(library, name)(*arguments, self.context)
        if status != 0:
            raise RuntimeError(f"{name} gave status {status}")

    def empty(self, like, height, width, channels, dtype=None):
        shape = (like.shape[0], height, width) + ((channels,) if channels > 1 else ())
        return self.torch.empty(shape, dtype=dtype or self.torch.uint8, device="cuda")

    def each(self, source, target):
        """For each image the addresses and row pitches of input and output."""
        for one, other in zip(source, target):
            yield (
                (ctypes.c_void_p(one.data_ptr()), one.stride(0) * one.element_size()),
                (ctypes.c_void_p(other.data_ptr()), other.stride(0) * other.element_size()),
            )

    def gray(self, x):
        out = self.empty(x, x.shape[1], x.shape[2], 1)
        for source, target in self.each(x, out):
            self.call(self.color, "nppiRGBToGray_8u_C3C1R_Ctx", *source, *target, Size(x.shape[2], x.shape[1]))
        return out

    def blur(self, x, size):
        channels = 1 if x.dim() == 3 else x.shape[3]
        out = self.empty(x, x.shape[1], x.shape[2], channels)
        whole = Size(x.shape[2], x.shape[1])
        name = f"nppiFilterGaussBorder_8u_C{channels}R_Ctx"
        for source, target in self.each(x, out):
            self.call(self.filters, name, *source, whole, Point(0, 0), *target, whole, MASK[size], REPLICATE)
        return out

    def sobel(self, x):
        magnitude = self.empty(x, x.shape[1], x.shape[2], 1, self.torch.int16)
        out = self.empty(x, x.shape[1], x.shape[2], 1)
        whole = Size(x.shape[2], x.shape[1])
        none = (ctypes.c_void_p(None), 0)
        for source, target in self.each(x, magnitude):
            self.call(
                self.filters,
                "nppiGradientVectorSobelBorder_8u16s_C1R_Ctx",
                *(*source, whole, Point(0, 0), *none, *none, *target, *none, whole, MASK[3], NORM_L2, REPLICATE),
            )
        for source, target in self.each(magnitude, out):
            self.call(self.arithmetic, "nppiConvert_16s8u_C1R_Ctx", *source, *target, whole)
        return out

    def resize(self, x, height, width):
        out = self.empty(x, height, width, x.shape[3])
        size, to = Size(x.shape[2], x.shape[1]), Size(width, height)
        area, target_area = Rect(0, 0, size.width, size.height), Rect(0, 0, width, height)
        for source, target in self.each(x, out):
            self.call(
                self.geometry,
                "nppiResize_8u_C3R_Ctx",
                *(*source, size, area, *target, to, target_area, LINEAR),
            )
        return out

    def functions(self):
        edges = lambda gray: self.sobel(self.blur(gray, 5))
        edge_small = lambda x: edges(self.gray(self.resize(x, 240, 320)))
        return {
            "edge-full": lambda x: edges(self.gray(x)),
            "edge-small": edge_small,
            "blur5": lambda x: self.blur(x, 5),
            "blur7": lambda x: self.blur(x, 7),
            "gray": self.gray,
            "resize": lambda x: self.resize(x, 360, 640),
            "upscale2": lambda x: self.resize(x, 1080, 1920),
            "upscale3": lambda x: self.resize(x, 1056, 1056),
            "latency": edge_small,
        }


def main():
    options = common.arguments(__doc__).parse_args()
    libraries = [library(part) for part in ("icc", "if", "ig", "idei")]
    if None in libraries:
        print("npp: not installed (the libraries libnppicc, libnppif, libnppig and libnppidei of CUDA 13)")
        return
    torch = gpu.torch_with_gpu("npp")
    if torch is None:
        return
    functions = Npp(torch, libraries).functions()
    results = [
        gpu.measured(torch, workload, functions[workload.name], options)
        for workload in common.workloads(options)
        if workload.name in functions
    ]
    core = library("c")
    version = "13"
    if core is not None:

        class Version(ctypes.Structure):
            _fields_ = [("major", ctypes.c_int), ("minor", ctypes.c_int), ("build", ctypes.c_int)]

        core.nppGetLibVersion.restype = ctypes.POINTER(Version)
        found = core.nppGetLibVersion().contents
        version = f"{found.major}.{found.minor}.{found.build}"
    common.save(options.json, "npp", version, {"device": torch.cuda.get_device_name()}, results)


if __name__ == "__main__":
    main()
