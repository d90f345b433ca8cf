"""Augmentation: transformed images whose boxes, masks and labels are transformed along, for training and at test time.

Every function takes images (N, C, H, W), or `Scenes`, and returns the same kind; what came in is not changed. Positions are in pixels,
x to the right and y down, and pixel i spans from i to i + 1. The geometric ones are affine maps: `moved` applies one map to each image,
its boxes and its masks. `Augment` puts several in a row and draws for which images each happens.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np

from ..autograd import Tensor, no_grad
from ..nn.activations import softmax
from .shapes import Array, Scenes

Images = TypeVar("Images", Array, Scenes)
"""Images (N, C, H, W), or scenes."""


BLOCK = 2**15
"""How many numbers are interpolated at once: few enough to stay in the processor's cache."""


# ---- maps of the plane ----


def flip(x: Images, direction: str = "horizontal") -> Images:
    """Mirror images: left and right, or top and bottom.

    Args:
        x: Images (N, C, H, W), or `Scenes`.
        direction: "horizontal" swaps left and right, "vertical" top and bottom.

    Returns:
        Of the kind of `x`.

    Raises:
        ValueError: The direction is unknown, or shapes do not fit.
        TypeError: The images are not floating point.

    Example:
        >>> flip(np.array([[[[1.0, 2.0, 3.0]]]])).tolist()
        [[[[3.0, 2.0, 1.0]]]]

    Explained in question 39.
    """
    if direction not in ("horizontal", "vertical"):
        raise ValueError(f"direction must be 'horizontal' or 'vertical', got {direction!r}")
    scenes = as_scenes(x)
    axis, (first, last) = (-1, (0, 2)) if direction == "horizontal" else (-2, (1, 3))
    length = scenes.images.shape[axis]
    new: dict[str, Any] = {"images": np.flip(scenes.images, axis).copy()}
    if scenes.semantic is not None:
        new["semantic"] = np.flip(scenes.semantic, axis).copy()
    if scenes.masks is not None:
        new["masks"] = [np.flip(masks, axis).copy() for masks in scenes.masks]
    if scenes.boxes is not None:
        new["boxes"] = [boxes.copy() for boxes in scenes.boxes]
        for boxes in new["boxes"]:
            boxes[:, [first, last]] = length - boxes[:, [last, first]]
    return like(x, dataclasses.replace(scenes, **new))


def shift(x: Images, dx: Any = 0, dy: Any = 0, *, fill: float = 0.0, min_visible: float = 0.0) -> Images:
    """Move images: by dx to the right and dy down.

    Args:
        x: Images (N, C, H, W), or `Scenes`.
        dx: Pixels, for all images or (N,); fractions interpolate.
        dy: Pixels, for all images or (N,).
        fill: What comes in at the edges; masks get background.
        min_visible: Boxes of which a smaller share stays in the image are dropped with their labels and masks; those that
            vanish always are.

    Returns:
        Of the kind of `x`.

    Raises:
        ValueError: A number is out of range, or shapes do not fit.
        TypeError: The images are not floating point.

    Example:
        >>> shift(np.array([[[[1.0, 2.0, 3.0]]]]), dx=1).tolist()
        [[[[0.0, 1.0, 2.0]]]]

    Explained in question 39.
    """
    N, _, H, W = as_scenes(x).images.shape
    move = np.stack([each("dx", dx, N), each("dy", dy, N)], axis=1)
    return moved(x, affine(N, move=move), (H, W), fill, min_visible)


def rotate(x: Images, degrees: Any, *, fill: float = 0.0, min_visible: float = 0.0) -> Images:
    """Turn images counter-clockwise about their centers; their size stays.

    Images are interpolated bilinearly, masks take the nearest pixel, and a box becomes the hull of its turned corners.

    Args:
        x: Images (N, C, H, W), or `Scenes`.
        degrees: Angle for all images or (N,).
        fill: What comes in at the edges; masks get background.
        min_visible: As for `shift`.

    Returns:
        Of the kind of `x`.

    Raises:
        ValueError: A number is out of range, or shapes do not fit.
        TypeError: The images are not floating point.

    Example:
        >>> rotate(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), 90).tolist()
        [[[[2.0, 4.0], [1.0, 3.0]]]]

    Explained in question 39.
    """
    N, _, H, W = as_scenes(x).images.shape
    return moved(x, about_center((H, W), rotation(each("degrees", degrees, N))), (H, W), fill, min_visible)


def scale(x: Images, factor: Any, *, fill: float = 0.0, min_visible: float = 0.0) -> Images:
    """Enlarge (above 1) or shrink what images show, about their centers; their size stays.

    Args:
        x: Images (N, C, H, W), or `Scenes`.
        factor: Above 0, for all images or (N,).
        fill: What comes in at the edges; masks get background.
        min_visible: As for `shift`.

    Returns:
        Of the kind of `x`.

    Raises:
        ValueError: A number is out of range, or shapes do not fit.
        TypeError: The images are not floating point.

    Example:
        >>> scale(np.array([[[[1.0, 2.0, 3.0, 4.0]]]]), 2).tolist()
        [[[[1.75, 2.25, 2.75, 3.25]]]]

    Explained in question 39.
    """
    N, _, H, W = as_scenes(x).images.shape
    factors = each("factor", factor, N)
    if (factors <= 0).any():
        raise ValueError(f"factor must be above 0, got {factors.min():.4g}")
    return moved(x, about_center((H, W), factors[:, None, None] * np.eye(2)), (H, W), fill, min_visible)


def crop(
    x: Images, top: Any, left: Any, height: int, width: int, *, fill: float = 0.0, min_visible: float = 0.0
) -> Images:
    """Cut a window out of each image; where it reaches beyond the image, it is filled.

    Args:
        x: Images (N, C, H, W), or `Scenes`.
        top: First row of the window, for all images or (N,); may be negative.
        left: First column.
        height: Rows of the window.
        width: Columns of the window.
        fill: What lies beyond the image; masks get background.
        min_visible: As for `shift`.

    Returns:
        Of the kind of `x`, with images (N, C, height, width).

    Raises:
        ValueError: A number is out of range, or shapes do not fit.
        TypeError: The images are not floating point.

    Example:
        >>> crop(np.arange(9.0).reshape(1, 1, 3, 3), 1, 1, 2, 3).tolist()
        [[[[4.0, 5.0, 0.0], [7.0, 8.0, 0.0]]]]

    Explained in question 39.
    """
    N = len(as_scenes(x).images)
    for name, side in (("height", height), ("width", width)):
        if not isinstance(side, (int, np.integer)) or side < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {side!r}")
    move = -np.stack([each("left", left, N), each("top", top, N)], axis=1)
    return moved(x, affine(N, move=move), (int(height), int(width)), fill, min_visible)


def random_crop(
    x: Images, size: int | tuple[int, int], padding: int = 0, *, fill: float = 0.0, min_visible: float = 0.0, rng: np.random.Generator
) -> Images:
    """Cut a window of a given size out of each image, at a random place.

    Args:
        x: Images (N, C, H, W), or `Scenes`.
        size: Side of the windows, or (height, width); at most that of the padded image.
        padding: By how many pixels a window may reach beyond the image.
        fill: What lies beyond the image; masks get background.
        min_visible: As for `shift`.
        rng: Source of the places.

    Returns:
        Of the kind of `x`, with images (N, C, height, width).

    Raises:
        ValueError: A number is out of range, or shapes do not fit.
        TypeError: The images are not floating point, or `rng` is not a generator.

    Example:
        >>> random_crop(np.zeros((2, 3, 32, 32), np.float32), 28, padding=2, rng=np.random.default_rng(0)).shape
        (2, 3, 28, 28)

    Explained in question 39.
    """
    N, _, H, W = as_scenes(x).images.shape
    check_rng(rng)
    height, width = size if isinstance(size, (tuple, list)) else (size, size)
    if not isinstance(padding, (int, np.integer)) or padding < 0:
        raise ValueError(f"padding must be a whole number of at least 0, got {padding!r}")
    if height > H + 2 * padding or width > W + 2 * padding:
        raise ValueError(f"size must be at most {(H + 2 * padding, W + 2 * padding)}, got {(height, width)}")
    top = rng.integers(-padding, H + padding - height + 1, N)
    left = rng.integers(-padding, W + padding - width + 1, N)
    return crop(x, top, left, height, width, fill=fill, min_visible=min_visible)


def random_shift(
    x: Images, limit: int, *, fill: float = 0.0, min_visible: float = 0.0, rng: np.random.Generator
) -> Images:
    """Move each image by a random whole number of pixels along each axis.

    Args:
        x: Images (N, C, H, W), or `Scenes`.
        limit: Largest distance along each axis; all from -limit to limit are equally likely.
        fill: What comes in at the edges; masks get background.
        min_visible: As for `shift`.
        rng: Source of the distances.

    Returns:
        Of the kind of `x`.

    Raises:
        ValueError: A number is out of range, or shapes do not fit.
        TypeError: The images are not floating point, or `rng` is not a generator.

    Example:
        >>> x = np.zeros((1, 1, 3, 3))
        >>> x[0, 0, 1, 1] = 1
        >>> float(random_shift(x, 1, rng=np.random.default_rng(0)).sum())
        1.0

    Explained in question 39.
    """
    N = len(as_scenes(x).images)
    check_rng(rng)
    if not isinstance(limit, (int, np.integer)) or limit < 0:
        raise ValueError(f"limit must be a whole number of at least 0, got {limit!r}")
    dx, dy = rng.integers(-limit, limit + 1, (2, N))
    return shift(x, dx, dy, fill=fill, min_visible=min_visible)


def random_affine(
    x: Images, *, degrees: float = 0.0, shift: float = 0.0, scale: float = 0.0, fill: float = 0.0, min_visible: float = 0.0,
    rng: np.random.Generator,
) -> Images:  # fmt: skip
    """Turn, scale and move each image at random, in one interpolation.

    Args:
        x: Images (N, C, H, W), or `Scenes`.
        degrees: Angles are uniform from -degrees to degrees.
        shift: Distances in pixels along each axis are uniform from -shift to shift.
        scale: Factors are uniform from 1 - scale to 1 + scale; below 1.
        fill: What comes in at the edges; masks get background.
        min_visible: As for `shift`.
        rng: Source of the maps.

    Returns:
        Of the kind of `x`.

    Raises:
        ValueError: A number is out of range, or shapes do not fit.
        TypeError: The images are not floating point, or `rng` is not a generator.

    Example:
        >>> x = np.ones((4, 1, 8, 8), np.float32)
        >>> random_affine(x, degrees=10, shift=0.7, scale=0.1, rng=np.random.default_rng(0)).shape
        (4, 1, 8, 8)

    Explained in question 39.
    """
    N, _, H, W = as_scenes(x).images.shape
    check_rng(rng)
    for name, value, limit in (("degrees", degrees, np.inf), ("shift", shift, np.inf), ("scale", scale, 1)):
        if not 0 <= value < limit:
            raise ValueError(f"{name} must be at least 0 and below {limit}, got {value!r}")
    turn = rotation(rng.uniform(-degrees, degrees, N)) * rng.uniform(1 - scale, 1 + scale, (N, 1, 1))
    matrix = about_center((H, W), turn)
    matrix[:, :, 2] += rng.uniform(-shift, shift, (N, 2))
    return moved(x, matrix, (H, W), fill, min_visible)


# ---- pixels ----


def cutout(x: Images, size: int, *, fill: float = 0.0, rng: np.random.Generator) -> Images:
    """Blank a square at a random place of each image; labels, boxes and masks stay.

    Args:
        x: Images (N, C, H, W), or `Scenes`.
        size: Side of the square in pixels; its center lies in the image, it may reach beyond.
        fill: What stands in the square.
        rng: Source of the places.

    Returns:
        Of the kind of `x`.

    Raises:
        ValueError: A number is out of range, or shapes do not fit.
        TypeError: The images are not floating point, or `rng` is not a generator.

    Example:
        >>> int((cutout(np.ones((1, 1, 5, 5)), 1, rng=np.random.default_rng(0)) == 0).sum())
        1

    Paper: DeVries and Taylor, Improved regularization of convolutional neural networks with cutout, 2017. Explained in question 39.
    """
    scenes = as_scenes(x)
    check_rng(rng)
    if not isinstance(size, (int, np.integer)) or size < 0:
        raise ValueError(f"size must be a whole number of at least 0, got {size!r}")
    N, _, H, W = scenes.images.shape
    top, left = rng.integers(H, size=N) - size // 2, rng.integers(W, size=N) - size // 2
    images = scenes.images.copy()
    np.copyto(images, fill, where=window(top, left, top + size, left + size, (H, W))[:, None])
    return like(x, dataclasses.replace(scenes, images=images))


def noise(x: Images, std: Any, *, rng: np.random.Generator) -> Images:
    """Add normal noise to every pixel; values may leave the range they had.

    Args:
        x: Images (N, C, H, W), or `Scenes`.
        std: Standard deviation, at least 0, for all images or (N,).
        rng: Source of the noise.

    Returns:
        Of the kind of `x`.

    Raises:
        ValueError: A number is out of range, or shapes do not fit.
        TypeError: The images are not floating point, or `rng` is not a generator.

    Example:
        >>> x = noise(np.zeros((10, 1, 32, 32), np.float32), 0.2, rng=np.random.default_rng(0))
        >>> x.dtype.name, round(float(x.std()), 2)
        ('float32', 0.2)

    Source: Bishop, Training with noise is equivalent to Tikhonov regularization, 1995. Explained in question 39.
    """
    scenes = as_scenes(x)
    check_rng(rng)
    amplitude = each("std", std, len(scenes))
    if (amplitude < 0).any():
        raise ValueError(f"std must be at least 0, got {amplitude.min():.4g}")
    images = scenes.images
    dtype: Any = np.float64 if images.dtype == np.float64 else np.float32
    grain: Array = rng.standard_normal(images.shape, dtype=dtype)
    grain *= amplitude.astype(dtype)[:, None, None, None]
    grain += images
    return like(x, dataclasses.replace(scenes, images=grain.astype(images.dtype, copy=False)))


# ---- mixtures ----


def mixup(
    images: Array, targets: Any, alpha: float = 1.0, *, classes: int | None = None, lam: Any = None, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Replace each image and its target by a weighted mean with those of another, chosen at random from the batch.

    Args:
        images: (N, ...), floating point.
        targets: Class numbers (N,), with `classes`; or probabilities (N, K).
        alpha: The weight of the image itself is drawn from the beta distribution with both parameters alpha, above 0: small alphas
            leave most images nearly as they are.
        classes: Number of classes K, for class numbers.
        lam: The weight, from 0 to 1, for all images or (N,), instead of drawing it.
        rng: Source of partners and weights.

    Returns:
        Images (N, ...), and target probabilities (N, K) of the images' dtype, for `cross_entropy`.

    Raises:
        ValueError: A number is out of range, or shapes do not fit.
        TypeError: The images are not floating point, or `rng` is not a generator.

    Example:
        >>> x, y = mixup(np.zeros((2, 3)), [0, 1], classes=2, lam=0.75, rng=np.random.default_rng(3))
        >>> x.shape, y.tolist()
        ((2, 3), [[0.75, 0.25], [0.25, 0.75]])

    Paper: Zhang, Cisse, Dauphin and Lopez-Paz, mixup: beyond empirical risk minimization, 2018. Explained in question 39.
    """
    soft, lam, partner = mixture(images, targets, alpha, classes, lam, rng)
    weight = lam.astype(images.dtype).reshape(-1, *[1] * (images.ndim - 1))
    return images * weight + images[partner] * (1 - weight), blended(soft, lam, partner)


def cutmix(
    images: Array, targets: Any, alpha: float = 1.0, *, classes: int | None = None, lam: Any = None, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Paste a random window of another image of the batch into each, and mix the targets by the areas.

    Args:
        images: (N, C, H, W), floating point.
        targets: Class numbers (N,), with `classes`; or probabilities (N, K).
        alpha: The share that the image keeps is drawn from the beta distribution with both parameters alpha, above 0.
        classes: Number of classes K, for class numbers.
        lam: The share, from 0 to 1, for all images or (N,), instead of drawing it.
        rng: Source of partners, shares and places.

    Returns:
        Images (N, C, H, W), and target probabilities (N, K) of the images' dtype. A window that reaches beyond the image is cut, and
        the targets are mixed by what was really pasted.

    Raises:
        ValueError: A number is out of range, or shapes do not fit.
        TypeError: The images are not floating point, or `rng` is not a generator.

    Example:
        >>> x = np.stack([np.zeros((1, 8, 8)), np.ones((1, 8, 8))])
        >>> mixed, y = cutmix(x, [0, 1], classes=2, lam=0.75, rng=np.random.default_rng(3))
        >>> np.allclose(mixed.mean(axis=(1, 2, 3)), y[:, 1])
        True

    Paper: Yun et al., CutMix: regularization strategy to train strong classifiers with localizable features, 2019. Explained in
    question 39.
    """
    check_images(images)
    soft, lam, partner = mixture(images, targets, alpha, classes, lam, rng)
    N, _, H, W = images.shape
    half_height, half_width = np.sqrt(1 - lam) * H / 2, np.sqrt(1 - lam) * W / 2
    y, x = rng.integers(H, size=N), rng.integers(W, size=N)
    pasted = window(
        np.rint(y - half_height), np.rint(x - half_width), np.rint(y + half_height), np.rint(x + half_width), (H, W)
    )  # (N, H, W)
    kept = 1 - pasted.mean(axis=(1, 2))
    return np.where(pasted[:, None], images[partner], images), blended(soft, kept, partner)


def mixture(
    images: Array, targets: Any, alpha: float, classes: int | None, lam: Any, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Checked: targets as probabilities (N, K), the shares that images keep (N,), and whom each is mixed with (N,)."""
    if not isinstance(images, np.ndarray) or images.dtype.kind != "f":
        raise TypeError(f"images must be a floating-point array, got {getattr(images, 'dtype', type(images).__name__)}")
    check_rng(rng)
    N = len(images)
    if not 0 < alpha < np.inf:
        raise ValueError(f"alpha must be a finite number above 0, got {alpha!r}")
    y = np.asarray(targets)
    if y.dtype.kind == "f":
        if y.ndim != 2 or len(y) != N:
            raise ValueError(f"targets must be probabilities of shape ({N}, K), or class numbers ({N},); got shape {y.shape}")
        soft = y
    else:
        if y.shape != (N,) or y.dtype.kind not in "iu":
            raise ValueError(f"targets must be class numbers of shape ({N},), got {y.dtype} of shape {y.shape}")
        if classes is None or (N and not 0 <= y.min() <= y.max() < classes):
            raise ValueError(f"class numbers need classes, above the largest of them; got classes={classes!r}")
        soft = np.eye(classes)[y]
    weights = rng.beta(alpha, alpha, N) if lam is None else each("lam", lam, N)
    if N and not 0 <= weights.min() <= weights.max() <= 1:
        raise ValueError(f"lam must be from 0 to 1, got {lam!r}")
    return soft.astype(images.dtype), weights, rng.permutation(N)


def blended(soft: Array, lam: Array, partner: Array) -> Array:
    """Targets mixed with those of the partners."""
    weight = lam.astype(soft.dtype)[:, None]
    mixed: Array = soft * weight + soft[partner] * (1 - weight)
    return mixed


# ---- several in a row ----


class Augment:
    """Augmentations in a row, each with a probability for every image: a `transform` for `fit`.

    Args:
        steps: Functions of images or scenes, usually `functools.partial`s of those above, or pairs (probability, function). A step
            is called with `rng=` if it has that parameter. One that changes the size needs the probability 1.
        mix: What mixes the images with their targets at the end: a partial of `mixup` or `cutmix`.

    Raises:
        ValueError: A probability is out of range.
        TypeError: A step is not a function.

    Example:
        >>> from functools import partial
        >>> augment = Augment([(0.5, flip), partial(random_shift, limit=1)], mix=partial(mixup, alpha=0.2, classes=10))
        >>> x, y = augment(np.zeros((4, 1, 8, 8), np.float32), np.arange(4), rng=np.random.default_rng(0))
        >>> x.shape, y.shape
        ((4, 1, 8, 8), (4, 10))

    Explained in question 39.
    """

    def __init__(self, steps: Iterable[Any], mix: Callable[..., tuple[Array, Array]] | None = None) -> None:
        self.steps: list[tuple[float, Callable[..., Any], bool]] = []  # probability, function, whether it takes a generator
        for i, step in enumerate(steps):
            probability, function = step if isinstance(step, tuple) else (1.0, step)
            if not callable(function):
                raise TypeError(f"Augment: step {i} must be a function or (probability, function), got {step!r}")
            if not 0 <= probability <= 1:
                raise ValueError(f"Augment: the probability of step {i} must be from 0 to 1, got {probability!r}")
            self.steps.append((float(probability), function, "rng" in inspect.signature(function).parameters))
        self.mix = mix

    def __call__(self, x: Any, *targets: Any, rng: np.random.Generator) -> Any:
        """Augment a batch.

        Args:
            x: Images (N, C, H, W), or `Scenes`.
            targets: Arrays of targets, which only `mix` changes; with `mix` exactly one.
            rng: Source of everything random.

        Returns:
            `x` augmented, or with targets a tuple of it and them.
        """
        check_rng(rng)
        if self.mix is not None and len(targets) != 1:
            raise ValueError(f"Augment: mix needs one array of targets, got {len(targets)}")
        scenes = as_scenes(x)
        for probability, function, takes_rng in self.steps:
            chosen = rng.random(len(scenes)) < probability
            options = {"rng": rng} if takes_rng else {}
            if chosen.all():
                scenes = function(scenes, **options)
            elif chosen.any():
                scenes = merged(scenes, chosen, function(scenes[chosen], **options))
        if self.mix is not None:
            images, soft = self.mix(scenes.images, *targets, rng=rng)
            return like(x, dataclasses.replace(scenes, images=images)), soft
        return (like(x, scenes), *targets) if targets else like(x, scenes)


def merged(scenes: Scenes, chosen: Array, new: Scenes) -> Scenes:
    """The scenes with the chosen ones replaced."""
    if new.images.shape[1:] != scenes.images.shape[1:]:
        raise ValueError(
            f"Augment: a step that changes the size, {scenes.images.shape[1:]} to {new.images.shape[1:]}, needs the probability 1"
        )
    fields: dict[str, Any] = {}
    for name, value in vars(scenes).items():
        if isinstance(value, list):
            replaced = iter(getattr(new, name))
            fields[name] = [next(replaced) if c else v for c, v in zip(chosen, value, strict=True)]
        elif value is not None:
            fields[name] = value.copy()
            fields[name][chosen] = getattr(new, name)
    return Scenes(**fields)


def test_time_augmentation(
    model: Callable[[Any], Any], images: Array, views: Iterable[Any], *, average: str = "probabilities"
) -> Array:
    """Predict several transformed copies of each image and average the predictions.

    Args:
        model: Called on images (N, C, H, W) in evaluation mode, without gradients; returns logits (N, K), or (N, K, H, W) for
            dense predictions.
        images: (N, C, H, W), floating point.
        views: For each view a function of images, or for dense predictions a pair of it and its inverse, which is applied to the
            prediction: `(flip, flip)`. An inverse that has nothing to say about a pixel says NaN (`fill=np.nan`), and the
            pixel's average is that of the other views. The plain image is a view too, `lambda x: x`, if it is to count.
        average: "probabilities" takes the softmax over axis 1 of each view and averages these; "logits" averages the model's
            outputs as they are, whose softmax is the normalized geometric mean.

    Returns:
        The average, an array of the shape of the model's output.

    Raises:
        ValueError: There is no view, predictions differ in shape, or the model returns NaN.

    Example:
        >>> model = lambda x: x[:, 0, 0]  # a model with two classes
        >>> x = np.array([[[[2.0, 0.0]]]])
        >>> test_time_augmentation(model, x, [lambda x: x, flip]).round(6).tolist()
        [[0.5, 0.5]]

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012. Explained in
    question 79.
    """
    if average not in ("probabilities", "logits"):
        raise ValueError(f"average must be 'probabilities' or 'logits', got {average!r}")
    check_images(images)
    total: Any = None
    for view in views:
        transform, inverse = view if isinstance(view, tuple) else (view, None)
        with no_grad():
            output = model(transform(images))
        output = output.data if isinstance(output, Tensor) else np.asarray(output)
        if np.isnan(output).any():
            raise ValueError("test_time_augmentation: the model returned NaN")
        if average == "probabilities":
            output = softmax(output, axis=1)
        if inverse is not None:
            output = inverse(output)
        known = ~np.isnan(output)
        if total is None:
            total, count = np.zeros_like(output), np.zeros(output.shape, output.dtype)
        if output.shape != total.shape:
            raise ValueError(f"test_time_augmentation: predictions of shapes {total.shape} and {output.shape}; undo the transform")
        total += np.where(known, output, 0)
        count += known
    if total is None:
        raise ValueError("test_time_augmentation: views is empty")
    with np.errstate(invalid="ignore"):  # a pixel that no view knows is NaN
        mean: Array = total / count
    return mean


test_time_augmentation.__test__ = False  # type: ignore[attr-defined]  # pytest takes what is named test_... for a test


# ---- the one way to move things ----


def moved(x: Images, matrix: Array, size: tuple[int, int], fill: float = 0.0, min_visible: float = 0.0) -> Images:
    """Move images, boxes and masks by one affine map each: matrix (N, 2, 3) takes (x, y, 1) to the new (x, y)."""
    if not 0 <= min_visible <= 1:
        raise ValueError(f"min_visible must be from 0 to 1, got {min_visible!r}")
    scenes = as_scenes(x)
    new: dict[str, Any] = {"images": resampled(scenes.images, matrix, size, fill)}
    if scenes.semantic is not None:
        new["semantic"] = resampled(scenes.semantic[:, None], matrix, size, 0, nearest=True)[:, 0]
    if scenes.masks is not None:
        masks, counts = joined(scenes.masks)
        masks = resampled(masks[:, None], np.repeat(matrix, counts, axis=0), size, 0, nearest=True)[:, 0]
        new["masks"] = split(masks, counts)
    if scenes.boxes is not None:
        boxes, counts = joined(scenes.boxes)
        boxes, kept = moved_boxes(boxes, np.repeat(matrix, counts, axis=0), size, min_visible)
        new |= {"boxes": split(boxes, counts), "labels": scenes.labels}
        keep = split(kept, counts)
        for name in ("boxes", "labels", "masks"):
            if new.get(name) is not None:
                new[name] = [values[k] for values, k in zip(new[name], keep, strict=True)]
    return like(x, dataclasses.replace(scenes, **new))


def resampled(array: Array, matrix: Array, size: tuple[int, int], fill: float, nearest: bool = False) -> Array:
    """Images (N, C, H, W) after the maps (N, 2, 3), of size (h, w): each new pixel looks up where its center comes from.

    The value there is interpolated between the four pixels around it, or that of the nearest one; beyond the edges lies `fill`.
    """
    new = np.empty((*array.shape[:2], *size), array.dtype)
    block = max(1, BLOCK // (array.shape[1] * size[0] * size[1]))
    for start in range(0, len(new), block):
        rows = slice(start, start + block)
        new[rows] = looked_up(array[rows], matrix[rows], size, fill, nearest)
    return new


def looked_up(array: Array, matrix: Array, size: tuple[int, int], fill: float, nearest: bool) -> Array:
    """`resampled` for a few images."""
    N, C, H, W = array.shape
    back = np.linalg.inv(matrix[:, :, :2])[:, :, :, None, None, None]  # (N, 2, 2, 1, 1, 1)
    x = np.arange(size[1]) + 0.5 - matrix[:, 0, 2, None, None, None]  # (N, 1, 1, w)
    y = np.arange(size[0])[:, None] + 0.5 - matrix[:, 1, 2, None, None, None]  # (N, 1, h, 1)
    u, v = back[:, 0, 0] * x - 0.5, back[:, 1, 1] * y - 0.5  # numbers of the column and the row looked up
    if back[:, 0, 1].any() or back[:, 1, 0].any():  # they depend on both x and y: (N, 1, h, w)
        u, v = u + back[:, 0, 1] * y, v + back[:, 1, 0] * x
    u, v = (np.clip(whole_if_nearly(z + 0.5 * nearest), -1, limit) for z, limit in ((u, W), (v, H)))

    padded = np.pad(array, ((0, 0), (0, 0), (1, 2), (1, 2)), constant_values=fill)
    pixels, width = padded.ravel(), W + 3
    left, top = np.floor(u), np.floor(v)
    place = ((top + 1) * width + left + 1).astype(np.intp)
    place = place + np.arange(N * C).reshape(N, C, 1, 1) * ((H + 3) * width)  # (N, C, h, w)
    upper: Array = np.take(pixels, place)
    if nearest or ((left == u).all() and (top == v).all()):
        return upper
    dtype = np.result_type(array.dtype, np.float32)
    a, b = (u - left).astype(dtype), (v - top).astype(dtype)
    upper = between(upper, np.take(pixels[1:], place), a)
    lower = between(np.take(pixels[width:], place), np.take(pixels[width + 1 :], place), a)
    return between(upper, lower, b)


def between(start: Array, end: Array, share: Array) -> Array:
    """The values at a share of the way from start to end."""
    values: Array = np.subtract(end, start, dtype=share.dtype)
    values *= share
    values += start
    return values


def moved_boxes(boxes: Array, matrix: Array, size: tuple[int, int], min_visible: float) -> tuple[Array, Array]:
    """The hulls of the moved corners (n, 4), clipped to the image, and which (n,) can still be seen."""
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    corners = corners @ matrix[:, :, :2].transpose(0, 2, 1) + matrix[:, None, :, 2]  # (n, 4, 2)
    hull = whole_if_nearly(np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1))
    clipped = np.clip(hull, 0, np.array([size[1], size[0]] * 2))
    whole, seen = ((b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) for b in (hull, clipped))
    return clipped.astype(boxes.dtype), (seen > 0) & (seen >= min_visible * whole)


def affine(n: int, linear: Any = ((1, 0), (0, 1)), move: Any = (0, 0)) -> Array:
    """Maps (n, 2, 3) with these linear parts (n, 2, 2) or (2, 2), and then these moves (n, 2) or (2,)."""
    matrix = np.empty((n, 2, 3))
    matrix[:, :, :2], matrix[:, :, 2] = linear, move
    return matrix


def about_center(size: tuple[int, int], linear: Array) -> Array:
    """Maps (N, 2, 3) with these linear parts (N, 2, 2) that leave the center of the image where it is."""
    center = np.array([size[1], size[0]]) / 2
    return affine(len(linear), linear, center - linear @ center)


def rotation(degrees: Array) -> Array:
    """Matrices (N, 2, 2) that turn counter-clockwise where y points down."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.stack([c, s, -s, c], axis=1).reshape(-1, 2, 2)


def whole_if_nearly(z: Array) -> Array:
    """Numbers within rounding error of a whole one as that: so quarter turns are exact."""
    nearest = np.rint(z)
    return np.where(np.abs(z - nearest) < 1e-9, nearest, z)


def window(top: Array, left: Array, bottom: Array, right: Array, size: tuple[int, int]) -> Array:
    """Which pixels (N, H, W) lie in the window of each image."""
    y, x = np.arange(size[0])[:, None], np.arange(size[1])
    t, l, b, r = (side[:, None, None] for side in (top, left, bottom, right))
    return (t <= y) & (y < b) & (l <= x) & (x < r)


def joined(arrays: list[Array]) -> tuple[Array, list[int]]:
    """The arrays of all images as one, and how many rows come from each."""
    return np.concatenate(arrays), [len(array) for array in arrays]


def split(array: Array, counts: list[int]) -> list[Array]:
    """The opposite of `joined`."""
    return np.split(array, np.cumsum(counts)[:-1])


# ---- the door ----


def as_scenes(x: Any) -> Scenes:
    """Images or scenes as scenes, checked."""
    if not isinstance(x, Scenes):
        check_images(x)
        return Scenes(x)
    check_images(x.images)
    N, _, H, W = x.images.shape
    for name in ("boxes", "labels", "masks"):
        values = getattr(x, name)
        if values is not None and (not isinstance(values, (list, tuple)) or len(values) != N):
            raise ValueError(f"{name} must be a list with an array for each of the {N} images, got {type(values).__name__}")
    if x.semantic is not None and x.semantic.shape != (N, H, W):
        raise ValueError(f"semantic must have shape {(N, H, W)}, got {x.semantic.shape}")
    for i, boxes in enumerate(x.boxes or ()):
        if boxes.ndim != 2 or boxes.shape[1] != 4 or boxes.dtype.kind != "f":
            raise ValueError(f"boxes[{i}] must be floating point of shape (n, 4), got {boxes.dtype} of shape {boxes.shape}")
        if not (boxes[:, :2] <= boxes[:, 2:]).all():
            raise ValueError(f"boxes[{i}] must be x1, y1, x2, y2 with x1 <= x2 and y1 <= y2, got {boxes.tolist()}")
        for name, values in (("labels", x.labels), ("masks", x.masks)):
            if values is not None and len(values[i]) != len(boxes):
                raise ValueError(f"{name}[{i}] must be as many as the {len(boxes)} boxes, got {len(values[i])}")
    for i, masks in enumerate(x.masks or ()):
        if masks.shape[1:] != (H, W):
            raise ValueError(f"masks[{i}] must have shape (n, {H}, {W}), got {masks.shape}")
    return x


def like(x: Images, scenes: Scenes) -> Images:
    """Scenes if x is, otherwise the images alone."""
    if isinstance(x, Scenes):
        return scenes
    return scenes.images


def check_images(images: Any) -> None:
    """Refuse what is not a batch of floating-point images."""
    if not isinstance(images, np.ndarray):
        raise TypeError(f"images must be an array (N, C, H, W) or Scenes, got {type(images).__name__}")
    if images.dtype.kind != "f":
        raise TypeError(f"images must be floating point, got {images.dtype}; use .astype(np.float32) / 255")
    if images.ndim != 4 or 0 in images.shape:
        raise ValueError(f"images must have shape (N, C, H, W), none of them 0, got {images.shape}")


def check_rng(rng: Any) -> None:
    """Refuse what is not a source of randomness."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy Generator, such as np.random.default_rng(0); got {type(rng).__name__}")


def each(name: str, value: Any, n: int) -> Array:
    """A finite number for all images, or one for each, as (n,)."""
    array = np.asarray(value, np.float64)
    if array.shape not in ((), (n,)) or not np.isfinite(array).all():
        raise ValueError(f"{name} must be a finite number, or one for each of the {n} images; got {value!r}")
    return np.broadcast_to(array, n)
