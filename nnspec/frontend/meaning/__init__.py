"""What was meant by what a spec cannot hold: by meaning, by the syntax of others, by its place, last by spelling."""
