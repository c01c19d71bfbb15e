"""The one exception of the export."""


class ExportError(Exception):
    """A model that cannot become the file that was asked for.

    `layer` names the layer at fault where one is known (the commands turn it into a line of the spec), and `hint`
    says what would help.
    """

    def __init__(self, message: str, layer: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.layer = layer
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.layer}: " if self.layer else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{place}{self.message}{hint}"
