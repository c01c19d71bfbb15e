"""Files that are no text, told by their first bytes."""

from __future__ import annotations

from collections.abc import Mapping

from nnspec.data.errors import DataError

HEAD_BYTES = 4096
SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", "a Parquet file", "convert it: `pandas.read_parquet(...).to_csv(...)`"),
    (b"ARROW1", "a Feather (Arrow) file", "convert it: `pandas.read_feather(...).to_csv(...)`"),
    (b"FEA1", "a Feather file", "convert it: `pandas.read_feather(...).to_csv(...)`"),
    (b"Obj\x01", "an Avro file", "convert it to CSV"),
    (b"ORC", "an ORC file", "convert it to CSV"),
    (
        b"PK\x03\x04",
        "a ZIP archive, as .xlsx, .ods and .npz files are",
        "`zip://NAME_INSIDE::FILE.zip` reads what is inside; save a sheet as CSV",
    ),
    (b"\xd0\xcf\x11\xe0", "an old Office file, as .xls files are", "save the sheet as CSV"),
    (b"\x1f\x8b", "gzip-compressed", "decompress it: `gunzip`"),
    (b"BZh", "bzip2-compressed", "decompress it: `bunzip2`"),
    (b"\xfd7zXZ\x00", "xz-compressed", "decompress it: `unxz`"),
    (b"(\xb5/\xfd", "Zstandard-compressed", "decompress it: `unzstd`"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it"),
    (b"\x89HDF", "an HDF5 file", "export it to CSV"),
    (b"\x93NUMPY", "a NumPy array", "read it with the source `Arrays`"),
    (b"SQLite format 3", "an SQLite database", "export a table as CSV"),
    (b"%PDF", "a PDF document", "export the table as CSV"),
    (b"\x89PNG", "a PNG image", "give the path of the table"),
    (b"\xff\xd8\xff", "a JPEG image", "give the path of the table"),
)
LFS = b"version https://git-lfs.github.com/spec/"
READ_BY_NAME: Mapping[bytes, str] = {  # what a source of tables reads where the name tells
    b"PAR1": ".parquet",
    b"ARROW1": ".feather",
    b"\x1f\x8b": ".gz",
    b"BZh": ".bz2",
    b"\xfd7zXZ\x00": ".xz",
}
MARKUP = ((b"<!doctype", "an HTML page"), (b"<html", "an HTML page"), (b"<?xml", "an XML file"))


def refuse_binary(head: bytes, file: str, *, is_table: bool = False) -> None:
    """Raises DataError where the first bytes of a file are those of a well-known format that is no text.

    Args:
        is_table: whether the file is read as a table, some of whose formats are known by the name's end.
    """
    refuse_pointer(head, file)
    for start, what, hint in SIGNATURES:
        if is_table and start in READ_BY_NAME:
            hint = f"let its name end in `{READ_BY_NAME[start]}`, and it is read as it is"
        if head.startswith(start) and (not start.isalnum() or not head[:64].isascii() or b"\0" in head):
            raise DataError(f"the file is not text: it is {what}", file=file, hint=hint)


def refuse_pointer(head: bytes, file: str) -> None:
    """Raises DataError where a file stands for another one, which was not fetched."""
    if head.startswith(LFS):
        raise DataError("the file is a pointer of Git LFS, not the data, which `git lfs pull` fetches", file=file)


def refuse_markup(head: bytes, file: str) -> None:
    """Raises DataError where a table is a page, as a download that failed leaves it, or JSON."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, what in MARKUP:
        if start.startswith(mark):
            raise DataError(f"the file is not a table: it is {what}", file=file, hint="was the download refused?")
    if start.startswith((b'{"', b"[{", b'[{"', b"{\n")):
        raise DataError(
            "the file is not a table: it is JSON",
            file=file,
            hint="let its name end in `.json`, or `.jsonl` of an object on each line, and it is read as it is",
        )


def refuse_nul(head: bytes, encoding: str, file: str) -> None:
    """Raises DataError on a NUL byte, which UTF-16 alone has in a text."""
    if b"\0" in head and not encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32", "utf16", "utf32")):
        line = head[: head.index(b"\0")].count(b"\n") + 1
        other = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le"
        hint = f"is it UTF-16 (`encoding: {other}`), or no text at all?"
        raise DataError("a NUL byte, which no text has", file=file, line=line, hint=hint)


def ends_lines_with_cr(head: bytes) -> bool:
    """Whether lines end with CR alone, as those of old Macs."""
    return b"\r" in head and b"\n" not in head
