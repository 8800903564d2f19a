"""kornia-rs on a GPU: a call for each image, results in kornia's memory; PyTorch normalizes. Written to the interface of 0.2.

It resizes with an antialiased bicubic, and bilinearly; its other functions for GPUs are not those of the workloads.
"""

import common
import gpu

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class Kornia:
    def __init__(self, torch, kornia):
        self.torch, self.kornia = torch, kornia
        self.stream = kornia.cuda.Stream.from_handle(torch.cuda.current_stream().cuda_stream)
        # Images of tensors, and outputs, made once: a call costs little more than the kernel.
        self.kept = {}
        as_float = lambda values: torch.tensor(values, device="cuda").view(1, 3, 1, 1)
        self.mean, self.std = as_float(MEAN), as_float(STD)

    def resize(self, x, height, width, interpolation, antialias):
        key = (x.data_ptr(), x.shape)
        if key not in self.kept:
            frames = [self.kornia.image.Image.from_dlpack(frame) for frame in x]
            outs = [self.kornia.image.Image.zeros(width, height, 3, "uint8", stream=self.stream) for _ in frames]
            self.kept[key] = frames, outs, [self.torch.as_tensor(out, device="cuda") for out in outs]
        frames, outs, tensors = self.kept[key]
        for frame, out in zip(frames, outs):
            self.kornia.imgproc.resize(frame, (height, width), interpolation, antialias, out=out)
        return tensors

    def resample(self, x):
        small = self.torch.stack(self.resize(x, 224, 224, "bicubic", True))
        return (((small * (1 / 255)).permute(0, 3, 1, 2) - self.mean) / self.std).half().contiguous()

    def functions(self):
        return {
            "resample": self.resample,
            "upscale2": lambda x: self.resize(x, 1080, 1920, "bilinear", False),
            "upscale3": lambda x: self.resize(x, 1056, 1056, "bilinear", False),
        }


def main():
    options = common.arguments(__doc__).parse_args()
    try:
        import kornia_rs
    except ImportError:
        print("kornia: not installed (the package kornia-rs)")
        return
    torch = gpu.torch_with_gpu("kornia")
    if torch is None:
        return
    if not kornia_rs.cuda.is_available():
        print("kornia: this build of kornia-rs finds no GPU, or no NVRTC")
        return
    results = [
        gpu.measured(torch, workload, functions[workload.name], options, graphs=False)
        for workload in common.workloads(options)
        for functions in [Kornia(torch, kornia_rs).functions()]
        if workload.name in functions
    ]
    version = getattr(kornia_rs, "__version__", "unknown")
    common.save(options.json, "kornia-rs", version, {"device": torch.cuda.get_device_name()}, results)


if __name__ == "__main__":
    main()
