"""Tensors of DLPack made by hand, right and wrong ones."""

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

PY = ctypes.pythonapi
PY.PyCapsule_New.restype = ctypes.py_object
PY.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
PY.PyCapsule_GetName.restype = ctypes.c_char_p
PY.PyCapsule_GetName.argtypes = [ctypes.py_object]


class Tensor(ctypes.Structure):
    """`DLTensor` of dlpack.h."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("byte_offset", ctypes.c_uint64),
    ]


DELETER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Versioned(ctypes.Structure):
    """`DLManagedTensorVersioned` of dlpack.h."""

    _fields_ = [
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("manager_ctx", ctypes.c_void_p),
        ("deleter", DELETER),
        ("flags", ctypes.c_uint64),
        ("tensor", Tensor),
    ]


class Legacy(ctypes.Structure):
    """`DLManagedTensor` of dlpack.h."""

    _fields_ = [
        ("tensor", Tensor),
        ("manager_ctx", ctypes.c_void_p),
        ("deleter", DELETER),
    ]


class Producer:
    """An object with `__dlpack__` whose struct has the given fields.

    `deleted` counts the calls of the deleter, `given` those of exchange functions.
    """

    def __init__(
        self,
        data: bytes = bytes(range(24)),
        shape: Sequence[int] | None = (2, 4, 3),
        strides: Sequence[int] | None = (12, 3, 1),
        *,
        versioned: bool = True,
        version: tuple[int, int] = (1, 3),
        name: bytes | None = None,
        knows_version: bool = True,
        told_device: Any = None,
        deleter: bool = True,
        null: bool = False,
        **fields: int | None,
    ) -> None:
        self.deleted = self.given = 0
        self.calls: list[dict[str, Any]] = []
        self.knows_version = knows_version
        self.told_device = told_device
        self.data = ctypes.create_string_buffer(data, len(data))
        self.shape = (ctypes.c_int64 * len(shape))(*shape) if shape else None
        self.strides = (ctypes.c_int64 * len(strides))(*strides) if strides else None

        def count(_: int) -> None:
            self.deleted += 1

        self.deleter = DELETER(count)
        self.managed: Any = Versioned() if versioned else Legacy()
        if versioned:
            self.managed.major, self.managed.minor = version
        if deleter:
            self.managed.deleter = self.deleter
        tensor = self.managed.tensor
        tensor.data = None if null else ctypes.addressof(self.data)
        tensor.device_type, tensor.device_id = 1, 0
        tensor.ndim = len(shape or ())
        tensor.code, tensor.bits, tensor.lanes = 1, 8, 1
        tensor.shape = ctypes.addressof(self.shape) if self.shape else None
        tensor.strides = ctypes.addressof(self.strides) if self.strides else None
        for field, value in fields.items():
            setattr(tensor, field, value)
        self.name = name or (b"dltensor_versioned" if versioned else b"dltensor")

    def __dlpack_device__(self) -> Any:
        """Tell the device of the struct, or what was asked for."""
        if self.told_device is not None:
            return self.told_device
        return (self.managed.tensor.device_type, self.managed.tensor.device_id)

    def __dlpack__(self, **keywords: Any) -> Any:
        """Give the struct in a capsule."""
        if "max_version" in keywords and not self.knows_version:
            raise TypeError("unexpected keyword max_version")
        self.calls.append(keywords)
        address = ctypes.addressof(self.managed)
        self.capsule = PY.PyCapsule_New(address, self.name, None)
        return self.capsule

    def capsule_name(self) -> bytes:
        """Give the present name of the last capsule."""
        return bytes(PY.PyCapsule_GetName(self.capsule))


FROM_PY_OBJECT = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
WORK_STREAM = ctypes.PYFUNCTYPE(
    ctypes.c_int, ctypes.c_int32, ctypes.c_int32, ctypes.c_void_p
)


class ExchangeApi(ctypes.Structure):
    """`DLPackExchangeAPI` of dlpack.h."""


ExchangeApi._fields_ = [
    ("major", ctypes.c_uint32),
    ("minor", ctypes.c_uint32),
    ("prev_api", ctypes.POINTER(ExchangeApi)),
    ("allocator", ctypes.c_void_p),
    ("from_py_object", FROM_PY_OBJECT),
    ("to_py_object", ctypes.c_void_p),
    ("dltensor", FROM_PY_OBJECT),
    ("work_stream", WORK_STREAM),
]


def exchange_capsule(api: ExchangeApi, name: bytes = b"dlpack_exchange_api") -> Any:
    """Give exchange functions in a capsule."""
    return PY.PyCapsule_New(ctypes.addressof(api), name, None)


def giving(producer: Producer) -> Callable[[int, int], int]:
    """Give the exchange function that gives the struct of a producer."""

    def give(_: int, out: int) -> int:
        producer.given += 1
        ctypes.c_void_p.from_address(out).value = ctypes.addressof(producer.managed)
        return 0

    return give
