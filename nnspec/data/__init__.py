"""Data: sources, splits and batches. One file for each family of source; `sources` lists them, `dataset` opens them."""
