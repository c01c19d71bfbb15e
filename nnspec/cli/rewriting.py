"""Files that a command rewrites: what would change, and the writing."""

from __future__ import annotations

from pathlib import Path

from nnspec.console.formatting import styled


def write_text(path: Path, text: str) -> None:
    """Replaces the file at once, so that nobody ever reads half of it; a link still leads to the same file."""
    import shutil

    from nnspec.console.atomic_files import replacing

    target = path.resolve()
    with replacing(target) as scratch:
        scratch.write_bytes(text.encode("utf-8"))
        shutil.copymode(target, scratch)


def difference(path: Path, before: str, after: str, said: str) -> str:
    """A unified diff, with the colours that diffs have.

    Args:
        said: what the new text is: ``laid out``.
    """
    from difflib import unified_diff

    lines = unified_diff(before.splitlines(), after.splitlines(), str(path), f"{path} ({said})", lineterm="")
    colours = {"+": "green", "-": "red", "@": "cyan"}
    return "\n".join(styled(line, fg=colours.get(line[:1])) for line in lines)
