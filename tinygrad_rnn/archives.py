"""The bytes of .npz and .safetensors files: named arrays, and a tree of plain values beside them.

In an .npz file the tree is JSON in an array of bytes, which comes first; in a .safetensors file it
is JSON in the metadata, with a checksum, as the format has none.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import Any

import numpy as np

from .dtypes import FROM_NUMPY, Array

Content = tuple[Any, dict[str, Array]]
"""The tree, None where a file has none, and the arrays."""

TREE = "tree"
"""What the tree is called; no array may be."""

_PICKLE = (
    "a pickle, which could execute anything; in PyTorch save the state dict with "
    "safetensors.torch.save_file"
)


def to_npz(tree: Any, arrays: dict[str, Array]) -> bytes:
    """The bytes of an .npz file."""
    text = np.frombuffer(json.dumps(tree).encode(), np.uint8)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in {TREE: text, **arrays}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return file.getvalue()


def to_safetensors(tree: Any, arrays: dict[str, Array]) -> bytes:
    """The bytes of a .safetensors file."""
    text = json.dumps(tree)
    about = {TREE: text, "crc32": _checksum(text, arrays), "format": "pt"}
    return bytes(_library().save(arrays, about))


def _checksum(text: str, arrays: dict[str, Array]) -> str:
    crc = zlib.crc32(text.encode())
    for name in sorted(arrays):
        crc = zlib.crc32(arrays[name].tobytes(), zlib.crc32(name.encode(), crc))
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


def read(name: str, content: bytes) -> Content:
    """What a file holds.

    Args:
        name: What errors call the file.
        content: Its bytes.

    Raises:
        RuntimeError: If it is damaged, cut off, of another kind, or holds what we have no type for.
        ImportError: If it is a .safetensors file, and the package is not there.
    """
    if content.startswith(b"PK"):
        tree, arrays = _from_npz(name, content)
    elif content[8:9] == b"{":
        tree, arrays = _from_safetensors(name, content)
    else:
        kind = "empty" if not content else _PICKLE if content[0] == 0x80 else "of another kind"
        raise RuntimeError(f"load: {name} is no .npz or .safetensors file; it is {kind}")
    for key, array in arrays.items():
        if array.dtype not in FROM_NUMPY:
            known = ", ".join(str(each) for each in FROM_NUMPY)
            raise RuntimeError(f"load: {key} in {name} is of type {array.dtype}; known are {known}")
    return tree, arrays


def _from_npz(name: str, content: bytes) -> Content:
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(each.endswith("data.pkl") for each in archive.namelist()):
                raise RuntimeError(f"load: {name} is {_PICKLE}")
            for each in archive.namelist():
                with archive.open(each) as member:
                    array = np.lib.format.read_array(member, allow_pickle=False)
                arrays[each.removesuffix(".npy")] = array
        text = arrays.pop(TREE, None)
        return None if text is None else json.loads(text.tobytes()), arrays
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError) as error:
        raise RuntimeError(f"load: {name} is damaged, or no .npz file ({error})") from None


def _from_safetensors(name: str, content: bytes) -> Content:
    library = _library()
    try:
        arrays = {key: np.array(each) for key, each in library.load(content).items()}
        length = int.from_bytes(content[:8], "little")
        about = json.loads(content[8 : 8 + length]).get("__metadata__", {})
        text = about.get(TREE, "null")
        if about.keys() & {TREE, "crc32"} and about.get("crc32") != _checksum(text, arrays):
            raise ValueError("it does not add up to its checksum")
        return json.loads(text), arrays
    except Exception as error:  # the library's own error is no ValueError
        raise RuntimeError(f"load: {name} is damaged, or no .safetensors file ({error})") from None
