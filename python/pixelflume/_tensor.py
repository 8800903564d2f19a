"""Tensors as arrays of other libraries.

The native classes call these functions; the libraries are imported where they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import torch as torch_module
    from pixelflume._native import Tensor

_NO_BFLOAT16 = (
    "NumPy has no type for bfloat16: install ml_dtypes, use .torch(), or make the "
    'samples f32 or f16, for example by normalize(..., dtype="f32")'
)


def _bfloat16() -> Any:
    """The type of bfloat16 for NumPy, which the package ml_dtypes has."""
    try:
        import ml_dtypes
    except ImportError:
        raise TypeError(_NO_BFLOAT16) from None
    return ml_dtypes.bfloat16


def numpy(tensor: Tensor) -> np.ndarray[Any, Any]:
    """The tensor as an array: the same memory on the host, a copy from a GPU."""
    import numpy as np

    if tensor.device != "host":
        dtype = _bfloat16() if tensor.dtype == "bfloat16" else tensor.dtype
        copy = np.empty(tensor.shape, dtype)
        tensor._read_into(copy.reshape(-1).view(np.uint8))
        return copy
    if tensor.dtype == "bfloat16":
        dtype = _bfloat16()
        return np.asarray(memoryview(tensor._bits())).view(dtype)
    return np.asarray(memoryview(tensor))


def array(
    tensor: Tensor, dtype: Any = None, copy: bool | None = None
) -> np.ndarray[Any, Any]:
    """What ``__array__`` gives: an array of this type, by a copy where one is needed.

    With ``copy=False`` it raises ``ValueError`` where a copy is needed.
    """
    import numpy as np

    if copy is False and tensor.device != "host":
        raise ValueError(
            "a tensor on a GPU becomes an array of NumPy by a copy only; pass copy=None"
        )
    result = numpy(tensor)
    if dtype is not None and result.dtype != np.dtype(dtype):
        if copy is False:
            raise ValueError(f"{result.dtype} becomes {dtype} by a copy only")
        return result.astype(dtype)
    if copy and tensor.device == "host":
        return result.copy()
    return result


def torch(tensor: Tensor) -> torch_module.Tensor:
    """The tensor as one of PyTorch, in the same memory, in its current stream."""
    import torch

    return torch.from_dlpack(tensor)


def jax(tensor: Tensor) -> Any:
    """The tensor as an array of JAX."""
    import jax.dlpack

    return jax.dlpack.from_dlpack(tensor)


def cupy(tensor: Tensor) -> Any:
    """The tensor, on a GPU, as an array of CuPy, in CuPy's current stream."""
    import cupy

    return cupy.from_dlpack(tensor)
