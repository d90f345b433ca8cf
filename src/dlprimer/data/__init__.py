"""Data: small sets that are generated or ship with the library, and what happens to data before a model sees it."""

from .digits import digits
from .names import decode_text, encode_text, names
from .preprocessing import standardize
from .sampling import balanced_sampler, batches, class_weights
from .sequences import copy_task, recall_task
from .splits import k_fold, train_val_test_split
from .toy import blobs, gaussian_ring, moons, rings, spirals, swiss_roll

__all__ = [
    "balanced_sampler",
    "batches",
    "blobs",
    "class_weights",
    "copy_task",
    "decode_text",
    "digits",
    "encode_text",
    "gaussian_ring",
    "k_fold",
    "moons",
    "names",
    "recall_task",
    "rings",
    "spirals",
    "standardize",
    "swiss_roll",
    "train_val_test_split",
]
