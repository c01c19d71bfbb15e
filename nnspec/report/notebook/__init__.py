"""What a notebook shows: cards of specs, checks, data, runs and answers, and the curves of a training while it runs."""
