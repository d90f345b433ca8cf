"""Initial weights: random arrays whose spread keeps signals from growing or dying from layer to layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd import Array, Tensor, no_grad
from .arguments import generator
from .linear import Embedding
from .module import Module, Parameter
from .normalization import LayerNorm, RMSNorm

GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many inputs feed one output of a weight (out, in, *kernel), and how many outputs one input feeds.

    Raises:
        ValueError: For fewer than two axes.
    """
    if len(shape) < 2 or min(shape) < 1:
        raise ValueError(f"shape must be (out, in) or (out, in, *kernel) with positive sizes, got {tuple(shape)}")
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def gain(nonlinearity: str = "linear", negative_slope: float = 0.01) -> float:
    """By how much weights must be larger to make up for what the activation after them loses, as PyTorch's calculate_gain.

    Example:
        >>> round(gain("relu"), 4)
        1.4142

    Explained in question 31.
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + negative_slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(f"nonlinearity must be one of {', '.join([*GAINS, 'leaky_relu'])}, got {nonlinearity!r}")
    return GAINS[nonlinearity]


def _uniform(shape: Sequence[int], deviation: float, rng: np.random.Generator, dtype: Any) -> np.ndarray:
    bound = math.sqrt(3) * deviation
    return generator("initial weights", rng).uniform(-bound, bound, tuple(shape)).astype(dtype)


def _normal(shape: Sequence[int], deviation: float, rng: np.random.Generator, dtype: Any) -> np.ndarray:
    return (generator("initial weights", rng).standard_normal(tuple(shape)) * deviation).astype(dtype)


def xavier_uniform(shape: Sequence[int], gain: float = 1.0, *, rng: np.random.Generator, dtype: Any = np.float32) -> np.ndarray:
    """Uniform weights with variance gain^2 * 2 / (fan_in + fan_out): a compromise between signals and gradients.

    Args:
        shape: (out, in) or (out, in, *kernel).
        gain: Factor on the standard deviation.
        rng: Source of the values.
        dtype: Of the result.

    Returns:
        An array of the shape.

    Raises:
        ValueError: For fewer than two axes.

    Example:
        >>> bool(abs(xavier_uniform((30, 20), rng=np.random.default_rng(0))).max() <= math.sqrt(6 / 50))
        True

    Paper: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010. Explained in question 32.
    """
    return _uniform(shape, gain * math.sqrt(2 / sum(fans(shape))), rng, dtype)


def xavier_normal(shape: Sequence[int], gain: float = 1.0, *, rng: np.random.Generator, dtype: Any = np.float32) -> np.ndarray:
    """Normal weights with variance gain^2 * 2 / (fan_in + fan_out). See `xavier_uniform`.

    Example:
        >>> xavier_normal((30, 20), rng=np.random.default_rng(0)).shape
        (30, 20)

    Explained in question 32.
    """
    return _normal(shape, gain * math.sqrt(2 / sum(fans(shape))), rng, dtype)


def _he_deviation(shape: Sequence[int], mode: str, nonlinearity: str, negative_slope: float) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return gain(nonlinearity, negative_slope) / math.sqrt(fans(shape)[mode == "fan_out"])


def he_uniform(
    shape: Sequence[int], mode: str = "fan_in", nonlinearity: str = "relu", negative_slope: float = 0.01,
    *, rng: np.random.Generator, dtype: Any = np.float32,
) -> np.ndarray:  # fmt: skip
    """Uniform weights with variance gain^2 / fan: layers of ReLUs then keep the mean square of their input.

    Args:
        shape: (out, in) or (out, in, *kernel).
        mode: "fan_in" keeps the size of signals, "fan_out" that of gradients.
        nonlinearity: The activation that follows; see `gain`.
        negative_slope: Of leaky_relu.
        rng: Source of the values.
        dtype: Of the result.

    Returns:
        An array of the shape.

    Raises:
        ValueError: For fewer than two axes, an unknown mode or nonlinearity.

    Example:
        >>> bool(abs(he_uniform((30, 20), rng=np.random.default_rng(0))).max() <= math.sqrt(6 / 20))
        True

    Paper: He et al., Delving deep into rectifiers, 2015. Explained in question 32.
    """
    return _uniform(shape, _he_deviation(shape, mode, nonlinearity, negative_slope), rng, dtype)


def he_normal(
    shape: Sequence[int], mode: str = "fan_in", nonlinearity: str = "relu", negative_slope: float = 0.01,
    *, rng: np.random.Generator, dtype: Any = np.float32,
) -> np.ndarray:  # fmt: skip
    """Normal weights with variance gain^2 / fan. See `he_uniform`.

    Example:
        >>> he_normal((30, 20), rng=np.random.default_rng(0)).shape
        (30, 20)

    Explained in question 32.
    """
    return _normal(shape, _he_deviation(shape, mode, nonlinearity, negative_slope), rng, dtype)


def orthogonal(shape: Sequence[int], gain: float = 1.0, *, rng: np.random.Generator, dtype: Any = np.float32) -> np.ndarray:
    """Weights whose rows (or columns, if there are fewer) are perpendicular and of length `gain`: lengths pass unchanged.

    Args:
        shape: (out, in) or (out, in, *kernel), which counts as (out, in * kernel).
        gain: Length of the rows or columns.
        rng: Source of the values.
        dtype: Of the result.

    Returns:
        An array of the shape, uniform over all such matrices.

    Raises:
        ValueError: For fewer than two axes.

    Example:
        >>> W = orthogonal((2, 3), rng=np.random.default_rng(0), dtype=np.float64)
        >>> bool(np.allclose(W @ W.T, np.eye(2)))
        True

    Paper: Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2014.
    Explained in question 31.
    """
    fans(shape)
    rows, columns = shape[0], math.prod(shape[1:])
    q, r = np.linalg.qr(generator("orthogonal", rng).standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diag(r))  # makes the choice of q unique, hence uniform
    return (gain * (q if rows >= columns else q.T)).reshape(tuple(shape)).astype(dtype)


def lsuv(model: Module, *inputs: Array, tolerance: float = 0.1, max_steps: int = 10, rng: np.random.Generator) -> Module:
    """Orthogonal weights, each layer's scaled until its output has variance 1 on the given batch: layer-sequential unit variance.

    The layers (linear and convolutional ones) are treated in the order in which the batch reaches them, each fed by those already
    scaled. Their biases become 0. The model runs as in evaluation, so that nothing else about it changes.

    Args:
        model: Any module; its weights are changed in place.
        inputs: A batch, as the model takes it.
        tolerance: Largest accepted distance of a layer's variance from 1.
        max_steps: How often a weight is scaled at most.
        rng: Source of the orthogonal weights.

    Returns:
        The model.

    Raises:
        ValueError: If the batch reaches no such layer, or a layer's output does not vary. Then the model is as it was.

    Example:
        >>> from dlprimer import MLP
        >>> rng = np.random.default_rng(0)
        >>> x = rng.standard_normal((256, 8)).astype(np.float32)
        >>> model = lsuv(MLP([8, 32, 32, 4], rng=rng), 100 * x, rng=rng)
        >>> bool(abs(np.var(model(100 * x)) - 1) < 0.1)
        True

    Paper: Mishkin and Matas, All you need is a good init, 2016. Explained in question 31.
    """
    if tolerance <= 0 or max_steps < 1:
        raise ValueError(f"lsuv: tolerance must be positive and max_steps at least 1, got {tolerance} and {max_steps}")
    before = model.state_dict()
    modes = [(module, module.training) for module in model.modules()]
    layers = {name: module for name, module in model.named_modules() if has_weight_matrix(module)}
    reached: set[str] = set()
    try:
        for name, layer in layers.items():
            layer.forward = rescaling(name, layer, reached, tolerance, max_steps, rng)  # type: ignore[method-assign]
        with no_grad():
            model.eval()(*inputs)
        if not reached:
            raise ValueError(f"lsuv: the batch reaches no linear or convolutional layer of this {type(model).__name__}")
    except Exception:
        model.load_state_dict(before)
        raise
    finally:
        for module, mode in modes:
            vars(module).pop("forward", None)
            module.training = mode
    return model


def has_weight_matrix(module: Module) -> bool:
    """Whether the module's weight connects inputs with outputs, as in linear and convolutional layers."""
    weight = getattr(module, "weight", None)
    return isinstance(weight, Parameter) and weight.ndim >= 2 and not isinstance(module, (Embedding, LayerNorm, RMSNorm))


def rescaling(
    name: str, layer: Any, reached: set[str], tolerance: float, max_steps: int, rng: np.random.Generator
) -> Callable[..., Any]:
    """The layer's forward, which when first called draws the weight and scales it until the output has variance 1."""
    forward = layer.forward

    def run(*args: Any) -> Any:
        if name in reached:
            return forward(*args)
        reached.add(name)
        w = layer.weight.data
        w[...] = orthogonal(w.shape, rng=rng, dtype=np.float64)
        if layer.bias is not None:
            layer.bias.data[...] = 0
        y = forward(*args)
        for _ in range(max_steps):
            variance = float(np.var(y.data if isinstance(y, Tensor) else y, dtype=np.float64))
            if not 0 < variance < math.inf:
                raise ValueError(f"lsuv: the output of layer {name or type(layer).__name__} has variance {variance} on this batch")
            if abs(variance - 1) <= tolerance:
                break
            w /= math.sqrt(variance)
            y = forward(*args)
        return y

    return run
