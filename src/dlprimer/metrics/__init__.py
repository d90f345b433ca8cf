"""Metrics: what the predictions are worth, counted on arrays, with scikit-learn's names and semantics."""

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
