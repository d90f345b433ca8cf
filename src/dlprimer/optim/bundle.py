"""Where the numbers of parameters are while an optimizer works: small ones side by side in one array, large ones cut into pieces."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import Tensor

PIECE = 2**18
"""A large parameter is updated in pieces of about this size: then all passes of an update but the first find them in the cache."""


def _references() -> int:
    """How many references Python counts to an array that its tensor alone has."""
    tensor = Tensor([0.0])
    return sys.getrefcount(tensor.data)


ALONE = _references()
"""With this count an array may move: nobody can tell."""


class Bundle:
    """Parameters and their states, side by side in one array each, so that a step computes with all of them at once.

    The array of a parameter becomes a piece of the large one where nobody can notice. If anybody else has it, or puts another in its
    place later, its numbers are copied there and back at each step.
    """

    def __init__(self, places: list[int], params: list[Tensor], states: list[dict[str, Any]]) -> None:
        self.places = places
        self.params = params
        self.shapes = [p.shape for p in params]
        self.state: dict[str, Any] = dict(states[0])
        self.joined = len(params) > 1 or params[0].ndim == 0  # NumPy turns results without axes into numbers, which have no `out`
        if not self.joined:
            return
        for name, value in states[0].items():
            if isinstance(value, np.ndarray):
                self.state[name] = np.concatenate([state[name] for state in states], axis=None)
        self.w = np.concatenate([p.data for p in params], axis=None)
        self.g = np.empty_like(self.w)
        self.pieces = list(zip(params, self._cut(self.w), self._cut(self.g), strict=True))
        for p, w, _ in self.pieces:
            if sys.getrefcount(p.data) == ALONE:
                p.data = w

    def _cut(self, array: np.ndarray) -> list[np.ndarray]:
        ends = np.cumsum([math.prod(shape) for shape in self.shapes])
        return [piece.reshape(shape) for piece, shape in zip(np.split(array, ends[:-1]), self.shapes, strict=True)]

    def step(self, update: Callable[..., None], settings: dict[str, Any], maximize: bool) -> None:
        if not self.joined:
            self._step_in_pieces(update, settings, maximize)
            return
        for p, w, g in self.pieces:
            if p.data is not w:
                w[...] = p.data
            g[...] = p.grad
        if maximize:
            np.negative(self.g, out=self.g)
        update(self.w, self.g, self.state, **settings)
        for p, w, _ in self.pieces:
            if p.data is not w:
                p.data[...] = w

    def _step_in_pieces(self, update: Callable[..., None], settings: dict[str, Any], maximize: bool) -> None:
        [p] = self.params
        w, g = p.data, p.grad
        assert g is not None
        rows = max(1, PIECE * len(w) // max(w.size, 1))
        parts = []
        for start in range(0, len(w), rows):
            piece = slice(start, start + rows)
            part = {name: value[piece] if isinstance(value, np.ndarray) else value for name, value in self.state.items()}
            update(w[piece], -g[piece] if maximize else g[piece], part, **settings)
            parts.append(part)
        for name, value in parts[0].items() if parts else ():
            if not isinstance(value, np.ndarray):
                self.state[name] = value
            elif name not in self.state:
                self.state[name] = value if len(parts) == 1 else np.concatenate([part[name] for part in parts])

    def states(self) -> list[dict[str, Any]]:
        """What is remembered about each parameter."""
        if not self.joined:
            return [self.state]
        arrays = {name: self._cut(value) for name, value in self.state.items() if isinstance(value, np.ndarray)}
        return [self.state | {name: pieces[i] for name, pieces in arrays.items()} for i in range(len(self.shapes))]
