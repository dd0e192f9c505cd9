"""Arrays as bytes: writes the state's arrays into a checkpoint and reads them back.

Layout: u32 length, MessagePack list of (name, dtype, shape), then each array's bytes,
little-endian, in that order. Equal arrays give equal bytes.
"""

import struct
from math import prod
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

LENGTH = struct.Struct("<I")
Shapes = list[tuple[str, str, tuple[int, ...]]]


def pack_arrays(arrays: dict[str, NDArray[Any]]) -> bytes:
    """Write named arrays one after the other."""
    shapes = [(name, array.dtype.str, array.shape) for name, array in arrays.items()]
    head = msgspec.msgpack.encode(shapes)
    parts = [LENGTH.pack(len(head)), head]
    parts += [np.ascontiguousarray(array).tobytes() for array in arrays.values()]
    return b"".join(parts)


def unpack_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """Read what `pack_arrays` wrote; the arrays are read-only views of `data`.

    Examples
    --------
    >>> unpack_arrays(pack_arrays({"a": np.arange(3)}))["a"].tolist()
    [0, 1, 2]
    """
    (length,) = LENGTH.unpack_from(data)
    offset = LENGTH.size + length
    arrays = {}
    for name, dtype, shape in msgspec.msgpack.decode(data[LENGTH.size : offset], type=Shapes):
        count = prod(shape)
        arrays[name] = np.frombuffer(data, np.dtype(dtype), count, offset).reshape(shape)
        offset += np.dtype(dtype).itemsize * count
    return arrays
