"""CV-CUDA on a GPU: one operator call per batch, with outputs in PyTorch's memory. Written to the interface of CV-CUDA 0.19.

CV-CUDA has no Sobel; its Laplacian of 3x3 stands for it, so that the edges are not to be compared, only the times. It has two
antialiased resizes, after Pillow and after torchvision: `--resample` chooses.
"""

import common
import gpu


class CvCuda:
    def __init__(self, torch, cvcuda, resample="pillowresize"):
        self.resampler = resample
        self.torch, self.cvcuda = torch, cvcuda
        self.stream = cvcuda.as_stream(torch.cuda.current_stream())
        self.kept = {}
        as_float = lambda values: self.tensor(torch.tensor(values, device="cuda").view(1, 1, 1, 3))
        # (p / 255 - mean) / std, as the operator computes it: (p - base) * scale.
        self.base = as_float([255 * value for value in (0.485, 0.456, 0.406)])
        self.scale = as_float([1 / (255 * value) for value in (0.229, 0.224, 0.225)])

    def tensor(self, tensor, layout="NHWC"):
        return self.cvcuda.as_tensor(tensor, layout)

    def run(self, name, source, shape, *arguments, dtype=None, layouts=("NHWC", "NHWC"), **named):
        """Calls an operator on a tensor, with its result in another tensor of this shape. The results of a source keep their
        memory, and are wrapped once, so that a call costs little more than the operator."""
        key = (name, source.data_ptr(), source.shape, source.dtype)
        if key not in self.kept:
            out = self.torch.empty(shape, dtype=dtype or source.dtype, device="cuda")
            self.kept[key] = (out, self.tensor(out, layouts[1]), self.tensor(source, layouts[0]))
        out, target, wrapped = self.kept[key]
        getattr(self.cvcuda, name + "_into")(target, wrapped, *arguments, stream=self.stream, **named)
        return out

    def gray(self, x):
        code = self.cvcuda.ColorConversion.RGB2GRAY
        return self.run("cvtcolor", x, (*x.shape[:3], 1), code)

    def blur(self, x, size):
        # The sigma that OpenCV uses for this size.
        sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8
        return self.run("gaussian", x, x.shape, (size, size), (sigma, sigma), self.cvcuda.Border.REFLECT101)

    def laplacian(self, x):
        return self.run("laplacian", x, x.shape, 3, 1.0, self.cvcuda.Border.REFLECT101)

    def resize(self, x, height, width):
        return self.run("resize", x, (x.shape[0], height, width, x.shape[3]), self.cvcuda.Interp.LINEAR)

    def planar(self, x):
        count, height, width, channels = x.shape
        return self.run("reformat", x, (count, channels, height, width), layouts=("NHWC", "NCHW"))

    def classify(self, x):
        small = self.resize(x, 256, 256)
        middle = self.run("customcrop", small, (x.shape[0], 224, 224, 3), self.cvcuda.RectI(16, 16, 224, 224))
        return self.normalized(middle)

    def normalized(self, x):
        floats = self.run("convertto", x, x.shape, dtype=self.torch.float32)
        return self.planar(self.run("normalize", floats, floats.shape, self.base, self.scale))

    def resample(self, x):
        shape, cubic = (x.shape[0], 224, 224, x.shape[3]), self.cvcuda.Interp.CUBIC
        if self.resampler == "pillowresize":
            small = self.run("pillowresize", x, shape, self.cvcuda.Format.RGB8, cubic)
        else:
            small = self.run("tvresize", x, shape, cubic, True)
        # CV-CUDA has no conversion to half precision.
        return self.normalized(small).half()

    def letterbox(self, x):
        small = self.resize(x, 360, 640)
        border = self.cvcuda.Border.CONSTANT
        boxed = self.run(
            "copymakeborder", small, (x.shape[0], 640, 640, 3), border, [114.0, 114.0, 114.0], top=140, left=0
        )
        floats = self.run("convertto", boxed, boxed.shape, 1 / 255, dtype=self.torch.float32)
        # CV-CUDA has no conversion to half precision.
        return self.planar(floats).half()

    def functions(self):
        edges = lambda gray: self.laplacian(self.blur(gray, 5))
        edge_small = lambda x: edges(self.gray(self.resize(x, 240, 320)))
        return {
            "edge-full": lambda x: edges(self.gray(x)),
            "edge-small": edge_small,
            "blur5": lambda x: self.blur(x, 5),
            "blur7": lambda x: self.blur(x, 7),
            "gray": self.gray,
            "resize": lambda x: self.resize(x, 360, 640),
            "classify": self.classify,
            "letterbox": self.letterbox,
            "resample": self.resample,
            "upscale2": lambda x: self.resize(x, 1080, 1920),
            "upscale3": lambda x: self.resize(x, 1056, 1056),
            "latency": edge_small,
        }


def main():
    parser = common.arguments(__doc__)
    parser.add_argument("--resample", choices=["pillowresize", "tvresize"], default="pillowresize")
    options = parser.parse_args()
    tool = "cvcuda" if options.resample == "pillowresize" else "cvcuda tvresize"
    try:
        import cvcuda
    except ImportError:
        print("cvcuda: not installed (the package cvcuda-cu13)")
        return
    torch = gpu.torch_with_gpu(tool)
    if torch is None:
        return
    results = []
    for workload in common.workloads(options):
        if options.resample == "tvresize" and workload.name != "resample":
            continue
        function = CvCuda(torch, cvcuda, options.resample).functions()[workload.name]
        # The operators record and wait for events of their own, which cannot be captured.
        results.append(gpu.measured(torch, workload, function, options, graphs=False))
    common.save(options.json, tool, cvcuda.__version__, {"device": torch.cuda.get_device_name()}, results)


if __name__ == "__main__":
    main()
