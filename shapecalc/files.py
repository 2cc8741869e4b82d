"""Files written whole or not at all."""

from __future__ import annotations

import os


def write_whole(path: str, content: str | bytes, force: bool = False) -> None:
    """Write a file in one step: readers see the old content or the new, and a full disk leaves the old.

    Text is written as UTF-8 with its line ends as they are. An existing file is replaced only with `force`, and
    keeps its mode; a link is followed. Raises `FileExistsError` and whatever else `OSError` writing raises; what is no
    regular file (a device, a folder) is never replaced.
    """
    path = os.path.realpath(path)
    data = content.encode() if isinstance(content, str) else content
    exists = os.path.lexists(path)
    if exists and not force:
        raise FileExistsError(17, "File exists", path)
    if exists and not os.path.isfile(path):
        raise OSError(22, "not a regular file", path)
    beside = f"{path}.{os.getpid()}.tmp"
    try:
        with open(beside, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if exists:
            os.chmod(beside, os.stat(path).st_mode & 0o7777)
        os.replace(beside, path)
    except BaseException:
        if os.path.lexists(beside):
            os.unlink(beside)
        raise
