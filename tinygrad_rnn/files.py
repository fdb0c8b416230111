"""Files are written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Puts `content` into a file in one go: whoever looks sees all of the old file or of the new.

    Raises:
        OSError: If it cannot be written; then the old file is still there.
    """
    folder, name = os.path.split(os.path.realpath(path))  # a link stays a link
    new = os.path.join(folder, f".{name}.{os.getpid()}.new")
    try:
        with open(new, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, os.path.join(folder, name))
    except OSError as error:  # it would name the new file, which nobody has asked for
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None
    finally:
        with suppress(OSError):
            os.unlink(new)
