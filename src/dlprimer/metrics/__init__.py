"""Metrics: what the predictions are worth, counted on arrays, with scikit-learn's names and semantics."""

from .classification import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    confusion_matrix,
    log_loss,
    matthews_corrcoef,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)
from .ranking import (
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

__all__ = [
    "DeLongTest",
    "accuracy_score",
    "auc_by_ranks",
    "auc_standard_error_hanley_mcneil",
    "average_precision_score",
    "balanced_accuracy_score",
    "bootstrap_interval",
    "brier_score_loss",
    "cohen_kappa_score",
    "confusion_matrix",
    "delong_test",
    "delong_variance",
    "log_loss",
    "matthews_corrcoef",
    "precision_recall_curve",
    "precision_recall_fscore_support",
    "roc_auc_score",
    "roc_curve",
    "top_k_accuracy_score",
]
