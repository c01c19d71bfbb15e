"""A first spec for data that somebody brings: which source reads them, what is learned from what, and a small network.

Everything here is a guess, and is told as one: `look` finds the source, `columns` chooses among the columns of a table,
`network` makes layers for what nnspec's own reading says of the data, `writing` puts it down with remarks.
"""
