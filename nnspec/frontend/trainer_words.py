"""Settings of other trainers that a spec does not have, and what does the same here.

PyTorch, Lightning, transformers, Ultralytics, OpenMMLab, Ludwig and Keras's ``fit`` are told such things beside the
epochs and the optimizer. A spec may say less: what nnspec does by itself is left out, and some things have another
place. Nothing here is accepted in a spec.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from nnspec.quick_classes import dataclass

VALUE = "VALUE"  # in a sentence: what was given


@dataclass(frozen=True, slots=True)
class Setting:
    """What stands in the place of a foreign setting.

    Attributes:
        says: a hint; it may hold ``VALUE``.
        goes: whether the entry is simply left out.
        sure: whether nothing is lost by that.
        home: the keys that lead to the entry that is meant, where the value goes there as it is.
    """

    says: str | None = None
    goes: bool = False
    sure: bool = False
    home: tuple[str, ...] = ()


# What nnspec does by itself, so that nothing is lost where it is left out.
_BY_ITSELF = {
    "examples are read beside the training, as fast as the machine can": (
        "num_workers workers dataloader_num_workers workers_per_gpu n_workers num_worker pin_memory "
        "persistent_workers dataloader_pin_memory prefetch prefetch_factor non_blocking multiprocessing "
        "use_multiprocessing max_queue_size num_parallel_calls num_threads threads n_jobs"
    ),
    "the whole training part is shuffled, without a buffer": (
        "shuffle_buffer buffer_size shuffle_buffer_size shuffle_size"
    ),
    "progress is shown and kept by itself": (
        "verbose verbosity logger logging log_every_n_steps logging_steps print_freq log_interval log_freq "
        "log_every display_interval progress_bar enable_progress_bar logging_strategy log_config disable_tqdm "
        "plots"
    ),
    "the validation part is measured after every epoch": (
        "eval_interval val_check_interval check_val_every_n_epoch evaluation_strategy eval_strategy eval_steps "
        "eval_every eval_freq validation_freq do_eval do_train evaluation_interval"
    ),
    "a run keeps its best and its last weights by itself": (
        "save_strategy save_steps save_freq save_interval save_total_limit save_period save_best save_best_only "
        "save_weights_only save_last save_top_k checkpoint_interval checkpoint_config checkpoint_freq "
        "load_best_model_at_end enable_checkpointing save_model keep_checkpoint_max"
    ),
    "the same command goes on where a training was interrupted": (
        "resume resume_from resume_from_checkpoint load_from auto_resume initial_epoch start_epoch continue_training"
    ),
    "TensorFlow compiles the step": (
        "compile jit_compile torch_compile run_eagerly eager eager_mode xla use_xla jit cudnn_benchmark benchmark "
        "steps_per_execution"
    ),
    "every part is read by `batch_size`": (
        "val_batch_size eval_batch_size validation_batch_size test_batch_size per_device_eval_batch_size"
    ),
    "what is read is kept where that helps, in the folder that the variable NNSPEC_CACHE names": (
        "cache_dir cache_path data_cache"
    ),
    "data sets that Keras knows are fetched by `source: {Keras: mnist}`": "download",
    "each epoch is all examples, once": "repeat reshuffle_each_iteration",
    "networks are built by Keras on TensorFlow": "backend framework engine",
}
# The same, where something is lost, or done another way.
_OTHERWISE = {
    "a GPU that TensorFlow finds is used by itself; `strategy: mirrored` under `train:` takes several": (
        "device devices gpu gpus n_gpus n_gpu num_gpus gpu_id gpu_ids gpu_list cuda use_cuda use_gpu no_cuda "
        "cuda_device accelerator num_nodes n_nodes world_size distributed distributed_backend sync_batchnorm"
    ),
    "each run has a folder of its own, `runs/NAME/NUMBER`; `nnspec train --run FOLDER` names another": (
        "save_dir output_dir out_dir work_dir log_dir logdir logging_dir checkpoint_dir ckpt_dir save_path "
        "output_path model_dir result_dir results_dir project experiment_name run_name default_root_dir exist_ok "
        "overwrite_output_dir"
    ),
    "the last batch of an epoch may be smaller, and counts by its examples": "drop_last drop_remainder",
}
_SCHEDULED = (
    "a schedule is the optimizer's: `optimizer: {Adam: {learning_rate: {CosineDecay: {initial_learning_rate: 0.001, "
    "decay_steps: 10000}}}}`"
)
_STEPS = (
    "a schedule is the optimizer's: `optimizer: {Adam: {learning_rate: {PiecewiseConstantDecay: {boundaries: [5000, "
    "8000], values: [0.001, 0.0001, 0.00001]}}}}`, in steps"
)
_HALF = "write `precision: mixed_float16` under `train:`, or `mixed_bfloat16`"
_LAYERS = "changes of images are layers: `augment: [{RandomFlip: horizontal}, {RandomRotation: 0.05}]` under `data:`"
_ELSEWHERE = {
    _SCHEDULED: (
        "scheduler lr_scheduler schedule lr_schedule learning_rate_schedule learning_rate_scheduler lr_policy "
        "lr_scheduler_type lr_config lr_decay cos_lr cosine lrf lr_final final_lr min_lr lr_min eta_min decay "
        "decay_steps decay_rate lr_mode"
    ),
    _STEPS: "milestones lr_decay_epochs lr_steps lr_step step_size gamma lr_gamma lr_decay_factor",
    "a warm-up is the schedule's: `optimizer: {Adam: {learning_rate: {CosineDecay: {initial_learning_rate: "
    "0.0, decay_steps: 10000, warmup_target: 0.001, warmup_steps: 500}}}}`": (
        "warmup warmup_epochs warmup_steps warmup_ratio warmup_proportion warmup_iters num_warmup_steps warmup_lr "
        "warmup_momentum warmup_bias_lr lr_warmup_epochs learning_rate_warmup_epochs"
    ),
    "it is a callback's: write `callbacks: [{EarlyStopping: {patience: VALUE}}]` under `train:`": (
        "patience early_stopping_patience early_stop_patience early_stopping_rounds n_iter_no_change"
    ),
    "it is a callback's: write `callbacks: [EarlyStopping]` under `train:`": (
        "early_stop use_early_stopping early_stop_metric early_stopping_metric early_stopping_monitor"
    ),
    "a callback watches what it is told to: `callbacks: [{EarlyStopping: {monitor: val_loss}}]` under "
    "`train:`": "monitor metric_for_best_model greater_is_better validation_metric best_metric save_best_metric",
    "it is of SGD: write `optimizer: {SGD: {learning_rate: 0.01, momentum: 0.9}}`; Adam has `beta_1`": (
        "momentum nesterov"
    ),
    "they are Adam's: write `optimizer: {Adam: {beta_1: 0.9, beta_2: 0.999}}`": (
        "betas adam_betas beta1 beta2 adam_beta1 adam_beta2"
    ),
    "arguments stand with the kind: `optimizer: {Adam: {learning_rate: 0.001}}`": (
        "optimizer_params optimizer_args optimizer_kwargs optimizer_config optim_args optim_params optimizer_name"
    ),
    "an epoch is the whole training part: `epochs` says how many; `split: {unused: 0.9}` under `data:` takes "
    "fewer examples": (
        "steps_per_epoch train_steps max_steps num_steps num_train_steps max_iters max_iter iterations n_iter "
        "limit_train_batches limit_val_batches validation_steps overfit_batches fast_dev_run fraction max_time "
        "num_iterations samples_per_epoch max_train_samples"
    ),
    "a part is held back under `data:`: `split: {validation: 0.2}`, or a path in place of the share": (
        "validation_data val_data val_dir valid_dir val_path val_dataloader val_loader eval_data eval_dataset "
        "val_dataset validation_set valid_data test_dataloader val_file test_dir k_folds n_folds folds "
        "cross_validation kfold cv"
    ),
    "it is the loss's: `loss: {CategoricalCrossentropy: {label_smoothing: VALUE}}`, with `one_hot: true` "
    "under `data:`": "label_smoothing smoothing label_smooth label_smoothing_factor",
    "write `augment: [MixUp]` under `data:`": "mixup mix_up mixup_alpha use_mixup",
    "write `augment: [CutMix]` under `data:`": "cutmix cut_mix cutmix_alpha use_cutmix",
    _LAYERS: (
        "fliplr flipud degrees translate shear scale perspective hsv_h hsv_s hsv_v mosaic close_mosaic copy_paste "
        "erasing auto_augment randaugment multi_scale rect horizontal_flip vertical_flip rotation_range "
        "zoom_range hflip vflip color_jitter train_pipeline val_pipeline test_pipeline"
    ),
    "the optimizer does it: write `optimizer: {Adam: {use_ema: true}}`": (
        "ema model_ema use_ema swa use_swa ema_decay"
    ),
    "it is a layer: `- Dropout: VALUE` under `layers:`": "dropout dropout_rate drop_rate hidden_dropout drop_path",
    "it is an argument of a layer: `- Dense: {units: 64, activation: VALUE}`": (
        "activation hidden_act act activation_fn"
    ),
    "each layer has its own: `- Dense: {units: 64, kernel_regularizer: {L2: VALUE}}`; all of them by the "
    "optimizer: `optimizer: {AdamW: {weight_decay: VALUE}}`": (
        "regularization_lambda l2 l2_reg reg_lambda regularization l2_regularization weight_reg reg regularizer "
        "kernel_regularizer wd weight_decay"
    ),
    "write `initial_weights: {application: MobileNetV2}` under `train:`, or the path of a .keras file or of a run": (
        "pretrained use_pretrained pretrained_weights checkpoint_path init_checkpoint ckpt_path pretrained_model "
        "load_weights"
    ),
    "write `track: [tensorboard]`, `[wandb]` or `[mlflow]` under `train:`": (
        "report_to wandb tensorboard mlflow use_wandb use_tensorboard loggers trackers tracker log_with "
        "wandb_project comet neptune"
    ),
    "`nnspec train --debug` shows what goes wrong; `debug: true` finds the layer that becomes nan": (
        "profiler profile detect_anomaly terminate_on_nan"
    ),
    _HALF: "amp fp16 bf16 half mixed_precision use_amp use_fp16 native_amp autocast apex fp16_opt_level",
    "pictures are resized by the source: `source: {ImageFolder: {path: images, image_size: [VALUE, VALUE]}}`": (
        "imgsz img_size image_size input_size target_size resolution image_height image_width img_height "
        "img_width crop_size resize img_scale"
    ),
    "values are scaled in the network, so that the exported file does it, too: `- Rescaling: $(1 / 255)` or "
    "`- Normalization`": (
        "normalize mean std normalization rescale scale_factor standardize img_norm_cfg mean_std image_mean "
        "image_std pixel_mean pixel_std"
    ),
    "rare classes count more by `class_weight: {rare: 5.0}` under `train:`": (
        "sampler oversample oversampling balance balanced undersample class_balance is_unbalance scale_pos_weight "
        "imbalanced weighted_sampler"
    ),
    "a random split follows from `seed` alone: parts are not drawn by class": "stratify stratified",
    "how many classes there are is the last layer's: `- Dense: {units: VALUE, activation: softmax}`": (
        "nc num_classes n_classes num_labels nb_classes"
    ),
    "columns are the source's: `source: {Csv: {path: table.csv, target: label, features: [a, b]}}`": (
        "input_features output_features feature_columns target_column label_column feature_names"
    ),
    "a network is a list of layers, under `layers:`": (
        "backbone head neck decoder encoder combiner hidden_layers hidden_sizes pipeline model_type arch "
        "depth_multiple width_multiple hidden_size num_hidden_layers num_attention_heads intermediate_size vocab_size "
        "architectures n_layers num_layers"
    ),
    "what builds on another file says `extends: FILE`": (
        "include includes _base_ inherit inherits parent defaults base_config extends_from from_file"
    ),
    "blocks of another file come by `use: FILE`": "import imports",
    "a sentence about the network stands behind `description:`; all else in a remark, behind `#`": (
        "author authors license date tags comment comments notes task experiment metadata"
    ),
}
_HOMES = {
    ("data", "batch_size"): (
        "per_device_train_batch_size train_batch_size samples_per_gpu batch batchsize bs minibatch "
        "mini_batch_size ims_per_batch imgs_per_batch global_batch_size"
    ),
    ("data", "split", "validation"): (
        "validation_split val_split validation_fraction val_fraction val_size valid_split val_ratio "
        "validation_size holdout"
    ),
    ("data", "split", "test"): "test_split test_size test_fraction test_ratio",
    ("train", "epochs"): (
        "num_train_epochs nb_epoch nb_epochs n_epochs num_epochs max_epochs epoch total_epochs train_epochs "
        "nepochs max_epoch"
    ),
    ("train", "seed"): "random_seed manual_seed seed_everything",
}


def setting(name: str) -> Setting | None:
    """What a setting of other trainers is here; None for any other name."""
    return _table().get(name)


def said(setting: Setting, value: str | None) -> str | None:
    """The hint of a setting.

    Args:
        value: what was given, as YAML; None for what takes more than a word.
    """
    return setting.says and setting.says.replace(VALUE, value or "...")


@cache
def _table() -> dict[str, Setting]:
    return {name: one for names, one in _settings() for name in names.split()}


def _settings() -> Iterator[tuple[str, Setting]]:
    for says, names in _BY_ITSELF.items():
        yield names, Setting(f"{says}: leave it out", goes=True, sure=True)
    for says, names in _OTHERWISE.items():
        yield names, Setting(f"{says}: leave it out", goes=True)
    for says, names in _ELSEWHERE.items():
        yield names, Setting(says)
    for home, names in _HOMES.items():
        yield names, Setting(home=home)
