"""Data: small sets that are generated or ship with the library, and what happens to data before a model sees it."""

from .augmentation import (
    Augment,
    crop,
    cutmix,
    cutout,
    flip,
    mixup,
    noise,
    random_affine,
    random_crop,
    random_shift,
    rotate,
    scale,
    shift,
    test_time_augmentation,
)
from .digits import digits
from .names import decode_text, encode_text, names
from .preprocessing import standardize
from .sampling import balanced_sampler, batches, class_weights
from .sequences import copy_task, recall_task
from .shapes import Scenes, draw_shapes, masks_to_boxes, shapes
from .splits import k_fold, train_val_test_split
from .toy import blobs, gaussian_ring, moons, rings, spirals, swiss_roll

__all__ = [
    "Augment",
    "Scenes",
    "balanced_sampler",
    "batches",
    "blobs",
    "class_weights",
    "copy_task",
    "crop",
    "cutmix",
    "cutout",
    "decode_text",
    "digits",
    "draw_shapes",
    "encode_text",
    "flip",
    "gaussian_ring",
    "k_fold",
    "masks_to_boxes",
    "mixup",
    "moons",
    "names",
    "noise",
    "random_affine",
    "random_crop",
    "random_shift",
    "recall_task",
    "rings",
    "rotate",
    "scale",
    "shapes",
    "shift",
    "spirals",
    "standardize",
    "swiss_roll",
    "test_time_augmentation",
    "train_val_test_split",
]
