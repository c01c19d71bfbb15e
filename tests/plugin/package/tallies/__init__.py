"""A package that extends nnspec from outside: a data source, an export target, a layer, a check and a command."""
