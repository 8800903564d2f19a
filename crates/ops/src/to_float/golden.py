"""Golden vectors of `to_float`: what torchvision makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

from floats import levels, of_tensor, to_tensor
from vectors import Library

SEED = 27600
TORCH = {"torchvision": "0.29.2", "torch": "2.15.0", "ml_dtypes": "0.6.0"}
LIBRARIES = {"torchvision": Library("torchvision", TORCH), "torchvision_v2": Library("torchvision", TORCH)}


def apply(image, like, scaled=True, sample="f32", layout="interleaved"):
    import torch
    from torchvision import transforms
    from torchvision.transforms import v2

    if like == "torchvision_v2":
        tensor = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=scaled)])(image)
    elif scaled:
        tensor = transforms.ToTensor()(image)
    else:
        tensor = to_tensor(image).float()
    return of_tensor(tensor, sample, layout)


def cases(golden):
    for channels in (1, 3, 4):
        for scaled in (True, False):
            for sample, layout in (("f32", "planar"), ("f16", "interleaved"), ("bf16", "planar")):
                parameters = {"like": golden.like, "scaled": scaled, "sample": sample, "layout": layout}
                golden.add(parameters, "raw", image=levels(channels))
