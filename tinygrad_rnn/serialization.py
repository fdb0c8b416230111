"""Saving and loading tensors, in file formats that hold nothing but numbers and text.

What is saved is a tree of dicts, lists and tuples, such as a state dict. Its tensors become arrays;
the tree, with the name of an array in place of each tensor, is stored with them as JSON. Loading
builds these few types and can do nothing else: no pickle is ever read.
"""

from __future__ import annotations

import math
import os
from collections import OrderedDict
from typing import Any, BinaryIO

import numpy as np

from .dtypes import Array, Size, cpu_only
from .nn.parameter import Parameter
from .tensor import Tensor, wrap

__all__ = ["load", "save"]

_Place = str | os.PathLike[str] | BinaryIO

_SCALARS = (bool, int, float, str, type(None))
_TENSORS = {each.__name__: each for each in (Tensor, Parameter)}
_DICTS: dict[str, type] = {each.__name__: each for each in (dict, OrderedDict)}
_LISTS: dict[str, type] = {each.__name__: each for each in (list, tuple, Size)}

_DEEPEST = 100
"""How deep a tree may be: the JSON parser uses some of Python's stack for each level."""

_LARGEST = 14_284
"""How many bits an int may have: Python parses at most 4,300 digits."""


def save(obj: Any, f: _Place) -> None:
    """Saves tensors, and lists and dicts of them, such as state dicts.

    A name that ends in `.safetensors` gives a file of that format, which PyTorch and others read
    (`pip install "tinygrad-rnn[files]"`); any other name an `.npz` file, which `numpy.load` reads.
    The file is replaced whole or not at all, even if several threads or processes save it at the
    same time, and keeps its mode. A device or a FIFO is written to.

    Args:
        obj: A tensor, Parameter, number, string, True, False or None; or dicts, OrderedDicts,
            lists, tuples and Sizes of these. `load` returns exactly these types.
        f: The path, or a binary file that is open for writing, which gets an `.npz` file.

    Raises:
        TypeError: If the tree holds anything else, a subclass of these types included.
        ValueError: If a key is nan, an int has more than 4,300 digits, or the tree is more than
            100 levels deep, as one is that contains itself.
        RuntimeError: If a tensor in the tree was computed, and so is part of a graph.
        ImportError: If the package safetensors is needed and not installed.
        OSError: If the file cannot be written, is read-only or a directory. An older file is kept
            then.

    Examples:
        >>> import io
        >>> import tinygrad_rnn as torch
        >>> file = io.BytesIO()
        >>> torch.save({"weight": torch.tensor([1.0, 2.0]), "epoch": 3}, file)
        >>> _ = file.seek(0)
        >>> torch.load(file)
        {'weight': tensor([1., 2.]), 'epoch': 3}
    """
    from . import archives, files  # noqa: PLC0415 - most programs need neither JSON nor zip

    arrays: dict[str, Array] = {}
    tree = _tree(obj, (), arrays, archives.RESERVED)
    if not isinstance(f, str | os.PathLike):
        f.write(archives.to_npz(tree, arrays))
    elif os.fspath(f).endswith(".safetensors"):
        files.replace_file(f, archives.to_safetensors(tree, arrays))
    else:
        files.replace_file(f, archives.to_npz(tree, arrays))


def _tree(obj: Any, path: tuple[Any, ...], arrays: dict[str, Array], reserved: Any) -> Any:
    """`obj` as JSON: scalars as they are, anything else as a list that begins with its type.

    Tensors go to `arrays`, named after the keys that lead to them.
    """
    cls = type(obj)
    if cls in _SCALARS and not (cls is int and obj.bit_length() > _LARGEST):
        return obj
    place = ".".join(map(str, path))
    if cls is int:
        raise ValueError(f"save: {place or 'this'}: an int has more than 4,300 digits")
    if len(path) > _DEEPEST:
        raise ValueError(
            f"save: {place[:40]}... is more than {_DEEPEST} levels deep, or contains itself"
        )
    if cls in _TENSORS.values():
        if obj._node:
            raise RuntimeError(
                f"save: {place or 'this'} is a computed tensor ({obj._node}), which would take its "
                "graph along: save tensor.detach()"
            )
        name = _name(place)
        while name in arrays or name in reserved:
            name += "_"
        arrays[name] = np.array(obj._array, order="C")
        return [cls.__name__, name, obj._requires_grad]
    if cls in _DICTS.values():
        for key in obj:
            if type(key) not in _SCALARS:
                raise TypeError(
                    f"save: {place or 'the dict'} has the key {key!r} of type "
                    f"{type(key).__name__}; a key is a string or a number"
                )
            if isinstance(key, float) and math.isnan(key):
                raise ValueError(f"save: {place or 'the dict'} has the key nan, which equals none")
            _tree(key, path, arrays, reserved)  # refuses an int of too many digits
        pairs = [[key, _tree(value, (*path, key), arrays, reserved)] for key, value in obj.items()]
        return [cls.__name__, pairs]
    if cls in _LISTS.values():
        items = [_tree(each, (*path, i), arrays, reserved) for i, each in enumerate(obj)]
        return [cls.__name__, items]
    hint = "; save its state_dict()" if hasattr(obj, "state_dict") else ""
    if isinstance(obj, np.generic):
        hint = "; save its item()"
    raise TypeError(
        f"save: {place or 'this'} is of type {cls.__name__}; a file holds tensors, numbers, "
        f"strings, and dicts, lists and tuples of them{hint}"
    )


def _name(place: str) -> str:
    """A name that both formats can store: without NUL and lone surrogates, and not too long.

    On Windows, zipfile reads a backslash as a slash.
    """
    kept = (c if c.isprintable() and c != "\\" else "_" for c in place[:1000])
    return "".join(kept) or "tensor"


def load(
    f: _Place, map_location: Any = None, *, weights_only: bool = True, max_bytes: int | None = None
) -> Any:
    """What `save` saved, or all tensors of another `.npz` or `.safetensors` file as a dict.

    Args:
        f: The path, or a binary file that is open for reading.
        map_location: None, `"cpu"`, or a dict that maps other devices to these. A function is
            called with each tensor and `"cpu"`; what it returns is not used.
        weights_only: Must be True. Otherwise PyTorch would execute what the file says.
        max_bytes: How many bytes the arrays of a compressed `.npz` file may unpack to. None for
            256 MiB, or 16 times the size of the file if that is more. Files that `save` writes
            are not compressed, so this does not limit them.

    Returns:
        The same tree. Its tensors do not share memory, even if they did when they were saved.

    Raises:
        RuntimeError: If the file is damaged, cut off, of another format, unpacks to more than
            `max_bytes`, or holds an array of an unsupported dtype. The message names the file.
        NotImplementedError: If `weights_only` is False.
        ImportError: If the package safetensors is needed and not installed.
        OSError: If the file cannot be read.
    """
    from . import archives  # noqa: PLC0415 - most programs need neither JSON nor zip

    if not callable(map_location):
        cpu_only(map_location.get("cpu") if isinstance(map_location, dict) else map_location)
    if not weights_only:
        raise NotImplementedError(
            "load: weights_only=False would execute what the file says, which is never done here"
        )
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            name, content = os.fspath(f), file.read()
    else:
        name, content = getattr(f, "name", "the file"), f.read()
    tree, arrays = archives.read(name, content, max_bytes)
    tensors = {key: wrap(array) for key, array in arrays.items()}
    if callable(map_location):
        for tensor in tensors.values():
            map_location(tensor, "cpu")
    try:
        return _object(tree, tensors)
    except Exception as error:
        raise RuntimeError(f"load: {name} is damaged: its tree does not fit ({error!r})") from None


def _object(tree: Any, tensors: dict[str, Tensor]) -> Any:
    """The inverse of `_tree`."""
    if not isinstance(tree, list):
        return tree
    cls, content, *rest = tree
    if cls in _DICTS:
        return _DICTS[cls]((key, _object(value, tensors)) for key, value in content)
    if cls in _LISTS:
        return _LISTS[cls](_object(each, tensors) for each in content)
    tensor = tensors.pop(content)  # pop: no two tensors share memory
    return Parameter(tensor, *rest) if cls == "Parameter" else tensor.requires_grad_(*rest)
