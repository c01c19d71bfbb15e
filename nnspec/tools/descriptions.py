"""What each kind is, in a sentence of ours: an editor shows it on hover, `nnspec schema --kind` above its table.

Those of layers are in their records, under ``nnspec/layers``.
"""

from __future__ import annotations

from nnspec.layers import layer_kind

LOSSES: dict[str, str] = {
    "BinaryCrossentropy": "Cross-entropy between yes-or-no labels and probabilities.",
    "BinaryFocalCrossentropy": "Binary cross-entropy that counts hard examples for more.",
    "CTC": "Connectionist temporal classification: sequences of labels without an alignment.",
    "CategoricalCrossentropy": "Cross-entropy between one-hot labels and class probabilities.",
    "CategoricalFocalCrossentropy": "Categorical cross-entropy that counts hard examples for more.",
    "CategoricalGeneralizedCrossEntropy": "Between cross-entropy and absolute error, for noisy labels.",
    "CategoricalHinge": "The margin between the right class and the best wrong one.",
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
    """The sentence of a kind; an alias says what its kind says.

    Raises:
        KeyError: there is none: a new Keras has a kind that the table lacks.
    """
    if category == "layer":
        if not layer_kind(kind).says:
            raise KeyError(kind)
        return layer_kind(kind).says
    return DESCRIPTIONS[category][kind]
