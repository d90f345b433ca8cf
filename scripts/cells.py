"""`show` for the cells of a page: on the page a plot, an image or a table; anywhere else the line of text that goes with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

MOST_POINTS, MOST_PIXELS, MOST_ROWS = 1000, 40_000, 50

draw: Callable[[str, str], None] | None = None  # the page sets it: what is said, and what is drawn as JSON


def show(*values: Any) -> None:
    """Show a line `show(y)` or `show(x, y)`, lines by name `show({"train": a, "test": b})`, an image or several
    `show(array)` with two or three dimensions, or a table `show([{"name": value}, …])`."""
    first = values[0]
    if len(values) == 1 and isinstance(first, list) and first and isinstance(first[0], dict):
        text, drawn = _table(first)
    elif len(values) == 1 and not isinstance(first, dict) and np.ndim(np.asarray(first)) > 1:
        text, drawn = _image(np.asarray(first, float))
    else:
        named = first if isinstance(first, dict) else {"": values[-1]}
        text, drawn = _lines(values[0] if len(values) > 1 else None, named)
    print(text)
    if draw is not None:
        draw(text, json.dumps(drawn))


def _table(rows: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    names = list(rows[0])
    cells = [[f"{v:.4g}" if isinstance(v := row.get(name, ""), (float, np.floating)) else str(v) for name in names] for row in rows]
    return f"table: {len(rows)} rows of {', '.join(names)}", {"kind": "table", "names": names, "rows": cells[:MOST_ROWS]}


def _image(images: np.ndarray) -> tuple[str, dict[str, Any]]:
    if images.ndim > 3:
        raise ValueError(f"show draws arrays of up to three dimensions; this one has {images.ndim}")
    low, high = _ends(images)
    rows, columns = images.shape[-2:]
    count = "image" if images.ndim == 2 else f"{len(images)} images"
    # Images stand side by side, a pixel apart.
    wide = images if images.ndim == 2 else np.hstack([np.pad(i, ((0, 0), (0, 1)), constant_values=low) for i in images])[:, :-1]
    step = int(np.ceil(np.sqrt(wide.size / MOST_PIXELS)))
    pixels = [[_number(v) for v in row] for row in wide[::step, ::step]]
    drawn = {"kind": "image", "pixels": pixels, "low": low, "high": high}
    return f"{count}: {rows} × {columns}, values from {low:.3g} to {high:.3g}", drawn


def _lines(x: Any, named: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    lines = {}
    for name, y in named.items():
        y = np.asarray(y, float)
        at = np.arange(len(y)) if x is None else np.asarray(x, float)
        if y.ndim != 1 or at.shape != y.shape:
            raise ValueError(f"a line needs one y for each x: x has shape {at.shape}, y has {y.shape}")
        chosen = np.unique(np.linspace(0, len(y) - 1, min(len(y), MOST_POINTS)).astype(int))
        lines[str(name)] = [[_number(at[i]), _number(y[i])] for i in chosen]
    low, high = _ends(np.concatenate([np.asarray(y, float) for y in named.values()]))
    points = max(len(y) for y in named.values())
    label = ", ".join(name for name in lines if name)
    return f"line plot{label and f' of {label}'}: {points} points, from {low:.3g} to {high:.3g}", {"kind": "lines", "lines": lines}


def _ends(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ValueError("there is no finite number to show")
    return float(finite.min()), float(finite.max())


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
