"""Pruning: setting the smallest weights to zero, keeping them there, and going back to where the rest began.

A mask is an array of booleans of a weight's shape, True where the weight is alive; `masks` are masks by the weights' names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..nn.arguments import choose
from ..nn.module import Module, Parameter
from .loop import Callback, TrainingState

Masks = dict[str, np.ndarray[Any, np.dtype[np.bool_]]]
Amount = float | int | Mapping[str, float | int]


def prune_by_magnitude(
    model: Module, amount: Amount, scope: str = "global", *, masks: Mapping[str, Any] | None = None, names: Iterable[str] | None = None
) -> Masks:
    """Set the weights with the smallest magnitudes to zero.

    Args:
        model: Its weights are changed.
        amount: How much of what is alive goes: a fraction from 0.0 to 1.0 (rounded to whole weights, halves to even), or an integer,
            a number of weights. With scope "layer", that of each layer; or a dict, name -> amount.
        scope: "global" compares all weights with each other, "layer" those of each array by itself.
        masks: Masks so far, to prune further; what they have pruned stays so.
        names: Which parameters; by default all with two or more axes: weights, not biases or the scales of normalization.

    Returns:
        Masks, name -> array of booleans. Exactly the amount is pruned; of equal magnitudes, the first goes first, in the names' order.

    Raises:
        ValueError: An amount is out of range, a name is unknown, a mask does not fit, or a weight is NaN. Then nothing has been changed.

    Example:
        >>> from dlprimer import Linear
        >>> layer = Linear(3, 1, rng=np.random.default_rng(0))
        >>> layer.weight.data[:] = [[0.5, -0.1, 2.0]]
        >>> masks = prune_by_magnitude(layer, 1 / 3)
        >>> masks["weight"].tolist(), layer.weight.data.tolist(), round(density(masks), 2)
        ([[True, False, True]], [[0.5, 0.0, 2.0]], 0.67)

    Paper: Han, Pool, Tran and Dally, Learning both weights and connections for efficient neural networks, 2015. Explained in
    question 94.
    """
    choose("scope", scope, ("global", "layer"))
    weights = prunable(model, names)
    alive = {name: np.ones(w.shape, bool) for name, w in weights.items()} | checked_masks(masks or {}, weights)
    for name, w in weights.items():
        if np.isnan(w.data).any():
            raise ValueError(f"prune_by_magnitude: {name} contains NaN, which has no magnitude")
    groups = [list(weights)] if scope == "global" else [[name] for name in weights]
    amounts = [amount] * len(groups)
    if isinstance(amount, Mapping):
        if scope == "global" or amount.keys() != weights.keys():
            raise ValueError(f"amount by name needs scope='layer' and the names {', '.join(weights)}; got {', '.join(map(str, amount))}")
        amounts = [amount[name] for name in weights]
    result: Masks = {}
    for group, share in zip(groups, amounts, strict=True):
        result |= smallest_pruned({name: weights[name].data for name in group}, {name: alive[name] for name in group}, share)
    apply_masks(model, result)
    return result


def smallest_pruned(weights: dict[str, Any], alive: Masks, amount: Any) -> Masks:
    """The masks without the smallest of the weights that are alive, all compared with each other."""
    magnitude = np.concatenate([np.abs(w).ravel() for w in weights.values()])
    mask = np.concatenate([mask.ravel() for mask in alive.values()])
    candidates = np.flatnonzero(mask)
    order = candidates[np.argsort(magnitude[candidates], kind="stable")]
    mask[order[: how_many(amount, len(candidates))]] = False
    ends = np.cumsum([w.size for w in weights.values()])[:-1]
    return {name: piece.reshape(weights[name].shape) for name, piece in zip(weights, np.split(mask, ends), strict=True)}


def how_many(amount: Any, n: int) -> int:
    """A number of weights, given as that or as a fraction of n."""
    if isinstance(amount, (int, np.integer)) and not isinstance(amount, bool) and 0 <= amount <= n:
        return int(amount)
    if isinstance(amount, (float, np.floating)) and 0 <= amount <= 1:
        return round(float(amount) * n)
    raise ValueError(f"amount must be a fraction from 0.0 to 1.0 or an integer from 0 to the {n} weights that are alive, got {amount!r}")


def prunable(model: Module, names: Iterable[str] | None) -> dict[str, Parameter]:
    """The parameters of those names, or those that are weights."""
    own = dict(model.named_parameters())
    if names is None:
        chosen = [name for name, p in own.items() if p.ndim >= 2]
    else:
        chosen = [names] if isinstance(names, str) else list(names)
    unknown = [name for name in chosen if name not in own]
    if unknown or not chosen:
        raise ValueError(f"names must be parameters of the model, {', '.join(own) or 'which has none'}; got {', '.join(unknown) or 'none'}")
    return {name: own[name] for name in chosen}


def checked_masks(masks: Mapping[str, Any], weights: Mapping[str, Any]) -> Masks:
    """The masks, if they are booleans of the shapes of these weights."""
    for name, mask in masks.items():
        if name not in weights:
            raise ValueError(f"masks has {name!r}, which is none of {', '.join(weights)}")
        if not isinstance(mask, np.ndarray) or mask.dtype != bool or mask.shape != weights[name].shape:
            what = f"{mask.dtype} of shape {mask.shape}" if isinstance(mask, np.ndarray) else type(mask).__name__
            raise ValueError(f"masks[{name!r}] must be booleans of shape {weights[name].shape}, got {what}")
    return dict(masks)


def density(masks: Mapping[str, Any]) -> float:
    """The share of weights that are alive.

    Args:
        masks: Masks by name.

    Returns:
        A number from 0 to 1.

    Raises:
        ValueError: There are no weights.

    Example:
        >>> density({"a": np.array([True, False]), "b": np.array([True, True])})
        0.75

    Explained in question 94.
    """
    total = sum(mask.size for mask in masks.values())
    if not total:
        raise ValueError("density: masks are empty")
    return float(sum(int(np.count_nonzero(mask)) for mask in masks.values()) / total)


def apply_masks(model: Module, masks: Mapping[str, Any]) -> None:
    """Set to zero what the masks have pruned.

    Args:
        model: Its weights are changed, in place.
        masks: Masks by name.

    Raises:
        ValueError: A mask does not fit. Then nothing has been changed.

    Example:
        >>> from dlprimer import Linear
        >>> layer = Linear(2, 1, rng=np.random.default_rng(0))
        >>> apply_masks(layer, {"weight": np.array([[True, False]])})
        >>> (layer.weight.data != 0).tolist()
        [[True, False]]

    Explained in question 94.
    """
    own = dict(model.named_parameters())
    for name, mask in checked_masks(masks, own).items():
        own[name].data[~mask] = 0  # multiplying would keep NaN and infinity


class KeepPruned(Callback):
    """Keeps pruned weights at zero during `fit`.

    Before each step the gradients of pruned weights become zero, so that neither the weights nor what the optimizer remembers about
    them moves and their gradients do not count in clipping; after it the weights become zero again, for an optimizer that remembers
    earlier gradients. Put it before other callbacks.

    Args:
        masks: Masks by name.

    Raises:
        ValueError: When training starts: a mask does not fit the model.

    Example:
        >>> from dlprimer import SGD, Linear, fit, mse_loss
        >>> layer = Linear(2, 1, rng=np.random.default_rng(0))
        >>> masks = prune_by_magnitude(layer, 1)
        >>> X, y = np.eye(2, dtype=np.float32), np.ones((2, 1), np.float32)
        >>> history = fit(layer, (X, y), loss=mse_loss, optimizer=SGD(layer.parameters(), lr=0.1), epochs=3, batch_size=2,
        ...               rng=np.random.default_rng(0), callbacks=[KeepPruned(masks)])
        >>> int((layer.weight.data == 0).sum())
        1

    Explained in question 94.
    """

    def __init__(self, masks: Mapping[str, Any]) -> None:
        self.masks = dict(masks)

    def on_start(self, state: TrainingState) -> None:
        apply_masks(state.model, self.masks)

    def on_gradients(self, state: TrainingState) -> None:
        own = dict(state.model.named_parameters())
        for name, mask in self.masks.items():
            if own[name].grad is not None:
                own[name].grad[~mask] = 0

    def on_step(self, state: TrainingState) -> None:
        apply_masks(state.model, self.masks)


def rewind(model: Module, state_dict: Mapping[str, Any], masks: Mapping[str, Any] | None = None) -> None:
    """Go back to earlier weights, with what the masks have pruned at zero: the lottery ticket.

    Start training with a new optimizer, or one whose state was saved with the weights.

    Args:
        model: Its weights and buffers are changed.
        state_dict: From `model.state_dict()`: at the start, or after the first steps of training (late rewinding).
        masks: Masks by name.

    Raises:
        ValueError: The state or a mask does not fit. Then nothing has been changed.

    Example:
        >>> from dlprimer import Linear
        >>> layer = Linear(2, 1, rng=np.random.default_rng(0))
        >>> start = layer.state_dict()
        >>> layer.weight.data[:] = [[3.0, 0.1]]
        >>> masks = prune_by_magnitude(layer, 0.5)
        >>> rewind(layer, start, masks)
        >>> bool(layer.weight.data[0, 0] == start["weight"][0, 0]), layer.weight.data[0, 1].item()
        (True, 0.0)

    Papers: Frankle and Carbin, The lottery ticket hypothesis, 2019; Frankle, Dziugaite, Roy and Carbin, Linear mode connectivity and
    the lottery ticket hypothesis, 2020. Explained in question 94.
    """
    checked_masks(masks or {}, dict(model.named_parameters()))
    model.load_state_dict(state_dict)
    apply_masks(model, masks or {})


def iterative_magnitude_pruning(
    model: Module, train: Callable[[Module, Masks], Any], rounds: int, amount: Amount, scope: str = "global",
    *, start: Mapping[str, Any] | None = None, names: Iterable[str] | None = None,
) -> list[Masks]:  # fmt: skip
    """Train, prune the smallest weights, rewind the rest, and again: how lottery tickets are found.

    Args:
        model: At the end it holds the last ticket, rewound: train it to see what it is worth.
        train: Called as `train(model, masks)` in each round, where masks is empty in the first; trains with `KeepPruned(masks)`.
        rounds: How often, from 1.
        amount: How much of what is alive goes in each round, as in `prune_by_magnitude`; p leaves (1 - p)^rounds.
        scope: "global" or "layer".
        start: The weights to rewind to; by default those that the model has now.
        names: Which parameters, as in `prune_by_magnitude`.

    Returns:
        The masks after each round.

    Raises:
        ValueError: `rounds` or `scope` is not as described, before anything happens; otherwise as `prune_by_magnitude` and `rewind`.

    Example:
        >>> from dlprimer import Linear
        >>> tickets = iterative_magnitude_pruning(Linear(10, 10, rng=np.random.default_rng(0)), lambda model, masks: None, 3, 0.2)
        >>> [round(density(masks), 2) for masks in tickets]
        [0.8, 0.64, 0.51]

    Paper: Frankle and Carbin, The lottery ticket hypothesis, 2019. Explained in question 94.
    """
    choose("scope", scope, ("global", "layer"))
    if not isinstance(rounds, int) or rounds < 1:
        raise ValueError(f"rounds must be a whole number from 1, got {rounds!r}")
    names = list(prunable(model, names))
    start, found, masks = dict(start or model.state_dict()), [], Masks()
    for _ in range(rounds):
        train(model, masks)
        masks = prune_by_magnitude(model, amount, scope, masks=masks, names=names)
        rewind(model, start, masks)
        found.append(masks)
    return found
