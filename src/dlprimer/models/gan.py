"""Generative adversarial networks: one network makes points out of noise, another tells them from real ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import Array, no_grad
from ..nn.activations import softplus
from ..nn.arguments import choose
from ..nn.module import Module
from .mlp import MLP

LOSSES = ("non-saturating", "minimax", "wasserstein")


class GAN(Module):
    """A generator and a discriminator, two MLPs, for points of a few features.

    The discriminator's output is a logit: how much more likely real than generated. With `loss="wasserstein"` it is a score without
    a scale of its own, and its weights are clipped after every step.

    Args:
        n_features: Of a point.
        n_latent: Of the noise that the generator starts from.
        hidden: Widths of the hidden layers of both networks.
        loss: "non-saturating": the generator maximizes log D; "minimax": it minimizes log(1 - D), whose gradient vanishes where the
            discriminator is sure; "wasserstein": it maximizes the discriminator's score.
        pack: The discriminator judges so many points at once, all real or all generated (PacGAN).
        noise: Standard deviation of normal noise on everything the discriminator sees.
        clip: Largest absolute weight of the discriminator ("wasserstein" only).
        rng: Source of the initial weights.
        dtype: Of the parameters.

    Attributes:
        generator: MLP (N, n_latent) -> (N, n_features).
        discriminator: MLP (N / pack, pack n_features) -> (N / pack, 1).

    Raises:
        ValueError: If a setting is out of range.

    Example:
        >>> gan = GAN(rng=np.random.default_rng(0))
        >>> gan.sample(5, rng=np.random.default_rng(1)).shape
        (5, 2)

    Paper: Goodfellow et al., Generative adversarial nets, 2014; Arjovsky, Chintala and Bottou, Wasserstein GAN, 2017; Lin et al., PacGAN:
    the power of two samples in generative adversarial networks, 2018. Explained in question 95.
    """

    def __init__(
        self, n_features: int = 2, n_latent: int = 2, hidden: Sequence[int] = (64, 64), loss: str = "non-saturating", pack: int = 1,
        noise: float = 0.0, clip: float = 0.01, *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        choose("GAN: loss", loss, LOSSES)
        if pack < 1 or noise < 0 or clip <= 0:
            raise ValueError(f"GAN: pack must be at least 1, noise at least 0, clip positive, got {pack}, {noise} and {clip}")
        self.n_features, self.n_latent, self.loss = n_features, n_latent, loss
        self.pack, self.noise, self.clip, self.dtype = pack, noise, clip, np.dtype(dtype)
        self.generator = MLP([n_latent, *hidden, n_features], rng=rng, dtype=dtype)
        self.discriminator = MLP([pack * n_features, *hidden, 1], rng=rng, dtype=dtype)

    def forward(self, z: Array) -> Any:
        """Points from noise: (N, n_latent) -> (N, n_features)."""
        return self.generator(z)

    def generate(self, n: int, rng: np.random.Generator) -> Any:
        """n new points, with their gradient."""
        return self(rng.standard_normal((n, self.n_latent)).astype(self.dtype))

    def sample(self, n: int, *, rng: np.random.Generator) -> np.ndarray:
        """n new points, an array (n, n_features)."""
        with no_grad():
            return np.asarray(self.generate(n, rng))

    def judge(self, x: Array, rng: np.random.Generator) -> Any:
        """The discriminator's outputs for points (N, n_features), one for each pack: (N / pack, 1)."""
        if np.ndim(x) != 2 or x.shape[1] != self.n_features or len(x) % self.pack or not len(x):
            raise ValueError(f"GAN: points must be (N, {self.n_features}), N a multiple of {self.pack}, got shape {np.shape(x)}")
        if self.noise:
            x = x + (self.noise * rng.standard_normal(x.shape)).astype(self.dtype)
        return self.discriminator(x.reshape(-1, self.pack * self.n_features))

    def discriminator_step(self, x: Array, optimizer: Any, *, rng: np.random.Generator) -> float:
        """Teach the discriminator to tell the real points x (N, n_features) from as many new ones; its loss before the step."""
        real, fake = self.judge(x, rng), self.judge(self.sample(len(x), rng=rng), rng)
        loss = discriminator_loss(real, fake, self.loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if self.loss == "wasserstein":
            for p in self.discriminator.parameters():
                np.clip(p.data, -self.clip, self.clip, out=p.data)
        return float(loss)

    def generator_step(self, n: int, optimizer: Any, *, rng: np.random.Generator) -> float:
        """Teach the generator to have n new points taken for real; its loss before the step. The discriminator stays."""
        loss = generator_loss(self.judge(self.generate(n, rng), rng), self.loss)
        self.generator.zero_grad()
        loss.backward()
        optimizer.step()
        self.discriminator.zero_grad()
        return float(loss)


def discriminator_loss(real: Array, fake: Array, loss: str = "non-saturating") -> Any:
    """What the discriminator minimizes: cross-entropy of real against generated, or with "wasserstein" the difference of scores.

    Args:
        real: Logits of real points.
        fake: Logits of generated points.
        loss: See `GAN`; "non-saturating" and "minimax" have the same discriminator.

    Returns:
        One number. Where nothing tells the two apart it is 2 log 2 = 1.386, or 0 with "wasserstein".

    Raises:
        ValueError: For an unknown loss.

    Example:
        >>> discriminator_loss(np.zeros(3), np.zeros(3)).round(3).item()
        1.386

    Explained in question 95.
    """
    choose("discriminator_loss: loss", loss, LOSSES)
    if loss == "wasserstein":
        return np.mean(fake) - np.mean(real)
    return np.mean(softplus(-real)) + np.mean(softplus(fake))  # -log D(x) - log(1 - D(G(z)))


def generator_loss(fake: Array, loss: str = "non-saturating") -> Any:
    """What the generator minimizes: -log D, log(1 - D), or with "wasserstein" minus the score of what it generated.

    Args:
        fake: Logits of generated points.
        loss: See `GAN`.

    Returns:
        One number.

    Raises:
        ValueError: For an unknown loss.

    Example:
        >>> from dlprimer import grad
        >>> sure = np.array([-10.0])  # the discriminator is sure that the point is generated
        >>> [grad(lambda z: generator_loss(z, loss))(sure).round(5).item() for loss in ("non-saturating", "minimax")]
        [-0.99995, -5e-05]

    Explained in question 95.
    """
    choose("generator_loss: loss", loss, LOSSES)
    if loss == "wasserstein":
        return -np.mean(fake)
    return np.mean(softplus(-fake)) if loss == "non-saturating" else -np.mean(softplus(fake))


def mode_shares(samples: Array, centers: Array, radius: float) -> np.ndarray:
    """Which share of the samples lies within a radius of each mode's center: what a generator covers, and how well.

    Args:
        samples: (N, D).
        centers: (K, D).
        radius: Above 0; three standard deviations of a mode, say.

    Returns:
        (K,) shares. Their sum is the share of good samples; a mode is missing where it is near 0.

    Raises:
        ValueError: If shapes do not fit, there is no sample, or the radius is not positive.

    Example:
        >>> mode_shares(np.array([[0.0, 0.1], [1.0, 1.0], [9.0, 9.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 1.0]]), 0.5).tolist()
        [0.5, 0.25]

    Explained in question 95.
    """
    if np.ndim(samples) != 2 or np.ndim(centers) != 2 or samples.shape[1] != centers.shape[1] or not len(samples):
        raise ValueError(f"mode_shares: samples must be (N, D) and centers (K, D), got shapes {np.shape(samples)} and {np.shape(centers)}")
    if not radius > 0:
        raise ValueError(f"mode_shares: radius must be positive, got {radius}")
    distances = np.linalg.norm(samples[:, None] - centers, axis=2)  # (N, K)
    close = distances.min(axis=1) <= radius
    return np.bincount(distances.argmin(axis=1)[close], minlength=len(centers)) / len(samples)
