"""What nnspec uses of Keras and TensorFlow beyond their public interface. A test that fails says what that breaks."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from nnspec.backend.keras_internals import layers, names

pytestmark = pytest.mark.tf


def tagger() -> keras.Model:
    """Tokens to scores of each step: what masks, recurrent layers and wrappers are looked at in."""
    tokens = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(5, 3, mask_zero=True)(tokens)
    x = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))(x)
    return keras.Model(tokens, keras.layers.Dense(4)(x))


def test_parts_are_found_inside_wrappers_and_nested_models() -> None:
    """Else recurrent layers inside others are exported with cuDNN kernels, and not turned into loops of TFLite."""
    inner = tagger()
    outer = keras.Sequential([inner])
    found = [type(part).__name__ for part in layers.parts(outer)]
    assert found.count("LSTM") == 2 and found.count("LSTMCell") == 2 and "Bidirectional" in found
    assert outer in layers.parts(outer) and outer not in layers.parts(outer, include_self=False)


def test_the_maker_of_a_tensor_is_the_layer() -> None:
    """Else losses that follow from the last activation are wrong, and outputs have no names."""
    model = tagger()
    assert layers.maker(model.output) is model.layers[-1]
    assert isinstance(layers.maker(keras.ops.add(model.output, 1)), keras.Operation)


def test_the_first_call_has_its_flags() -> None:
    """Else `check` for TPUs calls layers otherwise than the network does."""
    given, other = keras.Input((2, 3)), keras.Input((2, 3))
    layer = keras.layers.MultiHeadAttention(1, 2)
    layer(given, other, use_causal_mask=True)
    args, kwargs = layers.first_call(layer)
    assert args[0] is given and args[1] is other and kwargs == {"use_causal_mask": True}


def test_layers_that_train_otherwise_are_known() -> None:
    """Else dropout runs in exported loops, or a cell is called with an argument that it does not have."""
    assert layers.takes_training(keras.layers.Dropout(0.5))
    assert layers.takes_training(keras.layers.LSTMCell(2))
    assert not layers.takes_training(keras.layers.Flatten())
    assert not layers.takes_training(object())


def test_the_mask_of_an_output_can_be_read() -> None:
    """Else the loss of a CRF counts padding where it is not given weights."""
    found = tagger()(np.array([[1, 2, 0]]))
    assert np.asarray(layers.mask_of(found)).tolist() == [[True, True, False]]
    assert layers.mask_of(tf.zeros(2)) is None


def test_every_draw_of_a_layer_can_be_given_its_seed() -> None:
    """Else augmentation depends on what was drawn before, and a resumed training differs from one that was not stopped."""
    layer = keras.Sequential([keras.layers.RandomFlip(seed=1), keras.layers.RandomContrast(0.9, seed=1)])
    generators = list(layers.seed_generators(layer))
    assert len(generators) >= 2
    before = [np.asarray(generator.state) for generator in generators]
    asked = []

    def draw(ordered: bool = True) -> tf.Tensor:
        asked.append(ordered)
        return tf.constant([7, 7], tf.int32)

    images = np.arange(48, dtype="float32").reshape(1, 4, 4, 3)
    with layers.drawing(generators, draw):
        first, again = layer(images, training=True), layer(images, training=True)
    assert len(asked) >= 4 and np.array_equal(first, again)
    assert all(np.array_equal(generator.state, kept) for generator, kept in zip(generators, before, strict=True))
    assert not np.array_equal(generators[0].next(), [7, 7])  # the class's method shows again


def test_layers_of_images_move_masks_by_one_transformation() -> None:
    """Else masks and boxes do not follow their image."""
    layer = keras.layers.RandomFlip("horizontal", seed=3)
    assert isinstance(layer, layers.ImageLayer) and not isinstance(keras.layers.Dense(1), layers.ImageLayer)
    images = tf.reshape(tf.range(8, dtype=tf.float32), [1, 2, 4, 1])
    drawn = layer.get_random_transformation(images, training=True)
    assert np.array_equal(
        layer.transform_images(images, drawn, training=True),
        layer.transform_segmentation_masks(images, drawn, training=True),
    )


def test_a_reserved_name_is_given_to_nothing_else() -> None:
    """Else Keras calls what joins masks `concatenate`, and a layer of that name is refused as a double."""
    keras.backend.clear_session()
    layers.reserve_name("concatenate", 2)
    assert keras.layers.Concatenate().name == "concatenate_2"
    layers.reserve_name("concatenate", 1)  # is so already
    assert keras.layers.Concatenate().name == "concatenate_4"


def test_a_saved_operation_is_told_from_a_layer_by_its_module() -> None:
    """Else `x + 3.0` is imported as the layer Add, with one input."""
    given = keras.Input((2,))
    summed = keras.layers.Add()([given, given])
    config = keras.Model(given, summed + 3.0).get_config()
    kinds = {(layer["class_name"], names.is_operation(layer["module"])) for layer in config["layers"]}
    assert kinds >= {("Add", False), ("Add", True), ("InputLayer", False)}


def test_private_layers_of_applications_are_where_files_say() -> None:
    """Else ConvNeXt and Inception-ResNet cannot be imported with their weights."""
    for name, found in names.private_classes().items():
        assert issubclass(found, keras.layers.Layer)
        assert names.is_private_layer(found.__module__, name)
    assert not names.is_private_layer("keras.layers", "Dense")
