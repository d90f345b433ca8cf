"""Data: small sets that are generated or ship with the library, and what happens to data before a model sees it."""

from .digits import digits
from .preprocessing import standardize
from .sampling import balanced_sampler, batches, class_weights
from .splits import k_fold, train_val_test_split
from .toy import blobs, gaussian_ring, moons, rings, spirals, swiss_roll

__all__ = [
    "balanced_sampler",
    "batches",
    "blobs",
    "class_weights",
    "digits",
    "gaussian_ring",
    "k_fold",
    "moons",
    "rings",
    "spirals",
    "standardize",
    "swiss_roll",
    "train_val_test_split",
]
