"""Damages saved files, saves one path from many threads, and kills processes that are saving.

`python tests/fuzz/files.py --mutations 6000 --saves 1000 --kills 60` prints what it counted and
fails if a damaged file loads with other values, if a reader meets a broken file, or if a kill
leaves something behind. The tests run a short version.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_rnn as torch

MEMORY = 2**23
"""How many bytes loading a damaged file may take; the files have a few thousand."""


def tree() -> dict[Any, Any]:
    """Something of everything that a file can hold."""
    return {
        "model": {"weight": torch.arange(12.0).view(3, 4), "bias": torch.zeros(4)},
        "types": [torch.tensor([True, False]), torch.tensor(7), torch.ones(2, dtype=torch.uint8)],
        "text": 'ä "quoted" \ud800',
        3: (0.1, -0.0, float("inf"), -(2**70), None, True),
        "leaf": torch.nn.Parameter(torch.full((2, 3), 0.5, dtype=torch.float64)),
        "ä/b": torch.zeros(0, 3),
    }


def plain(value: Any) -> Any:
    """`value` in a form that compares equal only if every type, shape, bit and flag does."""
    kind = type(value).__name__
    if isinstance(value, torch.Tensor):
        array = value.detach().numpy()
        return kind, str(array.dtype), array.shape, array.tobytes(), value.requires_grad
    if isinstance(value, dict):
        return kind, [(plain(key), plain(each)) for key, each in value.items()]
    if isinstance(value, list | tuple):
        return kind, [plain(each) for each in value]
    return kind, repr(value)


# ---- damage that knows nothing of the formats ----


def flipped(content: bytes, rng: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def span(content: bytes, rng: random.Random) -> tuple[int, int]:
    begin = rng.randrange(len(content))
    return begin, min(len(content), begin + rng.choice((1, 2, 4, 8, 64, 512)))


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def removed(content: bytes, rng: random.Random) -> bytes:
    begin, end = span(content, rng)
    return content[:begin] + content[end:]


def inserted(content: bytes, rng: random.Random) -> bytes:
    begin, end = span(content, rng)
    return content[:begin] + rng.randbytes(end - begin) + content[begin:]


def duplicated(content: bytes, rng: random.Random) -> bytes:
    begin, end = span(content, rng)
    return content[:end] + content[begin:]


def overwritten(content: bytes, rng: random.Random) -> bytes:
    begin, end = span(content, rng)
    filled = rng.choice((bytes(end - begin), b"\xff" * (end - begin), rng.randbytes(end - begin)))
    return content[:begin] + filled + content[end:]


def moved(content: bytes, rng: random.Random) -> bytes:
    begin, end = span(content, rng)
    rest = content[:begin] + content[end:]
    to = rng.randrange(len(rest) + 1)
    return rest[:to] + content[begin:end] + rest[to:]


# ---- damage that the formats' own checks do not see ----

EDITS = (
    (b"'<f4'", b"'<i4'"),
    (b"'<f4'", b"'|O' "),
    (b"(3, 4)", b"(4, 3)"),
    (b"(3, 4)", b"(2**40,)"),
    (b"(3, 4)", b"(1099511627776,)"),
    (b"(3, 4)", b"(-3, -4)"),
    (b"(3, 4)", b"(" * 150),
    (b"(3, 4)", b"-" * 7000 + b"1"),
    (b"False", b"True "),
    (b"'descr'", b"'desc' "),
    (b'"F32"', b'"I32"'),
    (b'"F32"', b'"F64"'),
    (b'"F32"', b'"F4 "'),
    (b"[3,4]", b"[4,3]"),
    (b"[3,4]", b"[99999999999,4]"),
    (b"[2,3]", b"[3,2]"),
    (b"model.bias", b"model.bios"),
    (b"model.weight", b"model.bias"),
    (b"__metadata__", b"__metadatb__"),
    (b"crc32", b"crc33"),
    (b"Parameter", b"Tensor"),
    (b"true", b"null"),
    (b"Infinity", b"0.0"),
    (b"[", b"[" * 100_000),
)


def edited(content: bytes, rng: random.Random) -> bytes:
    """One edit within the header or a member, all lengths and the zip's own checksums correct."""
    if not content.startswith(b"PK"):
        length = int.from_bytes(content[:8], "little")
        header = one_edit(content[8 : 8 + length], rng)
        return len(header).to_bytes(8, "little") + header + content[8 + length :]
    members = read_zip(content)
    place = rng.randrange(len(members))
    name, data = members[place]
    kind = rng.randrange(6)
    if kind == 0 and place:  # without its tree it would be somebody else's file, and valid
        del members[place]
    elif kind == 1:
        members.append((rng.choice((name, "more.npy", "more")), data))
    elif kind == 2 and place:
        members[place] = (members[place - 1][0], data)
    elif kind == 3:
        members[place] = (name, flipped(data, rng))
    else:
        members[place] = (name, one_edit(data, rng))
    return write_zip(members, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def one_edit(data: bytes, rng: random.Random) -> bytes:
    fitting = [each for each in EDITS if each[0] in data]
    if not fitting:
        return flipped(data, rng)
    before, after = rng.choice(fitting)
    return data.replace(before, after, 1)


def read_zip(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(each.filename, archive.read(each)) for each in archive.infolist()]


def write_zip(members: list[tuple[str, bytes]], method: int) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method, compresslevel=1) as archive:
        warnings.simplefilter("ignore", UserWarning)  # that a name comes twice
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with archive.open(info, "w") as member:
                member.write(data)
    return file.getvalue()


BOMB = 2**28
"""How many bytes a bomb unpacks to."""


def bomb(rng: random.Random) -> bytes:
    """A small file that would unpack to much: honest, lying about its size, or lying by shape."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (BOMB,)}
    )
    kind = rng.randrange(4)
    if kind == 0:  # a shape that its few bytes cannot fill
        return write_zip([("x.npy", header.getvalue() + bytes(100))], zipfile.ZIP_DEFLATED)
    name = "tree.npy" if kind == 1 else "x.npy"
    if kind == 3:
        method = rng.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
        return with_size(write_zip([(name, header.getvalue() + bytes(BOMB // 8))], method), 1000)
    data = write_zip([(name, header.getvalue() + bytes(BOMB))], zipfile.ZIP_DEFLATED)
    return data if kind == 1 else with_size(data, rng.choice((1000, BOMB, 2**31)))


def with_size(content: bytes, size: int) -> bytes:
    """The same zip file, with another size in its directory."""
    at = content.rindex(b"PK\x01\x02") + 24
    return content[:at] + size.to_bytes(4, "little") + content[at + 4 :]


DAMAGE: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flipped, flipped, flipped, cut, removed, inserted, duplicated, overwritten, moved,
    edited, edited, edited,
)  # fmt: skip


def mutate(count: int, seed: int, folder: Path, bombs: int = 8) -> Counter[str]:
    """Loads damaged files: each gives what was saved or the documented error, in little memory."""
    rng, seen = random.Random(seed), Counter[str]()
    formats = [".npz"] + [".safetensors"] * (find_spec("safetensors") is not None)
    contents = []
    for ending in formats:
        torch.save(tree(), folder / f"whole{ending}")
        contents.append((folder / f"whole{ending}").read_bytes())
    contents.append(write_zip(read_zip(contents[0]), zipfile.ZIP_DEFLATED))
    saved, file = plain(tree()), folder / "damaged"
    made = [bomb(random.Random(each)) for each in range(bombs)]
    tracemalloc.start()
    for number in range(count + bombs):
        if number < count:
            damage = DAMAGE[number % len(DAMAGE)]
            damaged, name = damage(rng.choice(contents), rng), damage.__name__
        else:
            damaged, name = made[number - count], "bomb"
        file.write_bytes(damaged)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        outcome: Any
        try:
            outcome = plain(torch.load(file))
        except RuntimeError as error:
            outcome = error
        if isinstance(outcome, RuntimeError):
            documented = type(outcome) is RuntimeError and str(file) in str(outcome)
            assert documented, f"{number} {name}: {outcome!r}"
            seen["refused"] += 1
        else:
            assert outcome == saved, f"{number} {name}: it loads with other values"
            seen["equal"] += 1
        taken = tracemalloc.get_traced_memory()[1] - before
        assert taken < MEMORY + 4 * len(damaged), f"{number} {name}: {taken} bytes"
    tracemalloc.stop()
    return seen


# ---- many threads ----


def race(saves: int, folder: Path, threads: int = 4) -> Counter[str]:
    """Threads save one path, `saves` times in all, while as many others read it."""
    path, seen, lock = folder / "shared.npz", Counter[str](), threading.Lock()
    torch.save(torch.zeros(1000), path)
    going, problems = threading.Event(), []
    todo = iter(range(saves))

    def counted(what: str) -> None:
        with lock:
            seen[what] += 1

    def save() -> None:
        try:
            while True:
                with lock:
                    number = next(todo, None)
                if number is None:
                    return
                torch.save(torch.full((1000 + number,), float(number)), path)
                counted("saved")
        except Exception as error:
            problems.append(repr(error))

    def read() -> None:
        while not going.is_set():
            try:
                found = torch.load(path)
                assert bool((found == found[0]).all())
                counted("read")
            except Exception as error:
                problems.append(repr(error))

    readers = [threading.Thread(target=read) for _ in range(threads)]
    writers = [threading.Thread(target=save) for _ in range(threads)]
    for each in readers + writers:
        each.start()
    for each in writers:
        each.join()
    going.set()
    for each in readers:
        each.join()
    assert not problems, problems[:3]
    assert os.listdir(folder) == [path.name]
    return seen


# ---- kills ----


def save_for_ever(path: str) -> None:
    number = 0
    while True:
        torch.save(torch.full((300_000,), float(number)), path)
        print(number, flush=True)
        number += 1


def kill(kills: int, seed: int, folder: Path) -> Counter[str]:
    """Kills processes that save, at random moments: the file is whole, the next save cleans up."""
    rng, seen, path = random.Random(seed), Counter[str](), folder / "killed.npz"
    for _ in range(kills):
        command = [sys.executable, __file__, "--save-for-ever", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(rng.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
        found = torch.load(path)
        assert found.shape == (300_000,)
        assert bool((found == found[0]).all())
        seen["killed"] += 1
        seen["temporary files left"] += len(os.listdir(folder)) - 1
        torch.save(found, path)
        assert os.listdir(folder) == [path.name]
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mutations", type=int, default=6000)
    parser.add_argument("--saves", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-for-ever", metavar="PATH", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.save_for_ever:
        save_for_ever(options.save_for_ever)
    for name, run in (
        ("mutations", lambda folder: mutate(options.mutations, options.seed, folder)),
        ("threads", lambda folder: race(options.saves, folder)),
        ("kills", lambda folder: kill(options.kills, options.seed, folder)),
    ):
        with tempfile.TemporaryDirectory() as folder:
            print(name, json.dumps(run(Path(folder))), flush=True)


if __name__ == "__main__":
    main()
