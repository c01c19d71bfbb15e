"""From a trained `keras.Model` to a file that a phone runs, proved by running it.

`pipeline.export` is the way in. This package's own names import neither TensorFlow nor NumPy, so that the
front end can read the table of targets.
"""

from nnspec.catalog.targets import TARGETS
from nnspec.export.artifact import Artifact
from nnspec.export.errors import ExportError

__all__ = ["TARGETS", "Artifact", "ExportError"]
