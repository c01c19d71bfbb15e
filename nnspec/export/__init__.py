"""From a trained `keras.Model` to a file that a phone runs, proved by running it.

`pipeline.export` is the way in. This package's own names import neither TensorFlow nor NumPy, so that the
front end can read the table of targets.
"""

from nnspec.export.artifact import Artifact
from nnspec.export.errors import ExportError
from nnspec.export.targets import TARGETS

__all__ = ["TARGETS", "Artifact", "ExportError"]
