"""The types that arguments take, as JSON Schemas. ``arguments`` says which argument takes which.

``x-says`` is how a diagnostic calls the type: "`units` takes *a whole number above 0*, not a list". An expression
and null can stand for every value; ``opened`` adds them to all alike.
"""

from __future__ import annotations

from typing import Any

from nnspec.console.formatting import yaml_scalar

Schema = dict[str, Any]

EXPRESSION: Schema = {
    "type": "string",
    "pattern": r"\$",
    "description": "$name or $(expression)",
    "x-says": "an expression",
}


def choice(*values: Any) -> Schema:
    """One of a few values; null among them means itself, not "not given"."""
    *most, last = map(yaml_scalar, values)
    return {"enum": list(values), "x-says": f"{', '.join(most)} or {last}" if most else last}


def list_of(name: str) -> Schema:
    """Null in a list is no number: nothing says which one is meant. A size that varies alone is null."""
    given: Schema = {} if name == "dimension" else {"not": {"type": "null"}}
    return {"type": "array", "items": {"$ref": f"#/$defs/type.{name}", **given}}


def either(*schemas: Schema, says: str) -> Schema:
    """A union of types that differ: keywords of JSON Schema only look at values of their own type."""
    merged: Schema = {}
    kinds: list[str] = []
    for schema in schemas:
        kinds.append(schema["type"])
        merged.update(schema)
    return {**merged, "type": kinds, "x-says": says}


def _sizes(axes: int) -> Schema:
    """One size for all axes or one for each; a layer of one axis may also take a list of one."""
    counted = {"minItems": axes, "maxItems": axes}
    says = f"a whole number above 0, or a list of {axes}"
    return either(_COUNT, {**list_of("count"), **counted}, says=says)


def _margins(axes: int) -> Schema:
    """What is added or cut on each side: one number, one for each axis, or a pair for each axis."""
    counted = {"minItems": axes, "maxItems": axes} if axes > 1 else {"minItems": 1, "maxItems": 2}
    one = (
        "a whole number, or a pair" if axes == 1 else f"a whole number, or a list with one, or a pair, for {axes} axes"
    )
    return either(_NATURAL, {**list_of("natural_or_pair"), **counted}, says=one)


_MOST = 2**31 - 1  # TensorFlow counts the sizes of kernels, windows and the like in 32 bits
_COUNT: Schema = {"type": "integer", "minimum": 1, "maximum": _MOST, "x-says": "a whole number above 0"}
_NATURAL: Schema = {"type": "integer", "minimum": 0, "maximum": _MOST, "x-says": "a whole number, 0 or more"}
_INT: Schema = {"type": "integer", "x-says": "a whole number"}
_NUMBER: Schema = {"type": "number", "x-says": "a number"}
_TEXT: Schema = {"type": "string", "x-says": "a text"}
_DIMENSION: Schema = {"type": ["integer", "null"], "minimum": -1, "x-says": "a whole number, -1 or null"}
WINDOWS = (
    *("bart", "barthann", "bartlett", "bkh", "black", "blackharr", "blackman", "blackmanharris", "blk", "bman", "bmn"),
    *("bohman", "box", "boxcar", "brt", "brthan", "bth", "cosine", "exponential", "flat", "flattop", "flt"),
    *("halfcosine", "ham", "hamm", "hamming", "han", "hann", "lanczos", "nut", "nutl", "nuttall", "ones", "par"),
    *("parz", "parzen", "poisson", "rect", "rectangular", "sinc", "taylor", "taylorwin", "tri", "triang"),
    *("triangle", "tuk", "tukey"),
)
_FLOATS = ("float16", "bfloat16", "float32", "float64")
_INTS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")

TYPES: dict[str, Schema] = {
    "bool": {"type": "boolean", "x-says": "true or false"},
    "int": _INT,
    "count": _COUNT,
    "natural": _NATURAL,
    "number": _NUMBER,
    "positive": {"type": "number", "exclusiveMinimum": 0, "x-says": "a number above 0"},
    "not_negative": {"type": "number", "minimum": 0, "x-says": "a number, 0 or more"},
    "share": {"type": "number", "minimum": 0, "maximum": 1, "x-says": "a number from 0 to 1"},
    "text": _TEXT,
    "texts": {**list_of("text"), "x-says": "a list of texts"},
    "counts": either(_COUNT, list_of("count"), says="a whole number above 0, or a list of them"),
    "size1": _sizes(1),
    "size2": _sizes(2),
    "size3": _sizes(3),
    "natural_or_pair": either(
        _NATURAL, {**list_of("natural"), "minItems": 2, "maxItems": 2}, says="0 or more, or a pair"
    ),
    "margin1": _margins(1),
    "margin2": _margins(2),
    "margin3": _margins(3),
    "axes": either(_INT, list_of("int"), says="an axis, or a list of axes"),
    "ints": {**list_of("int"), "x-says": "a list of whole numbers"},
    "dimension": _DIMENSION,
    "shape": {**list_of("dimension"), "x-says": "a list of dimensions"},
    "shape_or_int": either(_INT, list_of("dimension"), says="a shape, or a whole number"),
    "numbers": either(_NUMBER, {**list_of("numbers"), "minItems": 1}, says="a number, or a list of numbers"),
    "one_or_more": {"type": "number", "minimum": 1, "x-says": "a number, 1 or more"},
    "character": {"type": "string", "pattern": r"^(.|\$.*)$", "x-says": "one character"},
    "share_above_0": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "x-says": "a number above 0, up to 1"},
    "shares": either(
        {"type": "number", "minimum": 0, "maximum": 1},
        {**list_of("share"), "minItems": 1},
        says="a number from 0 to 1, or a list of them",
    ),
    "share_list": {**list_of("share"), "minItems": 1, "x-says": "a list of numbers from 0 to 1"},
    "class_ids": {**list_of("natural"), "minItems": 1, "x-says": "a list of class numbers"},
    "not_positive": {"type": "number", "maximum": 0, "x-says": "a number, 0 or less"},
    "two_or_more": {"type": "integer", "minimum": 2, "maximum": _MOST, "x-says": "a whole number, 2 or more"},
    "share_below_1": {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "x-says": "a number from 0 to below 1"},
    "inner_share": {
        "type": "number",
        "exclusiveMinimum": 0,
        "exclusiveMaximum": 1,
        "x-says": "a number above 0 and below 1",
    },
    "float_dtype": choice(*_FLOATS, "mixed_float16", "mixed_bfloat16")
    | {"x-says": "a type of floats such as float32, or a policy such as mixed_bfloat16"},
    "counting_dtype": choice("float32", "float64")
    | {"x-says": "float32 or float64: halves count to 256 or 2,048 and no further"},
    "number_list": {**list_of("number"), "x-says": "a list of numbers"},
    "pair": {**list_of("number"), "minItems": 2, "maxItems": 2, "x-says": "a list of two numbers"},
    "range": either(
        _NUMBER, {**list_of("number"), "minItems": 2, "maxItems": 2}, says="a number, or a pair of numbers"
    ),
    "int_or_pair": either(_INT, {**list_of("int"), "minItems": 2, "maxItems": 2}, says="a whole number, or a pair"),
    "number_or_text": either(_NUMBER, _TEXT, says="a number or a text"),
    "words": either(_TEXT, {"type": "array"}, says="a list of entries, or the path of a file with one in each line"),
    "limits": {"type": "object", "additionalProperties": _NUMBER, "x-says": "a mapping from name to number"},
    "unwritable": {"type": "null", "x-says": "an object that a spec cannot write"},
    "arrays": {"type": "array", "items": {"type": "array", "x-says": "a list"}, "x-says": "a list of arrays"},
    "dtype": choice(
        *_FLOATS,
        *_INTS,
        "bool",
        "string",
        "mixed_float16",
        "mixed_bfloat16",
        *(
            f"{mode}_from_{policy}"
            for mode in ("int8", "int4", "float8")
            for policy in ("float32", "bfloat16", "mixed_bfloat16", "mixed_float16")
        ),
    )
    | {"x-says": "a dtype such as float32, or a policy such as mixed_bfloat16"},
    "data_format": choice("channels_last", "channels_first"),
    "padding": choice("valid", "same"),
    "padding_causal": choice("valid", "same", "causal"),
    "reduction_of_axes": choice("sum", "mean", "max", "min"),
    "merge_mode": choice("concat", "sum", "mul", "ave", None),
    "interpolation": choice("nearest", "bilinear"),
    "interpolation_resize": choice("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
    "fill_mode": choice("reflect", "wrap", "constant", "nearest"),
    "boxes": choice(
        *("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")
    ),
    "reduction": choice("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None),
    "direction": choice("auto", "min", "max"),
    "flip": choice("horizontal_and_vertical", "horizontal", "vertical"),
    "score_mode": choice("dot", "concat"),
    "fan": choice("fan_in", "fan_out", "fan_avg"),
    "distribution": choice("truncated_normal", "untruncated_normal", "uniform"),
    "rows": choice("rows", "columns"),
    "average": choice("micro", "macro", "weighted", None),
    "aggregation": choice("uniform_average", "variance_weighted_average", None),
    "curve": choice("ROC", "PR"),
    "summation": choice("interpolation", "minoring", "majoring"),
    "spectrum": choice("log", "magnitude", "psd", "real", "imag", "angle", "stft"),
    "spectrum_scaling": choice("density", "spectrum", None),
    "window": choice(*WINDOWS) | {"x-says": "a window of SciPy's that takes no parameters, such as hann"},
    "window_of_two": choice("hann", "hamming"),
    "complex_part": choice("real", "imag"),
    "oov_method": choice("floormod", "farmhash"),
    "bucket_mode": choice("int", "one_hot"),
    "bucket_modes": choice("int", "one_hot", "multi_hot", "count"),
    "category_mode": choice("one_hot", "multi_hot", "count"),
    "token_mode": choice("int", "one_hot", "multi_hot", "count", "tf_idf"),
    "standardize": choice("lower_and_strip_punctuation", "lower", "strip_punctuation", None),
    "split": choice("whitespace", "character", None),
    "verbosity": choice(0, 1),
    "flag_or_auto": choice(True, False, "auto"),
    "save_frequency": {"anyOf": [{"enum": ["epoch"]}, _COUNT], "x-says": "epoch, or a number of batches"},
}


def opened(schema: Schema, *, null: bool = True) -> Schema:
    """``schema``, or an expression, or (unless it must be given) null. Flat where it can be, for plainer errors."""
    if "enum" in schema or "anyOf" in schema:
        notes = {key: value for key, value in schema.items() if key.startswith("x-")}
        branches = schema.get("anyOf") or [{"enum": schema["enum"]}]
        rest = [{"type": "null"}] if null and None not in schema.get("enum", ()) else []
        return {**notes, "anyOf": [*branches, {"$ref": "#/$defs/expression"}, *rest]}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    pattern = {} if "string" in kinds else {"pattern": EXPRESSION["pattern"]}
    added = {"string", "null"} if null else {"string"}
    return {**schema, "type": sorted({*kinds, *added}), **pattern}
