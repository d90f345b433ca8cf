"""Scenes of geometric shapes: small images in which every pixel, box and object is known, for segmentation and detection."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

Array = np.ndarray[Any, Any]

KINDS = ("disk", "square", "triangle")
TRIES = 300
"""How often a place is looked for before an object counts as not fitting."""


@final
@dataclasses.dataclass(frozen=True)
class Scenes:
    """Images and what is known about them, kept in step by `shapes` and the augmentations.

    Attributes:
        images: (N, C, H, W), floating point.
        boxes: For each image an array (n, 4) of x1, y1, x2, y2 in pixels; pixel i spans from i to i + 1. None if not known.
        labels: For each image the class (n,) of each box, from 0. None if not known.
        masks: For each image an array (n, H, W) of truth values: the pixels of each object that can be seen. None if not known.
        semantic: (N, H, W), the class of each pixel: 0 for background, otherwise the label and one. None if not known.

    Example:
        >>> scenes = Scenes(np.zeros((2, 1, 8, 8), np.float32), boxes=[np.array([[0, 0, 4, 4.0]]), np.empty((0, 4))])
        >>> len(scenes), scenes[1:].boxes[0].shape
        (2, (0, 4))

    Explained in question 72.
    """

    images: Array
    boxes: list[Array] | None = None
    labels: list[Array] | None = None
    masks: list[Array] | None = None
    semantic: Array | None = None

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: Any) -> Scenes:
        """The scenes at a slice, or at an array of indices or truth values."""
        rows = np.arange(len(self))[index]
        if rows.ndim != 1:
            raise TypeError(f"Scenes: index by a slice or an array, got {index!r}; scenes[i : i + 1] holds one scene")
        chosen: dict[str, Any] = {
            name: None if value is None else [value[i] for i in rows] if isinstance(value, list) else value[rows]
            for name, value in vars(self).items()
        }
        return Scenes(**chosen)

    @property
    def targets(self) -> list[dict[str, Array]]:
        """One dict an image with what is known of "boxes", "labels" and "masks", as detection metrics take them."""
        known = {name: getattr(self, name) for name in ("boxes", "labels", "masks") if getattr(self, name) is not None}
        return [{name: values[i] for name, values in known.items()} for i in range(len(self))]


def shapes(
    n: int = 1000, size: int | tuple[int, int] = 32, *, kinds: Sequence[str] = KINDS, objects: int | tuple[int, int] = (1, 4),
    radius: float | tuple[float, float] = (3.0, 6.0), overlap: float = 0.5, rotate: bool = False, channels: int = 1,
    foreground: float | tuple[float, float] = (0.6, 1.0), background: float | tuple[float, float] = (0.0, 0.2),
    texture: float = 0.0, noise: float = 0.05, shortcut: float | None = None, rng: np.random.Generator,
) -> Scenes:  # fmt: skip
    """Random scenes of disks, squares and triangles, with boxes, labels, instance masks and semantic map.

    Later objects lie in front of earlier ones. A pair of numbers is a range to draw from uniformly, for each image or object anew.

    Args:
        n: Number of images.
        size: Side of the images in pixels, or (H, W).
        kinds: Names of the classes among "disk", "square", "triangle"; label k is kinds[k].
        objects: Objects an image, from 0: a number, or the least and the most.
        radius: Half the side of the square that an object fills before it is rotated, in pixels.
        overlap: Largest share of an object that others may hide, from 0 (none overlap) to below 1. Touching is allowed.
        rotate: Whether objects are turned by random angles.
        channels: C; with more than one, each channel of an object and a background has a brightness of its own.
        foreground: Brightness of the objects, from 0 to 1.
        background: Brightness of the background.
        texture: Amplitude of the stripes of random direction and width on the background.
        noise: Standard deviation of the normal noise on each pixel.
        shortcut: With one object an image, the probability that the background's brightness is that of the object's class: the
            ends of `background` for the first and the last class, evenly spaced between. Otherwise it is another class's. None: the
            brightness has nothing to do with the class.
        rng: Source of everything random.

    Returns:
        `Scenes` with images (n, C, H, W) float32 in [0, 1], boxes float32, labels int64, masks bool and semantic int64. Boxes are the
        tight hulls of the masks.

    Raises:
        ValueError: An argument is out of range, or the objects do not fit.
        TypeError: `rng` is not a generator.

    Example:
        >>> scenes = shapes(100, 24, objects=(1, 4), radius=(2.5, 6), rng=np.random.default_rng(0))
        >>> scenes.images.shape, scenes.semantic.shape, sorted({len(labels) for labels in scenes.labels})
        ((100, 1, 24, 24), (100, 24, 24), [1, 2, 3, 4])
        >>> boxes, masks = scenes.boxes[0], scenes.masks[0]
        >>> bool((boxes == masks_to_boxes(masks)).all())
        True

    Explained in question 71.
    """
    H, W = size if isinstance(size, (tuple, list)) else (size, size)
    least, most = interval("objects", objects, 0, np.inf)
    check_scene(n, (H, W), kinds, (least, most), channels, shortcut, rng)
    bounds = interval("radius", radius, 0.5, min(H, W) / (2 * np.sqrt(2) if rotate else 2))
    for name, value, low, high in (("overlap", overlap, 0, 1 - 1e-9), ("texture", texture, 0, 1), ("noise", noise, 0, np.inf)):
        interval(name, (value, value), low, high)
    lights, darks = interval("foreground", foreground, 0, 1), interval("background", background, 0, 1)

    counts = rng.integers(int(least), int(most) + 1, n)
    kind = rng.integers(len(kinds), size=(n, int(most)))
    instance = place(counts, [kinds[int(k)] for k in kind.ravel()], bounds, overlap, rotate, (H, W), rng)  # (n, H, W), 0: background
    brightness = rng.uniform(*lights, (n, int(most), channels))
    ground = rng.uniform(*darks, (n, 1, channels))
    if shortcut is not None:
        ground[:] = agreeing(kind[:, 0], len(kinds), shortcut, darks, rng)[:, None, None]

    palette = np.concatenate([ground, brightness], axis=1).astype(np.float32)  # (n, 1 + most, C)
    images = np.take_along_axis(palette, instance.reshape(n, H * W, 1), axis=1).reshape(n, H, W, channels)
    images = np.ascontiguousarray(np.moveaxis(images, -1, 1))  # (n, C, H, W)
    if texture:
        images += ((instance == 0) * stripes(n, (H, W), texture, rng))[:, None]
    if noise:
        images += np.float32(noise) * rng.standard_normal(images.shape, dtype=np.float32)
    semantic = np.take_along_axis(np.pad(kind + 1, ((0, 0), (1, 0))), instance.reshape(n, H * W), axis=1).reshape(n, H, W)
    seen = np.arange(1, int(most) + 1)[:, None, None] == instance[:, None]  # (n, most, H, W)
    present = np.arange(int(most)) < counts[:, None]
    ends = np.cumsum(counts)[:-1]
    masks = seen[present]  # (sum of counts, H, W)
    return Scenes(
        images=np.clip(images, 0, 1, out=images),
        boxes=np.split(masks_to_boxes(masks), ends)[:n],
        labels=np.split(kind[present], ends)[:n],
        masks=np.split(masks, ends)[:n],
        semantic=semantic,
    )


def draw_shapes(
    kinds: Sequence[str], centers: Any, radii: Any, size: int | tuple[int, int], *, angles: Any = 0.0, aspects: Any = 1.0
) -> Array:
    """The pixels of given shapes, each drawn alone; a pixel belongs to a shape if its center does.

    Args:
        kinds: For each shape "disk", "square" or "triangle" (its tip up).
        centers: (n, 2), x and y in pixels; the center of pixel i is at i + 0.5.
        radii: (n,) or one number: half the width of the upright square around the shape, in pixels.
        size: Side of the image, or (H, W); shapes may reach beyond it.
        angles: (n,) or one number: turned counter-clockwise, in degrees.
        aspects: (n,) or one number: height over width before turning; a square of aspect 0.25 is a bar, a disk an ellipse.

    Returns:
        Truth values (n, H, W).

    Raises:
        ValueError: A kind is unknown, a number is out of range or shapes do not fit.

    Example:
        >>> masks = draw_shapes(["disk", "square", "triangle"], [[50, 50]] * 3, 40, 100)
        >>> [round(float(mask.sum()) / 80**2, 2) for mask in masks]  # pi / 4, 1 and 1 / 2
        [0.79, 1.0, 0.5]

    Explained in question 72.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ValueError(f"kinds must be among {', '.join(map(repr, KINDS))}, got {unknown[0]!r}")
    H, W = size if isinstance(size, (tuple, list)) else (size, size)
    middle = np.asarray(centers, np.float32).reshape(-1, 2)
    n = len(kinds)
    if len(middle) != n or not np.isfinite(middle).all():
        raise ValueError(f"centers must be finite with shape ({n}, 2), one for each kind, got shape {np.shape(centers)}")
    values = []
    for name, value in (("radii", radii), ("angles", angles), ("aspects", aspects)):
        array = np.asarray(value, np.float32)
        if array.shape not in ((), (n,)) or not np.isfinite(array).all() or (name != "angles" and (array <= 0).any()):
            raise ValueError(f"{name} must be finite{' and above 0' * (name != 'angles')}, one or ({n},), got {value!r}")
        values.append(np.broadcast_to(array, n)[:, None, None])
    r, turn, aspect = values[0], np.deg2rad(values[1]), values[2]
    x = np.arange(W, dtype=np.float32) + 0.5 - middle[:, 0, None, None]  # (n, 1, W)
    y = np.arange(H, dtype=np.float32)[:, None] + 0.5 - middle[:, 1, None, None]  # (n, H, 1)
    c, s = np.cos(turn) / r, np.sin(turn) / r
    u, v = c * x - s * y, (s * x + c * y) / aspect  # (n, H, W), the upright shape lies between -1 and 1
    inside = np.empty(u.shape, bool)
    names = np.asarray(kinds)
    for kind, test in TESTS.items():
        chosen = names == kind
        if chosen.any():
            inside[chosen] = test(u[chosen], v[chosen])
    return inside


TESTS: dict[str, Callable[[Array, Array], Array]] = {
    "disk": lambda u, v: u * u + v * v <= 1,
    "square": lambda u, v: np.maximum(np.abs(u), np.abs(v)) <= 1,
    "triangle": lambda u, v: (np.abs(u) <= (v + 1) / 2) & (v <= 1),
}
"""Kind -> whether the upright shape between -1 and 1 contains the points u (to the right) and v (down)."""


def masks_to_boxes(masks: Any) -> Array:
    """The tight box around each mask.

    Args:
        masks: Truth values (n, H, W), each mask with at least one pixel.

    Returns:
        (n, 4) float32, x1, y1, x2, y2: pixel i spans from i to i + 1, so a mask of one pixel has a box of area 1. (torchvision's
        function of this name leaves the last row and column out.)

    Raises:
        ValueError: The shape does not fit, or a mask is empty.

    Example:
        >>> mask = np.zeros((1, 5, 5), bool)
        >>> mask[0, 1:3, 2:5] = True
        >>> masks_to_boxes(mask).tolist()
        [[2.0, 1.0, 5.0, 3.0]]

    Explained in question 72.
    """
    masks = np.asarray(masks).astype(bool, copy=False)
    if masks.ndim != 3:
        raise ValueError(f"masks must have shape (n, H, W), got {masks.shape}")
    n, H, W = masks.shape
    if not n:
        return np.empty((0, 4), np.float32)
    columns, rows = masks.any(axis=1), masks.any(axis=2)  # (n, W), (n, H)
    if not rows.any(axis=1).all():
        raise ValueError(f"mask {int(np.argmin(rows.any(axis=1)))} is empty: it has no box")
    sides = [columns.argmax(1), rows.argmax(1), W - columns[:, ::-1].argmax(1), H - rows[:, ::-1].argmax(1)]
    return np.stack(sides, axis=1).astype(np.float32)


# ---- parts of a scene ----


def place(
    counts: Array, kinds: list[str], radius: tuple[float, float], overlap: float, rotate: bool, size: tuple[int, int],
    rng: np.random.Generator,
) -> Array:  # fmt: skip
    """The number from 1 of the object that is seen at each pixel (n, H, W), 0 where none is.

    The k-th objects of all images are placed together; where one hides too much of an earlier one, or is hidden itself, it is drawn again.
    """
    n, most = len(counts), len(kinds) // max(len(counts), 1)
    names = np.array(kinds, dtype=str).reshape(n, most)
    instance = np.zeros((n, *size), np.int64)
    area = np.ones((n, most + 1))  # of the background and of each object, if nothing hid it
    visible = area.copy()
    for k in range(most):
        waiting = np.flatnonzero(counts > k)
        for _ in range(TRIES):
            if not waiting.size:
                break
            masks = draw_at_random(names[waiting, k], radius, rotate, size, rng)  # (M, H, W)
            hidden = count_pixels(instance[waiting], masks, most + 1)
            left = visible[waiting] - hidden
            fits = (left[:, 1 : k + 1] >= np.maximum((1 - overlap) * area[waiting, 1 : k + 1], 1)).all(axis=1)
            fits &= masks.any(axis=(1, 2))
            done = waiting[fits]
            visible[done] = left[fits]
            area[done, k + 1] = visible[done, k + 1] = masks[fits].sum(axis=(1, 2))
            instance[done] = np.where(masks[fits], k + 1, instance[done])
            waiting = waiting[~fits]
        if waiting.size:
            raise ValueError(
                f"no place found for object {k + 1} of image {waiting[0]}: ask for fewer or smaller objects, or allow more overlap"
            )
    return instance


def draw_at_random(
    kinds: Array, radius: tuple[float, float], rotate: bool, size: tuple[int, int], rng: np.random.Generator
) -> Array:
    """One shape of each kind, of random size and angle, where it lies within the image; (n, H, W) truth values."""
    n = len(kinds)
    r = rng.uniform(*radius, n)
    angles = rng.uniform(0, 360, n) if rotate else np.zeros(n)
    turn = np.deg2rad(angles)
    reach = r * np.where(kinds == "disk", 1, np.abs(np.cos(turn)) + np.abs(np.sin(turn)))  # half the side of the hull
    middle = np.array([size[1], size[0]]) / 2
    centers = middle + (middle - reach[:, None]) * rng.uniform(-1, 1, (n, 2))
    return draw_shapes(kinds.tolist(), centers, r, size, angles=angles)


def count_pixels(instance: Array, masks: Array, n_objects: int) -> Array:
    """How many pixels of each object (M, n_objects) lie under the masks (M, H, W)."""
    image, row, column = np.nonzero(masks)
    where = image * n_objects + instance[image, row, column]
    return np.bincount(where, minlength=len(masks) * n_objects).reshape(len(masks), n_objects)


def agreeing(
    labels: Array, n_classes: int, probability: float, background: tuple[float, float], rng: np.random.Generator
) -> Array:
    """Background levels (n,): with this probability that of the label, otherwise that of one of the other classes."""
    others = (labels + rng.integers(1, n_classes, len(labels))) % n_classes
    chosen = np.where(rng.random(len(labels)) < probability, labels, others)
    return np.linspace(*background, n_classes)[chosen]


def stripes(n: int, size: tuple[int, int], amplitude: float, rng: np.random.Generator) -> Array:
    """Waves (n, H, W) of random direction and phase, 3 to 8 pixels long."""
    angle, phase = rng.uniform(0, np.pi, (n, 1, 1)), rng.uniform(0, 2 * np.pi, (n, 1, 1))
    length = rng.uniform(3, 8, (n, 1, 1))
    along = np.cos(angle) * np.arange(size[1]) + np.sin(angle) * np.arange(size[0])[:, None]
    return (amplitude * np.sin(2 * np.pi * along / length + phase)).astype(np.float32)


def interval(name: str, value: Any, low: float, high: float) -> tuple[float, float]:
    """A number or a pair as a range within bounds."""
    pair = np.asarray(value, np.float64)
    if pair.shape not in ((), (2,)) or not (low <= pair.min() <= pair.max() <= high and pair.flat[0] <= pair.flat[-1]):
        raise ValueError(f"{name} must be a number or a rising pair of numbers from {low} to {high:.4g}, got {value!r}")
    return float(pair.flat[0]), float(pair.flat[-1])


def check_scene(
    n: Any, size: tuple[int, int], kinds: Sequence[str], objects: tuple[float, float], channels: Any, shortcut: float | None, rng: Any
) -> None:
    """Refuse what `shapes` cannot draw."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy Generator, such as np.random.default_rng(0); got {type(rng).__name__}")
    for name, value, low in (("n", n, 0), ("channels", channels, 1), ("the height", size[0], 1), ("the width", size[1], 1)):
        if not isinstance(value, (int, np.integer)) or value < low:
            raise ValueError(f"{name} must be a whole number of at least {low}, got {value!r}")
    if any(number % 1 or number == np.inf for number in objects):
        raise ValueError(f"objects must be whole numbers, got {objects}")
    if isinstance(kinds, str) or not kinds or set(kinds) - set(KINDS):
        raise ValueError(f"kinds must be names among {', '.join(map(repr, KINDS))}, got {kinds!r}")
    if shortcut is not None:
        if not 0 <= shortcut <= 1:
            raise ValueError(f"shortcut must be a probability, got {shortcut!r}")
        if objects != (1, 1) or len(kinds) < 2:
            raise ValueError("shortcut needs objects=1 and at least two kinds: the background follows the class of the one object")
