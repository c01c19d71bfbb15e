"""What nnspec uses of Keras and TensorFlow beyond their public interface. A test that fails says what that breaks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from nnspec.backend.keras_internals import (
    downloads,
    layers,
    losses,
    masks,
    messages,
    names,
    programs,
    recurrent,
    sums,
    tensorflow,
    time_distributed,
    trainer,
    words,
)
from nnspec.backend.kinds import instantiate
from nnspec.layers.types import KindValue
from nnspec.runs.errors import TrainingError
from nnspec.training import loop

pytestmark = pytest.mark.tf


def tagger() -> keras.Model:
    """Tokens to scores of each step: what masks, recurrent layers and wrappers are looked at in."""
    tokens = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(5, 3, mask_zero=True)(tokens)
    with recurrent.masks_passing():
        x = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))(x)
    return keras.Model(tokens, keras.layers.Dense(4)(x))


def test_parts_are_found_inside_wrappers_and_nested_models() -> None:
    """Else recurrent layers inside others are exported with cuDNN kernels, and not turned into loops of TFLite."""
    inner = tagger()
    outer = keras.Sequential([inner])
    found = [type(part).__name__ for part in layers.parts(outer)]
    assert found.count("LSTM") == 2 and found.count("LSTMCell") == 2 and "Bidirectional" in found
    assert outer in layers.parts(outer) and outer not in layers.parts(outer, include_self=False)


def test_a_functional_model_runs_call_by_call() -> None:
    given, shared = keras.Input((3,), name="x"), keras.layers.Dense(3)
    model = keras.Model(given, {"y": shared(shared(given))})
    nodes = layers.nodes_of(model)
    assert [(operation, number) for operation, number, _ in nodes] == [(shared, 0), (shared, 1)]
    x = np.ones((2, 3), np.float32)
    doubled = layers.run_nodes(
        model,
        x,
        nodes,
        lambda name, value: 2 * value,
        lambda layer, number, args, kwargs: layer(*args) if number else args,
    )
    assert np.allclose(doubled["y"], shared(2 * x))
    again = keras.Model.from_config(layers.functional_config(model))
    assert list(again.output) == ["y"]
    masked = keras.layers.Masking()(x)
    assert layers.mask_of(layers.keep_mask(masked, tf.identity(masked))) is layers.mask_of(masked)


def test_the_maker_of_a_tensor_is_the_layer() -> None:
    """Else losses that follow from the last activation are wrong, and outputs have no names."""
    model = tagger()
    assert layers.maker(model.output) is model.layers[-1]
    assert layers.taken_by(model.output) == [model.layers[-2].output]
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


def compiled(**settings: Any) -> keras.Model:
    keras.utils.set_random_seed(1)
    given = keras.Input((3,))
    model = keras.Model(given, keras.layers.Dense(2)(keras.layers.Dropout(0.5)(given)))
    model.compile(keras.optimizers.Adam(0.1), "mse", metrics=["mae"], **settings)
    return model


def batches(count: int) -> Iterator[Any]:
    values = np.random.default_rng(0).normal(size=(4 * count, 3)).astype("float32")
    return iter(tf.data.Dataset.from_tensor_slices((values, values[:, :2])).batch(4))


def test_all_variables_are_made_before_the_first_step_and_none_is_changed() -> None:
    """Else a checkpoint cannot be restored, and a run cannot be resumed."""
    model = compiled()
    before = model.get_weights()
    trainer.build_variables(model, next(batches(1)))
    count = len(model.optimizer.variables), len(model.metrics_variables)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    model.make_train_function()
    trainer.next_step(model.train_function, batches(1))
    assert count == (len(model.optimizer.variables), len(model.metrics_variables)) and min(count) > 1


def outside(model: keras.Model, step: Any) -> Any:
    """The function of a step as Keras 3.16 makes it: the batch is taken before the graph."""
    one_step = tf.function(lambda data: model.distribute_strategy.run(step, (data,)), reduce_retracing=True)

    def function(iterator: Any) -> Any:
        batch = iterator.get_next_as_optional()
        if not batch.has_value():
            raise StopIteration
        return one_step(batch.get_value())

    return function


@pytest.mark.parametrize("make", ["installed", "outside"])
def test_a_step_trains_alike_wherever_its_batch_is_taken(make: str) -> None:
    """Else training ends in an error of Keras's, or goes on without data."""
    model, reference = compiled(), compiled()
    model.make_train_function()
    function = model.train_function if make == "installed" else outside(model, model.train_step)
    given = batches(2)
    logs = [trainer.next_step(function, given) for _ in range(2)]
    assert set(logs[-1]) == {"loss", "mae"}
    with pytest.raises(trainer.DataEnded):
        trainer.next_step(function, given)
    for x, y in batches(2):
        reference.train_on_batch(x, y)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), reference.get_weights(), strict=True))


@pytest.mark.parametrize("make", ["installed", "outside"])
def test_data_that_end_early_are_named(make: str) -> None:
    """Else a file that became shorter ends a training as if it were done."""
    model = compiled()
    if make == "outside":
        model.test_function = outside(model, model.test_step)  # make_test_function leaves one that is there
    with pytest.raises(TrainingError, match="the data ended after 2 of 3 batches"):
        loop.test(model, batches(2), 3)
    assert set(loop.test(model, batches(2), 2)) == {"loss", "mae"}


def test_other_errors_of_a_step_stay_what_they_are() -> None:
    def function(_: Any) -> Any:
        raise tf.errors.OutOfRangeError(None, None, "a queue is closed")

    with pytest.raises(tf.errors.OutOfRangeError, match="queue"):
        trainer.next_step(function, batches(1))


def test_steps_can_be_wrapped() -> None:
    """Else metrics of several workers cannot be averaged."""
    model = compiled(run_eagerly=False)
    trainer.wrap_steps(model, lambda step: lambda data: {name: value[None] for name, value in step(data).items()})
    model.make_train_function()
    assert all(value.shape == (1,) for value in trainer.next_step(model.train_function, batches(1)).values())


@pytest.mark.parametrize(
    ("make", "state"),
    [
        (lambda: keras.callbacks.EarlyStopping("loss", patience=3), {"wait", "best", "stopped_epoch"}),
        (lambda: keras.callbacks.ReduceLROnPlateau("loss", patience=3), {"wait", "best", "cooldown_counter"}),
    ],
)
def test_a_callback_goes_on_from_its_state(make: Any, state: set[str]) -> None:
    """Else a resumed training stops, or lowers its learning rate, at another epoch."""
    model = compiled()

    def told(losses: list[float], callback: Any) -> Any:
        for epoch, loss in enumerate(losses):
            callback.on_epoch_end(epoch, {"loss": loss})
        return callback

    first, second = make(), make()
    for callback in (first, second):
        callback.set_model(model)
        callback.on_train_begin()
    values, operations = trainer.callback_state(told([1.0, 2.0], first))
    assert state <= set(values) and set(operations) <= {"monitor_op"} and operations
    trainer.restore_callback(second, values, operations)
    assert trainer.callback_state(told([3.0], second)) == trainer.callback_state(told([3.0], first))
    assert second.model is model


@pytest.mark.parametrize("in_place", [False, True])
def test_averages_that_a_callback_put_in_place_stay_there(in_place: bool) -> None:
    """Then the optimizer holds the weights that are none: it would put them back."""
    model, averages = compiled(), keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    model.compile(keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5), "mse")
    averages.set_model(model)
    averages.set_params({"epochs": 9})
    trainer.build_variables(model, next(batches(1)))
    model.make_train_function()
    given, weights = batches(2), []
    for _ in range(2):
        trainer.next_step(model.train_function, given)
        weights.append(model.trainable_weights[0].numpy())
    if in_place:
        averages.on_epoch_end(0)
    trainer.finalize(model.optimizer, model.trainable_weights, [averages])
    np.testing.assert_allclose(model.trainable_weights[0], (weights[0] + weights[1]) / 2, rtol=1e-5, atol=1e-6)
    assert not averages._ema_weights_in_model


@pytest.mark.parametrize(
    ("loss", "logits"),
    [
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), True),
        (keras.losses.BinaryCrossentropy(), False),
        (keras.losses.CategoricalFocalCrossentropy(from_logits=True), True),
        (keras.losses.MeanSquaredError(), None),
        ("mse", None),
    ],
)
def test_losses_say_whether_they_take_logits(loss: Any, logits: bool | None) -> None:
    """Else W0702 is silent where a loss takes logits of a softmax."""
    assert losses.from_logits(loss) is logits


def test_losses_of_one_function_are_known() -> None:
    """Else the catalogue lacks the words of losses, such as `mse`."""
    assert losses.is_one_function(keras.losses.MeanSquaredError)
    assert keras.losses.MeanSquaredError().fn is keras.losses.get("mse")
    assert not losses.is_one_function(keras.losses.Loss)


def test_means_over_real_steps_can_be_scaled() -> None:
    """Else the loss of padded sequences differs with the number of replicas, and so does that of a CRF."""
    truth = tf.zeros((2, 2))
    weight = tf.constant([[1.0, 1.0], [1.0, 0.0]])
    by_weight = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")
    by_mask = keras.losses.MeanSquaredError()

    def values() -> list[float]:
        given = tf.ones((2, 2, 1))
        masked = tf.ones((2, 2, 1))
        keras.src.backend.set_keras_mask(masked, weight == 1)
        return [
            float(by_weight(truth[..., None], given, sample_weight=weight)),
            float(by_mask(truth[..., None], masked)),
            float(losses.reduced(weight, weight, "mean_with_sample_weight")),
        ]

    assert values() == [1.0, 1.0, 1.0]
    asked = []

    def share(weights: Any) -> Any:
        asked.append(float(tf.reduce_sum(tf.cast(weights, tf.float32))))
        return tf.constant(0.5)

    with losses.scaled_means(share):
        assert values() == [0.5, 0.5, 0.5]
    assert asked == [3.0, 3.0, 3.0] and values() == [1.0, 1.0, 1.0]


def ends_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recurrent layers as Keras 3.16 makes them: masks end there."""
    for base in recurrent.PASSING:
        original = base.__init__

        def init(self: Any, *args: Any, original: Any = original, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            self.supports_masking = False

        init.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]
        monkeypatch.setattr(base, "__init__", init)


LSTM = KindValue("LSTM", {"units": 2, "return_sequences": True})
LAYERS = {
    "LSTM": LSTM,
    "RNN": KindValue("RNN", {"cell": KindValue("GRUCell", {"units": 2}), "return_sequences": True}),
    "Bidirectional": KindValue("Bidirectional", {"layer": LSTM}),
    "TimeDistributed": KindValue("TimeDistributed", {"layer": KindValue("Dense", {"units": 2})}),
    "JordanRNN": KindValue("JordanRNN", {"units": 2, "return_sequences": True}),
}


@pytest.mark.parametrize("release", ["installed", "next"])
@pytest.mark.parametrize("kind", LAYERS)
def test_masks_pass_through_recurrent_layers(
    kind: str, release: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else losses count padding behind an LSTM, and a CRF of a loaded model decodes it."""
    if release == "next":
        ends_masks(monkeypatch)
        assert not keras.layers.LSTM(2).supports_masking  # it is what 3.16 does
    tokens = keras.Input((None,), dtype="int32")
    layer = instantiate("layer", LAYERS[kind])
    embedded = keras.layers.Embedding(5, 3, mask_zero=True)(tokens)
    model = keras.Model(tokens, layer(embedded))
    model.save(tmp_path / "model.keras")
    with recurrent.masks_passing():
        loaded = keras.models.load_model(tmp_path / "model.keras")
    for each in (model, loaded):
        found = layers.mask_of(each(np.array([[1, 2, 0]])))
        assert np.asarray(found).tolist() == [[True, True, False]]
        assert layers.mask_of(each.output) is not None


def test_a_layer_that_ends_masks_by_itself_still_does() -> None:
    """Else the layer of a plugin behaves otherwise than its author says."""

    class Ends(keras.layers.RNN):  # type: ignore[misc]
        def __init__(self, cell: Any) -> None:
            super().__init__(cell)
            self.supports_masking = False

    with recurrent.masks_passing():
        layer = Ends(keras.layers.LSTMCell(1))
        assert keras.layers.RNN(keras.layers.LSTMCell(1), True).get_config()["return_sequences"]
    assert not layer.supports_masking
    assert "__wrapped__" not in vars(keras.layers.RNN.__init__)


@pytest.mark.parametrize("kind", [keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN])
def test_the_time_loop_of_a_recurrent_layer_can_be_replaced(kind: Any) -> None:
    """Else exports hold cuDNN's kernel or Keras's slow loop, or training goes on in the exported one."""
    layer = kind(2, dropout=0.5, recurrent_dropout=0.5, unroll=True)
    x = np.ones((1, 3, 2), "float32")
    before, kept = layer(x), layer.get_config()
    seen = []
    with recurrent.traced() as changes:
        loop = changes.plain(layer)
        assert not layer.unroll and not layer.cell.dropout and not layer.cell.recurrent_dropout
        assert not getattr(layer, "use_cudnn", False)
        assert kind is keras.layers.SimpleRNN or layer.use_cudnn is False

        def counted(sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
            seen.append((tuple(sequences.shape), keras.tree.is_nested(initial_state), mask))
            return loop(sequences, initial_state, mask, training)

        changes.loop(layer, counted)
        assert np.allclose(layer(x), before, atol=1e-6)
    assert seen == [((1, 3, 2), True, None)]
    assert layer.get_config() == kept and "inner_loop" not in vars(layer)
    layer(x)
    assert len(seen) == 1


def test_a_function_bears_the_marks_of_the_fused_lstm() -> None:
    """Else TFLite files have no fused LSTM; whether the converter reads these marks is tested in tests/export."""
    function = recurrent.fused_lstm(lambda x: x, "7").get_concrete_function(tf.TensorSpec([1]))
    assert b"standard_lstm" in function.function_def.signature.name.encode()
    assert function.function_def.attr["api_implements"].s == b"lstm_7"


@pytest.mark.parametrize("category", words.IDENTIFIERS)
def test_the_words_of_a_category_are_those_that_get_reads(category: str) -> None:
    """Else the schema lacks words such as `mse`, and specs that hold them are refused."""
    known = words.known_words(category)
    word = {"loss": "mse", "metric": "mae", "optimizer": "adam", "activation": "relu"}.get(category)
    word = word or {"initializer": "zeros", "regularizer": "l2", "constraint": "max_norm"}[category]
    assert word in known and words.IDENTIFIERS[category].get(word) is not None


def test_layers_that_refuse_a_factor_are_known() -> None:
    """Else the schema takes a `factor` that Keras refuses."""
    assert words.ignores_factor(keras.layers.RandomFlip)
    assert not words.ignores_factor(keras.layers.RandomBrightness)
    assert not words.ignores_factor(keras.layers.Dense)


def test_strategies_have_keys_of_their_own() -> None:
    """Else a second network that is trained in a process on several devices fails for the shapes of the first."""
    kind = tf.distribute.MirroredStrategy
    before = [tensorflow.strategy_with_keys(kind, ["CPU:0"]) for _ in range(2)]
    first, second = (strategy.extended._collective_keys for strategy in before)
    assert second._group_key - first._group_key == tensorflow.KEYS


def test_a_slice_is_written_by_the_operation_that_tflite_has() -> None:
    """Else loops of recurrent layers need Flex, or copy their outputs at each step."""
    write = tf.function(lambda a, b: tensorflow.dynamic_update_slice(a, b, tf.stack([1, 0])))
    given = tf.zeros((3, 2)), tf.ones((1, 2))
    assert write(*given).numpy().tolist() == [[0, 0], [1, 1], [0, 0]]
    kinds = {node.type for node in write.get_concrete_function(*given).graph.get_operations()}
    assert "XlaDynamicUpdateSlice" in kinds


def test_a_message_of_tensorflow_is_its_cause_with_node_and_module() -> None:
    """Else an error is told as a page of stacks, and without the layer or the part of the training at fault."""
    model = keras.Sequential([keras.Input((1,), dtype="int32"), keras.layers.Embedding(2, 1, name="table")])
    model.compile("sgd", "mse")
    model.make_test_function()
    given = iter(tf.data.Dataset.from_tensors((np.array([[5]]), np.zeros((1, 1, 1)))))
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        trainer.next_step(model.test_function, given)
    message = messages.keras_message(caught.value)
    assert len(message) < 120 and messages.INDEX_OUTSIDE.search(message)[1] == "2"
    assert any("/table" in node for node in messages.nodes_of(caught.value))
    assert names.within(messages.modules_of(caught.value), "layers")


def test_a_label_outside_the_output_is_read_off_the_message() -> None:
    """Else the hint that labels count from 0 is missing."""
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        tf.nn.sparse_softmax_cross_entropy_with_logits(tf.constant([7]), tf.zeros((1, 3)))
    told = messages.keras_message(caught.value)  # deterministic operations say it as of an index
    assert (messages.LABEL_OUTSIDE.search(told) or messages.INDEX_OUTSIDE.search(told))[1] == "3"


def test_parts_of_a_training_compute_in_scopes_of_their_names() -> None:
    """Else an error in a loss, a metric or the optimizer is told without saying in which."""
    model = compiled(jit_compile=False)
    trainer.build_variables(model, next(batches(1)))
    specs = [tf.TensorSpec((4, 3)), tf.TensorSpec((4, 2))]
    graph = tf.function(lambda x, y: model.train_step((x, y))).get_concrete_function(*specs).graph
    scopes = {step for node in graph.get_operations() for step in node.name.split("/")}
    assert {"compile_loss", "gradient_tape"} <= scopes
    assert "compile_metrics" not in scopes  # these two are told by their modules in Keras 3.15
    assert "optimizer" not in scopes


def test_a_layer_says_whether_its_call_takes_a_mask() -> None:
    """Else `TimeDistributed` over a varying number of steps drops the masks of its steps."""
    assert layers.takes_mask(keras.layers.LSTM(2)) and not layers.takes_mask(keras.layers.Dense(2))


def test_steps_that_vary_are_counted_as_steps() -> None:
    """Else `TimeDistributed` computes as many steps as there are examples in the batch; test_time_distributed.py."""
    time_distributed.count_steps()
    layer = keras.layers.TimeDistributed(keras.layers.Flatten())
    graph = tf.function(lambda x: layer(x), input_signature=[tf.TensorSpec((None, None, 2, 2))])
    assert graph(tf.zeros((1, 3, 2, 2))).shape == (1, 3, 4)


def test_a_saved_model_is_parsed_without_being_loaded(tmp_path: Path) -> None:
    """Else the layers that Keras 2 wrote into a SavedModel cannot be imported."""
    tf.saved_model.save(tf.Module(), tmp_path)
    program = programs.parsed_program((tmp_path / "saved_model.pb").read_bytes())
    assert len(program.meta_graphs[0].object_graph_def.nodes) >= 1
    with pytest.raises(ValueError, match="Error parsing message"):
        programs.parsed_program(b"\xff" * 9)


def test_one_scale_for_dense_is_a_switch_of_the_converter() -> None:
    """What the file then has is held in tests/export/test_export_slim.py."""
    function = tf.function(lambda x: {"y": x + 1}).get_concrete_function(tf.TensorSpec([1], tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], tf.Module())
    name = "_experimental_disable_per_channel_quantization_for_dense_layers"
    assert getattr(converter, name) is False
    tensorflow.one_scale_for_dense(converter)
    assert getattr(converter, name) is True


def test_an_application_asks_for_its_file_of_weights_by_the_function_that_is_put_there(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    def fetch(fname: str, origin: str, **more: Any) -> str:
        asked.append((fname, origin))
        raise FileNotFoundError(fname)

    with pytest.raises(FileNotFoundError), downloads.files_from(fetch):
        keras.applications.MobileNetV2(alpha=0.35, include_top=False, input_shape=(96, 96, 3))
    assert asked[0][0].endswith("_0.35_96_no_top.h5") and asked[0][1].startswith("https://")
    assert keras.src.utils.file_utils.get_file is keras.utils.get_file
    assert downloads.kept_in().name == "models"


def test_names_are_counted_from_the_start() -> None:
    before = keras.layers.Dense(1).name
    with downloads.names_from_the_start():
        assert [keras.layers.Dense(1).name for _ in range(2)] == ["dense", "dense_1"]
    number = int(before.removeprefix("dense").lstrip("_") or 0)
    assert keras.layers.Dense(1).name == f"dense_{number + 1}"


def test_masking_leaves_an_operation_any_in_the_graph() -> None:
    """Else the mask of an exported network needs REDUCE_ANY, which microcontrollers lack."""
    steps = keras.Input((4, 2))
    inner = keras.Model(steps, keras.layers.LSTM(3)(keras.layers.Masking()(steps)))
    outer = keras.Model(steps, inner(steps))
    assert [(one.axis, one.keepdims) for one in masks.any_operations(outer)] == [([-1], False)]
    assert not list(masks.any_operations(tagger()))


def test_a_tensor_carries_its_mask() -> None:
    values, mask = tf.ones([1, 3, 2]), tf.constant([[True, False, True]])
    mean = keras.layers.GlobalAveragePooling1D()
    assert masks.with_mask(values, mask) is values
    assert mean(masks.with_mask(tf.constant([[[1.0], [5.0], [3.0]]]), mask)).numpy().tolist() == [[2.0]]


def test_a_column_goes_to_the_rows_of_one_example() -> None:
    """Where Keras does it without help, `sums` can go."""
    table, column = np.zeros((1, 3, 3), "float32"), np.arange(3, dtype="float32").reshape(1, 3, 1)
    assert not np.array_equal(keras.ops.add(table, column), table + column)
    with sums.plain_sums():
        assert np.array_equal(keras.ops.add(table, column), table + column)
        assert np.array_equal(keras.ops.add(table, column[0, :, 0]), table + column[0, :, 0])
    assert not np.array_equal(keras.ops.add(table, column), table + column)
