from nnspec.data.errors import DataError


def test_says_where_what_and_what_helps() -> None:
    error = DataError("too few columns", file="a.tsv", line=3, hint="name the separator")
    assert str(error) == "a.tsv:3: too few columns (name the separator)"
    assert str(DataError("no source")) == "no source"
