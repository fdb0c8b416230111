"""The bytes of .npz and .safetensors files: named arrays and a tree of plain values.

The tree is JSON and has a checksum over itself and over the name, dtype, shape and bytes of every
array. In an .npz file both are the text in an array of bytes, which comes first; in a .safetensors
file they are metadata.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from typing import Any

import numpy as np

from .dtypes import FROM_NUMPY, Array

TREE = "tree"
"""The name of the tree."""

RESERVED = (TREE, "__metadata__")
"""Names that no array may have: the formats use them."""

_CHECKSUM = "crc32"

_PICKLE = (
    "a pickle, which could execute anything; in PyTorch save the state dict with "
    "safetensors.torch.save_file"
)


class _RefusedError(Exception):
    """An undamaged file that cannot be loaded; the message continues "load: NAME"."""


def to_npz(tree: Any, arrays: dict[str, Array]) -> bytes:
    """The bytes of an .npz file; the same tree and arrays always give the same bytes."""
    text = np.frombuffer(json.dumps(_described(tree, arrays)).encode(), np.uint8)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in {TREE: text, **arrays}.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return file.getvalue()


def to_safetensors(tree: Any, arrays: dict[str, Array]) -> bytes:
    """The bytes of a .safetensors file."""
    return bytes(_library().save(arrays, {**_described(tree, arrays), "format": "pt"}))


def _described(tree: Any, arrays: dict[str, Array]) -> dict[str, str]:
    text = json.dumps(tree)
    return {TREE: text, _CHECKSUM: _checksum(text, arrays)}


def _checksum(text: str, arrays: dict[str, Array]) -> str:
    crc = zlib.crc32(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        crc = zlib.crc32(f"{name}\0{array.dtype}{array.shape}".encode(), crc)
        crc = zlib.crc32(array.tobytes(), crc)
    return f"{crc:08x}"


def _library() -> Any:
    try:
        import safetensors.numpy  # noqa: PLC0415 - an extra
    except ImportError:
        raise ImportError(
            "a .safetensors file needs the package of that name: "
            'pip install "tinygrad-rnn[files]"; any other name gives an .npz file'
        ) from None
    return safetensors.numpy


def read(name: str, content: bytes, max_bytes: int | None = None) -> tuple[Any, dict[str, Array]]:
    """The tree and the arrays of a file; without a tree, that is a dict of the arrays.

    Args:
        name: The name of the file, for errors.
        content: Its bytes.
        max_bytes: How many bytes a compressed file may unpack to; None for 256 MiB, or 16 times
            the size of the file if that is more.

    Raises:
        RuntimeError: If the file is damaged, of another format, too large when unpacked, or holds
            an array of an unsupported dtype.
        ImportError: If it is a .safetensors file, and the package is not installed.
    """
    try:
        if content.startswith(b"PK"):
            limit = max(2**28, 16 * len(content)) if max_bytes is None else max_bytes
            arrays, described = _from_npz(content, limit)
        elif content[8:9] == b"{":
            arrays, described = _from_safetensors(content)
        else:
            what = "empty" if not content else _PICKLE if content[0] == 0x80 else "of another kind"
            raise _RefusedError(f"is no .npz or .safetensors file; it is {what}")
        for key, array in arrays.items():
            _check_dtype(key, array.dtype)
        if not described.keys() & {TREE, _CHECKSUM}:
            return ["dict", [[key, ["Tensor", key, False]] for key in arrays]], arrays
        if described[_CHECKSUM] != _checksum(described[TREE], arrays):
            raise ValueError("it does not match its checksum")
        return json.loads(described[TREE]), arrays
    except _RefusedError as error:
        raise RuntimeError(f"load: {name} {error}") from None
    except ImportError:
        raise
    except Exception as error:  # parsers of damaged bytes raise anything, RecursionError included
        raise RuntimeError(f"load: {name} is damaged ({error or type(error).__name__})") from None


def _check_dtype(key: str, dtype: np.dtype[Any]) -> None:
    if dtype not in FROM_NUMPY:
        supported = ", ".join(str(each) for each in FROM_NUMPY)
        raise _RefusedError(f"holds {key} of dtype {dtype}; supported are {supported}")


def _from_npz(content: bytes, limit: int) -> tuple[dict[str, Array], dict[str, str]]:
    arrays: dict[str, Array] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if any(each.filename.endswith("data.pkl") for each in members):
            raise _RefusedError(f"is {_PICKLE}")
        size = sum(each.file_size for each in members)
        if size > limit:
            raise _RefusedError(
                f"has {len(content):,} bytes and would unpack to {size:,}, more than the limit of "
                f"{limit:,}: if you trust it, call load(..., max_bytes={size})"
            )
        for member in members:
            key = member.filename.removesuffix(".npy")
            if key in arrays:
                raise ValueError(f"it holds {key} twice")
            arrays[key] = _array(key, archive, member)
    if not arrays or (TREE not in arrays and content[30:].startswith(f"{TREE}.npy".encode())):
        raise ValueError("its list of arrays is not complete")
    text = arrays.get(TREE, np.empty(0))
    if text.dtype != np.uint8 or text.ndim != 1:  # of that name in a file of another program
        return arrays, {}
    if text.nbytes > len(content):  # JSON takes many times its length, and we never compress it
        raise ValueError("its tree is larger than the file")
    described = json.loads(arrays.pop(TREE).tobytes())
    if described.keys() != {TREE, _CHECKSUM}:
        raise _RefusedError(
            "was written by an earlier version, without a checksum; numpy.load reads its arrays"
        )
    return arrays, described


def _array(key: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Array:
    """One array of an .npz file; uses no more memory than the member's stated size."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{key} is compressed in a way that NumPy does not use")
    with archive.open(member) as opened:
        data = opened.read(member.file_size)  # without a size it would unpack everything
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(file)
    _check_dtype(key, dtype)
    if math.prod(shape) * dtype.itemsize != len(data) - file.tell():
        raise ValueError(f"the size of {key} does not fit its shape")
    flat = np.frombuffer(data, dtype, offset=file.tell())
    return flat.reshape(shape, order="F" if fortran else "C").copy("K")


def _from_safetensors(content: bytes) -> tuple[dict[str, Array], dict[str, str]]:
    arrays = {key: np.array(each) for key, each in _library().load(content).items()}
    length = int.from_bytes(content[:8], "little")  # which the library has checked
    return arrays, json.loads(content[8 : 8 + length]).get("__metadata__", {})
