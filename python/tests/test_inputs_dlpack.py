"""Tensors of other libraries as the images of a call, by DLPack and its like."""

import ctypes
import gc
import threading
from typing import Any

import numpy as np
import pixelflume as pf
import pytest
from producers import (
    FROM_PY_OBJECT,
    WORK_STREAM,
    ExchangeApi,
    Producer,
    exchange_capsule,
    giving,
)
from seen import one, seen

IMAGE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def refused(images: Any, match: str) -> pf.InputError:
    with pytest.raises(pf.InputError, match=match) as raised:
        seen(images)
    return raised.value


@pytest.mark.parametrize("versioned", [True, False])
def test_the_struct_is_taken_and_deleted_once(versioned: bool) -> None:
    producer = Producer(versioned=versioned)
    np.testing.assert_array_equal(one(producer), IMAGE)
    assert producer.deleted == 1
    assert producer.capsule_name().startswith(b"used_dltensor")
    gc.collect()
    assert producer.deleted == 1


def test_producers_are_asked_for_the_newest_version() -> None:
    producer = Producer()
    one(producer)
    assert producer.calls == [{"max_version": (1, 3)}]
    old = Producer(versioned=False, knows_version=False)
    np.testing.assert_array_equal(one(old), IMAGE)
    assert old.calls == [{}]


def test_a_producer_without_deleter_is_taken() -> None:
    producer = Producer(deleter=False)
    np.testing.assert_array_equal(one(producer), IMAGE)
    assert producer.deleted == 0


def test_strides_and_offsets_are_those_of_the_struct() -> None:
    flipped = Producer(strides=(-12, 3, 1), byte_offset=12)
    np.testing.assert_array_equal(one(flipped), IMAGE[::-1])
    repeated = Producer(strides=(0, 3, 1))
    np.testing.assert_array_equal(one(repeated), IMAGE[[0, 0]])
    without = Producer(strides=None, versioned=False)
    np.testing.assert_array_equal(one(without), IMAGE)
    early = Producer(strides=None, version=(1, 1))
    np.testing.assert_array_equal(one(early), IMAGE)


def test_lists_are_taken_in_order_and_all_are_deleted() -> None:
    producers = [Producer(bytes([index] * 24)) for index in range(5)]
    for index, got in enumerate(seen(producers)):
        assert (got == index).all()
    assert [producer.deleted for producer in producers] == [1] * 5
    producers = [Producer(), Producer(lanes=4), Producer()]
    assert refused(producers, "image 1: ").image == 1
    gc.collect()
    # The third was not asked.
    assert [producer.deleted for producer in producers] == [1, 1, 0]
    assert producers[2].calls == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"version": (2, 0)}, "DLPack 2.0"),
    ({"version": (0, 9)}, "DLPack 0.9"),
    ({"ndim": 0}, "0 dimensions"),
    ({"ndim": 1}, "1 dimensions"),
    ({"ndim": 5}, "5 dimensions"),
    ({"ndim": -1}, "-1 dimensions"),
    ({"ndim": 2**31 - 1}, "2147483647 dimensions"),
    ({"shape": None, "ndim": 3}, "null pointer in place of its shape"),
    ({"strides": None}, "null pointer in place of its strides"),
    ({"null": True}, "null pointer in place of its memory"),
    ({"shape": (2, 0, 3)}, "0 entries on axis 1"),
    ({"shape": (2, -4, 3)}, "-4 entries on axis 1"),
    ({"shape": (2**62, 4, 3)}, "entries on axis 0"),
    ({"shape": (2**31, 2**31, 3), "strides": (3 * 2**31, 3, 1)}, "larger than any"),
    ({"shape": (2**31, 2**31, 1), "strides": (0, 0, 1)}, "repeats its memory"),
    ({"strides": (2**62, 3, 1), "code": 2, "bits": 32}, "larger than any"),
    ({"strides": (2**63 - 1, 3, 1)}, "past the end|larger than any"),
    ({"byte_offset": 2**64 - 1}, "past the end"),
    ({"lanes": 4}, "4 lanes"),
    ({"code": 6}, "bool"),
    ({"bits": 16}, "uint16"),
    ({"code": 2, "bits": 64}, "float64"),
    ({"code": 0, "bits": 64}, "int64"),
    ({"code": 250, "bits": 3}, "code 250"),
    ({"device_type": 2}, "device type 2.*move the image"),
    ({"device_type": 13}, "device type 13"),
    ({"device_type": 8, "device_id": -5}, "device type 8, number -5"),
]


@pytest.mark.parametrize(("fields", "match"), WRONG, ids=range(len(WRONG)))
def test_wrong_structs_are_refused_and_deleted(
    fields: dict[str, Any], match: str
) -> None:
    producer = Producer(**fields)
    refused(producer, match)
    gc.collect()
    assert producer.deleted == 1


@pytest.mark.parametrize(
    "name", [b"used_dltensor", b"used_dltensor_versioned", b"junk", b"\xff\xfe" * 400]
)
def test_capsules_with_other_names_are_not_opened(name: bytes) -> None:
    producer = Producer(name=name)
    error = refused(producer, "capsule named")
    assert producer.deleted == 0
    assert len(str(error)) < 600


def test_a_capsule_is_used_once() -> None:
    producer = Producer()
    one(producer)
    capsule = producer.capsule

    class Again:
        def __dlpack_device__(self) -> tuple[int, int]:
            return (1, 0)

        def __dlpack__(self, **_: Any) -> Any:
            return capsule

    refused(Again(), "used_dltensor_versioned")
    assert producer.deleted == 1


@pytest.mark.parametrize("junk", [None, 7, "capsule", object(), b"dltensor", []])
def test_what_is_no_capsule_is_refused(junk: Any) -> None:
    class Junk:
        def __dlpack_device__(self) -> tuple[int, int]:
            return (1, 0)

        def __dlpack__(self, **_: Any) -> Any:
            return junk

    refused(Junk(), "and not a capsule")


@pytest.mark.parametrize(
    "device", ["cpu", 1, (1,), (1, 0, 0), (2**40, 0), (1, "x"), (1.5, 0), ()]
)
def test_junk_in_place_of_a_device_is_refused(device: Any) -> None:
    producer = Producer(told_device=device)
    refused(producer, "__dlpack_device__ of .*Producer failed")
    assert producer.calls == []


def test_exceptions_of_producers_are_the_cause() -> None:
    class Raising:
        def __init__(self, exception: BaseException) -> None:
            self.exception = exception

        def __dlpack_device__(self) -> tuple[int, int]:
            return (1, 0)

        def __dlpack__(self, **_: Any) -> Any:
            raise self.exception

    for exception in (BufferError("a\nb"), TypeError("x"), MemoryError()):
        error = refused([Raising(exception)], "^image 0: __dlpack__ of .* failed")
        assert error.__cause__ is exception
        assert "\n" not in str(error)
    for exit_ in (KeyboardInterrupt(), SystemExit(3)):
        with pytest.raises(type(exit_)):
            seen([Raising(exit_)])


def test_a_struct_that_does_not_keep_what_it_told() -> None:
    # It told a GPU, and has ordinary memory.
    np.testing.assert_array_equal(one(Producer(told_device=(2, 0))), IMAGE)
    # It told the CPU, and has memory of a GPU.
    refused(Producer(told_device=(1, 0), device_type=2), "device type 2")


class Cuda:
    """An array behind `__cuda_array_interface__`."""

    def __init__(self, interface: Any) -> None:
        self.__cuda_array_interface__ = interface


def test_arrays_on_a_gpu_are_refused_on_the_host() -> None:
    interface = {
        "shape": (2, 4, 3),
        "typestr": "|u1",
        "data": (4096, False),
        "version": 3,
        "stream": 1,
    }
    refused(Cuda(interface), "memory of a GPU.*device=\"cuda\"")
    refused(Cuda({**interface, "mask": object()}), "mask")
    for key in ("shape", "typestr", "data"):
        less = {name: value for name, value in interface.items() if name != key}
        refused(Cuda(less), f"__cuda_array_interface__ of .* failed: KeyError: '{key}'")
    for junk in (None, 7, {}, {**interface, "data": "x"}, {**interface, "shape": 3}):
        refused(Cuda(junk), "__cuda_array_interface__ of .* failed")


def exchanging(
    producer: Producer | None = None, *, name: bytes = b"dlpack_exchange_api", **fields: Any
) -> Any:
    """Make an object whose type has exchange functions."""
    api = ExchangeApi()
    api.major, api.minor = 1, 3
    if producer is not None:
        api.from_py_object = FROM_PY_OBJECT(giving(producer))
    for field, value in fields.items():
        setattr(api, field, value)

    class Exchanging:
        __dlpack_c_exchange_api__ = exchange_capsule(api, name)
        kept = (api, producer)

    return Exchanging()


def test_exchange_functions_are_used_where_a_type_has_them() -> None:
    producer = Producer()
    for passed in (exchanging(producer), [exchanging(producer)]):
        np.testing.assert_array_equal(one(passed), IMAGE)
    assert producer.deleted == producer.given >= 2
    assert producer.calls == []


def test_older_exchange_functions_are_found() -> None:
    producer = Producer()
    older = ExchangeApi()
    older.major, older.minor = 1, 3
    older.from_py_object = FROM_PY_OBJECT(giving(producer))
    passed = exchanging(None, major=2, prev_api=ctypes.pointer(older))
    np.testing.assert_array_equal(one(passed), IMAGE)


def test_exchange_functions_of_other_versions_are_not_called() -> None:
    producer = Producer()
    refused(exchanging(producer, major=2), "is no image")
    refused(exchanging(producer, major=0), "is no image")
    endless = ExchangeApi()
    endless.major = 7
    endless.prev_api = ctypes.pointer(endless)
    refused(exchanging(producer, major=2, prev_api=ctypes.pointer(endless)), "no image")
    refused(exchanging(producer, name=b"other"), "is no image")
    assert producer.deleted == 0


def test_exchange_functions_that_lack_are_named() -> None:
    refused(exchanging(), "C exchange API .* lacks a function")

    def give_nothing(_: int, out: int) -> int:
        return 0

    nothing = FROM_PY_OBJECT(give_nothing)
    refused(exchanging(from_py_object=nothing), "C exchange API .* lacks a function")
    on_gpu = Producer(device_type=2)
    refused(exchanging(on_gpu), "C exchange API .* lacks a function")
    gc.collect()
    assert on_gpu.deleted == on_gpu.given >= 1


def test_exchange_functions_that_fail_are_named() -> None:
    def fail(_: int, __: int) -> int:
        return -1

    # It sets no exception, as it should.
    failing = exchanging(from_py_object=FROM_PY_OBJECT(fail))
    refused(failing, "C exchange API of DLPack of .* failed")


def test_the_stream_of_a_gpu_is_asked_for() -> None:
    asked: list[tuple[int, int]] = []

    def stream(device_type: int, device_id: int, out: int) -> int:
        asked.append((device_type, device_id))
        ctypes.c_void_p.from_address(out).value = 0x1234
        return 0

    producer = Producer(device_type=2, device_id=3)
    passed = exchanging(producer, work_stream=WORK_STREAM(stream))
    refused(passed, "device type 2, number 3")
    assert (2, 3) in asked
    gc.collect()
    assert producer.deleted == producer.given >= 1


def test_tensors_are_taken_on_many_threads() -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(100):
                producer = Producer()
                np.testing.assert_array_equal(one(producer), IMAGE)
                assert producer.deleted == 1
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
