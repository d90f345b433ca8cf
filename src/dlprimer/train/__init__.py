"""Training: the loop that turns a model and data into a trained model, what goes with it, and what it costs."""

from .budget import (
    MemoryBudget,
    conv2d_flops,
    linear_flops,
    memory_budget,
    mlp_flops,
    train_flops,
    transformer_block_flops,
)
from .checkpoint import load_checkpoint, save_checkpoint
from .laws import ChinchillaLaw, PowerLaw, fit_chinchilla, fit_power_law
from .loop import Callback, TrainingState, fit
from .pruning import KeepPruned, apply_masks, density, iterative_magnitude_pruning, prune_by_magnitude, rewind
from .stopping import EarlyStopping
from .tuning import (
    GaussianProcess,
    Integers,
    LogUniform,
    SearchResult,
    Trial,
    Uniform,
    bayesian_search,
    expected_improvement,
    grid_search,
    hyperband,
    hyperband_brackets,
    random_search,
    successive_halving,
)
from .validation import CrossValidation, cross_validate

__all__ = [
    "Callback",
    "ChinchillaLaw",
    "CrossValidation",
    "EarlyStopping",
    "GaussianProcess",
    "Integers",
    "KeepPruned",
    "LogUniform",
    "MemoryBudget",
    "PowerLaw",
    "SearchResult",
    "TrainingState",
    "Trial",
    "Uniform",
    "apply_masks",
    "bayesian_search",
    "conv2d_flops",
    "cross_validate",
    "density",
    "expected_improvement",
    "fit",
    "fit_chinchilla",
    "fit_power_law",
    "grid_search",
    "hyperband",
    "hyperband_brackets",
    "iterative_magnitude_pruning",
    "linear_flops",
    "load_checkpoint",
    "memory_budget",
    "mlp_flops",
    "prune_by_magnitude",
    "random_search",
    "rewind",
    "save_checkpoint",
    "successive_halving",
    "train_flops",
    "transformer_block_flops",
]
