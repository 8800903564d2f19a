"""PyTorch on a GPU: eager, and compiled by torch.compile.

Eager code is what torchvision's transforms do: convert to float, pad, depthwise convolution or interpolation, round, convert
back. Compiled code says the same with slices in place of convolutions, because the compiler fuses these into few kernels, and
a convolution not. Both are timed as they are called, and as a captured CUDA graph; the shorter time counts.
"""

import common
import gpu

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
TAPS = {5: [16, 64, 96, 64, 16], 7: [8, 28, 56, 72, 56, 28, 8]}


def functions(torch, compiled):
    """The function of each workload, from u8 images (batch, height, width, 3) to results."""
    functional = torch.nn.functional
    device = "cuda"

    def slide(x, taps, axis):
        """One axis of a separable filter over (batch, channels, height, width) with reflected borders, by slices."""
        radius = len(taps) // 2
        pad = (radius, radius, 0, 0) if axis == 3 else (0, 0, radius, radius)
        x = functional.pad(x, pad, mode="reflect")
        size = x.shape[axis] - 2 * radius
        return sum(tap * x.narrow(axis, index, size) for index, tap in enumerate(taps) if tap != 0)

    kernels = {}

    def blur(x, size):
        taps = [tap / 256 for tap in TAPS[size]]
        if not compiled:
            key = (size, x.shape[1])
            if key not in kernels:
                row = torch.tensor(taps, device=device)
                kernels[key] = [
                    row.view(1, 1, 1, -1).expand(x.shape[1], 1, 1, -1).contiguous(),
                    row.view(1, 1, -1, 1).expand(x.shape[1], 1, -1, 1).contiguous(),
                ]
            radius = size // 2
            x = functional.pad(x, (radius,) * 4, mode="reflect")
            for kernel in kernels[key]:
                x = functional.conv2d(x, kernel, groups=x.shape[1])
            return x.round_()
        return slide(slide(x, taps, 3), taps, 2).round()

    def sobel(x):
        if compiled:
            dx = slide(slide(x, [-1.0, 0.0, 1.0], 3), [1.0, 2.0, 1.0], 2)
            dy = slide(slide(x, [1.0, 2.0, 1.0], 3), [-1.0, 0.0, 1.0], 2)
        else:
            if "sobel" not in kernels:
                dx = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], device=device)
                kernels["sobel"] = torch.stack([dx, dx.T]).unsqueeze(1).contiguous()
            x = functional.pad(x, (1, 1, 1, 1), mode="reflect")
            both = functional.conv2d(x, kernels["sobel"])
            dx, dy = both[:, :1], both[:, 1:]
        return (dx * dx + dy * dy).sqrt().round().clamp(0, 255)

    def gray(x):
        red, green, blue = x.unbind(1)
        return (red * 0.299 + green * 0.587 + blue * 0.114).round().unsqueeze(1)

    def planes(x):
        return x.permute(0, 3, 1, 2).float()

    def resize(x, height, width):
        x = functional.interpolate(x, size=(height, width), mode="bilinear", align_corners=False)
        return x.round()

    def byte(x):
        return x.to(torch.uint8)

    def interleaved(x):
        return byte(x).permute(0, 2, 3, 1).contiguous()

    mean = torch.tensor(MEAN, device=device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=device).view(1, 3, 1, 1)

    def edge_full(x):
        return byte(sobel(blur(gray(planes(x)), 5)))

    def edge_small(x):
        return byte(sobel(blur(gray(resize(planes(x), 240, 320)), 5)))

    def classify(x):
        small = resize(planes(x), 256, 256)[:, :, 16:240, 16:240]
        return (small / 255 - mean) / std

    def letterbox(x):
        small = resize(planes(x), 360, 640)
        return (functional.pad(small, (0, 0, 140, 140), value=114.0) / 255).half()

    def resample(x):
        """The evaluation transforms of torchvision v2, for a batch on the GPU; compiled, what they call. In place of their `normalize`,
        which copies its numbers to the GPU and waits in each call, its arithmetic with tensors that are there."""
        x = x.permute(0, 3, 1, 2)
        if compiled:
            x = functional.interpolate(x.float(), size=(224, 224), mode="bicubic", antialias=True)
            x = x.clamp(0, 255).round() * (1 / 255)
            return ((x - mean) / std).half()
        from torchvision.transforms.v2 import InterpolationMode
        from torchvision.transforms.v2 import functional as transforms

        x = transforms.resize(x, [224, 224], interpolation=InterpolationMode.BICUBIC, antialias=True)
        return ((transforms.to_dtype(x, torch.float32, scale=True) - mean) / std).half()

    return {
        "edge-full": edge_full,
        "edge-small": edge_small,
        "blur5": lambda x: interleaved(blur(planes(x), 5)),
        "blur7": lambda x: interleaved(blur(planes(x), 7)),
        "gray": lambda x: byte(gray(planes(x))),
        "resize": lambda x: interleaved(resize(planes(x), 360, 640)),
        "classify": classify,
        "letterbox": letterbox,
        "resample": resample,
        "upscale2": lambda x: interleaved(resize(planes(x), 1080, 1920)),
        "upscale3": lambda x: interleaved(resize(planes(x), 1056, 1056)),
        "latency": edge_small,
    }


def main():
    parser = common.arguments(__doc__)
    parser.add_argument("--compile", action="store_true", help="with torch.compile")
    parser.add_argument("--mode", default="max-autotune-no-cudagraphs", help="mode of torch.compile")
    options = parser.parse_args()
    tool = "torch.compile" if options.compile else "torch eager"
    torch = gpu.torch_with_gpu(tool)
    if torch is None:
        return
    torch.backends.cudnn.benchmark = True
    machine = {"device": torch.cuda.get_device_name(), "cuda": torch.version.cuda}
    results = []
    for workload in common.workloads(options):
        function = functions(torch, options.compile)[workload.name]
        if options.compile:
            torch._dynamo.reset()
            function = torch.compile(function, mode=options.mode, dynamic=False)
        results.append(gpu.measured(torch, workload, function, options))
        # Written after each workload: compiling may take long, and the run may be interrupted.
        common.write(options.json, tool, torch.__version__, machine, results)
    common.save(options.json, tool, torch.__version__, machine, results)


if __name__ == "__main__":
    main()
