"""Files of tensors, in formats that hold nothing but numbers and text.

What is saved is a tree of dicts, lists and tuples, as state dicts are. Its tensors become arrays;
the tree, with the name of an array where a tensor was, lies beside them. Loading builds lists and
dicts from that and can do nothing else: no pickle is ever read.
"""

from __future__ import annotations

import os
from typing import Any, BinaryIO

import numpy as np

from .base import TensorBase
from .creation import cpu_only
from .dtypes import Array
from .files import replace_file
from .tensor import Tensor

__all__ = ["load", "save"]

_Place = str | os.PathLike[str] | BinaryIO


def save(obj: Any, f: _Place) -> None:
    """Saves tensors, and lists and dicts of them, as a state dict is one.

    A name that ends in `.safetensors` gives a file of that format, which PyTorch and others read
    (`pip install "tinygrad-rnn[files]"`); any other name an `.npz` file, which `numpy.load` reads.
    A file appears complete or not at all.

    Args:
        obj: A tensor, number, string, True, False or None; or dicts, lists and tuples of these.
        f: The path, or a binary file that is open for writing, which gets an `.npz` file.

    Raises:
        TypeError: If there is something else in it.
        RuntimeError: If a tensor in it is computed, so that it would take its graph along.
        ImportError: If the package safetensors is wanted and not there.
        OSError: If the file cannot be written; an older one is still there then.

    Examples:
        >>> import io
        >>> import tinygrad_rnn as torch
        >>> file = io.BytesIO()
        >>> torch.save({"weight": torch.tensor([1.0, 2.0]), "epoch": 3}, file)
        >>> _ = file.seek(0)
        >>> torch.load(file)
        {'weight': tensor([1., 2.]), 'epoch': 3}
    """
    from . import archives  # noqa: PLC0415 - most programs need neither JSON nor zip

    arrays: dict[str, Array] = {}
    tree = _tree(obj, "", arrays, archives.TREE)
    if not isinstance(f, str | os.PathLike):
        f.write(archives.to_npz(tree, arrays))
    elif os.fspath(f).endswith(".safetensors"):
        replace_file(f, archives.to_safetensors(tree, arrays))
    else:
        replace_file(f, archives.to_npz(tree, arrays))


def _tree(obj: Any, path: str, arrays: dict[str, Array], taken: str) -> Any:
    """`obj` as JSON can hold it; tensors go to `arrays`, named by the way that leads to them."""
    if isinstance(obj, Tensor):
        if obj._node:
            raise RuntimeError(
                f"save: {path or 'this'} is a computed tensor ({obj._node}), which would take its "
                "graph along: save tensor.detach()"
            )
        name = path or "tensor"
        while name in arrays or name == taken:
            name += "_"
        arrays[name] = np.array(obj._array, order="C")
        return {"tensor": name, "requires_grad": obj._requires_grad}
    if obj is None or isinstance(obj, str | int | float):
        return obj
    if isinstance(obj, dict):
        for key in obj:
            if not isinstance(key, str | int | float | None):
                raise TypeError(
                    f"save: {path or 'the dict'} has the key {key!r}; a key is a string or a number"
                )
        pairs = [
            [key, _tree(value, _longer(path, key), arrays, taken)] for key, value in obj.items()
        ]
        return {"dict": pairs}
    if isinstance(obj, list | tuple):
        kind = "list" if isinstance(obj, list) else "tuple"
        return {kind: [_tree(each, _longer(path, i), arrays, taken) for i, each in enumerate(obj)]}
    hint = "; save its state_dict()" if hasattr(obj, "state_dict") else ""
    raise TypeError(
        f"save: {path or 'this'} is of type {type(obj).__name__}; a file holds tensors, numbers, "
        f"strings, and dicts, lists and tuples of them{hint}"
    )


def _longer(path: str, step: object) -> str:
    return f"{path}.{step}" if path else str(step)


def load(f: _Place, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """What `save` saved, or all tensors of another `.npz` or `.safetensors` file as a dict.

    Args:
        f: The path, or a binary file that is open for reading.
        map_location: `"cpu"` or None.
        weights_only: True. PyTorch would run what the file says otherwise.

    Returns:
        The same tree, with tensors that have memory of their own.

    Raises:
        RuntimeError: If the file is damaged, cut off, or of another kind.
        NotImplementedError: If `weights_only` is False.
        ImportError: If the package safetensors is wanted and not there.
        OSError: If the file cannot be read.
    """
    from . import archives  # noqa: PLC0415 - most programs need neither JSON nor zip

    cpu_only(map_location)
    if not weights_only:
        raise NotImplementedError(
            "load: weights_only=False would execute what the file says, which is never done here"
        )
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            name, content = os.fspath(f), file.read()
    else:
        name, content = getattr(f, "name", "the file"), f.read()
    tree, arrays = archives.read(name, content)
    if tree is None:
        return {key: TensorBase._wrap(array) for key, array in arrays.items()}
    try:
        return _object(tree, arrays)
    except (KeyError, TypeError) as error:
        raise RuntimeError(f"load: {name} is damaged: its tree does not fit ({error!r})") from None


def _object(tree: Any, arrays: dict[str, Array]) -> Any:
    """What `_tree` was given."""
    if not isinstance(tree, dict):
        return tree
    if "tensor" in tree:
        tensor = TensorBase._wrap(arrays[tree["tensor"]])
        return tensor.requires_grad_() if tree["requires_grad"] else tensor
    if "dict" in tree:
        return {key: _object(value, arrays) for key, value in tree["dict"]}
    items = [_object(each, arrays) for each in tree["list" if "list" in tree else "tuple"]]
    return items if "list" in tree else tuple(items)
