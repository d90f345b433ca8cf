"""Training: the loop that turns a model and data into a trained model, and what it is made of."""

from .checkpoint import load_checkpoint, save_checkpoint
from .loop import Callback, TrainingState, fit
from .stopping import EarlyStopping

__all__ = [
    "Callback",
    "EarlyStopping",
    "TrainingState",
    "fit",
    "load_checkpoint",
    "save_checkpoint",
]
