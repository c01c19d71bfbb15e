"""Every diagnostic code: what it means, a spec that earns it, what to do. ``nnspec explain`` and the docs read this.

Codes are stable: one is never given a second meaning. The first two digits are the pass that reports it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A diagnostic code.

    Attributes:
        example: what brings it about: a command line, or YAML. A list stands for the layers of a spec, and sections
            that every spec needs may be left out.
        fix: what to do, in words or as YAML.
        whole: the example is a whole file, nothing is left out.
        options: what is written behind `nnspec check` for the example.
    """

    title: str
    explanation: str
    example: str
    fix: str
    whole: bool = False
    options: str = ""

    @property
    def is_command(self) -> bool:
        return self.example.startswith("nnspec ")

    @property
    def fix_is_prose(self) -> bool:
        return self.fix.endswith(".")


# What the first two digits of a code say: the pass that found it.
PASSES = {
    "01": "Reading the text",
    "02": "The schema",
    "03": "Files that build on files",
    "04": "Expressions and unrolling",
    "05": "Wiring",
    "06": "Shapes and layers",
    "07": "Sections and data",
    "08": "Budget",
    "09": "Data",
    "10": "Chips",
}


def _csv(settings: str) -> str:
    """A spec on a table, as an example."""
    return f"data: {{source: {{Csv: {{path: {settings}}}}}}}\ninputs: {{x: [$data.features]}}\nlayers: [{{Dense: 1}}]"


CODES: dict[str, Code] = {
    # 01: reading the text
    "E0101": Code(
        "A file cannot be read",
        "The file does not exist, is a folder, or may not be read.",
        "nnspec check missing.yaml",
        "Check the path. Paths in a spec are relative to the file that they stand in.",
    ),
    "E0102": Code(
        "A file is too large",
        "A spec is written by people; a file of more than 4 MiB is something else.",
        "nnspec check video.mp4",
        "Point the command at the spec; data belong into files of their own.",
    ),
    "E0103": Code(
        "A file is not UTF-8",
        "YAML files are read as UTF-8; the byte named is part of no character. NUL is none of a text either.",
        "nnspec check latin1.yaml",
        "Save the file as UTF-8.",
    ),
    "E0104": Code(
        "A file is empty", "There is nothing in the file.", "# only a comment", "Begin with `nnspec new`.", whole=True
    ),
    "E0105": Code(
        "The file is not YAML",
        "The text breaks YAML's own rules: a bracket that is not closed, a tab that indents, a stray colon.",
        "layers: [Flatten, {Dense: 10}",
        "Mend the syntax at the place shown; it is where reading stopped, the cause may stand just before.",
    ),
    "E0106": Code(
        "More than one document",
        "A spec is one YAML document. `---` begins a second one.",
        "nnspec: 1\n---\nnnspec: 1",
        "Keep each spec in its own file.",
        whole=True,
    ),
    "E0107": Code(
        "Nested too deeply or too large",
        "More than 64 levels, or more than 150,000 values once aliases are expanded.",
        f"params: {{a: {'[' * 64}{']' * 64}}}",
        "Use `repeat`, `for` and `blocks` in place of nested lists and aliases.",
    ),
    "E0108": Code(
        "A key is given twice",
        "One of the two values would be lost silently.",
        "train: {epochs: 3, epochs: 5}",
        "Remove one of them.",
    ),
    "E0109": Code(
        "A key is not a word",
        "Keys are plain words, never lists or mappings.",
        "{{name}}: 3",
        "Write `$name`, without braces.",
    ),
    "E0110": Code(
        "An alias without its anchor",
        "`*name` repeats what `&name` marked before it.",
        "layers: [*conv]",
        "Define the anchor first.",
    ),
    "E0111": Code(
        "A number is too large",
        "Whole numbers have at most 64 bits.",
        "params: {a: 99999999999999999999}",
        "Check the number of digits.",
    ),
    "E0112": Code(
        "A YAML tag",
        "Tags such as `!!python/object` can run code; a spec is plain data.",
        "a: !!set {x}",
        "Remove the tag.",
    ),
    "E0113": Code(
        "The spec is not a mapping",
        "The top level holds keys such as `nnspec`, `inputs` and `layers`.",
        "- Dense: 10",
        "Begin with `nnspec: 1`, and put the layers under `layers:`.",
        whole=True,
    ),
    "E0114": Code(
        "A file that cannot be laid out",
        "`nnspec fmt` compares what a file says before and after. It leaves a file alone where the two differ, as they "
        "may with rare YAML such as block texts that keep their blank lines at the end (`|+`).",
        "nnspec fmt kept.yaml",
        "Write the value in a plainer way, or lay the file out by hand.",
    ),
    # 02: the schema
    "E0201": Code(
        "An unknown key",
        "Nothing would ever look at it, so it is an error, not a remark. The hint names the key that comes nearest.",
        "train: {epoch: 3}",
        "train: {epochs: 3}",
    ),
    "E0202": Code(
        "An unknown kind",
        "Kinds have the names of Keras's classes; upper and lower case count. A word such as `relu` or `adam` stands "
        "where Keras knows it.",
        "layers: [{Conv2d: {filters: 8, kernel_size: 3}}]",
        "layers: [{Conv2D: {filters: 8, kernel_size: 3}}]",
    ),
    "E0203": Code(
        "An unknown argument",
        "A kind takes the arguments that Keras's class takes, and no other. `nnspec schema --kind Conv2D` lists them. "
        "A layer's `name` stands beside the kind.",
        "layers: [{Conv2D: {filtres: 8, kernel_size: 3}}]",
        "layers: [{Conv2D: {filters: 8, kernel_size: 3}}]",
    ),
    "E0204": Code(
        "An argument is missing",
        "It has no default. An argument left empty (`units: `) counts as not given, and a value without a name is the "
        "first argument alone.",
        "layers: [{Conv2D: 8}]",
        "layers: [{Conv2D: {filters: 8, kernel_size: 3}}]",
    ),
    "E0205": Code(
        "A value of the wrong type",
        "Whole numbers have no decimal point, true and false are no numbers, and by YAML 1.2 `no` and `on` are texts.",
        "layers: [{Dense: {units: 10.0, use_bias: no}}]",
        "layers: [{Dense: {units: 10, use_bias: false}}]",
    ),
    "E0206": Code(
        "A value that is none of the choices",
        "The argument takes one of a few words; the message lists them.",
        "layers: [{Conv2D: {filters: 8, kernel_size: 3, padding: sane}}]",
        "layers: [{Conv2D: {filters: 8, kernel_size: 3, padding: same}}]",
    ),
    "E0207": Code(
        "A number out of range",
        "The number is too small or too large for what it counts or shares.",
        "layers: [{Dropout: 1.5}]",
        "layers: [{Dropout: 0.5}]",
    ),
    "E0208": Code(
        "Two kinds in one place",
        "An entry of `layers`, and every place that holds a kind, names exactly one.",
        "layers: [{Flatten: , Dense: 10}]",
        "layers: [Flatten, {Dense: 10}]",
    ),
    "E0209": Code(
        "A kind that a spec cannot hold",
        "Reading, checking, building or training a spec never runs code that it carries, so `Lambda` and its like are "
        "refused. So are bases that do nothing by themselves, and what every run has anyway.",
        "layers: [{Lambda: {function: abs}}]",
        "Write the layer in a package and name that under `requires:`, or bring it in with --plugin.",
    ),
    "E0210": Code(
        "A section or a key is missing",
        "A spec needs `nnspec`, `inputs` and `layers`; some sections need keys of their own.",
        "nnspec: 1\ninputs: {image: [28, 28, 1]}",
        "nnspec: 1\ninputs: {image: [28, 28, 1]}\nlayers: [Flatten, {Dense: 10}]",
        whole=True,
    ),
    "E0211": Code(
        "Something else stands here than what belongs here",
        "An empty mapping where a kind belongs, a group without layers, a `merge` without a `parallel`.",
        "train: {callbacks: [{}]}",
        "train: {callbacks: [{EarlyStopping: {patience: 3}}]}",
    ),
    # 03: files that build on files
    "E0301": Code(
        "Not a path",
        "`extends` and `use` take the paths of YAML files that are not hidden, and whose names have an ending.",
        "extends: 3",
        "extends: base.yaml",
    ),
    "E0302": Code(
        "Files in a circle",
        "A file builds, by way of others, on itself.",
        "extends: spec.yaml   # and this is spec.yaml",
        "Break the circle.",
    ),
    "E0303": Code(
        "A used file without blocks",
        "`use` brings in the blocks of a file, and this one has none.",
        "use: [network.yaml]",
        "`extends` takes over the other sections.",
    ),
    "E0304": Code(
        "An override names no place",
        "`--set` takes a dotted path, `=` and a YAML value. A number in the path counts items of a list from 0.",
        "nnspec check network.yaml --set epochs",
        "nnspec check network.yaml --set train.epochs=3",
    ),
    "E0305": Code(
        "A required package is missing",
        "`requires` names a package whose layers, data sources, export targets or checks the spec uses.",
        "requires: [my-layers]",
        "Install it with pip.",
    ),
    "E0306": Code(
        "A plugin cannot be imported, or fails",
        "`--plugin` names a Python module that brings layers, data sources or export targets. What a package under "
        "`requires` brings must be importable, too, be what its group of entry points is for, and have its own name.",
        "nnspec check network.yaml --plugin nowhere",
        "Check the name, and that it is on the path.",
    ),
    "E0307": Code(
        "Two used files define one block",
        "Two files under `use` give a block of one name in two ways: one would take the place of the other.",
        "use: [narrow.yaml, wide.yaml]   # and both define `unit`",
        "Give one of the two another name, or define the block in the spec itself, whose own blocks count.",
    ),
    "W0305": Code(
        "A required package was not asked",
        "A package may say what its layers make of shapes and masks, and bring data sources, targets and checks. That "
        "is code, and a spec from anywhere chooses the package: commands that build the network run it, or --trust.",
        "requires: [my-layers]",
        "Add --trust where you trust the package.",
    ),
    # 04: expressions and unrolling
    "E0401": Code(
        "A stray dollar",
        "A dollar begins a reference or an expression.",
        "name: a$-b",
        "Write `$$` for a dollar sign.",
    ),
    "E0402": Code(
        "An expression is not closed",
        "Inside `{...}` YAML cuts a value at a comma, so the bracket that closes is lost.",
        "- Dense: {units: $(max(4, 8))}",
        '- Dense: {units: "$(max(4, 8))"}',
    ),
    "E0403": Code(
        "Not an expression",
        "Expressions are arithmetic, comparison and boolean logic, with min, max, round, ceil, floor and len.",
        "- Dense: $(open('x'))",
        "Compute the value elsewhere and pass it as a parameter.",
    ),
    "E0404": Code(
        "An unknown name",
        "Parameters, loop variables and `data` can be named, nothing else; of `data` what the spec's data tell.",
        "- Dense: $clases",
        "Define it under `params:`, or mend the spelling.",
    ),
    "E0405": Code(
        "An expression cannot be computed",
        "The values do not go together, or leave their bounds.",
        "- Dense: $(3 / 0)",
        "Check the values in scope.",
    ),
    "E0406": Code(
        "A condition is not true or false",
        "`when` takes an expression that compares.",
        "- {Dropout: 0.5, when: deep}",
        "- {Dropout: 0.5, when: $deep}",
    ),
    "E0407": Code(
        "Not a name",
        "Names are letters, digits, `_` and `-`, a letter first.",
        "- {Dense: 3, name: a/b}",
        "- {Dense: 3, name: a_b}",
    ),
    "E0408": Code(
        "`repeat` without a count",
        "It takes a whole number, 0 or more.",
        "params: {times: twice}\nlayers: [{repeat: $times, layers: [Flatten]}]",
        "params: {times: 2}\nlayers: [{repeat: $times, layers: [Flatten]}]",
    ),
    "E0409": Code(
        "`for` without equal lists",
        "It walks lists of one length together.",
        "- {for: {a: [1, 2], b: [1]}, layers: [{Dense: $a}]}",
        "Give each list as many values.",
    ),
    "E0410": Code(
        "`merge` is not one layer",
        "It joins the branches, so it is a single layer such as Add.",
        "- {parallel: [[], []], merge: {repeat: 2, layers: [Add]}}",
        "- {parallel: [[], []], merge: Add}",
    ),
    "E0411": Code(
        "A block within itself",
        "A block cannot use itself, directly or by way of others.",
        "blocks: {a: {layers: [a]}}\nlayers: [a]",
        "Use `repeat`.",
    ),
    "E0412": Code(
        "Too much to unroll",
        "More than 20,000 layers and iterations.",
        "- {repeat: 999999, layers: [Flatten]}",
        "Check the counts.",
    ),
    # 05: wiring
    "E0501": Code(
        "A name is given twice",
        "Names are unique where they stand; in a loop each round gives its own.",
        "- {repeat: 2, layers: [{Dense: 3, name: d}]}",
        "- {repeat: 2, as: i, layers: [{Dense: 3, name: d$i}]}",
    ),
    "E0502": Code(
        "An unknown layer in `from`",
        "`from` names an input or a layer before it; `name:1` is its second output.",
        "- {Dense: 3, from: encodr}",
        "Mend the spelling, or give that layer a `name`.",
    ),
    "E0503": Code(
        "A layer from later on",
        "Layers run in order; none takes what comes after it.",
        "- {Dense: 3, from: last}\n- {Dense: 2, name: last}",
        "Move the layer up.",
    ),
    "E0504": Code(
        "Nothing to use again",
        "`reuse` takes a layer or a named group, fed with as many tensors as before.",
        "- {reuse: image}",
        "Name the layer whose weights are wanted.",
    ),
    "E0505": Code(
        "A layer with nothing before it",
        "With several inputs the first layer cannot know which it takes.",
        "inputs: {a: [3], b: [3]}\nlayers: [{Dense: 3}]",
        "inputs: {a: [3], b: [3]}\nlayers: [{Dense: 3, from: a}, {Dense: 3, from: b}]",
    ),
    "E0506": Code(
        "A network without layers",
        "The list of layers leaves nothing once it is unrolled.",
        "layers: [{Dense: 3, when: false}]",
        "Check the conditions.",
    ),
    "W0501": Code(
        "A layer reaches no output",
        "Keras leaves such layers out of the model, and so does nnspec.",
        "- {Dense: 3, name: side}\n- {Dense: 2, from: image}",
        "Add it to `outputs:`, or remove it.",
    ),
    "W0502": Code(
        "An input is never used",
        "The data would be loaded for nothing.",
        "inputs: {a: [3], b: [3]}\nlayers: [{Dense: 3, from: a}]",
        "Remove it, or use it with `from:`.",
    ),
    "W0503": Code(
        "An entry of `layers` is empty",
        "A dash with nothing after it, as is left when a layer is removed. It is passed over.",
        "- Dense: 10\n-",
        "Remove the dash, or name a layer after it.",
    ),
    # 06: shapes and building
    "E0601": Code(
        "A layer does not fit its input",
        "The shape rules of the layer refuse the input; the notes say what it is and which layer made it.",
        "inputs: {image: [4, 4, 1]}\nlayers: [{Conv2D: {filters: 8, kernel_size: 5}}]",
        "Change the argument, or the layer before.",
    ),
    "E0602": Code(
        "Keras refuses a layer",
        "The layer could not be made with these arguments; Keras's own words follow.",
        "- RandomBrightness: {factor: 5}",
        "Look the argument up in Keras's documentation; here a factor is at most 1.",
    ),
    "E0603": Code(
        "A mask that a layer cannot take",
        "A mask marks the real places of a tensor, and Keras carries it on when the tensor's axes change. This layer "
        "needs a mask of other axes: Keras would fail while training, or hide the wrong values silently.",
        "inputs: {sentences: {shape: [6, 9], dtype: int32}}\nlayers:\n"
        "  - Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}\n"
        "  - TimeDistributed: {layer: GlobalAveragePooling1D}\n  - LSTM: 4",
        "Leave the mask out, or drop it with a `Reshape` to the same shape just before the layer.",
    ),
    "E0604": Code(
        "A mask that does not fit the loss",
        "The output still has the mask of its words, and its axes are others by now. Keras multiplies the loss by the "
        "mask, aligned at the last axes: it fails, or counts the wrong values where the sizes happen to agree.",
        "inputs: {sentences: {shape: [6, 9], dtype: int32}}\nlayers:\n"
        "  - Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}\n"
        "  - TimeDistributed: {layer: GlobalAveragePooling1D}\n  - Dense: {units: 3, activation: softmax}\n"
        "train: {loss: SparseCategoricalCrossentropy}",
        "End in a `Reshape` to the same shape, which drops the mask, or leave the mask out.",
    ),
    "W0601": Code(
        "A bias before BatchNormalization",
        "The normalization subtracts the mean, and the bias with it.",
        "- {Conv2D: {filters: 8, kernel_size: 3}}\n- BatchNormalization",
        "- Conv2D: {filters: 8, kernel_size: 3, use_bias: false}\n- BatchNormalization",
    ),
    "W0602": Code(
        "Dropout as the last layer",
        "Training would switch outputs off.",
        "- Dense: 10\n- Dropout: 0.5",
        "Put it before the last layer with weights.",
    ),
    "W0603": Code(
        "Logits and probabilities mixed up",
        "The loss takes the one and the network gives the other.",
        "layers: [Flatten, {Dense: {units: 10, activation: softmax}}]\n"
        "train: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}",
        "Keep softmax or `from_logits: true`, not both, not neither.",
    ),
    "W0604": Code(
        "A last activation that does not fit the loss",
        "Such as softmax before MeanSquaredError.",
        "layers: [Flatten, {Dense: {units: 1, activation: relu}}]\ntrain: {loss: MeanSquaredError}",
        "Leave the activation out, or change the loss.",
    ),
    "W0605": Code(
        "An unused parameter",
        "Nothing refers to it; perhaps a reference is misspelt.",
        "params: {classes: 10, clases: 10}",
        "Remove it.",
    ),
    "W0606": Code("An unused block", "No entry uses it.", "blocks: {old: {layers: [Flatten]}}", "Remove it."),
    "W0607": Code(
        "A parameter of a block or a loop is not used",
        "The layers inside never refer to it; perhaps a reference is misspelt.",
        "layers:\n  - for: {units: [3, 4]}\n    layers: [Flatten, {Dense: 8}]",
        "Remove it.",
    ),
    "W0608": Code(
        "Two linear layers in a row",
        "Without an activation between them they compute no more than one of them could.",
        "- Flatten\n- Dense: 64\n- Dense: 10",
        "Give the first an activation, such as relu.",
    ),
    "W0609": Code(
        "A mask that is lost on the way",
        "A layer between drops the mask, so a recurrent layer, an attention or a masked mean takes padding for real "
        "steps. Keras's MultiHeadAttention takes the mask off its inputs: an attention that reads them after it sees "
        "none.",
        "inputs: {words: {shape: [20], dtype: int32}}\nlayers:\n"
        "  - Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}\n"
        "  - Conv1D: {filters: 8, kernel_size: 3}\n  - LSTM: 4",
        "Leave the mask out, or put the recurrent layer first.",
    ),
    "W0610": Code(
        "A mask that does nothing",
        "No layer that uses masks gets it, and no output has it: padding counts like everything else.",
        "inputs: {words: {shape: [20], dtype: int32}}\nlayers:\n"
        "  - Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}\n"
        "  - Conv1D: {filters: 8, kernel_size: 3, activation: relu}\n  - GlobalMaxPooling1D\n  - Dense: 2",
        "Leave the mask out, or use a layer that uses it: recurrent layers, attention, GlobalAveragePooling1D.",
    ),
    "W0611": Code(
        "A mask that Keras does not hand over",
        "Keras gives no mask to a recurrent layer that is called with initial states: padding counts as real steps.",
        "inputs: {words: {shape: [20], dtype: int32}, state: [4]}\nlayers:\n"
        "  - {Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}, from: words}\n"
        "  - {GRU: 4, from: [embedding, state]}",
        "Leave the mask out, or name a mask in the call: `from: {sequences: ..., initial_state: ..., mask: ...}`.",
    ),
    "W0612": Code(
        "A mask in another order than the steps",
        "`go_backwards` with `return_sequences` gives the steps in reverse order, and their mask as it was.",
        "inputs: {words: {shape: [20], dtype: int32}}\nlayers:\n"
        "  - Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}\n"
        "  - GRU: {units: 8, go_backwards: true, return_sequences: true}\n  - GRU: 4",
        "Use Bidirectional, which turns its steps back, or leave the mask out.",
    ),
    "W0613": Code(
        "An argument with which not every CPU can run the layer",
        "TensorFlow has this operation in float16 or by cuDNN on GPUs alone, and with channels_first on GPUs and, by "
        "oneDNN, on x86 (TF_ENABLE_ONEDNN_OPTS=1 turns it on): another CPU builds the network and fails to train.",
        "inputs: {image: [3, 8, 8]}\nlayers: [{Conv2D: {filters: 4, kernel_size: 3, data_format: channels_first}}]",
        "Put the channels last: `data_format: channels_last`, and the input as height, width, channels; compute in "
        "float32; leave `use_cudnn` out.",
    ),
    "W0614": Code(
        "Steps that Keras by itself counts wrongly",
        "`TimeDistributed` of Keras 3.15 takes the number of examples for the number of steps where that varies. "
        "nnspec computes all steps, and so do the files that it exports; a program with Keras alone does not.",
        "inputs: {image: [null, 8]}\nlayers: [{TimeDistributed: {layer: {Dense: 4}}}]",
        "inputs: {image: [6, 8]}\nlayers: [{TimeDistributed: {layer: {Dense: 4}}}]",
    ),
    "W0615": Code(
        "An activation of an activation",
        "Softmax and sigmoid take values of any sign. Behind softmax, sigmoid or relu they get none below 0: a softmax "
        "of a softmax is nearly even, whatever the network learned.",
        "layers:\n  - Flatten\n  - Dense: {units: 10, activation: softmax}\n  - Softmax",
        "layers:\n  - Flatten\n  - Dense: 10\n  - Softmax",
    ),
    "W0616": Code(
        "Rows looked up by what a layer computes",
        "Embedding looks a row up by its number. Keras cuts what a layer with weights computes to whole numbers, and "
        "nothing before the Embedding learns.",
        "inputs: {x: [6]}\nlayers: [{Dense: 6}, {Embedding: {input_dim: 10, output_dim: 4}}]",
        "inputs: {x: [6]}\nlayers: [{Embedding: {input_dim: 10, output_dim: 4}}]",
    ),
    "W0617": Code(
        "A dropout of everything",
        "`rate` is the share of values that is dropped; at 1 nothing is left.",
        "inputs: {x: [6]}\nlayers: [{Dropout: 1.0}, {Dense: 6}]",
        "inputs: {x: [6]}\nlayers: [{Dropout: 0.1}, {Dense: 6}]",
    ),
    "W0618": Code(
        "No layer learns",
        "Every layer with weights has `trainable: false`, or those that `trainable` of the training names have none, "
        "or no gradient reaches them: behind each is a layer that gives whole numbers, such as ArgMax, or steps, as "
        "`Activation: round`. Nothing changes.",
        "inputs: {x: [6]}\nlayers: [{Dense: {units: 6, trainable: false}}]\ntrain: {loss: MeanSquaredError}",
        "Let some layers learn: leave `trainable` out, or name them in `train: {trainable: [...]}`.",
    ),
    "W0619": Code(
        "A normalization along another axis than that of the channels",
        "The layer before has its channels last, or, of an input, the one behind, and this one normalizes along rows, "
        "columns or steps. `axis: 1` is "
        "for networks with `data_format: channels_first`.",
        "inputs: {x: [8, 8, 3]}\n"
        "layers: [{Conv2D: {filters: 4, kernel_size: 3, use_bias: false}}, {BatchNormalization: {axis: 1}}, ReLU]",
        "inputs: {x: [8, 8, 3]}\n"
        "layers: [{Conv2D: {filters: 4, kernel_size: 3, use_bias: false}}, BatchNormalization, ReLU]",
    ),
    "W0620": Code(
        "Channels that come first",
        "The input looks like an image whose colours are its first axis, as PyTorch has them. The layer takes the last "
        "axis for the channels, and the colours for rows.",
        "inputs: {x: [3, 16, 16]}\nlayers: [{Conv2D: {filters: 4, kernel_size: 3, padding: same}}]",
        "inputs: {x: [16, 16, 3]}\nlayers: [{Conv2D: {filters: 4, kernel_size: 3, padding: same}}]",
    ),
    "W0621": Code(
        "Values that a merge repeats",
        "The inputs of a merge have different shapes, which fit since values are repeated along an axis: one channel "
        "for all channels, a vector for each step, a column and a row for a whole table. That is seldom meant.",
        "inputs: {x: [8, 8, 1]}\n"
        "layers:\n"
        "  - {Conv2D: {filters: 4, kernel_size: 3, padding: same}, name: conv}\n"
        "  - {Add: , from: [conv, x]}",
        "inputs: {x: [8, 8, 1]}\n"
        "layers:\n"
        "  - {Conv2D: {filters: 4, kernel_size: 3, padding: same}, name: conv}\n"
        "  - {Conv2D: {filters: 4, kernel_size: 1}, name: short, from: x}\n"
        "  - {Add: , from: [conv, short]}",
    ),
    "W0622": Code(
        "A normalization of one value",
        "The mean of one value is that value: taken away, it leaves 0, whatever came in. So it is with "
        "BatchNormalization behind Dense in batches of one example, and with LayerNormalization of a single feature.",
        "inputs: {x: [6]}\n"
        "layers: [{Dense: {units: 4, use_bias: false}}, BatchNormalization, ReLU, {Dense: 1}]\n"
        "data: {source: {Arrays: d.npz}, batch_size: 1}\n"
        "train: {loss: MeanSquaredError}",
        "Say `batch_size: 8` or more.",
    ),
    "W0623": Code(
        "A root or a logarithm of what may be below 0",
        "`sqrt`, `rsqrt` and `log` have no value below 0, and what reaches them has any sign: the loss becomes nan.",
        "inputs: {x: [6]}\nlayers: [{Dense: {units: 4, activation: sqrt}}, {Dense: 1}]",
        "inputs: {x: [6]}\nlayers: [{Dense: {units: 4, activation: softplus}}, {Dense: 1}]",
    ),
    "W0624": Code(
        "An argument that does nothing",
        "Keras looks at it only together with another one: `alpha` of BinaryFocalCrossentropy with "
        "`apply_class_balancing`, `nesterov` with `momentum`, `bias_initializer` with `use_bias`. And `use_ema` "
        "changes the weights at the end of the training alone, not those of the best model, without SwapEMAWeights.",
        "inputs: {x: [6]}\nlayers: [{Dense: {units: 1, activation: sigmoid}}]\n"
        "train: {loss: {BinaryFocalCrossentropy: {alpha: 0.9}}}",
        "inputs: {x: [6]}\nlayers: [{Dense: {units: 1, activation: sigmoid}}]\n"
        "train: {loss: {BinaryFocalCrossentropy: {alpha: 0.9, apply_class_balancing: true}}}",
    ),
    "W0625": Code(
        "A direction that nothing takes",
        "Bidirectional with `merge_mode: null` gives two tensors. The next layer takes the first, and the second "
        "direction learns nothing.",
        "inputs: {x: [6, 2]}\nlayers: [{Bidirectional: {layer: {LSTM: 4}, merge_mode: null}}, {Dense: 1}]",
        "inputs: {x: [6, 2]}\nlayers: [{Bidirectional: {layer: {LSTM: 4}}}, {Dense: 1}]",
    ),
    "W0626": Code(
        "A network that sees what it is to say",
        "Of running text each step is to say the token after it. A layer that looks at later steps, such as "
        "Bidirectional, hands that token over: the loss falls to 0, and nothing can be continued.",
        "inputs: {text: {shape: [null], dtype: int32}}\n"
        "layers: [{Embedding: {input_dim: 50, output_dim: 8}}, {Bidirectional: {layer: {GRU: {units: 8, "
        "return_sequences: true}}}}, {Dense: {units: 50, activation: softmax}}]\n"
        "data: {source: {RunningText: book.txt}}\ntrain: {loss: SparseCategoricalCrossentropy}",
        "Recurrent layers in one direction, `use_causal_mask: true` of attention, `padding: causal` of Conv1D.",
    ),
    # 07: sections and data
    "E0701": Code(
        "A section is missing",
        "The command needs a section that the spec does not have.",
        "nnspec train network.yaml",
        "Add the section shown.",
    ),
    "E0702": Code(
        "The data do not fit the network",
        "Shape, type or number of classes differ between the data and the model.",
        "inputs: {image: [32, 32, 1]}\ndata: {source: {Keras: mnist}}\nlayers: [{Rescaling: 0.004}, Flatten]",
        "Make the one fit the other.",
    ),
    "E0703": Code(
        "A setting cannot be used",
        "It does not go with another setting: `epochs` beside `phases`, a `loss` for a CRF, which has its own, another "
        "number of `loss_weights` than of outputs, a part of the data that `split` does not hold back. Most settings "
        "that cannot be used have a code of their own, E0704 to E0725.",
        "layers: [Flatten, {Dense: 1}]\ntrain: {loss: MeanSquaredError, epochs: 2, phases: [{epochs: 1}, {epochs: 1}]}",
        "layers: [Flatten, {Dense: 1}]\ntrain: {loss: MeanSquaredError, phases: [{epochs: 1}, {epochs: 1}]}",
    ),
    "E0704": Code(
        "A metric that cannot be measured",
        "It compares other values than the data and the network give: class numbers where it takes a value for each "
        "class, one unit where it takes several, ...",
        "data: {source: {Keras: mnist}}\n"
        "layers: [{Rescaling: 0.004}, Flatten, {Dense: {units: 10, activation: softmax}}]\n"
        "train: {loss: SparseCategoricalCrossentropy, metrics: [Precision]}",
        "The hint names the metric, the argument or the setting of `data` that fits.",
    ),
    "E0705": Code(
        "A learning rate below 0",
        "Every step would make the loss larger.",
        "layers: [Flatten]\ntrain: {loss: MeanSquaredError, optimizer: {SGD: {learning_rate: -0.1}}}",
        "layers: [Flatten]\ntrain: {loss: MeanSquaredError, optimizer: {SGD: {learning_rate: 0.1}}}",
    ),
    "E0706": Code(
        "A batch that the data cannot fill",
        "On several devices a last batch that is smaller is left out, so that nothing would be left to train on.",
        "data: {source: {Keras: mnist}, batch_size: 100000}\nlayers: [{Rescaling: 0.004}, Flatten, {Dense: 10}]\n"
        "train: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}, strategy: mirrored}",
        "Take a smaller `batch_size`.",
    ),
    "E0707": Code(
        "No loss, and none that follows from the data",
        "Data with classes are a classification, tables with a column of numbers a regression, and each has its usual "
        "loss. Records and arrays may be anything.",
        "data: {source: {TFRecord: {path: parts.tfrecord, features: {x: {shape: [2]}, "
        "pair: {shape: [2], dtype: int64}}, inputs: [x], targets: [pair]}}}\n"
        "inputs: {x: [2]}\nlayers: [{Dense: 1}]\ntrain: {epochs: 1}",
        "Say `loss:` under `train`.",
    ),
    "E0708": Code(
        "A setting that names what is not there",
        "It names an output, a layer or a class that there is not, and would have no effect.",
        "layers: [Flatten, {Dense: 1}]\ntrain: {loss: {nowhere: MeanSquaredError}}",
        "layers: [Flatten, {Dense: 1}]\ntrain: {loss: {dense: MeanSquaredError}}",
    ),
    "E0709": Code(
        "Keras refuses a setting of the training",
        "A loss, a metric, an optimizer or a callback could not be made with its arguments; Keras's own words follow.",
        "train: {loss: MeanSquaredError, metrics: [{MyMetric: {scale: -1}}]}   # of a plugin",
        "Look the argument up in the documentation of its kind.",
    ),
    "E0710": Code(
        "A strategy that cannot be used",
        "The devices or workers for it are not there, a batch cannot be shared out among them, or a setting does not "
        "work on several devices. As long as nobody knows how many there are, `check` warns of such a setting, W0709.",
        "data: {source: {Arrays: d.npz}, batch_size: 9}\ntrain: {strategy: mirrored}   # on two GPUs",
        "The hint says which number or setting goes; `strategy: single` trains on one device.",
    ),
    "E0711": Code(
        "A training step that a TPU cannot run",
        "XLA compiles the whole step, and has no operation for a layer of it. `nnspec check --target tpu` tells.",
        "nnspec check network.yaml --target tpu",
        "Use another layer, or train on GPUs.",
    ),
    "E0712": Code(
        "Initial weights that do not fit",
        "The model or the word vectors are not there, cannot be read, or go with no layer: names, kinds and shapes are "
        "compared.",
        "train: {initial_weights: runs/other/1}   # trained with other layers",
        "Give a layer the name that it has there; a layer with another name keeps its own initial weights.",
    ),
    "E0713": Code(
        "Class weights without classes",
        "A weight belongs to a class, and a target is other numbers, or several labels at once. Of several outputs "
        "those with classes may have weights by their names.",
        "data: {source: {Csv: {path: table.csv, target: price, features: [size]}}}\ninputs: {x: [1]}\n"
        "layers: [{Dense: 1}]\ntrain: {loss: MeanSquaredError, class_weight: balanced}",
        "Leave `class_weight` out, or give it by output.",
    ),
    "E0714": Code(
        "A file that a callback cannot write",
        "What a callback writes lies in the run folder: no absolute path, no `..`, none of the files that a run itself "
        "is made of, and in braces only `epoch` or a metric with digits. A model's name ends in `.keras`, that of "
        "weights alone in `.weights.h5`.",
        "layers: [Flatten, {Dense: 1}]\ntrain: {loss: MeanSquaredError, callbacks: [{CSVLogger: ../epochs.csv}]}",
        "layers: [Flatten, {Dense: 1}]\ntrain: {loss: MeanSquaredError, callbacks: [{CSVLogger: epochs.csv}]}",
    ),
    "W0701": Code(
        "Something that the data tell is unknown",
        "`$data.classes` or `$data.vocabulary_size` is used, and neither the spec nor the available data say it.",
        "- Dense: $data.classes   # and no `data` section",
        "List `classes:` under `data`, or put the data in place; `train` needs them anyway.",
    ),
    "W0702": Code(
        "Logits and probabilities mixed up in training",
        "As W0603, where only the built network shows it.",
        "train: {loss: {BinaryCrossentropy: {from_logits: true}}}   # after a sigmoid",
        "Keep the activation or `from_logits: true`.",
    ),
    "W0703": Code(
        "It differs on several devices",
        "Clipping works on each device's share of a batch, Dropout draws one mask for all of them.",
        "train: {loss: MeanSquaredError, strategy: mirrored, optimizer: {Adam: {clipnorm: 1}}}",
        "Clip on one device, or take the difference into account.",
    ),
    "W0704": Code(
        "A callback that watches what nothing measures",
        "It would never act: there is no such metric, no part of the data is held back for validation, it begins to "
        "look after the last epoch, the learning rate is not above `min_lr`, or a `baseline` of 90 stands for 0.9. Or "
        "it would act for the worse, by a `mode` that is not the metric's, or end a training of several phases before "
        "the last of them. Where Keras itself stops at a metric that there is not, that is E0708.",
        "data: {source: {Arrays: {path: d.npz}}}\ntrain: {loss: MeanSquaredError, callbacks: [EarlyStopping]}",
        "Hold back a part by `data.split.validation`, or watch a metric that is listed.",
    ),
    "W0706": Code(
        "A loss or an output that does not fit the labels",
        "Fewer units than classes, or a loss over one value for each class where the data give the class's number.",
        "layers: [Flatten, {Dense: {units: 2, activation: softmax}}]\n"
        "data: {source: {Arrays: {path: d.npz}}, classes: [cat, dog, owl]}\n"
        "train: {loss: SparseCategoricalCrossentropy}",
        "`units: $data.classes` follows the list.",
    ),
    "W0708": Code(
        "A layer that the export target cannot have",
        "No builtin operation of TFLite stands for it, or the page of `Web` cannot cut texts as the tokenizer does, so "
        "`nnspec export` would refuse the network.",
        "layers: [{Resizing: {height: 8, width: 8, interpolation: bicubic}}, Flatten]\nexport: [TFLite]",
        "Do that step outside the model, or choose another form of it.",
    ),
    "W0709": Code(
        "A setting that several devices cannot have",
        "Keras cannot update variables inside a replica, and batches by a number of tokens cannot be shared out.",
        "train:\n  loss: MeanSquaredError\n  strategy: mirrored\n  optimizer: {Adam: {gradient_accumulation_steps: 4}}",
        "Leave the setting out, or say `strategy: single`. With several devices training refuses it.",
    ),
    "W0710": Code(
        "Values that are not scaled",
        "Images of 0 to 255 reach a layer with weights as they are: training is slow, or fails.",
        "data: {source: {Keras: mnist}}\nlayers: [Flatten, {Dense: 10}]",
        "data: {source: {Keras: mnist}}\nlayers: [{Rescaling: {scale: $(1 / 255)}}, Flatten, {Dense: 10}]",
    ),
    "W0711": Code(
        "Targets that the output cannot reach",
        "The last activation, or what the loss takes, has a narrower range than the targets.",
        "data: {source: {Csv: {path: table.csv, target: price, features: [size]}}}\ninputs: {x: [1]}\n"
        "layers: [{Dense: {units: 1, activation: sigmoid}}]\ntrain: {loss: MeanSquaredError}",
        "Scale the targets, or leave the activation out.",
    ),
    "W0712": Code(
        "A metric that measures something else",
        "It counts at 0.5, which of logits is not the middle; it takes the largest value of an example, of which there "
        "is one; or it counts every value as yes, or each class by itself.",
        "data: {source: {Csv: {path: table.csv, target: sold, features: [size]}}}\ninputs: {x: [1]}\n"
        "layers: [{Dense: 1}]\ntrain: {loss: {BinaryCrossentropy: {from_logits: true}}, metrics: [Precision]}",
        "End in sigmoid or softmax, and leave `from_logits` out.",
    ),
    "W0713": Code(
        "An unusual learning rate",
        "With 0 nothing is learnt, and far above 1 no training survives.",
        "layers: [Flatten]\ntrain: {loss: MeanSquaredError, optimizer: {Adam: {learning_rate: 10}}}",
        "layers: [Flatten]\ntrain: {loss: MeanSquaredError, optimizer: {Adam: {learning_rate: 0.001}}}",
    ),
    "W0714": Code(
        "Data that no input takes",
        "A feature is loaded, and the network has no input of its name.",
        "data: {source: {Csv: {path: table.csv, target: price, columns: {sold: {encode: index}}}}}\n"
        "inputs: {x: [1]}\nlayers: [{Dense: 1}]",
        "Add an input, or leave the column out of `features`.",
    ),
    "W0715": Code(
        "More units than classes",
        "The units beyond the classes are never right.",
        "data: {source: {Keras: mnist}}\n"
        "layers: [{Rescaling: 0.004}, Flatten, {Dense: {units: 11, activation: softmax}}]\n"
        "train: {loss: SparseCategoricalCrossentropy}",
        "`units: $data.classes` follows the data.",
    ),
    "E0720": Code(
        "Labels that cannot be mixed",
        "MixUp and CutMix blend two examples and their labels by one share: class numbers, whole masks and losses that "
        "take them have no shares.",
        "data: {source: {Arrays: d.npz}, augment: [MixUp]}\ntrain: {loss: SparseCategoricalCrossentropy}",
        "Say `one_hot: true` under `data` and `loss: CategoricalCrossentropy`.",
    ),
    "E0721": Code(
        "A target that does not move with its image",
        "The layer moves pixels. A mask of the image's size moves along by itself; whether other numbers are places in "
        "the image cannot be guessed.",
        "layers: [Flatten, {Dense: 8}]\ndata: {source: {Arrays: d.npz}, augment: [RandomFlip]}\n"
        "train: {loss: MeanSquaredError}",
        "Say under `data` what they are: `moves: {y: points}`, or `nothing` for numbers that are no places.",
    ),
    "E0722": Code(
        "An augmentation that cannot be used",
        "`augment` is for random layers that keep the size of an image. A layer that is not random would change the "
        "training examples and no others. What Keras refuses of a layer, and a layer that changes the size, is found "
        "when the training starts.",
        "data: {source: {Arrays: d.npz}, augment: [RandomFlip, {Rescaling: 0.004}]}",
        "Put the layer into the network, before the first one.",
    ),
    "E0723": Code(
        "Sequences of labels that CTC cannot learn",
        "CTC takes an output [steps, labels + 1] and label numbers from 1, padded by 0 at the end; 0 is the blank. "
        "There must be a step for each label, and one more between two equal ones.",
        "layers: [Flatten, {Dense: 30}]\ndata: {source: {Arrays: d.npz}}\ntrain: {loss: CTC}",
        "Give the output a step for each label at least, and a unit for each label and the blank.",
    ),
    "E0724": Code(
        "A setting that has no meaning for CTC",
        "CTC judges whole sequences: metrics and weights of classes compare number by number.",
        "inputs: {line: [20, 3]}\nlayers: [{Dense: 30}]\ndata: {source: {Arrays: d.npz}}\n"
        "train: {loss: CTC, metrics: [accuracy]}",
        "Leave it out: `label_error_rate` is measured by itself.",
    ),
    "W0720": Code(
        "A metric of hard labels, and labels that are mixed",
        "MixUp and CutMix give the training examples shares of labels; the metric compares with 0 and 1.",
        "data: {source: {Arrays: d.npz}, one_hot: true, augment: [MixUp]}\n"
        "train: {loss: CategoricalCrossentropy, metrics: [Precision]}",
        "Read its `val_` quantity, or measure CategoricalCrossentropy instead.",
    ),
    "W0721": Code(
        "An augmentation for other values",
        "The layer works within its `value_range`, 0 to 255 unless another one is given, and the values that reach it "
        "fill almost none of it, or pass it: images of 0 to 1 become white or black.",
        "data: {source: {Keras: mnist}}\n"
        "layers: [{Rescaling: {scale: $(1 / 255)}}, {RandomBrightness: 0.2}, Flatten, {Dense: 10}]",
        "data: {source: {Keras: mnist}}\n"
        "layers: [{Rescaling: {scale: $(1 / 255)}}, {RandomBrightness: {factor: 0.2, value_range: [0, 1]}}, Flatten, "
        "{Dense: 10}]",
    ),
    "W0722": Code(
        "A seed that does nothing",
        "What augmentation draws follows from `train.seed`, the epoch and the example: a resume draws the same.",
        "data: {source: {Arrays: d.npz}, augment: [{RandomFlip: {mode: horizontal, seed: 3}}]}",
        "Leave it out; `train: {seed: }` changes all draws.",
    ),
    "W0723": Code(
        "Empty places of a mask become a class",
        "Where a turned or moved image is left empty, its mask is 0, whatever `fill_value` its image gets. "
        "With a loss that has an `ignore_class` it is that number, and does not count.",
        "layers: [{Conv2D: {filters: 2, kernel_size: 3, padding: same, activation: softmax}}]\n"
        "data: {source: {MaskFolder: {path: images, masks: masks}}, augment: [RandomPerspective]}\n"
        "train: {loss: SparseCategoricalCrossentropy}",
        "layers: [{Conv2D: {filters: 2, kernel_size: 3, padding: same, activation: softmax}}]\n"
        "data: {source: {MaskFolder: {path: images, masks: masks}}, augment: [RandomPerspective]}\n"
        "train: {loss: {SparseCategoricalCrossentropy: {ignore_class: 255}}}",
    ),
    "E0725": Code(
        "A layer that cannot learn from the data where it stands",
        "Normalization, Discretization, TextVectorization and the lookups learn from the training part before the "
        "training starts. What stands behind weights, or inside another layer, does not exist then.",
        "layers: [Flatten, {Dense: 8}, Normalization]\ndata: {source: {Arrays: {path: d.npz}}}",
        "layers: [Normalization, Flatten, {Dense: 8}]\ndata: {source: {Arrays: {path: d.npz}}}",
    ),
    "E0726": Code(
        "A layer cannot learn from what reaches it",
        "There is no value to learn from, one that is infinite or nan, or one of another type than the layer takes.",
        "layers: [Normalization, Flatten, {Dense: 10}]   # and the images of `data` hold a nan",
        "Mend the data, or give the layer its values.",
    ),
    "E0727": Code(
        "A callback and a schedule set the same learning rate",
        "Keras refuses the callback the first time that it acts.",
        "train:\n  loss: MeanSquaredError\n"
        "  optimizer: {SGD: {learning_rate: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 100}}}}\n"
        "  callbacks: [{ReduceLROnPlateau: {monitor: loss}}]",
        "Keep one of the two.",
    ),
    "W0725": Code(
        "A layer has not learned its values",
        "Without a `data` section there is nothing to learn from; `build` does not read the data. Until then a "
        "Normalization changes nothing, a Discretization cannot run, and a lookup knows no token.",
        "- Normalization\n- Flatten\n- Dense: 10",
        "Train with a `data` section, or give the layer its values, such as `mean` and `variance`.",
    ),
    "W0726": Code(
        "Padding counts in what a layer learns",
        "A layer between the padded input and the layer that learns does not say which steps are padding.",
        "layers: [{Reshape: [-1, 4]}, Normalization, Flatten]   # and the data are padded",
        "Let the layer learn first, and reshape then.",
    ),
    "W0727": Code(
        "A layer learned what is hardly meant",
        "A number that is the same in all training examples has variance 0: any other value of it becomes very large. "
        "A Discretization over few values has fewer bins than it asks for.",
        "layers: [Normalization, {Dense: 10}]   # and a feature is 0 in all training examples",
        "Leave the feature out, or give the layer its values.",
    ),
    "W0728": Code(
        "Initial weights that stand for something else",
        "The run that weights are taken from has other classes or another vocabulary. A row of a table is then that of "
        "another word, a unit that of another class.",
        "train: {initial_weights: runs/other/1}   # trained on other labels",
        "Give the layers whose weights follow the classes or the vocabulary other names.",
    ),
    "W0729": Code(
        "Whole numbers that lose digits",
        "An array holds whole numbers that the type which a network gets, float32 as a rule, cannot tell from their "
        "neighbours: above 16,777,216 float32 has every second one alone. Ids, codes and times in seconds are such.",
        "data: {source: {Csv: {path: sales.csv, target: sold_at, features: [size]}}}\ninputs: {x: [1]}\n"
        "layers: [{Dense: 1}]\ntrain: {loss: MeanSquaredError}",
        "Leave ids out, give them to an Embedding or a lookup by an input of `dtype: int32`, or take from times what "
        "is the same in all.",
    ),
    "W0730": Code(
        "Nothing is learnt",
        "What the loss counts is 0 for every example, since all classes or all examples weigh nothing; or gradients "
        "are gathered over more steps than there are.",
        "data: {source: {Keras: mnist}}\n"
        "layers: [{Rescaling: 0.004}, Flatten, {Dense: {units: 10, activation: softmax}}]\n"
        "train: {loss: SparseCategoricalCrossentropy, "
        "class_weight: {0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0, 9: 0}}",
        "Leave `class_weight` out, or give the classes that count a weight above 0.",
    ),
    "W0731": Code(
        "A number that float32 does not hold",
        "Networks compute in float32, which makes 0 of what is smaller than 1.2e-38, 1 of 0.99999999, and infinity of "
        "what is beyond 3.4e38: a penalty is gone, a mean never moves, a division is by 0.",
        "layers: [{Dense: {units: 3, kernel_regularizer: {L2: 1.0e-50}}}]",
        "layers: [{Dense: {units: 3, kernel_regularizer: {L2: 1.0e-5}}}]",
    ),
    "W0732": Code(
        "Averages of too few steps, or of too many for a short training",
        "BatchNormalization normalizes each batch by its own mean while it trains, and by averages of many steps in "
        "use. With a momentum of 0.99 these follow over some 100 steps: after a few hundred they are those of weights "
        "that are long gone, and a network that is right on each batch may be wrong on every example. Averages of the "
        "weights, by `use_ema`, are then still near those that the training began with. With a momentum below 0.5 they "
        "are of little more than the last batch: it is the share of what was, and PyTorch's is that of what is new.",
        "data: {source: {Keras: mnist}, batch_size: 6000}\n"
        "layers: [Flatten, BatchNormalization, {Dense: {units: 10, activation: softmax}}]\n"
        "train: {epochs: 10, loss: SparseCategoricalCrossentropy}",
        "Say `momentum: 0.9`, or give the training more steps: smaller batches, more epochs.",
    ),
    "W0733": Code(
        "Weights whose places decide",
        "A list of `loss_weights` goes with the outputs by position; another order of `outputs` would exchange them.",
        "inputs: {x: [6]}\n"
        "layers: [{Dense: 1, name: a, from: x}, {Dense: 1, name: b, from: x}]\n"
        "outputs: [a, b]\n"
        "train: {loss: MeanSquaredError, loss_weights: [1.0, 0.5]}",
        "inputs: {x: [6]}\n"
        "layers: [{Dense: 1, name: a, from: x}, {Dense: 1, name: b, from: x}]\n"
        "outputs: [a, b]\n"
        "train: {loss: MeanSquaredError, loss_weights: {a: 1.0, b: 0.5}}",
    ),
    "W0734": Code(
        "Class weights that are not all told",
        "`class_weight` gives weights to several classes and leaves others out, which weigh 1; or `balanced` counts "
        "steps that a mask leaves out.",
        "data: {source: {Keras: mnist}}\n"
        "layers: [{Rescaling: 0.004}, Flatten, {Dense: {units: 10, activation: softmax}}]\n"
        "train: {loss: SparseCategoricalCrossentropy, class_weight: {0: 0.2, 1: 0.3}}",
        "Give each class a weight; 1 where it counts as it is.",
    ),
    "W0735": Code(
        "Another sample rate than that of the sounds",
        "A layer that turns samples into frequencies is told another number of samples a second than the sounds of the "
        "data have, or none, so that its default holds: its bands lie elsewhere than they say.",
        "data: {source: {AudioFolder: {path: recorded, sample_rate: 8000, duration: 1}}}\ninputs: {sound: [8000]}\n"
        "layers: [{MFCC: {frame_length: 256, frame_step: 128}}, GlobalAveragePooling1D, {Dense: $data.classes}]",
        "Say `sampling_rate: $data.sample_rate`.",
    ),
    "W0736": Code(
        "Padding that is learned",
        "Texts of one `length` end in padding, 0, where they are shorter. As a target of Table that is a class as any "
        "other: much of a loss may be of it, and an accuracy looks better than it is. A mask that reaches the output "
        "leaves it out of both; a recurrent layer with initial states has none.",
        "inputs: {so_far: {shape: [4], dtype: int32}}\n"
        "layers: [{Embedding: {input_dim: 20, output_dim: 8}}, {LSTM: {units: 8, return_sequences: true}}, "
        "{Dense: {units: 20, activation: softmax}}]\n"
        "data:\n"
        "  source:\n"
        "    Table:\n"
        "      path: phrases.csv\n"
        "      inputs: {so_far: {column: fr, type: text, length: 4, mark: start}}\n"
        "      targets: {next: {column: fr, type: text, length: 4, mark: end}}\n"
        "train: {loss: SparseCategoricalCrossentropy}",
        "Say `loss: {SparseCategoricalCrossentropy: {ignore_class: 0}}`.",
    ),
    "E0740": Code(
        "A network that cannot be trained to be rounded",
        "`train.quantize` rounds the weights of convolutions, Dense and recurrent layers, and values between layers. "
        "A network without such weights has nothing to round; a CRF is decoded by a layer that knows no rounding.",
        "layers: [Flatten, {Softmax: }]\ntrain: {quantize: {}}",
        "Leave `quantize` out of `train`; `export` can quantize what was trained in float.",
    ),
    "W0740": Code(
        "What stays in float, or in 8 bits",
        "`train.quantize` makes a network for an int8 file. That file computes some kinds in float, for which its "
        "runtime has no kernel in whole numbers, and nothing can be rounded around a recurrent layer whose steps are a "
        "loop. Results are what training saw all the same; an accelerator that knows whole numbers alone cannot run "
        "such a layer.",
        "layers: [{Conv2D: {filters: 8, kernel_size: 3}}, LayerNormalization, Flatten, {Dense: 10}]\n"
        "train: {quantize: {weights: int8}}",
        "Use another layer there, or name it under `keep_float`.",
    ),
    "E0745": Code(
        "A teacher whose answers cannot be learned",
        "`train.teacher` names a network whose answers are compared with those of this one. Both need the same inputs "
        "and outputs, classes in the same order, words with the same numbers, and a loss that can compare two answers. "
        "Labels of hinge losses and of CTC are no such answers.",
        "layers: [Flatten, {Dense: 10}]\ntrain: {loss: CategoricalHinge, teacher: {run: runs/large/1}}",
        "Train the teacher on the same data, or take another loss.",
    ),
    "W0745": Code(
        "A teacher that is hardly ever right",
        "The classes that the teacher chooses for examples of the training part are the true ones hardly more often "
        "than by a guess. A `.keras` file does not say in which order its classes are, nor how its inputs were scaled.",
        "train: {teacher: {run: elsewhere.keras}}   # its classes are in another order",
        "List `classes` in the teacher's order, scale the inputs as it saw them, or take a teacher that is trained.",
    ),
    "E0746": Code(
        "Nothing to prune",
        "`train.prune` makes weights of Dense, of recurrent layers and of convolutions that mix channels zero. A "
        "network without such layers, or of which `layers` names none, has nothing to prune; `2:4` takes inputs by "
        "fours.",
        "layers: [Flatten, {Softmax: }]\ntrain: {prune: {sparsity: 0.5}}",
        "Leave `prune` out of `train`, or name other layers.",
    ),
    # 08: budget
    "E0801": Code(
        "Over budget",
        "The network has more parameters, multiply-adds or bytes than `budget` allows.",
        "layers: [Flatten, {Dense: 10}]\nbudget: {params: 1K}",
        "Make it smaller, or raise the budget.",
    ),
    "W0801": Code(
        "A limit that nothing is held against",
        "A limit under `budget` is for a kind of file that `export` does not ask for, so that nothing ever exceeds it.",
        "layers: [Flatten, {Dense: 10}]\nbudget: {arena_bytes: 20K}",
        "Ask for such a file under `export`, or remove the limit.",
    ),
    # 09: data
    "E0901": Code(
        "Data that cannot be used",
        "A file is damaged, a value cannot be read, a part of the split is empty: what training would refuse.",
        "data: {source: {Csv: {path: broken.csv, target: price}}}\ninputs: {x: [1]}\nlayers: [{Dense: 1}]",
        "The note names file and line; the hint, the option that continues without what is broken.",
    ),
    "W0901": Code(
        "The data are not found",
        "A file or folder of `data` does not exist, so the network is not compared with it. Training refuses that.",
        "data: {source: {Arrays: {path: nowhere.npz}}}\nlayers: [Flatten]",
        "Check the path, which is relative to the file that it is written in; `--no-data` is for checks without data.",
    ),
    "W0902": Code(
        "Examples that are left out",
        "Some examples are left out or cut, as an option of the source says.",
        "data: {source: {Csv: {path: broken.csv, target: price, on_error: skip}}}\ninputs: {x: [1]}\n"
        "layers: [{Dense: 1}]",
        "Mend the file, or take it as it is; `nnspec data` lists all of them.",
    ),
    "W0903": Code(
        "Values that may mean missing",
        "Marks such as `-` or `unknown` are read as missing values, a class has the name of one, or a number such as "
        "-999 is far from all others.",
        _csv("rooms.csv, target: rent, missing: mean"),
        "Say what means missing: `missing_values: [...]` of the source, for all columns or for one.",
    ),
    "W0904": Code(
        "Values read as something else than they look like",
        "Numbers, times or codes are read as another type: as categories for one, because of a unit or a separator.",
        _csv("parcels.csv, target: days"),
        "Say the type of the column: `columns: {name: {type: ...}}`, with `decimal`, `thousands` or `format`.",
    ),
    "W0905": Code(
        "A column of names, ids or row numbers",
        "Each row has another value, from which nothing can be learnt about new rows.",
        _csv("parcels.csv, target: days"),
        "Leave the column out of `features`, or use another `target`.",
    ),
    "W0906": Code(
        "Names that are nearly the same",
        "Two classes or values differ by case, spaces or accents alone, and are taken for two.",
        _csv("rooms.csv, target: rent, missing: mean"),
        "Write them alike in the file if they are one.",
    ),
    "W0907": Code(
        "Nothing to learn from",
        "A column, a feature or the classes have one value only, or hardly another one.",
        _csv("rooms.csv, target: rent, missing: mean"),
        "Leave the column out of `features`; of a target, look whether it is the right one.",
    ),
    "W0908": Code(
        "Values far off",
        "A few values of a column are very far from all others, as mistakes and marks for missing values are, or the "
        "last row sums up the others.",
        _csv("totals.csv, target: sold"),
        "Mend the file, or say what means missing: `missing_values`.",
    ),
    "W0909": Code(
        "Numbers that lose digits",
        "A network calculates in float32, which holds about seven digits: these numbers are rounded.",
        _csv("seconds.csv, target: sold, scale: none"),
        "Let the source scale the column, `scale: standard`, or leave it out.",
    ),
    "W0910": Code(
        "Rows of one person in several parts",
        "A column says whose a row is, and the rows of one may come into training and test: the test is too easy then.",
        _csv("visits.csv, target: weight"),
        "Keep them together: `group: column` of the source.",
    ),
    "W0911": Code(
        "The target among the features",
        "A feature is the same as the target in every row: the network copies it, and knows nothing of new rows.",
        _csv("copied.csv, target: price"),
        "Leave the column out of `features`.",
    ),
    "W0912": Code(
        "Numbers that may be classes",
        "The target has few different whole numbers, and is read as a number to estimate.",
        _csv("visits.csv, target: ward"),
        "Say which it is: `task: classification` or `task: regression`; of `Table`, the `type` of the target.",
    ),
    "W0913": Code(
        "The order or the groups of a series are not said",
        "A column looks like the time or the group of a series and is not used as such.",
        "data: {source: {Csv: {path: hours.csv, target: load, window: {length: 3}}}}\n"
        "inputs: {x: [3, $data.features]}\nlayers: [Flatten, {Dense: 1}]",
        "Say `time: column`, or `group: column` where the file holds several series.",
    ),
    "W0914": Code(
        "Gaps in a series, and windows left out",
        "Times are missing or there twice, or windows have no target: fewer examples than one would think.",
        "data: {source: {Csv: {path: hours.csv, time: time, target: load, window: {length: 3}}}}\n"
        "inputs: {x: [3, $data.features]}\nlayers: [Flatten, {Dense: 1}]",
        "Mend the file, or say what is meant: `gaps` and `repeated_times`.",
    ),
    "W0915": Code(
        "Classes with few examples or none",
        "A class of the training part has fewer than ten examples, or a part has none of it.",
        "nnspec data spec.yaml",
        "Bring more examples, or leave the class out; `train: {class_weight: balanced}` gives rare ones more weight.",
    ),
    "W0916": Code(
        "Values that training never saw",
        "Another part has categories that the training part lacks, or a tokenizer has no piece for letters of the "
        "texts: the network gets them as none at all.",
        "nnspec data spec.yaml --set data.split.test=new.csv",
        "Take the training part from the same population, or accept it: in use there will be new ones, too.",
    ),
    "W0917": Code(
        "Parts that share examples",
        "A part has files or examples of the training part: what is measured of them says little about new data.",
        "data:\n  source: {Csv: {path: table.csv, target: price}}\n  split: {validation: table.csv}\n"
        "inputs: {x: [$data.features]}\nlayers: [{Dense: 1}]",
        "Hold back a share instead, `split: {validation: 0.2}`, or remove the copies.",
    ),
    "W0918": Code(
        "Contradictions",
        "Examples that are the same to the network have different labels: it cannot be right about all of them.",
        "nnspec data spec.yaml",
        "Look at the examples that are named, and mend their labels.",
    ),
    "W0919": Code(
        "Parts of different scale",
        "The values of a feature are many times larger in one part than in another: other units, or scaled twice.",
        "nnspec data spec.yaml --set data.split.test=grams.csv",
        "Bring all parts to the same unit.",
    ),
    "W0920": Code(
        "Weights that are not there",
        "`initial_weights` or `teacher` names a file or a run that does not exist. Training refuses that.",
        "layers: [Flatten, {Dense: 1}]\ntrain: {loss: MeanSquaredError, initial_weights: nowhere.keras}",
        "Check the path, or train the run that it names first.",
    ),
    "W0921": Code(
        "Weights that are all 0",
        "The weight of every example of a part is 0, so that nothing is learnt from it, or measured.",
        _csv("unweighted.csv, target: price, weight: counts"),
        "Look at the column or array that `weight` names.",
    ),
    "W0922": Code(
        "Sequences that are cut, or mostly padding",
        "Texts are longer than the limit and are cut, or a batch is mostly padding since few are much longer "
        "than the others.",
        "data:\n  source:\n    Table:\n      path: notes.csv\n"
        "      inputs: {tokens: {column: note, type: text, max_length: 2}}\n"
        "      targets: {y: {column: stars}}\n      text: {on_long: cut}\n"
        "inputs: {tokens: [null]}\n"
        "layers: [{Embedding: {input_dim: 20, output_dim: 4}}, GlobalAveragePooling1D, {Dense: 1}]",
        "Raise `max_length`; against padding, `bucket_by_length: true`.",
    ),
    "W0923": Code(
        "Texts that are not read as people read them",
        "A header is read as an example, columns are exchanged, words have no spaces between them, or accents are "
        "characters of their own.",
        "data: {source: {Text: {path: titled.tsv}}}\ninputs: {tokens: [null]}\n"
        "layers: [{Embedding: {input_dim: 20, output_dim: 4}}, GlobalAveragePooling1D, {Dense: 2}]",
        "The hint names the option: `header`, `label_column`, `text_column` or `tokenization`.",
    ),
    "W0924": Code(
        "Images or sounds that are not as the others",
        "Some are of another size, rate or number of channels, or turned by a tag, and are brought to one form.",
        "nnspec data spec.yaml",
        "Nothing has to be done, unless those files are there by mistake.",
    ),
    "W0925": Code(
        "Files that are not used, or twice",
        "A folder holds files or lists beside those that are read, files in folders below a class, or one is listed "
        "twice.",
        "nnspec data spec.yaml",
        "Remove what does not belong there, or name it in the spec.",
    ),
    "W0926": Code(
        "Tags in an unusual notation",
        "Tags of words are read as something else than what is written, or do not say where an entity begins.",
        "nnspec data spec.yaml",
        "Say `scheme`, `token_column` or `tag_column`, or write the tags in BIO.",
    ),
    "W0927": Code(
        "Points that are not in their image",
        "Key points lie outside of their image, or look like shares of its size, and are read as pixels.",
        "nnspec data spec.yaml",
        "Write points as x and y in pixels of the original image.",
    ),
    "W0928": Code(
        "A column without a name",
        "The header has no name for a column, which is called by its number from 0 on.",
        _csv("unnamed.csv, target: price"),
        "Name it in the file; a column of row numbers is best left out of `features`.",
    ),
    "W0929": Code(
        "Numbers as names of classes",
        "Classes are in the order of their text, in which 10 is before 2.",
        "nnspec data spec.yaml",
        'Write the order that you mean: `classes: ["1", "2", "10"]` under `data`.',
    ),
    "W0930": Code(
        "Examples that the loss or a mean can make nothing of",
        "An example is padding alone and its steps are averaged, shares of classes do not add up to 1, or an example "
        "has several labels, or none, and a metric compares the largest value alone.",
        "nnspec data spec.yaml",
        "Leave such examples out; several labels at once go with `BinaryCrossentropy` and `sigmoid`.",
    ),
    "W0931": Code(
        "No validation part",
        "Nothing is held back, so that nobody sees when a network learns its examples by heart.",
        "nnspec data spec.yaml",
        "Hold back a tenth: `split: {validation: 0.1}`.",
    ),
    "W0932": Code(
        "Decoded files that the disk has no room for",
        "With `cache: auto` decoded images and sounds are kept on disk, in memory where that has room and the disk has "
        "not, else nowhere. Nowhere means that each batch is decoded when its turn comes: the numbers are the same.",
        "nnspec data spec.yaml",
        "Say `cache: none`, or another place that you mean; a smaller `image_size` takes less room.",
    ),
    "W0933": Code(
        "Several labels taken as one class",
        "Labels such as `red|dress` are made of others with a mark between them, and each combination is a class of "
        "its own.",
        _csv("papers.csv, target: field"),
        "The source Table takes them apart: `targets: {tags: {type: labels}}`, with `sigmoid` and BinaryCrossentropy.",
    ),
    "W0934": Code(
        "Large data of which a part was read",
        "Of tables and tagged texts of more than 32 MB, 8 MB of Parquet and of compressed texts, `check` reads "
        "samples, so that it is as quick at many rows as at few: of text the first rows, 31 blocks that are evenly "
        "apart, and the end; of Parquet and Arrow files the first rows of up to 32 groups; of a compressed text its "
        "begin; of very many files some. Where these have anything wrong, all is read before it is told. What is in no "
        "sample, such as a cell that is no number, a class, a category or a word, is not known yet; training reads "
        "all, and refuses what cannot be used with its line.",
        "nnspec data spec.yaml",
        "`nnspec data` reads all of the table, and so do `check --strict` and `train`; `check` knows it from then on.",
    ),
    # 10: chips
    "E1001": Code(
        "A layer that a chip cannot have",
        "The file would hold an operation that has no kernel there, so that the whole file does not run. "
        "`nnspec check --target` tells, from tables of operations whose sources it names.",
        "inputs: {x: [16]}\nlayers: [{Dense: {units: 4, activation: gelu}}]\n"
        "export: {TFLite: {quantize: int8, runtime: micro}}",
        "Use what the hint says, or another layer.",
        options="--target micro",
    ),
    "W1001": Code(
        "A layer beside the chip",
        "The chip has no kernel for an operation of the layer, or not for its sizes: it runs on the CPU, and the "
        "values go there and back, which often costs more than the chip saves.",
        "inputs: {x: [16, 4]}\nlayers: [{GRU: 8}, {Dense: 2}]\nexport: {TFLite: {quantize: none}}",
        "Use what the hint says, or put such layers at the end of the network, one behind the other.",
        options="--target qualcomm",
    ),
    "W1002": Code(
        "A layer of unknown operations",
        "It is not known which operations of a file the layer becomes, so that nothing is said about it.",
        "inputs: {x: [16, 4]}\nlayers: [{Dense: 8}, {CRF: 3}]\nexport: {TFLite: {quantize: none}}",
        "Export the network, and read the operations of the file: `nnspec export --json`.",
        options="--target qualcomm",
    ),
    "W1003": Code(
        "A file that is not made for the chip",
        "The TFLite file that `export` asks for has settings with which the chip does not run it, or not faster than a "
        "CPU: a chip for whole numbers takes int8 files whose inputs and outputs are whole numbers, too.",
        "layers: [Flatten, {Dense: 10}]\nexport: [TFLite]",
        "Write the target that the hint shows.",
        options="--target ethos-u",
    ),
    "E1004": Code(
        "A size that varies, on a microcontroller",
        "The chip lays its memory out once, and an input of the network has a size that varies.",
        "inputs: {x: [null, 4]}\nlayers: [{LSTM: 8}, {Dense: 2}]\nexport: {TFLite: {runtime: interpreter}}",
        "Fix it with `length` of the TFLite target.",
        options="--target micro",
    ),
    "W1004": Code(
        "A size that varies, on a chip",
        "The chip compiles a file for sizes that are fixed, and an input of the network has one that varies.",
        "inputs: {x: [null, 4]}\nlayers: [{Conv1D: {filters: 8, kernel_size: 3}}, GlobalMaxPooling1D]\n"
        "export: {TFLite: {quantize: int8}}",
        "Fix it with `length` of the TFLite target.",
        options="--target qualcomm",
    ),
    "W1005": Code(
        "An estimate over the budget",
        "The file or the arena of a microcontroller may become larger than `budget` allows. It is an estimate, from "
        "the sizes of the layers: it meets most files within a fifth.",
        "layers: [Flatten, {Dense: 10}]\nexport: {TFLite: {quantize: int8, runtime: micro}}\nbudget: {arena_bytes: 1K}",
        "Make the network smaller; `nnspec export` measures.",
        options="--target micro",
    ),
}


ON_DATA = tuple(code for code in CODES if code.startswith("W09") and code not in ("W0901", "W0920"))
"""Warnings on what the data hold, which `data: {silence: [...]}` and the line of `source` silence."""


def every_code() -> dict[str, Code]:
    """nnspec's codes, then those of installed packages (entry points of the group `nnspec.codes`), which are others.

    One that cannot be read is there too, and explains why not.
    """
    from importlib.metadata import entry_points

    found = dict(CODES)
    for entry in entry_points(group="nnspec.codes"):
        try:
            code = entry.load()
            why = f"{entry.value} is a {type(code).__name__} and no Code"
        except Exception as error:  # whatever a module does while it is imported
            code, why = None, f"{entry.value} cannot be imported: {type(error).__name__}: {error}"
        broken = Code("A package's code that cannot be read", why, "", "Ask those who made the package.")
        found.setdefault(entry.name, code if isinstance(code, Code) else broken)
    return found
