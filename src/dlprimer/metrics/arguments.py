"""The door of the metrics: what came in is checked here, once, before anything is counted."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Tensor


def as_array(name: str, values: Any) -> np.ndarray[Any, Any]:
    """An array of numbers, truth values or strings; a tensor gives its data."""
    array = np.asarray(values.data if isinstance(values, Tensor) else values)
    if array.dtype.kind not in "biufUS":
        raise TypeError(f"{name} must hold numbers or strings, got dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name} is empty (shape {array.shape}): a metric needs at least one example")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = np.argwhere(~np.isfinite(array))[0].tolist()
        raise ValueError(
            f"{name} contains {array[tuple(bad)]} at index {bad}: expected finite values; find what produced it"
        )
    return array


def as_labels(name: str, values: Any) -> np.ndarray[Any, Any]:
    """Class labels, shape (N,): integers, truth values, strings, or floats that are whole numbers."""
    array = as_array(name, values)
    if array.ndim != 1:
        raise ValueError(
            f"{name} must be class labels of shape (N,), got shape {array.shape}; take argmax(axis=1) of scores"
        )
    if array.dtype.kind == "f" and (array != np.floor(array)).any():
        raise ValueError(
            f"{name} must be class labels, got the fraction {array[array != np.floor(array)][0]}; threshold scores first"
        )
    return array


def as_scores(name: str, values: Any, ndim: int = 1) -> np.ndarray[Any, Any]:
    """Finite real scores of the given number of dimensions."""
    array = as_array(name, values)
    if array.dtype.kind in "US":
        raise TypeError(f"{name} must be numbers, got strings")
    if array.ndim != ndim:
        expected = "(N,)" if ndim == 1 else "(N, C)"
        raise ValueError(f"{name} must have shape {expected}, got {array.shape}")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def as_weights(values: Any, n: int) -> np.ndarray[Any, Any]:
    """Sample weights, shape (N,), none negative and not all zero; ones if None."""
    if values is None:
        return np.ones(n)
    array = as_scores("sample_weight", values).astype(np.float64)
    same_length(y_true=n, sample_weight=len(array))
    if (array < 0).any() or not array.any():
        raise ValueError(f"sample_weight must be non-negative and not all zero, got values down to {array.min()}")
    return array


def same_length(**lengths: int) -> None:
    """Raise unless all named lengths agree."""
    if len(set(lengths.values())) > 1:
        raise ValueError(
            "different numbers of examples: " + ", ".join(f"{name} has {n}" for name, n in lengths.items())
        )


def same_kind(name: str, values: np.ndarray[Any, Any], other_name: str, others: np.ndarray[Any, Any]) -> None:
    """Raise if one of two arrays of labels holds strings and the other numbers."""
    if (values.dtype.kind in "US") != (others.dtype.kind in "US"):
        raise TypeError(
            f"{name} has dtype {values.dtype} and {other_name} {others.dtype}: use strings in both or numbers in both"
        )


def positives(y_true: np.ndarray[Any, Any], pos_label: Any = None, or_larger: bool = False) -> np.ndarray[Any, Any]:
    """Which labels of a binary problem are positive, shape (N,) of truth values; with `or_larger` the larger of any two numbers may be."""
    classes = np.unique(y_true)
    if len(classes) > 2:
        shown = classes[:5].tolist() + ["..."] * (len(classes) > 5)
        raise ValueError(f"y_true must have two classes, got {len(classes)}: {shown}; compare one class with the rest")
    if pos_label is None:
        usual = set(classes.tolist()) <= {0, 1} or set(classes.tolist()) <= {-1, 1}
        if classes.dtype.kind in "US" or not (usual or or_larger):
            raise ValueError(
                f"y_true has the labels {classes.tolist()}, not 0 and 1 or -1 and 1: say which is positive by pos_label"
            )
        pos_label = 1 if usual else classes[-1]
    elif pos_label not in classes.tolist() and len(classes) == 2:
        raise ValueError(f"pos_label={pos_label!r} is not a label of y_true, which has {classes.tolist()}")
    is_positive: np.ndarray[Any, Any] = y_true == pos_label
    return is_positive


def choose(name: str, value: Any, options: tuple[Any, ...]) -> Any:
    """The value, if it is one of the options."""
    if value not in options:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, options))}, got {value!r}")
    return value


def columns_of(true: np.ndarray[Any, Any], scores: np.ndarray[Any, Any], labels: Any) -> np.ndarray[Any, Any]:
    """The column of each true label, (N,)."""
    classes = np.unique(true) if labels is None else as_labels("labels", labels)
    same_kind("y_true", true, "labels", classes)
    if len(classes) > 1 and not (classes[:-1] < classes[1:]).all():
        raise ValueError(f"labels must be sorted and not repeat, as the columns of the scores; got {classes.tolist()}")
    if len(classes) != scores.shape[1]:
        raise ValueError(
            f"{scores.shape[1]} columns of scores for {len(classes)} classes; name the columns' classes by labels"
        )
    outside = ~np.isin(true, classes)
    if outside.any():
        raise ValueError(
            f"y_true contains {true[outside][0].item()!r}, which is not one of the classes {classes.tolist()}"
        )
    columns: np.ndarray[Any, Any] = np.searchsorted(classes, true)
    return columns
