"""What a person in a session calls, beyond the stages of `nnspec.api`: tables, drawings, sweeps, the magic."""
