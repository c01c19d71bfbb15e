"""Networks that compute as their int8 file will: weights, values and biases rounded, in training and after it."""
