"""The Python API, from a spec to a prediction and a TFLite file: python examples/python_api.py"""

from pathlib import Path

import nnspec

HERE = Path(__file__).parent

# Check: without TensorFlow. Overrides are paths with two underscores for each dot.
spec = nnspec.load(HERE.parent / "specs/lenet.yaml", train__epochs=2)
print("ok:", spec.check().ok, "parameters:", spec.spec.param_count)

# Diagnostics are objects, and one exception that prints them all.
try:
    nnspec.build(nnspec.load(spec.path, train__optimizer="Adamm"))
except nnspec.SpecError as error:
    print(error.diagnostics[0].code, error.diagnostics[0].message, error.diagnostics[0].hint)

# Build: a plain keras.Model.
model = nnspec.build(spec, seed=1)
print("output:", model.output_shape)

# Train, evaluate: into a run folder, and from it.
result = nnspec.train(spec)
print("run:", result.run, result.metrics)
print("test:", nnspec.evaluate(spec, run=result.run)["metrics"])

# Predict: paths of images, sentences, rows or arrays, whatever the data source takes.
image = HERE / "data/digit_images/7/0003.png"
print("prediction:", nnspec.predict(spec, [image], run=result.run)[0]["label"])

# Export: each file is run and compared with Keras.
for artifact in nnspec.export(spec, run=result.run):
    print(artifact.target, artifact.path, artifact.bytes, artifact.max_abs_diff, artifact.metric_after)
