"""Files are replaced whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress

try:
    import fcntl
except ImportError:  # Windows, which refuses to delete a file that is open
    fcntl = None  # type: ignore[assignment]


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Replaces the content of a file in one step: a reader sees all of the old or all of the new.

    The content is written to a temporary file in the same folder, synced to disk and renamed. The
    file keeps its mode, and its owner where the system permits that; a symbolic link stays a link.
    A killed process may leave its temporary file behind; the next call for the same path deletes
    it, but never one that another thread or process is still writing. A device or a FIFO is not
    replaced; the content is written to it.

    Raises:
        IsADirectoryError: If the path is a directory (on Windows, a PermissionError).
        PermissionError: If the file is read-only.
        OSError: If it cannot be written. The old file is still there then.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        found = None
    if found and not stat.S_ISREG(found.st_mode):
        with open(path, "wb") as file:  # refuses a directory
            file.write(content)
        return
    # root may write to any file, so its mode decides as well
    if found and not (found.st_mode & 0o222 and os.access(path, os.W_OK)):
        raise PermissionError(errno.EACCES, "The file is read-only", os.fspath(path))
    target = os.path.realpath(path) if os.path.islink(path) else os.fspath(path)
    folder, name = os.path.split(target)
    beginning = f".{name[:40]}."  # a long name would be too long with what follows
    try:
        _delete_stale(folder, beginning)
        while True:
            new = os.path.join(folder, f"{beginning}{os.urandom(8).hex()}.new")
            try:
                _write(new, content, found)
                os.replace(new, target)
                break
            except FileNotFoundError:
                # another call may delete it in the moments when it exists without a lock
                if os.path.exists(new) or not os.path.isdir(folder or os.curdir):
                    raise
            finally:
                with suppress(OSError):
                    os.unlink(new)
    except OSError as error:  # it names the temporary file; the caller knows only the path
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None
    _sync_folder(folder or os.curdir)


def _delete_stale(folder: str, beginning: str) -> None:
    """Deletes temporary files that nobody is writing any more: those without a lock."""
    temporary = re.compile(re.escape(beginning) + r"[0-9a-f]{16}\.new")
    names: list[str] = []
    with suppress(OSError):  # a folder may be writable and yet not listable
        names = os.listdir(folder or os.curdir)
    for name in filter(temporary.fullmatch, names):
        path = os.path.join(folder, name)
        with suppress(OSError):  # it is locked, or already deleted
            if fcntl:
                with open(path, "rb+") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)


def _write(new: str, content: bytes, like: os.stat_result | None) -> None:
    """Writes a new file under a lock, with the mode and owner of `like`."""
    mode = 0o600 if like else 0o666  # nobody else may read it before it has its mode
    with open(new, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        if fcntl:
            with suppress(OSError):  # without locks nothing stale is deleted either
                fcntl.flock(file, fcntl.LOCK_EX)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        if like:
            with suppress(PermissionError):  # some file systems have neither owners nor modes
                if hasattr(os, "chown"):
                    os.chown(new, like.st_uid, like.st_gid)
            with suppress(PermissionError):
                os.chmod(new, stat.S_IMODE(like.st_mode))


def _sync_folder(folder: str) -> None:
    """Syncs the new name to disk where the platform can; the file itself is complete already."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
