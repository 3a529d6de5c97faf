"""Open a file of rows: gzip or plain, in the encoding agreed, one record at a time."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dockline.kit.errors import Invalid

_GZIP_MAGIC = b"\x1f\x8b"
_BUFFER_BYTES = 1 << 18


class FileError(Invalid):
    """The file cannot be read; nothing was changed."""


class Source:
    """An open file. `records` gives every record with its width unchecked; `position` is how many bytes are read."""

    def __init__(self, path: Path, raw: BinaryIO, text: io.TextIOWrapper, delimiter: str, encoding: str) -> None:
        self.path, self.size = path, path.stat().st_size
        self._raw, self._encoding = raw, encoding
        self._reader = csv.reader(text, delimiter=delimiter, strict=True)

    @property
    def position(self) -> int:
        """How many bytes of the file are read."""
        return self._raw.tell()

    def records(self) -> Iterator[list[str]]:
        """Give each record. Raises FileError, with the line, when the rest cannot be trusted."""
        try:
            yield from self._reader
        except csv.Error as error:
            raise FileError(
                f"{self.path}, line {self._reader.line_num}: {error}. A quote may be missing or not doubled; "
                "from here on it is not sure where a row ends. Correct the file and import it again."
            ) from None
        except UnicodeError as error:
            raise FileError(
                f"{self.path}, {self._place(error)}: this is not {self._encoding} text. "
                "Name the file's encoding in the profile, or save the file as UTF-8."
            ) from None
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileError(f"{self.path}: the gzip data are damaged or cut short: {error}.") from None
        except OSError as error:
            raise FileError(f"{self.path}: cannot be read: {error}.") from None

    def _place(self, error: UnicodeError) -> str:
        """Say where the file cannot be decoded: text is decoded some lines before they are read."""
        if not isinstance(error, UnicodeDecodeError):
            return "at its beginning"
        ahead = error.object[: error.start].decode(self._encoding, errors="replace")
        line = self._reader.line_num + 1 + (ahead.count("\n") or ahead.count("\r"))
        return f"line {line}, byte {error.object[error.start]:#04x}"


@contextmanager
def open_source(path: Path, *, delimiter: str, encoding: str) -> Iterator[Source]:
    """Open a file, gzip or plain by its first bytes. Raises FileError."""
    try:
        raw = path.open("rb")
    except OSError as error:
        raise FileError(f"{path}: cannot be opened: {error.strerror}.") from None
    with raw:
        try:
            magic = raw.peek(len(_GZIP_MAGIC))[: len(_GZIP_MAGIC)]
        except OSError as error:
            raise FileError(f"{path}: cannot be read: {error.strerror}.") from None
        if not magic:
            raise FileError(f"{path}: the file is empty.")
        if magic != _GZIP_MAGIC and path.suffix == ".gz":
            raise FileError(f"{path}: is named .gz but is not gzip. Rename it, or compress it again.")
        stream: BinaryIO = raw
        if magic == _GZIP_MAGIC:
            stream = io.BufferedReader(gzip.GzipFile(fileobj=raw), _BUFFER_BYTES)
        # Spreadsheets put a byte order mark before UTF-8; it is no part of the first column's name.
        codec = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
        with io.TextIOWrapper(stream, encoding=codec, errors="strict", newline="") as text:
            yield Source(path, raw, text, delimiter, encoding)
