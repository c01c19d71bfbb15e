"""Private hooks of Keras and TensorFlow that nnspec uses: each is one function of this package.

A function says why no public way does, and its test in ``tests/backend/test_keras_internals.py`` says what breaks if a
release changes it. Elsewhere in nnspec there is no private name of either library; a test holds that. The sources were
read in the versions below; ``make next-keras`` tries the newest ones.
"""

from __future__ import annotations

READ_IN = {"keras": ("3.15.1", "3.16.0"), "tensorflow": ("2.21.0",)}
