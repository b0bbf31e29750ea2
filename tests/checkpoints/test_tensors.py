"""Tensors in a file: safetensors, bit for bit, and refused where it is none."""

import array
import json
import math
import struct

import pytest
import safetensors
from hypothesis import given, settings
from hypothesis import strategies as st
from support.checkpoints import fails, tensor

from glassgpt.checkpoints.tensors import Tensor, decode_tensors, encode_tensors
from glassgpt.errors import CheckpointError

floats = st.floats(width=64) | st.sampled_from([5e-324, -0.0, math.inf, math.nan])
shapes = st.lists(st.integers(0, 4), max_size=3).map(tuple)


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    kind, shape = draw(st.sampled_from("df")), draw(shapes)
    count = math.prod(shape)
    words = st.binary(min_size=1, max_size=1)
    width = array.array(kind).itemsize
    raw = draw(st.lists(floats, min_size=count, max_size=count) | words)
    values = array.array(kind)
    if isinstance(raw, bytes):
        values.frombytes(raw * (count * width))
    else:
        values.extend(
            raw if kind == "d" else [1e-45 if x == 5e-324 else 0.5 for x in raw]
        )
    return Tensor(shape, values)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8), tensors(), max_size=4))
def test_tensors_come_back_bit_for_bit(state: dict[str, Tensor]) -> None:
    state.pop("__metadata__", None)
    found = decode_tensors(encode_tensors(state))
    assert list(found) == sorted(state)
    for name, wanted in state.items():
        assert found[name].shape == wanted.shape
        assert found[name].values.typecode == wanted.values.typecode
        assert found[name].values.tobytes() == wanted.values.tobytes()


def test_the_order_of_the_names_does_not_change_the_bytes() -> None:
    one, two = tensor(1.0), tensor(2.0, kind="f")
    assert encode_tensors({"a": one, "b": two}) == encode_tensors({"b": two, "a": one})


def test_the_file_is_safetensors_with_one_metadata_key() -> None:
    data = encode_tensors({"wte": Tensor((1, 2), array.array("d", [1.5, -2.0]))})
    (length,) = struct.unpack("<Q", data[:8])
    assert json.loads(data[8 : 8 + length]) == {
        "__metadata__": {"format": "glassgpt"},
        "wte": {"dtype": "F64", "shape": [1, 2], "data_offsets": [0, 16]},
    }
    assert data[8 + length :] == struct.pack("<2d", 1.5, -2.0)


@pytest.mark.parametrize(
    ("shape", "kind"), [((2,), "d"), ((-1, -3), "d"), ((3,), "i"), ((), "f")]
)
def test_a_tensor_refuses_a_shape_or_type_that_does_not_fit(
    shape: tuple[int, ...], kind: str
) -> None:
    fails(lambda: Tensor(shape, array.array(kind, [1, 2, 3])), "invalid tensor")


def test_a_tensor_of_another_type_is_refused_by_name() -> None:
    data = array.array("q", [1])
    spec = safetensors.TensorSpec(
        dtype="int64", shape=[1], data_ptr=data.buffer_info()[0], data_len=8
    )
    foreign = bytes(safetensors.serialize({"ids": spec}))
    fails(lambda: decode_tensors(foreign), "invalid tensor: ids", "I64")


@settings(deadline=None)
@given(st.binary(max_size=40) | st.binary(max_size=20).map(lambda b: bytes(8) + b))
def test_bytes_that_are_not_safetensors_are_refused(data: bytes) -> None:
    fails(lambda: decode_tensors(data), "invalid safetensors")


@settings(deadline=None)
@given(st.data())
def test_a_damaged_header_is_refused_or_read_without_another_error(
    data: st.DataObject,
) -> None:
    whole = bytearray(encode_tensors({"a": tensor(1.0, 2.0), "b": tensor(3.0)}))
    at = data.draw(st.integers(0, len(whole) - 25))
    whole[at] ^= data.draw(st.integers(1, 255))
    try:
        decode_tensors(bytes(whole))
    except CheckpointError as error:
        assert error.remedy
