"""Diffusion and score matching: add noise until nothing is left of the data, learn to see the noise, and walk back.

`Diffusion` counts the noise in T steps and learns the noise itself; `ScoreNetwork` has levels of noise and learns the score, the direction
in which the noisy data become more probable. They are the same: score = -noise / standard deviation of the noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..autograd import Array, no_grad
from ..nn.activations import softmax
from ..nn.losses import mse_loss
from ..nn.module import Module
from ..nn.positions import sinusoidal_positions
from .mlp import MLP


def linear_betas(T: int = 1000, start: float = 1e-4, end: float = 0.02) -> np.ndarray:
    """The variance of the noise added in each of T steps, growing linearly.

    Args:
        T: Number of steps.
        start, end: First and last variance, between 0 and 1. With few steps they must be larger, for the data to vanish.

    Returns:
        (T,) float64.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> linear_betas(3, 0.1, 0.3).round(3).tolist()
        [0.1, 0.2, 0.3]

    Paper: Ho, Jain and Abbeel, Denoising diffusion probabilistic models, 2020. Explained in question 96.
    """
    if T < 1 or not 0 < start <= end < 1:
        raise ValueError(f"linear_betas: T must be at least 1 and 0 < start <= end < 1, got {T}, {start} and {end}")
    return np.linspace(start, end, T)


def cosine_betas(T: int = 1000, s: float = 0.008, largest: float = 0.999) -> np.ndarray:
    """The variance of the noise added in each of T steps, such that the share of data left falls like a squared cosine.

    Args:
        T: Number of steps.
        s: Offset that keeps the first steps from being too small, above 0.
        largest: Bound of the variances: the last would be 1.

    Returns:
        (T,) float64.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> left = np.cumprod(1 - cosine_betas(100))
        >>> left[[0, 49, 99]].round(3).tolist()
        [0.999, 0.494, 0.0]

    Paper: Nichol and Dhariwal, Improved denoising diffusion probabilistic models, 2021. Explained in question 96.
    """
    if T < 1 or s <= 0 or not 0 < largest < 1:
        raise ValueError(f"cosine_betas: T must be at least 1, s positive and largest between 0 and 1, got {T}, {s} and {largest}")
    left = np.cos((np.arange(T + 1) / T + s) / (1 + s) * np.pi / 2) ** 2
    return np.asarray(np.clip(1 - left[1:] / left[:-1], None, largest))


class TimeMLP(Module):
    """An MLP that is told the time: the input (N, D) beside the sinusoidal position of the step t (N,).

    Args:
        n_features: D, of the input and of the output.
        T: Number of steps.
        hidden: Widths of the hidden layers.
        n_time: Length of the vector for the time.
        rng: Source of the initial weights.
        dtype: Of the parameters; inputs must have it too.

    Example:
        >>> network = TimeMLP(2, T=100, rng=np.random.default_rng(0))
        >>> network(np.zeros((5, 2), np.float32), np.arange(5)).shape
        (5, 2)

    Explained in question 96.
    """

    def __init__(
        self, n_features: int, T: int, hidden: Sequence[int] = (128, 128), n_time: int = 16,
        *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        self.times = sinusoidal_positions(T, n_time, dtype=dtype)  # (T, n_time)
        self.mlp = MLP([n_features + n_time, *hidden, n_features], "silu", rng=rng, dtype=dtype)

    def forward(self, x: Array, t: Array) -> Any:
        return self.mlp(np.concatenate([x, self.times[t]], axis=1))


class Diffusion(Module):
    """A diffusion model: noise is added to data in T steps, and a network that predicts it takes it away again.

    Args:
        network: Takes noisy data (N, ...) and their steps t (N,), from 0 to T - 1, and predicts the noise in them.
        betas: (T,), the variance of the noise that each step adds; see `linear_betas` and `cosine_betas`.

    Attributes:
        alphas_bar: (T,), the share of the data's variance that is left after step t: the product of 1 - beta up to t.

    Raises:
        ValueError: If the betas are not numbers between 0 and 1.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> model = Diffusion(TimeMLP(2, T=50, rng=rng), cosine_betas(50))
        >>> loss = model.loss(np.ones((8, 2), np.float32), rng=rng)
        >>> model.ddim_sample((3, 2), steps=10, rng=rng).shape
        (3, 2)

    Paper: Ho, Jain and Abbeel, Denoising diffusion probabilistic models, 2020; Song, Meng and Ermon, Denoising diffusion implicit models,
    2021. Explained in question 96.
    """

    def __init__(self, network: Callable[..., Any], betas: Array) -> None:
        betas = np.array(betas, np.float64)
        if betas.ndim != 1 or not len(betas) or not np.all((betas > 0) & (betas < 1)):
            raise ValueError(f"Diffusion: betas must be one or more numbers between 0 and 1, got shape {betas.shape}")
        self.network = network
        self.T = len(betas)
        self.betas = betas
        self.alphas_bar = np.cumprod(1 - betas)

    def q_sample(self, x0: Array, t: Array, noise: Array) -> Any:
        """Data after step t, in one jump: sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) noise, for x0 (N, ...) and t (N,)."""
        t = np.asarray(t)
        if t.dtype.kind not in "iu" or t.shape != np.shape(x0)[:1] or (t.size and not 0 <= t.min() <= t.max() < self.T):
            raise ValueError(f"Diffusion: t must be {len(x0)} whole numbers from 0 to {self.T - 1}, got {t.dtype} of shape {t.shape}")
        left = self.alphas_bar[t].reshape(-1, *[1] * (np.ndim(x0) - 1))  # (N, 1, ...)
        return np.sqrt(left).astype(x0.dtype) * x0 + np.sqrt(1 - left).astype(x0.dtype) * noise

    def loss(self, x0: Array, *, rng: np.random.Generator) -> Any:
        """Mean squared error of the predicted noise, at a random step for each example. Its minimum is not 0."""
        t = rng.integers(0, self.T, len(x0))
        noise = rng.standard_normal(x0.shape).astype(x0.dtype)
        return mse_loss(self.network(self.q_sample(x0, t, noise), t), noise)

    def posterior(self, x0: Array, x: Array, t: int) -> tuple[Any, float]:
        """Mean and variance of the data one step before x, had it begun as x0."""
        beta, left = float(self.betas[t]), float(self.alphas_bar[t])
        before = float(self.alphas_bar[t - 1]) if t else 1.0
        mean = math.sqrt(before) * beta / (1 - left) * x0 + math.sqrt(1 - beta) * (1 - before) / (1 - left) * x
        return mean, beta * (1 - before) / (1 - left)

    def predict(self, x: Array, t: int, clip: float | None) -> tuple[Array, Array]:
        """The noise the network sees in x at step t, and the data without it, within ±clip."""
        noise = np.asarray(self.network(x, np.full(len(x), t)))
        left = float(self.alphas_bar[t])
        x0 = (x - math.sqrt(1 - left) * noise) / math.sqrt(left)
        if clip is not None:
            x0 = np.clip(x0, -clip, clip)
            noise = (x - math.sqrt(left) * x0) / math.sqrt(1 - left)
        return noise, x0

    @no_grad()
    def ddpm_sample(
        self, shape: Sequence[int], *, clip: float | None = None, rng: np.random.Generator, dtype: Any = np.float32
    ) -> np.ndarray:
        """New data of this shape (N, ...) in T steps, each to a random point around where the data must have been before.

        With `clip`, what the network takes for the data is kept within ±clip, as is usual for images.
        """
        x = rng.standard_normal(tuple(shape)).astype(dtype)
        for t in reversed(range(self.T)):
            _, x0 = self.predict(x, t, clip)
            x, variance = self.posterior(x0, x, t)
            if t:
                x = x + math.sqrt(variance) * rng.standard_normal(x.shape).astype(dtype)
        return x

    @no_grad()
    def ddim_sample(
        self, shape: Sequence[int], steps: int = 50, eta: float = 0.0, *, clip: float | None = None,
        rng: np.random.Generator, dtype: Any = np.float32,
    ) -> np.ndarray:  # fmt: skip
        """New data of this shape (N, ...) in fewer steps, without new noise (eta 0) or with as much as `ddpm_sample` adds (eta 1).

        Where a schedule leaves almost nothing of the data, as `cosine_betas` does, a small error in the noise is a huge one in the data:
        then `clip` is needed.
        """
        if not 1 <= steps <= self.T or eta < 0:
            raise ValueError(f"Diffusion: steps must be from 1 to {self.T} and eta at least 0, got {steps} and {eta}")
        x = rng.standard_normal(tuple(shape)).astype(dtype)
        times = np.linspace(self.T - 1, 0, steps).round().astype(int).tolist()
        for t, following in zip(times, [*times[1:], None], strict=True):
            noise, x0 = self.predict(x, t, clip)
            left, after = float(self.alphas_bar[t]), 1.0 if following is None else float(self.alphas_bar[following])
            sigma = eta * math.sqrt((1 - after) / (1 - left) * (1 - left / after))
            x = math.sqrt(after) * x0 + math.sqrt(max(1 - after - sigma * sigma, 0)) * noise
            if sigma:
                x = x + sigma * rng.standard_normal(x.shape).astype(dtype)
        return x


def mixture_score(x: Array, centers: Array, std: float, weights: Array | None = None) -> Any:
    """The score of a mixture of round normal clouds: from each point towards the clouds that explain it.

    Noise of standard deviation s makes of it the mixture with sqrt(std^2 + s^2), so that this is a perfect score network and, times
    -s, a perfect noise predictor: what a diffusion model's sampler does, without what training lacks.

    Args:
        x: (N, D).
        centers: (K, D), the means of the clouds.
        std: Standard deviation of each coordinate within a cloud, above 0.
        weights: (K,), the share of each cloud; equal ones if None.

    Returns:
        (N, D), the gradient of the log density.

    Raises:
        ValueError: If shapes do not fit, or std or a weight is not positive.

    Example:
        >>> mixture_score(np.array([[7.0]]), np.array([[3.0]]), 2.0).tolist()
        [[-1.0]]

    Explained in question 97.
    """
    weights = np.ones(len(centers)) if weights is None else np.asarray(weights)
    if np.ndim(x) != 2 or np.ndim(centers) != 2 or x.shape[1] != centers.shape[1] or weights.shape != (len(centers),):
        raise ValueError(f"mixture_score: x must be (N, D), centers (K, D), got shapes {np.shape(x)}, {np.shape(centers)}, {weights.shape}")
    if std <= 0 or not np.all(weights > 0):
        raise ValueError(f"mixture_score: std and weights must be positive, got {std} and {weights.tolist()}")
    squares = ((x[:, None] - centers) ** 2).sum(axis=2)  # (N, K)
    shares = softmax(np.log(weights) - squares / (2 * std * std), axis=1)  # of each cloud in the density at x
    return ((shares @ centers - x) / (std * std)).astype(x.dtype)


def langevin(score: Callable[[Array], Any], x: Array, step: float, n_steps: int, *, rng: np.random.Generator) -> Any:
    """Walk uphill on the log density with noise, until points are distributed by the density: x + step / 2 score(x) + sqrt(step) noise.

    Args:
        score: The gradient of the log density, (N, D) -> (N, D).
        x: (N, D), where the walk begins.
        step: Above 0; the distribution is exact in the limit of small steps.
        n_steps: How many steps.
        rng: Source of the noise.

    Returns:
        (N, D).

    Raises:
        ValueError: If the step is not positive or n_steps negative.

    Example:
        >>> x = langevin(lambda x: -x, np.full((2000, 1), 5.0), 0.1, 100, rng=np.random.default_rng(0))  # a standard normal
        >>> bool(abs(x.mean()) < 0.1), bool(abs(x.std() - 1) < 0.1)
        (True, True)

    Explained in question 97.
    """
    if step <= 0 or n_steps < 0:
        raise ValueError(f"langevin: step must be positive and n_steps at least 0, got {step} and {n_steps}")
    for _ in range(n_steps):
        x = x + 0.5 * step * np.asarray(score(x)) + math.sqrt(step) * rng.standard_normal(x.shape).astype(x.dtype)
    return x


class ScoreNetwork(Module):
    """The score of data blurred by noise of several levels, learned by denoising.

    The network sees x / sqrt(1 + sigma^2), so that data of unit size have unit size at every level, and its output is divided by sigma.

    Args:
        n_features: D.
        sigmas: Standard deviations of the noise, falling: from about the distance between the farthest points to well below that between
            neighbors.
        hidden: Widths of the hidden layers.
        rng: Source of the initial weights.
        dtype: Of the parameters.

    Attributes:
        network: A `TimeMLP`, for which the level takes the place of the time.

    Raises:
        ValueError: If the sigmas are not positive and falling.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> model = ScoreNetwork(2, [1.0, 0.3, 0.1], rng=rng)
        >>> loss = model.loss(np.ones((8, 2), np.float32), rng=rng)
        >>> model.sample(5, n_steps=10, rng=rng).shape
        (5, 2)

    Paper: Vincent, A connection between score matching and denoising autoencoders, 2011; Song and Ermon, Generative modeling by
    estimating gradients of the data distribution, 2019. Explained in question 97.
    """

    def __init__(
        self, n_features: int, sigmas: Sequence[float], hidden: Sequence[int] = (128, 128), *, rng: np.random.Generator,
        dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        levels = np.array(sigmas, dtype)
        if levels.ndim != 1 or not len(levels) or not np.all(levels > 0) or np.any(np.diff(levels) >= 0):
            raise ValueError(f"ScoreNetwork: sigmas must be positive and falling, got {sigmas!r}")
        self.n_features = n_features
        self.sigmas = levels
        self.network = TimeMLP(n_features, len(levels), hidden, rng=rng, dtype=dtype)

    def forward(self, x: Array, level: Array) -> Any:
        """The score at x (N, D), blurred by noise of the levels (N,), numbers into `sigmas`."""
        sigma = self.sigmas[level][:, None]  # (N, 1)
        return self.network(x / np.sqrt(1 + sigma * sigma), level) / sigma

    def loss(self, x: Array, *, rng: np.random.Generator) -> Any:
        """Denoising score matching: mean squared distance of the score from -noise / sigma, times sigma^2, at a random level each."""
        level = rng.integers(0, len(self.sigmas), len(x))
        noise = rng.standard_normal(x.shape).astype(x.dtype)
        sigma = self.sigmas[level][:, None]
        return mse_loss(sigma * self(x + sigma * noise, level), -noise)

    @no_grad()
    def denoise(self, x: Array, level: int) -> np.ndarray:
        """Where noisy points x (N, D) come from, on average (Tweedie's formula): x + sigma^2 score."""
        return np.asarray(x + self.sigmas[level] ** 2 * self(x, np.full(len(x), level)))

    @no_grad()
    def sample(self, n: int, n_steps: int = 100, step: float = 0.1, *, rng: np.random.Generator) -> np.ndarray:
        """n new points (n, D): Langevin steps of `step` sigma^2, from the strongest noise to the weakest."""
        x = (float(self.sigmas[0]) * rng.standard_normal((n, self.n_features))).astype(self.sigmas.dtype)
        for i, sigma in enumerate(self.sigmas.tolist()):
            x = langevin(partial(self.forward, level=np.full(n, i)), x, step * sigma**2, n_steps, rng=rng)
        return self.denoise(x, len(self.sigmas) - 1)
