"""The house style of the figures: one size of type, one palette with the same color for the same thing on every page.

Matplotlib is imported only where something is drawn, so that a page whose figures are cached does not wait for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

HERE = Path(__file__).resolve().parent
FONT = HERE / "fonts" / "source-serif-4.ttf"
PALETTE = HERE.parents[1] / "docs" / "assets" / "palette.json"
WIDTH = 6.3  # inches of a figure of full width; on a phone it shrinks to 3.6, and the type to 10 pixels
SCHEMES = ("light", "dark")

_scheme = "light"


@cache
def palette() -> dict[str, dict[str, str]]:
    """The colors of both schemes, and which role has which color."""
    loaded: dict[str, dict[str, str]] = json.loads(PALETTE.read_text(encoding="utf-8"))
    return loaded


def color(name: str) -> str:
    """The color of a role ("momentum") or of a name ("blue", "ink", "muted", "rule", "paper") in the scheme being drawn."""
    colors, roles = palette()[_scheme], palette()["roles"]
    found = colors.get(roles.get(name, name))
    if found is None:
        raise KeyError(f"no color `{name}`: roles are {', '.join(roles)}; colors are {', '.join(colors)}")
    return found


@contextmanager
def scheme(name: str) -> Iterator[None]:
    """Draw in the light or the dark scheme."""
    import matplotlib as mpl
    from matplotlib import font_manager

    global _scheme
    if name not in SCHEMES:
        raise ValueError(f"scheme {name!r}: it is one of {', '.join(SCHEMES)}")
    font_manager.fontManager.addfont(FONT)
    previous, _scheme = _scheme, name
    try:
        with mpl.rc_context(_settings()):
            yield
    finally:
        _scheme = previous


def _settings() -> dict[str, Any]:
    from cycler import cycler
    from matplotlib import font_manager

    ink, muted, rule = color("ink"), color("muted"), color("rule")
    return {
        "font.family": font_manager.FontProperties(fname=FONT).get_name(),
        "font.size": 13.0,
        "mathtext.fontset": "stix",
        "axes.titlesize": 13.0,
        "axes.titlelocation": "left",
        "axes.labelsize": 13.0,
        "axes.labelcolor": muted,
        "axes.edgecolor": rule,
        "axes.linewidth": 1.0,
        "axes.facecolor": "none",
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": cycler(
            color=[color(name) for name in ("blue", "orange", "green", "purple", "red", "gold", "sky", "grey")]
        ),
        "axes.unicode_minus": True,
        "grid.color": rule,
        "grid.linewidth": 0.6,
        "grid.alpha": 0.6,
        "xtick.color": rule,
        "ytick.color": rule,
        "xtick.labelcolor": muted,
        "ytick.labelcolor": muted,
        "xtick.labelsize": 12.0,
        "ytick.labelsize": 12.0,
        "xtick.minor.visible": False,
        "text.color": ink,
        "lines.linewidth": 2.0,
        "lines.markersize": 6.0,
        "lines.solid_capstyle": "round",
        "patch.linewidth": 0.0,
        "legend.frameon": False,
        "legend.fontsize": 12.0,
        "figure.facecolor": "none",
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.h_pad": 0.06,
        "figure.constrained_layout.w_pad": 0.06,
        "savefig.facecolor": "none",
        "savefig.dpi": 150,
        "svg.fonttype": "path",
        "svg.hashsalt": "dlprimer",
        "path.simplify": True, "path.simplify_threshold": 0.2,
        "image.cmap": "gray", "image.interpolation": "none",
    }


def new_figure(
    width: float = 1.0, aspect: float = 0.6, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Figure, Any]:
    """A figure in the house style and its axes.

    Args:
        width: Share of the text's width, in (0, 1].
        aspect: Height over width of the whole figure.
        rows: Rows of axes.
        columns: Columns of axes; more than two are too small to read on a phone.
        **options: For `matplotlib.figure.Figure.subplots`, such as `sharey=True`, `width_ratios=(2, 1)` or `subplot_kw`.

    Returns:
        The figure, and its axes: a single one, or an array if there are several.
    """
    from matplotlib.figure import Figure

    if not 0 < width <= 1:
        raise ValueError(f"width={width}: it is a share of the text's width, above 0 and at most 1")
    figure = Figure(figsize=(WIDTH * width, WIDTH * width * aspect))
    return figure, figure.subplots(rows, columns, **options)


def direct_label(
    axes: Axes, x: float, y: float, text: str, role: str = "ink", *, dx: float = 6, dy: float = 0, **options: Any
) -> Artist:
    """Write a label beside what it names, in its color, so that no legend is needed.

    Args:
        axes: Where the labelled thing is drawn.
        x, y: The point in data coordinates, such as a line's last one.
        text: The label.
        role: A role or color name for `color`.
        dx, dy: Distance from the point, in points.
        **options: For `Axes.annotate`, such as `ha="right"`.
    """
    options = {"ha": "left", "va": "center", "annotation_clip": False, **options}
    return axes.annotate(text, (x, y), xytext=(dx, dy), textcoords="offset points", color=color(role), **options)


def sequential(name: str) -> Colormap:
    """A color map from the page's background to a color of the palette, for amounts."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(f"sequential-{name}", [color("panel"), color(name)])


def diverging(low: str, high: str) -> Colormap:
    """A color map from one color through the page's background to another, for signed amounts around zero."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(f"diverging-{low}-{high}", [color(low), color("panel"), color(high)])
