"""A file is replaced completely or not at all, even if others read and write it meanwhile."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import tinygrad_rnn as torch
from tinygrad_rnn.files import replace_file

from .fuzz import files as fuzz

posix = pytest.mark.skipif(os.name != "posix", reason="modes, FIFOs and links are those of POSIX")


@pytest.mark.parametrize("seed", range(2))
def test_a_damaged_file_loads_equal_or_is_refused_in_little_memory(tmp_path, seed):
    seen = fuzz.mutate(300, seed, tmp_path, bombs=4 if seed else 0)
    assert seen["refused"] > 250


def test_threads_that_save_one_path_leave_it_readable(tmp_path):
    assert fuzz.race(60, tmp_path)["saved"] == 60


@posix
def test_a_killed_save_leaves_the_file_whole_and_the_next_save_cleans_up(tmp_path):
    assert fuzz.kill(3, 0, tmp_path)["killed"] == 3


def stale(path):
    """A temporary file of a save that was killed."""

    class Killed(BaseException):
        pass

    def sync(handle):
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", sync)
        patch.setattr(os, "unlink", lambda _: None)
        with pytest.raises(Killed):
            replace_file(path, b"half of")


def test_a_save_deletes_the_temporary_files_of_its_path_only(tmp_path):
    for name in ("file", "file.npz", "other", "x" * 250):
        stale(tmp_path / name)
    own = {".file.npz.new", ".file.0123.new", ".file.npz.1.new", "file.0123456789abcdef.new"}
    for name in own:
        (tmp_path / name).write_bytes(b"somebody's own")
    assert len(os.listdir(tmp_path)) == 8
    for name in ("file", "other", "x" * 250):
        replace_file(tmp_path / name, b"whole")
    left = set(os.listdir(tmp_path)) - own
    assert len(left) == 4
    assert sum(name.startswith(".file.npz.") for name in left) == 1
    replace_file(tmp_path / "file.npz", b"whole")
    assert set(os.listdir(tmp_path)) == own | {"file", "file.npz", "other", "x" * 250}


@posix
@pytest.mark.parametrize("where", ["thread", "process"])
def test_a_save_leaves_alone_what_another_one_is_writing(tmp_path, monkeypatch, where):
    path = tmp_path / "file"
    if where == "process":
        program = (
            "import os, sys, tinygrad_rnn.files as files\n"
            "sync = os.fsync\n"
            "os.fsync = lambda handle: (print(flush=True), input(), sync(handle))\n"
            "files._sync_folder = lambda folder: None\n"
            "files.replace_file(sys.argv[1], b'slow')\n"
        )
        command = [sys.executable, "-c", program, str(path)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            process.stdout.readline()
            replace_file(path, b"fast")
            assert path.read_bytes() == b"fast"
            assert len(os.listdir(tmp_path)) == 2
            process.communicate("\n")
        assert process.returncode == 0
    else:
        writing, go, sync, main = (
            threading.Event(),
            threading.Event(),
            os.fsync,
            threading.get_ident(),
        )

        def wait(handle):
            if threading.get_ident() != main:
                writing.set()
                go.wait(60)
            sync(handle)

        monkeypatch.setattr(os, "fsync", wait)
        slow = threading.Thread(target=replace_file, args=(path, b"slow"))
        slow.start()
        assert writing.wait(60)
        replace_file(path, b"fast")
        assert path.read_bytes() == b"fast"
        assert len(os.listdir(tmp_path)) == 2
        go.set()
        slow.join()
    assert path.read_bytes() == b"slow"
    assert os.listdir(tmp_path) == ["file"]


def test_a_temporary_file_deleted_before_it_has_a_lock_is_written_again(tmp_path, monkeypatch):
    replace, deleted = os.replace, []

    def swept(new, target):
        if not deleted:
            deleted.append(new)
            os.unlink(new)
        replace(new, target)

    monkeypatch.setattr(os, "replace", swept)
    replace_file(tmp_path / "file", b"whole")
    assert deleted
    assert (tmp_path / "file").read_bytes() == b"whole"


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_a_file_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "file.npz"
    torch.save([1], path)
    path.chmod(mode)
    modes, replace = [], os.replace

    def watch(new, target):
        modes.append(stat.S_IMODE(os.stat(new).st_mode))
        replace(new, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", watch)
        torch.save([2], path)
    assert torch.load(path) == [2]
    assert modes == [mode]
    assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
def test_a_private_file_is_never_readable_by_others_while_it_is_written(tmp_path, monkeypatch):
    path, sync, modes = tmp_path / "file", os.fsync, []
    path.write_bytes(b"secret")
    path.chmod(0o600)

    def watch(handle):
        modes.append(stat.S_IMODE(os.fstat(handle).st_mode) if not modes else None)
        sync(handle)

    monkeypatch.setattr(os, "fsync", watch)
    replace_file(path, b"new secret")
    assert modes[0] == 0o600


@pytest.mark.parametrize("mode", [0o444, 0o400])
def test_a_read_only_file_is_refused_by_name(tmp_path, mode):
    path = tmp_path / "file.npz"
    torch.save([1], path)
    path.chmod(mode)
    with pytest.raises(PermissionError, match=r"read-only: '.*file\.npz'"):
        torch.save([2], path)
    assert torch.load(path) == [1]
    assert os.listdir(tmp_path) == ["file.npz"]


@posix
def test_a_device_is_written_into_and_not_replaced(tmp_path):
    before = os.stat(os.devnull)
    torch.save([1], os.devnull)
    assert os.path.samestat(before, os.stat(os.devnull))
    (tmp_path / "link").symlink_to(os.devnull)
    torch.save([1], tmp_path / "link")
    assert os.readlink(tmp_path / "link") == os.devnull
    assert stat.S_ISCHR(os.stat(tmp_path / "link").st_mode)


@posix
def test_a_fifo_is_written_into(tmp_path):
    path, received = tmp_path / "fifo", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: received.append(torch.load(path)))
    reader.start()
    torch.save([1, 2], path)
    reader.join()
    assert received == [[1, 2]]
    assert stat.S_ISFIFO(os.stat(path).st_mode)


@pytest.mark.parametrize("name", ["folder", "folder.npz", "folder.safetensors"])
def test_a_folder_is_refused_by_name(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(OSError, match=name):
        replace_file(tmp_path / name, b"")
    assert os.listdir(tmp_path) == [name]
    assert os.listdir(tmp_path / name) == []


@pytest.mark.parametrize("path", ["", "new/", "new/.", "file/x"])
def test_a_path_that_names_no_file_is_refused(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(b"")
    with pytest.raises(OSError, match=r"No such file|Not a directory") as caught:
        replace_file(path, b"")
    assert caught.value.filename == path
    assert os.listdir(tmp_path) == ["file"]


def test_a_plain_name_is_a_file_of_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    replace_file("file", b"1")
    replace_file("file", b"2")
    assert Path("file").read_bytes() == b"2"
    assert os.listdir() == ["file"]


@posix
def test_a_link_to_nothing_yet_stays_a_link(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "file")
    replace_file(tmp_path / "link", b"1")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "file").read_bytes() == b"1"


@posix
def test_the_mask_decides_the_mode_of_a_new_file(tmp_path):
    mask = os.umask(0o027)
    try:
        replace_file(tmp_path / "file", b"")
    finally:
        os.umask(mask)
    assert stat.S_IMODE(os.stat(tmp_path / "file").st_mode) == 0o640
