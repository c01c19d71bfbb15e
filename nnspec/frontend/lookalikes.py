"""Characters that look like those of YAML and are others: what a web page, a word processor or an input method puts."""

from __future__ import annotations

# Each with what it is called, and how YAML's own is called.
LOOKALIKES = {
    "\u00a0": ("a no-break space", "a space"),
    "\u2003": ("a wide space", "a space"),
    "\u3000": ("a wide space", "a space"),
    "\u200b": ("an invisible space", "nothing"),
    "\uff1a": ("a wide colon", "`:`"),
    "\uff0c": ("a wide comma", "`,`"),
    "\u201c": ("a curved quotation mark", '`"`'),
    "\u201d": ("a curved quotation mark", '`"`'),
    "\u201e": ("a curved quotation mark", '`"`'),
    "\u2018": ("a curved quotation mark", "`'`"),
    "\u2019": ("a curved quotation mark", "`'`"),
    "\u2013": ("a long dash", "`-`"),
    "\u2014": ("a long dash", "`-`"),
    "\u2212": ("a minus sign of typography", "`-`"),
    "\uff5b": ("a wide brace", "`{`"),
    "\uff5d": ("a wide brace", "`}`"),
    "\uff3b": ("a wide bracket", "`[`"),
    "\uff3d": ("a wide bracket", "`]`"),
    "\uff08": ("a wide bracket", "`(`"),
    "\uff09": ("a wide bracket", "`)`"),
    "\u3001": ("a comma of Chinese or Japanese", "`,`"),
    "\ufeff": ("an invisible mark", "nothing"),
    "\u200c": ("an invisible mark", "nothing"),
    "\u200d": ("an invisible mark", "nothing"),
    "\u2060": ("an invisible mark", "nothing"),
    "\u00ab": ("a quotation mark of typography", '`"`'),
    "\u00bb": ("a quotation mark of typography", '`"`'),
    **dict.fromkeys("\u2022\u2023\u25cf\u25e6\u25aa\u00b7", ("a bullet", "`-`")),
    **{chr(0xFF10 + digit): ("a wide digit", f"`{digit}`") for digit in range(10)},
}
_PLAIN = {"\uff1a": ": ", "\uff0c": ", ", "\u3001": ", "}


def looks_like(text: str) -> str:
    """The text with YAML's own characters."""
    plain = "".join(_PLAIN.get(char) or _own(char) for char in text)
    return plain.replace(":  ", ": ").replace(",  ", ", ") if plain != text else text


def _own(char: str) -> str:
    if char not in LOOKALIKES:
        return char
    plain = LOOKALIKES[char][1]
    return {"a space": " ", "nothing": ""}.get(plain, plain.strip("`"))
