"""Metrics: what the predictions are worth, counted on arrays, with scikit-learn's names and semantics, and COCO's for detection."""

from ..nn.boxes import box_iou, generalized_box_iou
from .calibration import calibration_curve, expected_calibration_error, temperature_scale
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
from .detection import mean_average_precision
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
from .segmentation import dice, mask_iou, mean_iou, panoptic_quality

__all__ = [
    "DeLongTest",
    "accuracy_score",
    "auc_by_ranks",
    "auc_standard_error_hanley_mcneil",
    "average_precision_score",
    "balanced_accuracy_score",
    "bootstrap_interval",
    "box_iou",
    "brier_score_loss",
    "calibration_curve",
    "cohen_kappa_score",
    "confusion_matrix",
    "delong_test",
    "delong_variance",
    "dice",
    "expected_calibration_error",
    "generalized_box_iou",
    "log_loss",
    "mask_iou",
    "matthews_corrcoef",
    "mean_average_precision",
    "mean_iou",
    "panoptic_quality",
    "precision_recall_curve",
    "precision_recall_fscore_support",
    "roc_auc_score",
    "roc_curve",
    "temperature_scale",
    "top_k_accuracy_score",
]
