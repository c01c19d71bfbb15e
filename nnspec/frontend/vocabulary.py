"""What others call the things of a spec: PyTorch, torchvision, TensorFlow, older Keras, and plain speech.

The one home of did-you-mean by meaning. Spelling is ``suggest``'s business; a word stands here where its spelling leads
nowhere, or astray. Nothing here is accepted in a spec: a check names what the language has instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.console.formatting import yaml_scalar
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """What stands in the place of a foreign word.

    Attributes:
        name: what the language calls it; None where it has nothing of the kind.
        says: a hint in place of "did you mean"; None where the name says it all.
        goes: whether the entry is simply left out.
    """

    name: str | None = None
    says: str | None = None
    goes: bool = False


# Arguments: what this language says, and what others say. The first that a kind takes is meant.
_ARGUMENTS = {
    "units": "out n size width output_size num_output num_outputs n_out out_features output_dim hidden_size "
    "hidden_dim hidden_units num_units n_units neurons nodes d_out",
    "filters": "num_output out_channels nb_filter nb_filters n_filters num_filters num_outputs channels_out "
    "output_channels filter",
    "kernel_size": "filter_length filter_size kernel kernel_shape receptive_field ksize window",
    "pool_size": "kernel_size pool_length ksize window pool",
    "size": "scale_factor upsampling",
    "strides": "stride subsample subsample_length",
    "padding": "border_mode pad",
    "data_format": "dim_ordering image_data_format",
    "dilation_rate": "dilation atrous_rate dilations rate",
    "depth_multiplier": "channel_multiplier",
    "use_bias": "bias has_bias",
    "activation": "act activation_fn nonlinearity non_linearity nonlin",
    "recurrent_activation": "inner_activation gate_activation",
    "kernel_initializer": "init initializer weight_init weights_initializer kernel_init W_init",
    "recurrent_initializer": "inner_init",
    "bias_initializer": "bias_init biases_initializer b_init",
    "embeddings_initializer": "init initializer weight_init",
    "kernel_regularizer": "W_regularizer weights_regularizer regularizer weight_regularizer",
    "bias_regularizer": "b_regularizer biases_regularizer",
    "embeddings_regularizer": "W_regularizer",
    "recurrent_regularizer": "U_regularizer",
    "kernel_constraint": "W_constraint weight_constraint",
    "bias_constraint": "b_constraint",
    "embeddings_constraint": "W_constraint",
    "dropout": "dropout_W dropout_rate input_dropout",
    "recurrent_dropout": "dropout_U hidden_dropout",
    "rate": "p prob dropout dropout_rate drop_prob drop_rate probability",
    "negative_slope": "alpha leak slope leakiness",
    "epsilon": "eps",
    "input_dim": "num_embeddings vocab_size vocabulary_size n_words num_words input_size max_features",
    "output_dim": "embedding_dim embed_dim embedding_size emb_dim emb_size dim",
    "num_heads": "nhead n_heads heads nheads",
    "key_dim": "head_dim head_size dim_head d_k",
    "return_sequences": "return_all return_sequence",
    "target_shape": "shape size new_shape unflattened_size",
    "n": "times repeats",
    "axis": "dim dims axes",
    "groups": "num_groups",
    "learning_rate": "lr lr0 alpha eta base_lr max_lr rate learningrate init_lr initial_lr starting_lr",
    "beta_1": "beta1 b1",
    "beta_2": "beta2 b2",
    "clipnorm": "max_grad_norm grad_clip clip_norm gradient_clip max_norm gradient_clip_val gradient_clipping "
    "clip_gradients gradient_clip_norm clip_grad_norm clip_grad grad_clip_norm clip_gradient",
    "clipvalue": "clip_value gradient_clip_value",
    "weight_decay": "l2 wd",
    "gradient_accumulation_steps": "accumulate_grad_batches grad_accum accumulate accumulation_steps grad_accum_steps "
    "grad_accumulation gradient_accumulation accum_iter update_freq accum_steps",
    "use_ema": "ema model_ema",
    "initial_learning_rate": "lr base_lr learning_rate",
    "decay_steps": "T_max t_max total_steps step_size max_steps",
    "decay_rate": "gamma",
    "factor": "gamma decay zoom_range rotation_range height_factor",
    "warmup_steps": "num_warmup_steps n_warmup",
    "min_delta": "epsilon threshold min_change",
    "filepath": "path filename file dirpath",
    "monitor": "metric quantity watch",
    "patience": "wait rounds early_stopping_rounds",
    "restore_best_weights": "restore_best load_best_model_at_end",
    "save_freq": "period every_n_epochs",
    "from_logits": "with_logits logits",
    "label_smoothing": "smoothing label_smooth",
    "delta": "beta huber_delta",
    "inputs": "x X features data",
    "targets": "y Y labels",
    "sample_rate": "sr sampling_rate rate frequency fs",
    "duration": "seconds length secs",
    "max_size": "vocab_size vocabulary_size max_tokens num_words n_words",
    "max_length": "max_len maxlen max_seq_length max_seq_len",
    "path": "root dir directory folder root_dir data_dir train_dir file filename filepath image_dir csv csv_file url",
    "target": "label label_column target_column y_column class_column y",
    "image_size": "target_size size img_size resize input_size image_shape resolution shape",
    "color": "color_mode colour mode channels grayscale",
    "separator": "sep delimiter delim",
    "quantize": "quantization dtype precision quant bits optimize optimizations",
}

# Arguments that a layer does not take, since Keras finds them itself, or because there is another way.
_LEFT_OUT = "the layer reads it off its input: leave `{}` out"
_ARGUMENT_REMARKS = {
    **{
        name: Word(says=_LEFT_OUT.format(name), goes=True)
        for name in ("in_channels", "in_features", "num_features", "input_size", "in_dim", "n_in", "normalized_shape")
    },
    "input_length": Word(says="the length is that of the input: leave `input_length` out", goes=True),
    "input_dim": Word(says=_LEFT_OUT.format("input_dim"), goes=True),
    **{
        name: Word(says=f"the number of channels is the input's: leave `{name}` out", goes=True)
        for name in ("num_channels", "num_parameters")
    },
    **{
        name: Word(says=f"all but the batch becomes one axis: leave `{name}` out", goes=True)
        for name in ("start_dim", "end_dim")
    },
    **{
        name: Word(says=f"TensorFlow chooses this itself: leave `{name}` out", goes=True)
        for name in ("fused", "foreach", "capturable", "differentiable", "track_running_stats")
    },
    **{
        name: Word(says="it is a layer of its own, behind this one: `- BatchNormalization`")
        for name in ("batch_norm", "batchnorm", "bn", "norm", "use_bn", "normalization")
    },
    "dropout": Word(says="it is a layer of its own, behind this one: `- Dropout: 0.5`"),
    **{
        name: Word(says="changes of images are layers: `augment: [{RandomFlip: horizontal}]` beside the source")
        for name in ("transform", "transforms", "preprocessing")
    },
    "warmup_steps": Word(
        says="a warm-up is the schedule's: `learning_rate: {CosineDecay: {initial_learning_rate: 0.0, decay_steps: "
        "10000,"
        "warmup_target: 0.001, warmup_steps: 500}}`"
    ),
    "half": Word(says="write `quantize: float16`"),
    "int8": Word(says="write `quantize: int8`"),
    "inplace": Word(says="layers never change their input: leave `inplace` out", goes=True),
    "batch_first": Word(says="the batch is always first: leave `batch_first` out", goes=True),
    "consume_less": Word(says="newer Keras chooses this itself: leave `consume_less` out", goes=True),
    "implementation": Word(says="newer Keras chooses this itself: leave `implementation` out", goes=True),
    "device": Word(says="`train: {strategy: ...}` says where it runs: leave `device` out", goes=True),
    "nb_row": Word(says="`kernel_size: [rows, columns]` says both"),
    "nb_col": Word(says="`kernel_size: [rows, columns]` says both"),
    "<<": Word(says="YAML 1.2 has no merge keys: repeat the entries, or make a block with parameters"),
    "num_layers": Word(
        says="a kind is one layer; `- repeat: 2` with `layers:` below it puts several one after the other"
    ),
    "n_layers": Word(
        says="a kind is one layer; `- repeat: 2` with `layers:` below it puts several one after the other"
    ),
    "bidirectional": Word(says="wrap the layer: `Bidirectional: {layer: {LSTM: {units: 64}}}`"),
    "decay": Word(
        says="newer Keras has schedules: `learning_rate: {InverseTimeDecay: {...}}`; for AdamW's, `weight_decay`"
    ),
    "schedule_decay": Word(says="newer Keras has schedules: `learning_rate: {CosineDecay: {...}}`"),
    "betas": Word(says="the two stand apart: `beta_1: 0.9, beta_2: 0.999`"),
    **{
        name: Word(says="`from: [...]` beside the kind names the inputs")
        for name in ("inputs", "input", "inbound_nodes")
    },
    "input_shape": Word(says="shapes stand under `inputs:`, at the top of the spec"),
    "batch_input_shape": Word(says="shapes stand under `inputs:`, at the top of the spec"),
    "batch_shape": Word(says="shapes stand under `inputs:`, at the top of the spec"),
    "weights": Word(says="a spec holds no weights: `train: {initial_weights: PATH}` begins with those of a file"),
    "return_state": Word(says="a spec's layer gives one output"),
    "params": Word(says="the optimizer learns all trainable weights; `train: {trainable: ...}` chooses among them"),
    **{
        name: Word(
            says="weights of one layer: `kernel_regularizer: {L2: 0.01}`; of all: `weight_decay` of the optimizer"
        )
        for name in ("weight_decay", "l2", "l2_reg", "reg", "regularization")
    },
    "batch_size": Word(says="`batch_size` stands under `data:`"),
    "shuffle": Word(
        says="the training part is shuffled by itself, another way each epoch: leave `shuffle` out", goes=True
    ),
}

# Of an export what names its file.
_FILES = frozenset({"path", "file", "filename", "output", "output_path", "format"})
_OF_A_RUN = Word(says="an export has its folder in the run: `nnspec export` tells where")

# Of a source of tags what cuts words.
_CUTS_WORDS = frozenset({"subwords", "subword", "tokenizer", "bpe", "wordpiece", "sentencepiece"})
_WHOLE_WORDS = Word(
    says="a tag is of a whole word, so a tagger has no subwords: `characters: 16` and `casing: true` show it how words "
    "are written, `unit: character` makes each character a step"
)

# Arguments whose value is another here, by what others say: the argument, why, and the value made of theirs.
Converted = tuple[str, str, Callable[[float, Mapping[str, Any]], float | bool | None]]
_HEADS = ("num_heads", "nhead", "n_heads", "heads", "nheads")


def _of_one_head(width: float, given: Mapping[str, Any]) -> float | None:
    heads = next((given[one] for one in _HEADS if isinstance(given.get(one), int) and given[one]), 0)
    return width // heads if heads and width % heads == 0 else None


_CONVERTED: Mapping[str, Converted] = {
    **dict.fromkeys(
        ("keep_prob", "keep_rate", "keep_probability", "retain_prob"),
        ("rate", "it is the share that is kept, `rate` the one that is dropped", lambda kept, _: round(1 - kept, 6)),
    ),
    **dict.fromkeys(
        ("embed_dim", "d_model", "hidden_size", "model_dim", "embedding_dim"),
        ("key_dim", "it is the width of all heads together, `key_dim` that of one", _of_one_head),
    ),
    **dict.fromkeys(
        ("degrees", "angle", "rotation_range", "max_rotate"),
        ("factor", "it is in degrees, `factor` in turns", lambda degrees, _: round(degrees / 360, 4)),
    ),
    "padding_idx": ("mask_zero", "padding is 0 here", lambda number, _: True if number == 0 else None),
}

# Kinds by category: what this language says, and what others say. With a colon: with this argument.
_KINDS: Mapping[str, Mapping[str, str]] = {
    "layer": {
        "Dense": "Linear LazyLinear FullyConnected fully_connected FC fc Perceptron InnerProduct "
        "TimeDistributedDense Affine MaxoutDense Gemm",
        "Conv1D": "Conv1d LazyConv1d AtrousConvolution1D AtrousConv1D CausalConv1D",
        "Conv2D": "Conv2d LazyConv2d AtrousConvolution2D AtrousConv2D Conv Convolution",
        "Conv3D": "Conv3d",
        "Conv1DTranspose": "ConvTranspose1d Deconv1D",
        "Conv2DTranspose": "ConvTranspose2d Deconvolution2D Deconv2D TransposedConv2D",
        "Conv3DTranspose": "ConvTranspose3d Deconvolution3D Deconv3D",
        "DepthwiseConv2D": "DepthwiseConv2d",
        "MaxPooling1D": "MaxPool1d",
        "MaxPooling2D": "MaxPool2d MaxPooling MaxPool",
        "MaxPooling3D": "MaxPool3d",
        "AveragePooling1D": "AvgPool1d AvgPooling1D",
        "AveragePooling2D": "AvgPool2d AvgPooling2D AvgPool AveragePooling MeanPooling2D",
        "AveragePooling3D": "AvgPool3d AvgPooling3D",
        "GlobalAveragePooling1D": "AdaptiveAvgPool1d GlobalAvgPooling1D",
        "GlobalAveragePooling2D": "AdaptiveAvgPool2d GlobalAvgPooling2D GlobalAveragePooling GAP",
        "GlobalMaxPooling1D": "AdaptiveMaxPool1d",
        "GlobalMaxPooling2D": "AdaptiveMaxPool2d GlobalMaxPooling",
        "BatchNormalization": "BatchNorm BatchNorm1d BatchNorm2d BatchNorm3d BatchNorm2D BN SyncBatchNorm",
        "LayerNormalization": "LayerNorm LN",
        "GroupNormalization": "GroupNorm InstanceNorm InstanceNorm2d InstanceNormalization",
        "RMSNormalization": "RMSNorm",
        "SpatialDropout1D": "Dropout1d",
        "SpatialDropout2D": "Dropout2d FeatureDropout",
        "SpatialDropout3D": "Dropout3d",
        "LSTM": "CuDNNLSTM LSTMLayer",
        "GRU": "CuDNNGRU GRULayer",
        "SimpleRNN": "RNNLayer ElmanRNN VanillaRNN FullyRecurrent",
        "Bidirectional": "BiLSTM BLSTM BidirectionalLSTM BiGRU",
        "Embedding": "EmbeddingBag WordEmbedding",
        "MultiHeadAttention": "MultiheadAttention SelfAttention MultiHeadSelfAttention",
        "Concatenate": "Concat Cat Merge ConcatLayer concat cat",
        "Add": "Sum Eltwise ElementwiseSum Residual",
        "Multiply": "Mul ElementwiseMul",
        "Reshape": "Unflatten View Resize2D",
        "UpSampling2D": "Upsample UpsamplingNearest2d UpsamplingBilinear2d",
        "ZeroPadding2D": "ZeroPad2d ConstantPad2d Pad Padding",
        "Cropping2D": "Crop CenterCrop2D",
        "LeakyReLU": "LeakyRelu Leaky",
        "Activation": "Sigmoid Tanh GELU SiLU Swish Mish Softplus Hardswish Softsign LogSoftmax LogSigmoid SELU CELU "
        "ReLU6 Exp",
        "LocalResponseNormalization": "LRN LocalResponseNorm CrossMapLRN2d",
        "Permute": "Transpose",
        "Subtract": "Sub",
        "Clip": "Hardtanh Clamp ClipByValue",
        "Reduce": "ReduceMean ReduceSum ReduceMax Mean",
        "Normalization": "StandardScaler Standardize Normalize",
        "CategoryEncoding": "OneHotEncoder OneHot",
        "StringLookup": "LabelEncoder",
        "Identity": "Linear_ NoOp Passthrough",
        "RandomFlip": "RandomHorizontalFlip RandomVerticalFlip HorizontalFlip VerticalFlip Flip",
        "RandomRotation": "Rotate Rotation RandomRotate",
        "RandomCrop": "RandomResizedCrop",
        "RandomZoom": "Zoom RandomScale RandomAffine ScaleJitter",
        "RandomTranslation": "RandomShift ShiftScaleRotate Shift",
        "RandomColorJitter": "ColorJitter",
        "RandomErasing": "Cutout CutOut",
        "Rescaling": "ToTensor Scale Rescale",
        "CenterCrop": "CentreCrop",
        "Resizing": "Resize",
    },
    "loss": {
        "SparseCategoricalCrossentropy": "CrossEntropyLoss CrossEntropy NLLLoss nll nll_loss xent cross_entropy "
        "crossentropy NLL"
        "sparse_cross_entropy softmax_cross_entropy log_loss",
        "CategoricalCrossentropy": "SoftCrossEntropy",
        "BinaryCrossentropy": "BCELoss BCEWithLogitsLoss MultiLabelSoftMarginLoss logistic LogLoss",
        "MeanSquaredError": "MSELoss L2Loss L2 l2 squared_error mse_loss",
        "MeanAbsoluteError": "L1Loss L1 l1 absolute_error",
        "Huber": "SmoothL1Loss HuberLoss smooth_l1",
        "KLDivergence": "KLDivLoss KLDiv",
        "CosineSimilarity": "CosineEmbeddingLoss cosine cosine_proximity",
        "Hinge": "HingeEmbeddingLoss MarginLoss",
        "Poisson": "PoissonNLLLoss",
        "Dice": "DiceLoss",
        "CTC": "CTCLoss",
        "Tversky": "TverskyLoss",
    },
    "metric": {
        "SparseCategoricalAccuracy": "Acc top1 Top1 MulticlassAccuracy",
        "SparseTopKCategoricalAccuracy": "top_k_accuracy top_5_accuracy TopK top5 Top5 top_k",
        "F1Score": "f1score F1 f1 F1Macro",
        "AUC": "roc_auc_score auc_score ROCAUC roc_auc AUROC auroc RocAuc",
        "MeanIoU": "miou mIoU mean_iou IOU JaccardIndex jaccard",
        "Recall": "sensitivity Sensitivity tpr",
        "R2Score": "r2 R2 RSquared",
        "RootMeanSquaredError": "RMSE rmse",
        "MeanSquaredError": "mse_loss",
    },
    "optimizer": {
        "Adam": "ADAM AdamOptimizer AMSGrad",
        "SGD": "GradientDescent GradientDescentOptimizer Momentum MomentumOptimizer Nesterov sgd_momentum GD",
        "Nadam": "NAdam",
        "AdamW": "adamw_torch adamw_torch_fused adamw_hf adamw_apex_fused adamw_bnb_8bit adamw_8bit FusedAdamW "
        "AdamW8bit",
    },
    "schedule": {
        "CosineDecay": "cosine",
        "CosineDecayRestarts": "SGDR",
        "ExponentialDecay": "exponential",
        "PiecewiseConstantDecay": "step piecewise",
        "PolynomialDecay": "linear",
        "InverseTimeDecay": "inverse",
    },
    "callback": {
        "ReduceLROnPlateau": "ReduceLR LROnPlateau",
        "EarlyStopping": "EarlyStop Early Patience",
        "ModelCheckpoint": "Checkpoint SaveBest BestModel",
        "CSVLogger": "CsvLog CSVLog",
        "TerminateOnNaN": "NanTerminate DetectAnomaly",
    },
    "initializer": {
        "HeNormal": "kaiming_normal kaiming_normal_ KaimingNormal msra",
        "HeUniform": "kaiming_uniform kaiming_uniform_ KaimingUniform kaiming he",
        "GlorotUniform": "xavier xavier_uniform xavier_uniform_ XavierUniform Xavier",
        "GlorotNormal": "xavier_normal xavier_normal_ XavierNormal",
        "RandomNormal": "gaussian Gaussian randn",
        "Zeros": "zeros_ none",
    },
    "regularizer": {"L2": "ridge WeightDecay weight_decay WeightRegularizer", "L1": "lasso", "L1L2": "elastic_net"},
    "constraint": {"MaxNorm": "maxnorm max_norm_", "NonNeg": "nonneg positive"},
    "activation": {
        "linear": "identity Identity none no",
        "silu": "SiLU Swish",
        "sigmoid": "logistic Logistic",
        "hard_silu": "HardSwish Hardswish",
        "leaky_relu": "LeakyReLU lrelu leakyrelu",
    },
    "source": {
        "ImageFolder": "image_dataset_from_directory flow_from_directory ImageDataGenerator ImageDataset Images Image",
        "AudioFolder": "audio_dataset_from_directory AudioDataset SoundFolder Audio Sounds Wav WAV SpeechCommands",
        "TextFolder": "text_dataset_from_directory TextDirectory Texts TextDataset",
        "Keras": "MNIST mnist FashionMNIST fashion_mnist CIFAR10 CIFAR100 cifar10 cifar100 imdb IMDB",
        "Csv": "CSV csv DataFrame Pandas pandas read_csv Tabular",
        "Arrays": "NumPy numpy Numpy npz Npz Tensors TensorDataset Array",
        "TFRecord": "TFRecordDataset tfrecords",
        "WebDataset": "Webdataset webdataset wds tar Tar",
        "Text": "TextDataset text_dataset_from_directory Texts",
        "TimeSeries": "UCR UEA Timeseries",
        "Conll": "CoNLL CoNLL2003 NER ner",
    },
    "target": {
        "TFLite": "LiteRT litert Lite Android android",
        "SavedModel": "TF tf tensorflow Serving pb",
        "Web": "tfjs TFJS tensorflowjs browser javascript",
        "ONNX": "Onnx",
    },
}

# Schedules of PyTorch, which count epochs: what does the same in steps.
_COSINE = "CosineDecay: {initial_learning_rate: 0.1, decay_steps: 10000}"
_STEPPED = "ExponentialDecay: {initial_learning_rate: 0.1, decay_steps: 3000, decay_rate: 0.1, staircase: true}"
_BY_EPOCH = {
    **dict.fromkeys(("CosineAnnealingLR", "CosineAnnealing", "cosine_decay"), _COSINE),
    **dict.fromkeys(("StepLR", "step_lr"), _STEPPED),
    **dict.fromkeys(("ExponentialLR", "exponential_decay"), _STEPPED.replace(", staircase: true", "")),
    **dict.fromkeys(
        ("OneCycleLR", "OneCycle", "CosineWithWarmup", "LinearWarmupCosineAnnealingLR", "cosine_with_warmup"),
        "CosineDecay: {initial_learning_rate: 0.0, decay_steps: 10000, warmup_target: 0.1, warmup_steps: 500}",
    ),
    "CosineAnnealingWarmRestarts": "CosineDecayRestarts: {initial_learning_rate: 0.1, first_decay_steps: 1000}",
    "MultiStepLR": "PiecewiseConstantDecay: {boundaries: [3000, 6000], values: [0.1, 0.01, 0.001]}",
    **dict.fromkeys(
        ("LinearLR", "PolynomialLR", "linear_decay", "poly"),
        "PolynomialDecay: {initial_learning_rate: 0.1, decay_steps: 10000, end_learning_rate: 0.0}",
    ),
}

_FOLDERS = "by what the folder holds: `ImageFolder`, `MaskFolder`, `AudioFolder` or `TextFolder`"

# What a word of a category needs said beside, or in place of, its name.
_KIND_REMARKS = {
    ("layer", "InstanceNorm2d"): "write `GroupNormalization: {groups: -1}`",
    ("layer", "InstanceNorm"): "write `GroupNormalization: {groups: -1}`",
    ("layer", "InstanceNormalization"): "write `GroupNormalization: {groups: -1}`",
    ("layer", "BiLSTM"): "write `Bidirectional: {layer: {LSTM: {units: 64}}}`",
    ("layer", "BLSTM"): "write `Bidirectional: {layer: {LSTM: {units: 64}}}`",
    ("layer", "BidirectionalLSTM"): "write `Bidirectional: {layer: {LSTM: {units: 64}}}`",
    ("layer", "BiGRU"): "write `Bidirectional: {layer: {GRU: {units: 64}}}`",
    **dict.fromkeys(
        (("layer", "Squeeze"), ("layer", "Unsqueeze"), ("layer", "ExpandDims")),
        "`Reshape` does it: `- Reshape: [8, 8, 1]`, without the batch",
    ),
    ("layer", "ReduceMean"): "write `GlobalAveragePooling2D`, or of other axes `Reduce: {function: mean, axis: 1}`",
    ("layer", "Normalize"): "write `Rescaling: $(1 / 255)`, or `Normalization`, which learns mean and variance",
    ("layer", "StandardScaler"): "write `Normalization`, which learns mean and variance",
    ("layer", "MinMaxScaler"): "write `Rescaling: {scale: $(1 / 255)}`, or `Normalization`",
    **dict.fromkeys(
        (("layer", "input"), ("layer", "inputs"), ("layer", "input_shape")),
        "shapes stand under `inputs:`, at the top of the spec",
    ),
    **dict.fromkeys((("layer", "loop"), ("layer", "times")), "write `repeat: 3` with `layers:` below it"),
    **dict.fromkeys((("layer", "branch"), ("layer", "branches")), "branches are `parallel: [[...], [...]]`"),
    **dict.fromkeys(
        (
            ("layer", name)
            for name in ("residual", "Residual", "ResidualBlock", "skip", "Skip", "shortcut", "SkipConnection")
        ),
        "a shortcut is a branch beside others: `- parallel: [[...], [Identity]]` with `merge: Add`",
    ),
    ("layer", "layer"): "the kind itself is the key: `- Conv2D: {filters: 8, kernel_size: 3}`",
    ("layer", "if"): "write `when: $name` with `layers:` below it",
    ("layer", "lambda"): "a spec holds no code: a layer does it, such as `Rescaling: $(1 / 255)`",
    ("layer", "Sequential"): "the list under `layers:` is the sequence: leave `Sequential` out",
    ("layer", "Model"): "the list under `layers:` is the network; `outputs:` names what comes out of it",
    ("layer", "ModuleList"): "`- repeat: n` or `- for: {...}` with `layers:` below it makes several layers",
    ("layer", "MaxoutDense"): "Maxout is gone from Keras; `Dense` is its plain layer",
    ("layer", "TimeDistributedDense"): "`Dense` works on each step by itself",
    ("layer", "RandomHorizontalFlip"): "write `RandomFlip: horizontal`",
    ("layer", "HorizontalFlip"): "write `RandomFlip: horizontal`",
    ("layer", "RandomVerticalFlip"): "write `RandomFlip: vertical`",
    ("layer", "VerticalFlip"): "write `RandomFlip: vertical`",
    ("layer", "ToTensor"): "write `Rescaling: {scale: $(1 / 255)}`",
    (
        "layer",
        "TransformerEncoderLayer",
    ): "build it of `MultiHeadAttention`, `Add`, `LayerNormalization` and `Dense`, as a block",
    (
        "layer",
        "TransformerEncoder",
    ): "build it of `MultiHeadAttention`, `Add`, `LayerNormalization` and `Dense`, as a block",
    ("layer", "AdaptiveAvgPool2d"): "for one value a channel, `GlobalAveragePooling2D`",
    ("layer", "PixelShuffle"): "`Reshape` and `Permute` do it; or `Conv2DTranspose`",
    **dict.fromkeys(
        (("loss", "rmse"), ("loss", "RMSE"), ("loss", "RMSELoss")),
        "the root changes nothing that is learned: write `mse`, and `metrics: [RootMeanSquaredError]`",
    ),
    **dict.fromkeys(
        (("loss", "iou"), ("loss", "IoU"), ("loss", "IoULoss"), ("loss", "jaccard")),
        "write `Dice`, which is near to it; `BinaryIoU` and `MeanIoU` are metrics",
    ),
    ("metric", "accuracy_score"): "write `accuracy`",
    ("loss", "BCEWithLogitsLoss"): "write `BinaryCrossentropy: {from_logits: true}`",
    (
        "loss",
        "CrossEntropyLoss",
    ): "write `SparseCategoricalCrossentropy: {from_logits: true}`; without from_logits behind softmax",
    **dict.fromkeys(
        (("metric", "val_accuracy"), ("metric", "val_acc"), ("metric", "val_auc")),
        "the validation part is measured by the same metrics: write `accuracy`, without `val_`",
    ),
    **dict.fromkeys((("metric", "loss"), ("metric", "val_loss")), "the loss is always told: leave it out"),
    **dict.fromkeys(
        (
            ("metric", "confusion_matrix"),
            ("metric", "ConfusionMatrix"),
            ("metric", "classification_report"),
            ("metric", "balanced_accuracy"),
            ("metric", "kappa"),
            ("metric", "mcc"),
        ),
        "`nnspec evaluate` shows each class and the confusion table",
    ),
    **dict.fromkeys(
        (
            ("metric", name)
            for name in (
                "mAP",
                "map",
                "mAP50",
                "map50",
                "mAP50-95",
                "bleu",
                "BLEU",
                "rouge",
                "wer",
                "WER",
                "cer",
                "CER",
            )
        ),
        "nothing of the kind is measured here; of labels `accuracy`, of several yes and no `AUC: {multi_label: true}`",
    ),
    ("optimizer", "RAdam"): "write `Adam: 0.001`; a schedule with `warmup_steps` does what its rectification does",
    ("optimizer", "AMSGrad"): "write `Adam: {amsgrad: true}`",
    ("optimizer", "Momentum"): "write `SGD: {learning_rate: 0.01, momentum: 0.9}`",
    ("optimizer", "MomentumOptimizer"): "write `SGD: {learning_rate: 0.01, momentum: 0.9}`",
    ("optimizer", "Nesterov"): "write `SGD: {learning_rate: 0.01, momentum: 0.9, nesterov: true}`",
    **{("source", name): _FOLDERS for name in ("folder", "Folder", "folders", "dir", "directory", "DirectoryIterator")},
    **dict.fromkeys(
        (("source", name) for name in ("tfds", "TFDS", "HuggingFace", "huggingface", "datasets", "load_dataset")),
        "fetch the data first: folders by `ImageFolder` or `TextFolder`, tables by `Csv`, shards by `TFRecord` or "
        "`Parquet`",
    ),
    **dict.fromkeys((("source", "torchvision"), ("source", "sklearn")), "what Keras has too is `Keras: mnist`"),
    **dict.fromkeys(
        (
            ("source", name)
            for name in ("Excel", "excel", "xlsx", "Xlsx", "SQL", "sql", "JSON", "Json", "json", "jsonl", "Jsonl")
        ),
        "save it as a table: `Csv: {path: table.csv, target: label}`",
    ),
    **dict.fromkeys(
        (("source", name) for name in ("COCO", "coco", "VOC", "voc", "YOLO", "yolo")),
        "boxes are not read; whole images by `ImageFolder`, masks by `MaskFolder`",
    ),
    ("source", "MNIST"): "write `Keras: mnist`",
    ("source", "mnist"): "write `Keras: mnist`",
    ("source", "FashionMNIST"): "write `Keras: fashion_mnist`",
    ("source", "fashion_mnist"): "write `Keras: fashion_mnist`",
    ("source", "CIFAR10"): "write `Keras: cifar10`",
    ("source", "cifar10"): "write `Keras: cifar10`",
    ("source", "CIFAR100"): "write `Keras: cifar100`",
    ("source", "cifar100"): "write `Keras: cifar100`",
    ("source", "imdb"): "write `Keras: imdb`",
    ("source", "IMDB"): "write `Keras: imdb`",
    **{("target", name): "iOS runs TFLite files, too" for name in ("CoreML", "coreml", "mlmodel", "CoreMLTools")},
    **{
        ("target", name): "`nnspec build` writes a Keras file of the network; a run has its trained weights"
        for name in ("Keras", "keras", "h5", "H5", "HDF5")
    },
    **dict.fromkeys(
        (("target", name) for name in ("int8", "INT8", "quantized", "edgetpu", "EdgeTPU", "c_array", "TFLM", "coral")),
        "write `TFLite: {quantize: int8}`",
    ),
    ("target", "formats"): "a list of kinds: `export: [TFLite, ONNX]`",
    **dict.fromkeys((("target", "torchscript"), ("target", "pytorch")), "other runtimes read `ONNX`"),
    **{
        ("target", name): "it reads ONNX files: write `ONNX`"
        for name in ("TensorRT", "tensorrt", "OpenVINO", "openvino")
    },
    (
        "source",
        "DataLoader",
    ): "name what is read, such as `ImageFolder: {path: images}`; batches are made by `batch_size`",
    (
        "callback",
        "LearningRateScheduler",
    ): "write a schedule: `optimizer: {Adam: {learning_rate: {CosineDecay: {...}}}}`",
    **{
        ("schedule", name): f"such as `{written}`, which counts steps, not epochs"
        for name, written in _BY_EPOCH.items()
    },
    **dict.fromkeys(
        (("loss", "FocalLoss"), ("loss", "Focal"), ("loss", "focal"), ("loss", "focal_loss")),
        "of yes and no it is `BinaryFocalCrossentropy`, of classes `CategoricalFocalCrossentropy` with `one_hot: true`",
    ),
    ("metric", "perplexity"): "it is the exponential of the loss, which is always told: leave it out",
    ("callback", "StepLR"): "a schedule is the optimizer's: `learning_rate: {ExponentialDecay: {...}}`",
}
_ACTIVATIONS = {  # layers of others that are activations here
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "GELU": "gelu",
    "SiLU": "silu",
    "Swish": "silu",
    "Mish": "mish",
    "Softplus": "softplus",
    "Hardswish": "hard_silu",
    "Softsign": "softsign",
    "LogSoftmax": "log_softmax",
    "LogSigmoid": "log_sigmoid",
    "SELU": "selu",
    "Selu": "selu",
    "CELU": "celu",
    "ReLU6": "relu6",
    "Relu6": "relu6",
    "Exp": "exponential",
}

# What the arguments of PyTorch's kinds are by position.
_CONVOLUTION = (None, "filters", "kernel_size", "strides")
_POSITIONS: Mapping[str, Sequence[str | None]] = {
    "Linear": (None, "units"),
    "LazyLinear": ("units",),
    **dict.fromkeys(("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d"), _CONVOLUTION),
    **dict.fromkeys(("MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d"), ("pool_size", "strides")),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LayerNorm"), (None, "epsilon")),
    **dict.fromkeys(("Dropout1d", "Dropout2d", "Dropout3d"), ("rate",)),
}

# Keys of the spec and its sections: what this language says, and what others say.
_KEYS = {
    "nnspec": "version spec_version format",
    "inputs": "input input_shape input_layer input_size",
    "outputs": "output output_layer",
    "layers": "network model architecture net nn modules structure sequential topology",
    "params": "parameters hyperparameters hparams variables vars constants hyper_parameters args config",
    "data": "dataset datasets data_loader dataloader input_data",
    "train": "training trainer fit compile learn solver",
    "export": "exports deploy save convert outputs_to",
    "budget": "limits constraints limit",
    "blocks": "modules definitions functions macros templates",
    "epochs": "nb_epoch nb_epochs n_epochs num_epochs max_epochs epoch nepochs total_epochs num_train_epochs "
    "train_epochs",
    "optimizer": "optim optimiser solver",
    "loss": "criterion loss_fn loss_function objective cost losses",
    "metrics": "metric measures scores eval_metrics",
    "callbacks": "callback hooks",
    "precision": "dtype policy",
    "name": "id label",
    "from": "input inputs source parents bottom",
    "when": "if condition",
    "strategy": "distribute distribution",
    "seed": "random_seed random_state manual_seed rng seed_everything",
    "batch_size": "batch batchsize bs minibatch mini_batch_size train_batch_size samples_per_gpu ims_per_batch "
    "global_batch_size",
    "augment": "augmentation augmentations transform transforms data_augmentation preprocessing",
    "split": "splits train_test_split",
    "classes": "labels names class_names categories targets_names",
    "source": "path folder dir directory file files url root reader loader type",
    "validation": "val valid dev eval evaluation validate",
    "test": "testing tests",
    "tflite_bytes": "size file_size model_size bytes max_size flash",
    "latency_ms": "latency time max_latency",
    "memory_bytes": "memory ram peak_memory",
    "macs": "flops mult_adds multiply_adds operations",
    "weights": "weight weight_bits wbits w_bits weight_dtype num_bits_weight",
    "activations": "activation activation_bits abits a_bits activation_dtype num_bits_activation",
    "keep_float": "skip exclude ignore except skip_layers exclude_layers layers_to_skip keep",
    "float_epochs": "warmup warmup_epochs quant_delay start_epoch",
    "frozen_epochs": "freeze_bn freeze_bn_epochs freeze_bn_delay",
    "sparsity": "to target_sparsity final_sparsity amount ratio share rate",
    "dense_epochs": "begin begin_step start_epoch warmup warmup_epochs",
    "final_epochs": "end end_step finetune_epochs fine_tune_epochs",
    "run": "model path checkpoint teacher from network file",
    "temperature": "T t temp tau softmax_temperature",
    "weight": "alpha lambda distillation_weight kd_weight share",
    "trainable": "train_layers unfreeze unfrozen learn",
    "length": "sequence_length seq_len seq_length lookback look_back window_size window input_chunk_length n_lags lags "
    "timesteps time_steps input_width context_length max_encoder_length history_size",
    "horizon": "output_chunk_length prediction_length max_prediction_length forecast_horizon label_width n_ahead "
    "steps_ahead pred_len out_len n_out",
    "stride": "sequence_stride",
    "sampling": "sampling_rate",
}

# Keys that a section does not have, since it is done in another way.
_KEY_REMARKS = {
    (
        "sparsity",
        "structured",
    ): "`nnspec prune RUN` takes whole filters and units out of a trained network; here weights become zero",
    ("sparsity", "pattern"): "two of each four: `sparsity: 2:4`",
    ("sparsity", "from"): "it begins with no weight at zero; `dense_epochs` says when",
    ("sparsity", "initial_sparsity"): "it begins with no weight at zero; `dense_epochs` says when",
    (
        "sparsity",
        "schedule",
    ): "the share grows with the cube of Zhu and Gupta; `dense_epochs` and `final_epochs` say when",
    ("trainable", "freeze"): "`trainable` names the layers that learn; the others rest",
    ("trainable", "frozen"): "`trainable` names the layers that learn; the others rest",
    **{
        ("trainable", name): "`trainable` names the layers that learn; the others rest"
        for name in ("freeze_backbone", "freeze_layers", "freeze_encoder", "freeze_base", "freeze_at", "frozen_stages")
    },
    ("trainable", "learning_rate"): "a phase has an optimizer of its own: `optimizer: {Adam: 1e-5}`",
    ("trainable", "lr"): "a phase has an optimizer of its own: `optimizer: {Adam: 1e-5}`",
}

# Arguments of the readers of others that are no argument of a source here.
_PART = "parts are held back beside the source: `split: {validation: 0.2}`"
_VECTORS = "labels are numbers; `one_hot: true` beside the source makes vectors of them"
_SOURCE_REMARKS = {
    **dict.fromkeys(("validation_split", "val_split", "test_size", "subset", "split"), _PART),
    **dict.fromkeys(("label_mode", "class_mode"), _VECTORS),
    **dict.fromkeys(("class_names", "labels"), "`classes` stands beside the source, under `data:`"),
    **dict.fromkeys(
        ("val", "valid", "val_dir", "valid_dir", "val_path", "test", "test_dir", "test_path", "validation"),
        "a part is a path beside the source: `split: {validation: PATH, test: PATH}`",
    ),
    **dict.fromkeys(
        ("train", "train_path"), "it is `path`; other parts stand beside the source: `split: {validation: PATH}`"
    ),
    **dict.fromkeys(
        ("x_train", "y_train", "x_test", "y_test", "X_train", "X_test"),
        "arrays lie in one .npz file or folder: `Arrays: {path: FOLDER, inputs: [x_train], targets: [y_train]}`",
    ),
    **dict.fromkeys(
        ("n_mels", "n_mfcc", "hop_length", "n_fft", "win_length", "fmin", "fmax"),
        "spectra are a layer of the network, so that the exported file makes them, too: `- MelSpectrogram`",
    ),
    "rescale": "scaling belongs into the network, so that the exported file does it, too: `Rescaling: $(1 / 255)`",
}
# What the ImageDataGenerator of older Keras calls its changes, and the layers that do them here.
_AUGMENTING = {
    "rotation_range": "RandomRotation: 0.05",
    "horizontal_flip": "RandomFlip: horizontal",
    "vertical_flip": "RandomFlip: vertical",
    "width_shift_range": "RandomTranslation: {height_factor: 0, width_factor: 0.1}",
    "height_shift_range": "RandomTranslation: {height_factor: 0.1, width_factor: 0}",
    "zoom_range": "RandomZoom: 0.1",
    "shear_range": "RandomShear: {x_factor: 0.1}",
    "brightness_range": "RandomBrightness: 0.2",
    "channel_shift_range": "RandomColorJitter: {brightness_factor: 0.1}",
}

# Values of arguments: what this language says, and what others say.
_VALUES = {
    "same": "half SAME_UPPER reflect",
    "valid": "none no explicit VALID",
    "channels_last": "tf NHWC nhwc last",
    "channels_first": "th NCHW nchw first",
    "rgb": "RGB colour color",
    "grey": "grayscale greyscale gray L",
    "mixed_float16": "fp16 float16 amp half mixed 16 16-mixed 16-true f16",
    "mixed_bfloat16": "bf16 bfloat16 bf16-mixed bf16-true",
    "float32": "fp32 single full 32 32-true f32",
    "int8": "full_integer ptq INT8 8 int true qat QAT",
    "dynamic": "dynamic_range weights_only",
    "float16": "fp16 half 16",
    "mirrored": "gpus multi_gpu ddp DDP dp MirroredStrategy",
    "multi_worker": "MultiWorkerMirroredStrategy",
    "balanced": "auto balance equal",
    "wandb": "W&B WandB WANDB weights_and_biases",
    "auto": "default gpu GPU cuda CUDA cpu CPU",
    "min": "lower minimize minimum",
    "max": "higher maximize maximum",
    "sum": "add addition",
    "concat": "concatenate cat",
    "mul": "multiply product",
    "ave": "mean average avg",
}


def argument(name: str, known: Collection[str]) -> Word | None:
    """What an argument of others is among those that a kind takes."""
    for ours in _argument_table().get(name, ()):
        if ours in known:
            return Word(ours)
    if name in _CUTS_WORDS and "tag_column" in known:
        return _WHOLE_WORDS
    if name in _FILES:
        return _OF_A_RUN if "max_metric_drop" in known else None
    return _ARGUMENT_REMARKS.get(name)


def converted(name: str, given: Mapping[str, Any], known: Collection[str]) -> Word | None:
    """An argument whose value is another here, with what to write; None for one that goes by its name alone."""
    ours, why, convert = _CONVERTED.get(name, ("", "", lambda _value, _given: None))
    if ours not in known or ours in given:
        return None
    value = given[name]
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    made = convert(value, given) if plain else None
    return Word(ours, f"{why}: write `{ours}: {'...' if made is None else yaml_scalar(made)}`")


def kind(category: str, name: str) -> Word | None:
    """What a kind of others is called here."""
    if category == "layer" and name in _ACTIVATIONS:
        return Word(
            says=f"write `Activation: {_ACTIVATIONS[name]}`, or the argument `activation: {_ACTIVATIONS[name]}`"
        )
    table = _kind_table(category)
    plain = name[:1].upper() + name[1:]
    ours = table.get(name) or (table.get(plain) if category == "layer" and plain not in _ACTIVATIONS else None)
    ours = ours if ours is None or catalog().has(category, ours) or ours in catalog().words(category) else None
    says = _KIND_REMARKS.get((category, name))
    return Word(ours, says) if ours or says else None


def key(name: str, known: Collection[str]) -> str | None:
    """What a key of others is among those that a mapping takes."""
    found = _key_table().get(name) or _key_table().get(name.lower(), ())
    return next((ours for ours in found if ours in known), None)


def key_remark(name: str, known: Collection[str]) -> str | None:
    """What is done in place of a key that a section does not have."""
    return next((says for (beside, one), says in _KEY_REMARKS.items() if one == name and beside in known), None)


def source_argument(name: str) -> str | None:
    """What an argument of another reader is done by, where it is no matter of the source."""
    return _SOURCE_REMARKS.get(name)


def augmenting(names: Iterable[str]) -> list[str]:
    """The layers that do what arguments of an ImageDataGenerator name."""
    return [_AUGMENTING[name] for name in names if name in _AUGMENTING]


def callback(name: str) -> str | None:
    """What a key of others under ``train`` is here, where it is a callback by its name in Python's style."""
    plain = name.replace("_", "").lower()
    found = next((one for one in catalog().kinds("callback") if one.lower() == plain), None)
    word = found or _kind_table("callback").get("".join(part.capitalize() for part in name.split("_")))
    return word


def positions(name: str) -> Sequence[str | None]:
    """What the arguments of a kind of others are by position; None for one that is found without being said."""
    return _POSITIONS.get(name, ())


def value(text: str, choices: Collection[str]) -> str | None:
    """What a word of others is among the choices of an argument."""
    return next((ours for ours in _value_table().get(text, ()) if ours in choices), None)


def bare(name: str) -> str:
    """A kind's name without the module that Python has it from: ``keras.layers.Dense``, ``nn.Linear``."""
    return name.rpartition(".")[2] if all(part.isidentifier() for part in name.split(".")) else name


@cache
def _argument_table() -> Mapping[str, tuple[str, ...]]:
    return _inverted(_ARGUMENTS.items())


@cache
def _value_table() -> Mapping[str, tuple[str, ...]]:
    return _inverted(_VALUES.items())


@cache
def _key_table() -> Mapping[str, tuple[str, ...]]:
    return _inverted(_KEYS.items())


@cache
def _kind_table(category: str) -> Mapping[str, str]:
    return {other: ours for other, (ours, *_) in _inverted(_KINDS.get(category, {}).items()).items()}


def _inverted(table: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for ours, others in table:
        for other in others.split():
            found[other] = (*found.get(other, ()), ours)
    return found
