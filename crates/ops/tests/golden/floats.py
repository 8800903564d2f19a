"""What the golden.py of operators that make floating-point numbers share: channels first and last, and the types of samples."""

import numpy as np


def levels(channels):
    """An image of 16x16 pixels that has each of the 256 levels in each channel, in another order."""
    planes = [np.arange(256) * step % 256 for step in (1, 3, 5, 7)[:channels]]
    return np.stack(planes, axis=-1).astype(np.uint8).reshape(16, 16, channels)


def to_tensor(image):
    """The tensor (channels, height, width) of an image."""
    import torch

    return torch.from_numpy(image).permute(2, 0, 1).contiguous()


def of_tensor(tensor, sample, layout):
    """The samples of an f32 tensor (channels, height, width) as torch converts them."""
    import ml_dtypes
    import torch

    # Not an image of torchvision's v2, whose operations keep its class.
    tensor = tensor.as_subclass(torch.Tensor)
    assert tensor.dtype == torch.float32, tensor.dtype
    tensor = tensor if layout == "planar" else tensor.permute(1, 2, 0)
    if sample == "bf16":
        # NumPy has no bf16 of its own.
        return tensor.to(torch.bfloat16).contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.to({"f32": torch.float32, "f16": torch.float16}[sample]).contiguous().numpy()
