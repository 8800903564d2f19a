"""What the scripts of golden vectors share: inputs, and the file of the records.

A golden.bin
    First line:    pixelflume golden 2 LIBRARY VERSION cases N, as in `opencv 5.0.0`
    Then N times:  one header line, and the bytes that it announces
    Header line:   NAME <tab> OPERATOR <tab> INPUT <tab> EXPECTED
    OPERATOR       the kind and its parameters, as in `gaussian_blur size=5 sigma=1.1`; the items of lists have commas between
                   them. `second=SEED` is the second input of an operator that takes two: noise of the shape of the first, or with
                   `second=SEED:WxHxC` of this one.
                   ` | ` chains operators
    INPUT          noise WxHxC SEED FNV     every sample a byte of splitmix64
                   scene WxHxC SEED FNV     photograph-like: slopes, hard edges, a little noise (`scene` below)
                   stark WxHxC SEED FNV     noise of 0 and 255 only (bytes below 128 become 0)
                   colors WxHxC FNV         all 2^24 colors in order, 4096x4096x3
                   raw WxHxC                the samples follow the header line
                   noise TYPE WxHxC SEED FNV, noise TYPE WxHxC planar SEED FNV
                                            samples of another type or in planes, whose bytes are those of splitmix64
    EXPECTED       TYPE WxHxC               the samples follow (after those of a raw input), little-endian; u8, i16, f16, bf16, f32, f64 or i32
                   TYPE WxHxC planar        the same, plane by plane
                   hash TYPE WxHxC FNV      64-bit FNV-1a of these bytes
Samples are interleaved and tight where nothing else is said; FNV is 16 hexadecimal digits and lets the reader check that it generates the same input.
"""

from importlib import metadata

import numpy as np

MASK = (1 << 64) - 1
# Expected outputs of more samples than this are stored as a hash.
STORE = 1600


class Library:
    """What golden vectors are made with: the name in their file, and the packages of this environment that must have the versions.

    The first package gives the version of the file. A version of `None` stands for any, and the file names the one that is
    installed; of another version a local part (`+cpu`) does not count. `version` is what the file names instead. With `cuda` torch
    must find a GPU."""

    def __init__(self, name, packages, version=None, cuda=False):
        self.name, self.packages, self.version, self.cuda = name, packages, version, cuda

    def installed(self):
        """The version that the file names."""
        return self.version or metadata.version(next(iter(self.packages))).split("+")[0]

    def missing(self):
        """The reason why these vectors cannot be made in this environment; `None` where they can."""
        for package, wanted in self.packages.items():
            try:
                found = metadata.version(package).split("+")[0]
            except metadata.PackageNotFoundError:
                found = None
            if found is None or wanted not in (None, found):
                has = "it is not installed" if found is None else f"{found} is installed"
                return f"they need {package}{'' if wanted is None else '==' + wanted}, and {has}"
        if self.cuda:
            import torch

            if not torch.cuda.is_available():
                return "they need a GPU, and torch finds none"
        return None


OPENCV = Library("opencv", {"opencv-python-headless": "5.0.0.93"}, "5.0.0")
# `LIBRARIES` of operators that equal functions of torchvision.
TORCHVISION = {"torchvision": Library("torchvision", {"torchvision": "0.29.2", "torch": "2.15.0"})}


class GridLibrary(Library):
    """torchvision on a processor where the library MKL computes products of matrices with fused multiply-adds, or on one where it does
    not: the positions of geometric functions differ in their last bits."""

    def __init__(self, name, fuses):
        super().__init__(name, TORCHVISION["torchvision"].packages)
        self.fuses = fuses

    def missing(self):
        if missing := super().missing():
            return missing
        import torch

        # The product of both is 2^-24 off its rounding, which a fused sum keeps.
        near = 1 + 2.0**-12
        points = torch.tensor([[1.0, near, 0.0]]).repeat(1000, 1)
        sums = points.unsqueeze(0).bmm(torch.tensor([[[-1 - 2.0**-11] * 2, [near] * 2, [0.0] * 2]]))
        if bool(sums.any()) != self.fuses:
            return f"they need a processor where MKL {'fuses' if self.fuses else 'rounds'} products"
        return None


# `LIBRARIES` of operators that equal geometric functions of torchvision.
TORCHVISION_GRID = {name: GridLibrary(name, name == "torchvision_avx512") for name in ("torchvision", "torchvision_avx512")}


def splitmix64_bytes(seed, count):
    """`count` bytes of splitmix64: its 64-bit outputs in little-endian order."""
    words = (count + 7) // 8
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, words + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return z.astype("<u8").view(np.uint8)[:count]


def noise(width, height, channels, seed):
    return splitmix64_bytes(seed, width * height * channels).reshape(height, width, channels)


def scene(width, height, channels, seed):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    slope = (7 * x + 3 * y + 41 * c) >> 3 & 127
    tiles = np.where(((x // 29) ^ (y // 23)) & 1 == 1, 96, 0)
    grain = noise(width, height, channels, seed) & 15
    return (slope + tiles + grain).astype(np.uint8)


def stark(width, height, channels, seed):
    return np.where(noise(width, height, channels, seed) < 128, 0, 255).astype(np.uint8)


def colors():
    n = np.arange(1 << 24, dtype=np.uint32)
    return np.stack([n >> 16, n >> 8, n], axis=-1).astype(np.uint8).reshape(4096, 4096, 3)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return f"{value:016x}"


COLORS_FNV = "a1726fd84093a325"


# The sample types by the names of NumPy's types.
NAMES = {"uint8": "u8", "int16": "i16", "float16": "f16", "bfloat16": "bf16", "float32": "f32", "float64": "f64",
         "int32": "i32"}


def dtype(sample):
    """The NumPy type of samples."""
    if sample == "bf16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype({"u8": np.uint8, "i16": np.int16, "f16": np.float16, "f32": np.float32}[sample])


def tensor(image):
    """An array of (height, width, channels) as a tensor of (channels, height, width) for torch, with the same bits."""
    import torch

    planes = np.ascontiguousarray(image.transpose(2, 0, 1))
    if str(planes.dtype) == "bfloat16":
        return torch.from_numpy(planes.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(planes)


def array(planes):
    """A tensor of (channels, height, width) as an array of (height, width, channels), with the same bits."""
    import torch

    planes = planes.contiguous()
    if planes.dtype == torch.bfloat16:
        return planes.view(torch.int16).numpy().view(dtype("bf16")).transpose(1, 2, 0)
    return planes.numpy().transpose(1, 2, 0)


def word(value):
    """A value of a parameter, as header lines write it."""
    if isinstance(value, (list, tuple)):
        return ",".join(word(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def samples_of(shape, seed, sample, layout):
    """Noise of samples of this type, as an array of (height, width, channels): the samples in the order of the layout, and the array."""
    width, height, channels = shape
    samples = splitmix64_bytes(seed, width * height * channels * dtype(sample).itemsize).view(dtype(sample))
    in_planes = samples.reshape(channels, height, width).transpose(1, 2, 0)
    return samples, in_planes if layout == "planar" else samples.reshape(height, width, channels)


def second_input(image, layout, text):
    """The second input of an operator whose first is `image`: noise of a seed, of its type, and of its shape where none is given."""
    seed, _, sides = str(text).partition(":")
    height, width, channels = image.shape
    shape = [int(side) for side in sides.split("x")] if sides else (width, height, channels)
    return np.ascontiguousarray(samples_of(shape, int(seed), NAMES[str(image.dtype)], layout)[1])


class Golden:
    """The vectors of one file. `operators` maps kinds to the functions that run them."""

    def __init__(self, operators, kind=None, seed=0, library=OPENCV, like="opencv"):
        self.operators = operators
        self.kind = kind
        self.library = library
        # What the vectors equal: a key of the script's `LIBRARIES`.
        self.like = like
        # Of the next input. The oldest vectors have the seeds of one sequence over all operators, hence `skip`.
        self.seed = seed
        self.names = set()
        self.blocks = []

    def skip(self, count):
        """Leaves out seeds that the inputs of other operators have."""
        self.seed += count

    def run(self, steps, image, layout="interleaved"):
        """Runs a list of (kind, parameters) on an array of shape (height, width, channels), with second inputs in this layout."""
        for kind, parameters in steps:
            parameters = dict(parameters)
            if "second" in parameters:
                parameters["second"] = second_input(image, layout, parameters["second"])
            image = self.operators[kind](np.ascontiguousarray(image), **parameters)
            if image.ndim == 2:
                image = image[:, :, None]
        return image

    def add(self, parameters, kind, shape=None, image=None, name=None, **of):
        """One case of the operator; `shape` is (width, height, channels). `of` is as for `add_chain`."""
        self.add_chain([(self.kind, parameters)], kind, shape, image, name, **of)

    def add_chain(self, steps, kind, shape=None, image=None, name=None, sample="u8", layout="interleaved", to=None):
        """One case of operators one after the other. A noise may have another `sample` type and `layout` than u8 interleaved;
        operators get and return arrays of (height, width, channels) whatever the layout, and the output has the layout `to`, or
        that of the input."""
        seed, self.seed = self.seed, self.seed + 1
        if kind == "colors":
            image = colors()
        elif (sample, layout) != ("u8", "interleaved"):
            samples, image = samples_of(shape, seed, sample, layout)
        elif kind != "raw":
            image = {"noise": noise, "scene": scene, "stark": stark}[kind](*shape, seed)
        height, width, channels = image.shape
        shape = f"{width}x{height}x{channels}"
        raw = b""
        if kind == "raw":
            source, raw = f"raw {shape}", image.tobytes()
        elif kind == "colors":
            source = f"colors {shape} {COLORS_FNV}"
        elif (sample, layout) != ("u8", "interleaved"):
            planes = " planar" if layout == "planar" else ""
            source = f"{kind} {sample} {shape}{planes} {seed} {fnv1a(samples.tobytes())}"
            shape = f"{sample} {shape}{planes}"
        else:
            source = f"{kind} {shape} {seed} {fnv1a(image.tobytes())}"
        out = self.run(steps, image, layout)
        in_planes = (to or layout) == "planar"
        if in_planes:
            out = out.transpose(2, 0, 1)
        sample = NAMES[str(out.dtype)]
        data = out.astype(out.dtype.newbyteorder("<")).tobytes()
        planar = in_planes or steps[-1][1].get("layout") == "planar"
        size = [out.shape[index] for index in ((2, 1, 0) if planar else (1, 0, 2))]
        expected = f"{sample} {size[0]}x{size[1]}x{size[2]}" + (" planar" if planar else "")
        if out.size > STORE:
            assert not planar
            expected, data = f"hash {expected} {fnv1a(data)}", b""
        operator = " | ".join(
            " ".join([kind, *(f"{name}={word(value)}" for name, value in parameters.items())]) for kind, parameters in steps)
        name = name or f"{operator}, {kind} {shape}"
        assert name not in self.names, name
        self.names.add(name)
        self.blocks.append("\t".join([name, operator, source, expected]).encode() + b"\n" + raw + data)

    def write(self, path):
        library = f"{self.library.name} {self.library.installed()}"
        head = f"pixelflume golden 2 {library} cases {len(self.blocks)}\n".encode()
        path.write_bytes(head + b"".join(self.blocks))
        print(f"{path}: {len(self.blocks)} cases, {path.stat().st_size} bytes")
