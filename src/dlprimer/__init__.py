"""Deep learning in readable NumPy."""

from . import numpy_rules as _numpy_rules
from .autograd import Tensor, check_gradients, differentiable, grad, no_grad, value_and_grad
from .data import blobs, digits, gaussian_ring, moons, rings, spirals, swiss_roll
from .metrics import (
    DeLongTest,
    auc_by_ranks,
    auc_standard_error_hanley_mcneil,
    average_precision_score,
    bootstrap_interval,
    delong_test,
    delong_variance,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)
