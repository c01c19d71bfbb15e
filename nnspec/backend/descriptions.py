"""What each kind is, in a sentence of ours: an editor shows it on hover, `nnspec schema --kind` above its table.

``#`` stands for the number of axes in a kind's name; an alias says what its kind says.
"""

from __future__ import annotations

import re

from nnspec.layers import ALIASES

LAYERS: dict[str, str] = {
    # core
    "Dense": "Multiplies the last axis by a learned matrix and adds a bias.",
    "EinsumDense": "A dense layer whose product is any einsum of input and kernel.",
    "Embedding": "Looks up a learned vector for each index.",
    "ReversibleEmbedding": "An embedding that can also turn vectors back into scores over its vocabulary.",
    "Activation": "Applies a function to each value.",
    "Identity": "Gives back what it is given.",
    "Masking": "Marks the steps of a sequence that hold nothing but one value, so that later layers skip them.",
    # convolution
    "Conv#D": "Slides learned kernels over the input and sums what lies under them.",
    "Conv#DTranspose": "The transpose of a convolution: strides make the output larger, not smaller.",
    "DepthwiseConv#D": "Convolves each channel by itself, with kernels of its own.",
    "SeparableConv#D": "A depthwise convolution followed by a pointwise one that mixes the channels.",
    # pooling
    "MaxPooling#D": "Keeps the largest value of each window.",
    "AveragePooling#D": "Keeps the mean of each window.",
    "GlobalMaxPooling#D": "Keeps the largest value of each channel.",
    "GlobalAveragePooling#D": "Keeps the mean of each channel.",
    "AdaptiveMaxPooling#D": "Max pooling whose windows are chosen so that the output has a given size.",
    "AdaptiveAveragePooling#D": "Average pooling whose windows are chosen so that the output has a given size.",
    # recurrence
    "SimpleRNN": "Elman's network: the state is an activation of the input and of the state before.",
    "GRU": "A gated recurrent unit: an update gate and a reset gate rule what the state keeps.",
    "LSTM": "Long short-term memory: a cell state behind input, forget and output gates.",
    "RNN": "Walks a sequence with a cell, or with a stack of cells.",
    "SimpleRNNCell": "One step of SimpleRNN, for RNN to walk with.",
    "GRUCell": "One step of GRU, for RNN to walk with.",
    "LSTMCell": "One step of LSTM, for RNN to walk with.",
    "StackedRNNCells": "Cells one above the other, which RNN walks as one.",
    "CRF": "A linear-chain conditional random field: a sequence's labels are chosen together, by a loss of its own.",
    "JordanRNN": "Jordan's network: what is fed back is the output, not the hidden state.",
    "JordanCell": "One step of JordanRNN, for RNN to walk with.",
    "ConvLSTM#D": "An LSTM whose products are convolutions, for sequences of maps.",
    "Bidirectional": "Reads a sequence forwards and backwards with two copies of a recurrent layer.",
    "TimeDistributed": "Applies one layer, with the same weights, to each step of a sequence.",
    # attention
    "Attention": "Luong's attention: values weighted by the dot products of query and key.",
    "AdditiveAttention": "Bahdanau's attention: scores are sums of query and key behind a tanh.",
    "MultiHeadAttention": "Scaled dot-product attention with several heads, as in the Transformer.",
    "GroupQueryAttention": "Multi-head attention in which several query heads share one key and value head.",
    # merging
    "Add": "Adds its inputs.",
    "Subtract": "Subtracts the second input from the first.",
    "Multiply": "Multiplies its inputs value by value.",
    "Average": "The mean of its inputs.",
    "Maximum": "The largest of its inputs, value by value.",
    "Minimum": "The smallest of its inputs, value by value.",
    "Concatenate": "Puts its inputs side by side along one axis.",
    "Dot": "The products of two inputs, summed along an axis.",
    # reshaping
    "Flatten": "Makes one axis of all axes but the batch.",
    "Reshape": "Lays the values of each example out in another shape.",
    "Permute": "Changes the order of the axes.",
    "RepeatVector": "Repeats a vector, which makes a sequence of it.",
    "Cropping#D": "Cuts the borders off.",
    "ZeroPadding#D": "Puts zeros around the input.",
    "UpSampling#D": "Repeats rows and columns, or fills in between them.",
    # normalization
    "BatchNormalization": "Scales each channel by its mean and variance over the batch; running values at inference.",
    "LayerNormalization": "Scales each example by its own mean and variance over the features.",
    "GroupNormalization": "Scales groups of channels by their mean and variance within each example.",
    "RMSNormalization": "Scales each example by the root mean square of its features; nothing is centred.",
    "UnitNormalization": "Scales vectors to length 1.",
    "SpectralNormalization": "Divides the wrapped layer's kernel by its largest singular value.",
    "LocalResponseNormalization": "AlexNet's: divides each value by the activity of its neighbouring feature maps.",
    "Normalization": "Shifts and scales features by means and variances that are given, or taken from the data.",
    # regularization
    "Dropout": "Sets a share of the values to zero in training.",
    "AlphaDropout": "Dropout that keeps mean and variance, for networks of SELU units.",
    "GaussianDropout": "Multiplies by Gaussian noise around 1 in training.",
    "GaussianNoise": "Adds Gaussian noise in training.",
    "SpatialDropout#D": "Drops whole feature maps in training.",
    "ActivityRegularization": "Adds a penalty on its input's values to the loss.",
    # activations with arguments
    "ReLU": "max(0, x), with an optional bound, threshold and slope below it.",
    "LeakyReLU": "A rectifier with a small slope below zero.",
    "PReLU": "A rectifier whose slope below zero is learned.",
    "ELU": "Exponential linear unit: x above zero, alpha (e^x - 1) below.",
    "Softmax": "Turns scores into probabilities that add up to 1.",
    # preprocessing: numbers, categories, texts, sound
    "Rescaling": "Multiplies by a scale and adds an offset.",
    "CategoryEncoding": "Turns category numbers into one-hot, multi-hot or count vectors.",
    "Discretization": "Turns numbers into the index of the bin that they fall into.",
    "Hashing": "Turns categories into one of a fixed number of bins, by a hash.",
    "HashedCrossing": "Hashes combinations of two categorical features into bins.",
    "StringLookup": "Turns texts into indices by a vocabulary, or back.",
    "IntegerLookup": "Turns whole numbers into indices by a vocabulary, or back.",
    "TextVectorization": "Cleans, splits and indexes texts by a vocabulary.",
    "MelSpectrogram": "Turns sound into the energy of mel bands over time.",
    "STFTSpectrogram": "Turns sound into a spectrogram by short-time Fourier transform, as a convolution.",
    # preprocessing: images
    "Resizing": "Resizes images.",
    "CenterCrop": "Cuts out the middle of images.",
    "Pipeline": "Applies preprocessing layers one after another.",
    "AugMix": "Blends chains of random augmentations with the image itself.",
    "AutoContrast": "Stretches each image's values to the whole range.",
    "ContrastLimitedAdaptiveHistogramEqualization": "Evens out histograms tile by tile, up to a limit.",
    "CutMix": "Puts a patch of one image into another, and mixes their labels.",
    "Equalization": "Evens out the histogram of each channel.",
    "MaxNumBoundingBoxes": "Cuts or pads the boxes of each image to one number.",
    "MixUp": "Blends pairs of images and of labels.",
    "RandAugment": "Applies a few augmentations, drawn at random, to each image.",
    "RandomBrightness": "Makes images lighter or darker at random.",
    "RandomColorDegeneration": "Takes a random share of the colour away.",
    "RandomColorJitter": "Changes brightness, contrast, saturation and hue at random.",
    "RandomContrast": "Changes the contrast at random.",
    "RandomCrop": "Cuts out a random part in training, the middle at inference.",
    "RandomElasticTransform": "Distorts images smoothly, as if on rubber.",
    "RandomErasing": "Overwrites a random rectangle.",
    "RandomFlip": "Mirrors images at random.",
    "RandomGaussianBlur": "Blurs images at random.",
    "RandomGrayscale": "Turns some images grey.",
    "RandomHue": "Shifts the hue at random.",
    "RandomInvert": "Inverts the values of some images.",
    "RandomPerspective": "Tilts images at random, as if seen from elsewhere.",
    "RandomPosterization": "Keeps fewer bits of each value.",
    "RandomRotation": "Turns images by a random angle.",
    "RandomSaturation": "Changes the saturation at random.",
    "RandomSharpness": "Sharpens or blurs images at random.",
    "RandomShear": "Slants images at random.",
    "RandomTranslation": "Shifts images at random.",
    "RandomZoom": "Zooms in or out at random.",
    "Solarization": "Inverts the values above a threshold.",
}

LOSSES: dict[str, str] = {
    "BinaryCrossentropy": "Cross-entropy between yes-or-no labels and probabilities.",
    "BinaryFocalCrossentropy": "Binary cross-entropy that counts hard examples for more.",
    "CTC": "Connectionist temporal classification: sequences of labels without an alignment.",
    "CategoricalCrossentropy": "Cross-entropy between one-hot labels and class probabilities.",
    "CategoricalFocalCrossentropy": "Categorical cross-entropy that counts hard examples for more.",
    "CategoricalGeneralizedCrossEntropy": "Between cross-entropy and absolute error, for noisy labels.",
    "CategoricalHinge": "The margin between the right class and the best wrong one.",
    "Circle": "Pulls embeddings of one class together and others apart, with weights by their distance.",
    "CosineSimilarity": "The negative cosine between labels and predictions; -1 is best.",
    "Dice": "1 minus twice the overlap over the sum of both areas.",
    "Hinge": "max(1 - label * prediction, 0), for labels of -1 and 1.",
    "Huber": "Square for small errors, linear for large ones.",
    "KLDivergence": "Kullback-Leibler divergence from predictions to labels, both distributions.",
    "LogCosh": "The logarithm of the hyperbolic cosine of the error: nearly square, then linear.",
    "MeanAbsoluteError": "The mean of absolute differences.",
    "MeanAbsolutePercentageError": "The mean of absolute differences in percent of the label.",
    "MeanSquaredError": "The mean of squared differences.",
    "MeanSquaredLogarithmicError": "The mean of squared differences of log(1 + x).",
    "Poisson": "Poisson's negative log-likelihood, for counts.",
    "SparseCategoricalCrossentropy": "Cross-entropy between class numbers and class probabilities.",
    "SquaredHinge": "The square of the hinge loss.",
    "Tversky": "Dice's loss with separate weights for false positives and false negatives.",
}

METRICS: dict[str, str] = {
    "AUC": "The area under the ROC or the precision-recall curve.",
    "Accuracy": "The share of predictions that equal their label.",
    "BinaryAccuracy": "The share of yes-or-no predictions that are right, by a threshold.",
    "BinaryCrossentropy": "Cross-entropy between yes-or-no labels and probabilities.",
    "BinaryIoU": "Intersection over union of yes-or-no classes.",
    "CategoricalAccuracy": "The share of examples whose best class is that of the one-hot label.",
    "CategoricalCrossentropy": "Cross-entropy between one-hot labels and class probabilities.",
    "CategoricalHinge": "The margin between the right class and the best wrong one.",
    "ConcordanceCorrelation": "Lin's concordance: correlation that also asks for equal scale and mean.",
    "CosineSimilarity": "The cosine between labels and predictions.",
    "F1Score": "The harmonic mean of precision and recall.",
    "FBetaScore": "The weighted harmonic mean of precision and recall.",
    "FalseNegatives": "How many positives are missed.",
    "FalsePositives": "How many negatives are taken for positives.",
    "Hinge": "The mean hinge loss, for labels of -1 and 1.",
    "IoU": "Intersection over union of given classes.",
    "KLDivergence": "Kullback-Leibler divergence from predictions to labels.",
    "LogCoshError": "The mean logarithm of the hyperbolic cosine of the error.",
    "Mean": "The mean of what it is given.",
    "MeanAbsoluteError": "The mean of absolute differences.",
    "MeanAbsolutePercentageError": "The mean of absolute differences in percent of the label.",
    "MeanIoU": "Intersection over union, averaged over all classes.",
    "MeanSquaredError": "The mean of squared differences.",
    "MeanSquaredLogarithmicError": "The mean of squared differences of log(1 + x).",
    "OneHotIoU": "Intersection over union of given classes, for one-hot labels.",
    "OneHotMeanIoU": "Intersection over union averaged over all classes, for one-hot labels.",
    "PearsonCorrelation": "Pearson's correlation of labels and predictions.",
    "Poisson": "Poisson's mean negative log-likelihood.",
    "Precision": "The share of predicted positives that are right.",
    "PrecisionAtRecall": "The best precision where recall reaches a value.",
    "R2Score": "The share of the labels' variance that is explained.",
    "Recall": "The share of positives that are found.",
    "RecallAtPrecision": "The best recall where precision reaches a value.",
    "RootMeanSquaredError": "The root of the mean squared difference.",
    "SensitivityAtSpecificity": "The best sensitivity where specificity reaches a value.",
    "SparseCategoricalAccuracy": "The share of examples whose best class is that of the label's number.",
    "SparseCategoricalCrossentropy": "Cross-entropy between class numbers and class probabilities.",
    "SparseTopKCategoricalAccuracy": "The share of class numbers among the k best predictions.",
    "SpecificityAtSensitivity": "The best specificity where sensitivity reaches a value.",
    "SquaredHinge": "The mean square of the hinge loss.",
    "Sum": "The sum of what it is given.",
    "TopKCategoricalAccuracy": "The share of one-hot labels among the k best predictions.",
    "TrueNegatives": "How many negatives are recognized.",
    "TruePositives": "How many positives are found.",
}

OPTIMIZERS: dict[str, str] = {
    "Adadelta": "Steps scaled by decaying averages of squared gradients and squared updates.",
    "Adafactor": "Adam-like steps whose second moments are kept as rows and columns, to save memory.",
    "Adagrad": "Steps that shrink with the sum of each weight's squared gradients.",
    "Adam": "Steps by running averages of the gradient and of its square.",
    "AdamW": "Adam with weight decay apart from the gradient.",
    "Adamax": "Adam with the largest gradient in place of the mean square.",
    "Ftrl": "Follow the regularized leader: online learning with L1 and L2, for sparse models.",
    "Lamb": "Adam with a step for each layer in proportion to its weights, for large batches.",
    "Lion": "Steps by the sign of a momentum.",
    "LossScaleOptimizer": "Scales the loss so that small gradients survive float16.",
    "Muon": "Momentum made orthogonal for matrices; Adam for the other weights.",
    "Nadam": "Adam with Nesterov's momentum.",
    "RMSprop": "Gradients divided by a running root mean square.",
    "SGD": "Gradient descent, with momentum if wanted.",
    "ScheduleFreeAdamW": "AdamW that averages its weights in place of a learning-rate schedule.",
}

SCHEDULES: dict[str, str] = {
    "CosineDecay": "Falls along half a cosine, after a linear rise if wanted.",
    "CosineDecayRestarts": "Falls along half a cosine, again and again.",
    "ExponentialDecay": "Is multiplied by a rate every so many steps.",
    "InverseTimeDecay": "Is divided by 1 + rate * steps.",
    "PiecewiseConstantDecay": "Changes its value at given steps.",
    "PolynomialDecay": "Falls to an end value along a polynomial.",
}

CALLBACKS: dict[str, str] = {
    "CSVLogger": "Writes each epoch's numbers into a CSV file.",
    "EarlyStopping": "Ends training once a number no longer improves.",
    "ModelCheckpoint": "Saves the model as training goes on, or its best state.",
    "ReduceLROnPlateau": "Lowers the learning rate once a number no longer improves.",
    "SwapEMAWeights": "Puts the moving averages in the weights' place for evaluation.",
    "TerminateOnNaN": "Ends training when the loss is no number.",
}

INITIALIZERS: dict[str, str] = {
    "Constant": "One value everywhere.",
    "GlorotNormal": "Normal draws with variance 2 / (inputs + outputs), also called Xavier.",
    "GlorotUniform": "Uniform draws with variance 2 / (inputs + outputs), also called Xavier.",
    "HeNormal": "Normal draws with variance 2 / inputs, for rectifiers.",
    "HeUniform": "Uniform draws with variance 2 / inputs, for rectifiers.",
    "Identity": "The identity matrix.",
    "IdentityInitializer": "The identity matrix.",
    "LecunNormal": "Normal draws with variance 1 / inputs.",
    "LecunUniform": "Uniform draws with variance 1 / inputs.",
    "Ones": "Ones everywhere.",
    "Orthogonal": "A random orthogonal matrix.",
    "OrthogonalInitializer": "A random orthogonal matrix.",
    "RandomNormal": "Normal draws.",
    "RandomUniform": "Uniform draws.",
    "STFT": "The kernel of a short-time Fourier transform.",
    "STFTInitializer": "The kernel of a short-time Fourier transform.",
    "TruncatedNormal": "Normal draws, those beyond two standard deviations drawn again.",
    "VarianceScaling": "Draws whose variance follows from the number of inputs or outputs.",
    "Zeros": "Zeros everywhere.",
}

REGULARIZERS: dict[str, str] = {
    "L1": "The sum of absolute values, times a factor.",
    "L1L2": "The sums of absolute values and of squares, each times a factor.",
    "L2": "The sum of squares, times a factor.",
    "OrthogonalRegularizer": "The products of different rows or columns, so that they become orthogonal.",
}

CONSTRAINTS: dict[str, str] = {
    "MaxNorm": "Norms are at most a value.",
    "MinMaxNorm": "Norms lie between two values.",
    "NonNeg": "Weights are not negative.",
    "UnitNorm": "Norms are 1.",
}

DESCRIPTIONS: dict[str, dict[str, str]] = {
    "layer": LAYERS,
    "loss": LOSSES,
    "metric": METRICS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "callback": CALLBACKS,
    "initializer": INITIALIZERS,
    "regularizer": REGULARIZERS,
    "constraint": CONSTRAINTS,
}


def describe(category: str, kind: str) -> str:
    """The sentence of a kind.

    Raises:
        KeyError: there is none: a new Keras has a kind that the table lacks.
    """
    return DESCRIPTIONS[category][entry(kind)]


def entry(kind: str) -> str:
    """The name under which a kind stands in the table: ``Convolution2D`` and ``Conv3D`` under ``Conv#D``."""
    return re.sub(r"\dD", "#D", ALIASES.get(kind, kind))
