"""How each data set is made: one file for each, `make(folder)` writes it.

All draw from NumPy's legacy generator, whose stream is frozen: newer ones may change from version to version.
"""
