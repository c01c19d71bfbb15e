"""The inputs and targets of a table: what a column, or several, become for a network."""
