"""Small pictures of a page."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from nnspec.data.formats.thumbnails import over


@pytest.mark.parametrize("finer", [1, 2])
def test_a_prediction_over_its_image_is_red_where_it_is_wrong(finer: int) -> None:
    image = np.linspace(0, 255, 5 * finer, dtype=np.float32).reshape(1, -1, 1).repeat(finer, 0)
    true, predicted = np.array([[0, 1, 1, 0, 255]]), np.array([[0, 1, 0, 1, 1]])
    address = over(image, true, predicted, 2)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))))[0, ::finer].astype(int)
    plain, right, missed, invented, no_class = pixels
    assert plain.tolist() == [0, 0, 0] and len(set(no_class.tolist())) == 1
    assert right[2] > right[0]  # the colour of the class
    for wrong in (missed, invented):
        assert wrong[0] > wrong[1] + 100 and wrong[1] == wrong[2]
