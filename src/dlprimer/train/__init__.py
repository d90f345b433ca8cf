"""Training: the loop that turns a model and data into a trained model, and what it is made of."""

from .loop import Callback, TrainingState, fit

__all__ = [
    "Callback",
    "TrainingState",
    "fit",
]
