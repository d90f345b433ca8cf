"""Early stopping: end training when the validation metric no longer improves, and go back to the best weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

from ..nn.arguments import choose
from .loop import Callback, TrainingState


class EarlyStopping(Callback):
    """Stop `fit` after `patience` epochs without improvement, and restore the weights of the best epoch.

    The value of an epoch is an improvement if it beats the best so far by more than `min_delta`; NaN never is one.

    Args:
        monitor: Name in the history, such as "validation_loss" or "validation_accuracy".
        patience: Epochs without improvement after which training ends, at least 1.
        min_delta: What counts as an improvement, at least 0, in units of the metric: about its noise.
        mode: "min" if lower is better, "max" if higher is.
        restore_best: Whether the model ends with the weights of its best epoch, buffers included, rather than its last ones.

    Attributes:
        best: The best value so far.
        best_epoch: Its epoch; 0 before the first.
        waited: Epochs since then.

    Raises:
        ValueError: A setting is out of range, or, when training, the history has no such name.
        TypeError: When training starts: `restore_best` for a model without `state_dict()` and `load_state_dict()`.

    Example:
        >>> import numpy as np
        >>> stopping = EarlyStopping(patience=2, restore_best=False)
        >>> state = TrainingState(None, None, np.random.default_rng(0), {"validation_loss": []})
        >>> for value in [0.9, 0.5, 0.6, 0.7]:
        ...     state.epoch += 1
        ...     state.history["validation_loss"].append(value)
        ...     stopping.on_epoch(state)
        >>> stopping.best, stopping.best_epoch, state.epoch, state.stop
        (0.5, 2, 4, True)

    Paper: Prechelt, Early stopping - but when?, 1998. Explained in question 38.
    """

    def __init__(
        self, monitor: str = "validation_loss", patience: int = 5, min_delta: float = 0.0, mode: str = "min",
        restore_best: bool = True,
    ) -> None:  # fmt: skip
        choose("mode", mode, ("min", "max"))
        if not (isinstance(patience, int) and patience >= 1):
            raise ValueError(f"patience must be a whole number of epochs from 1, got {patience!r}")
        if not 0 <= min_delta < math.inf:
            raise ValueError(f"min_delta must be at least 0, got {min_delta!r}")
        self.monitor, self.patience, self.min_delta, self.mode = monitor, patience, min_delta, mode
        self.restore_best = restore_best
        self._forget()

    def _forget(self) -> None:
        self.best = math.inf if self.mode == "min" else -math.inf
        self.best_epoch = self.waited = 0
        self._best_weights: dict[str, Any] | None = None

    def on_start(self, state: TrainingState) -> None:
        """Start anew, unless training resumes: then go on counting."""
        if self.restore_best and not (hasattr(state.model, "state_dict") and hasattr(state.model, "load_state_dict")):
            raise TypeError("EarlyStopping: the model has no state_dict() to keep its best weights; pass restore_best=False")
        if state.epoch == 0:
            self._forget()

    def on_epoch(self, state: TrainingState) -> None:
        """Compare, remember, and stop if it has been long enough."""
        values = state.history.get(self.monitor)
        if not values:
            raise ValueError(
                f"EarlyStopping: monitor={self.monitor!r} is not in the history, which has {', '.join(state.history)}; "
                "validation_... needs fit(..., validation=...)"
            )
        value = values[-1]
        gain = self.best - value if self.mode == "min" else value - self.best
        if gain > self.min_delta:
            self.best, self.best_epoch, self.waited = value, state.epoch, 0
            if self.restore_best:
                self._best_weights = copy.deepcopy(state.model.state_dict())
        else:
            self.waited += 1
            if self.waited >= self.patience:
                state.stop = True

    def on_end(self, state: TrainingState) -> None:
        """Restore the best weights."""
        if self._best_weights is not None:
            state.model.load_state_dict(self._best_weights)

    def state_dict(self) -> dict[str, Any]:
        """What has to be kept to resume: the best value, its epoch and weights, and the epochs since."""
        weights = {} if self._best_weights is None else copy.deepcopy(self._best_weights)
        return {"best": self.best, "best_epoch": self.best_epoch, "waited": self.waited, "best_weights": weights}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict()`.

        Raises:
            ValueError: If something is missing. Then nothing has been changed.
        """
        missing = {"best", "best_epoch", "waited", "best_weights"} - state_dict.keys()
        if missing:
            raise ValueError(f"EarlyStopping: state_dict lacks {', '.join(sorted(missing))}")
        self.best, self.best_epoch, self.waited = state_dict["best"], state_dict["best_epoch"], state_dict["waited"]
        self._best_weights = copy.deepcopy(dict(state_dict["best_weights"])) or None
