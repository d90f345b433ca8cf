"""GANs: losses and their gradients by hand, what each step changes, that training finds modes, bad input."""

import doctest

import numpy as np
import pytest

from dlprimer import Adam, Tensor, check_gradients, gaussian_ring, grad
from dlprimer.models import gan
from dlprimer.models.gan import GAN, LOSSES, discriminator_loss, generator_loss, mode_shares


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


# ---- losses ----


def test_losses_are_those_of_the_papers() -> None:
    real, fake = generator().standard_normal((2, 7))
    expected = -np.log(sigmoid(real)).mean() - np.log(1 - sigmoid(fake)).mean()
    for loss in ("minimax", "non-saturating"):
        assert discriminator_loss(real, fake, loss) == pytest.approx(expected)
    assert discriminator_loss(real, fake, "wasserstein") == pytest.approx(fake.mean() - real.mean())
    assert generator_loss(fake, "minimax") == pytest.approx(np.log(1 - sigmoid(fake)).mean())
    assert generator_loss(fake, "non-saturating") == pytest.approx(-np.log(sigmoid(fake)).mean())
    assert generator_loss(fake, "wasserstein") == pytest.approx(-fake.mean())


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_of_losses(loss: str) -> None:
    real, fake = generator().standard_normal((2, 5, 1))
    check_gradients(lambda r, f: discriminator_loss(r, f, loss), real, fake)
    check_gradients(lambda f: generator_loss(f, loss), fake)


def test_losses_of_huge_logits_are_finite() -> None:
    z = np.array([1e4, -1e4])
    assert discriminator_loss(z, z) == pytest.approx(1e4)
    assert generator_loss(z, "non-saturating") == pytest.approx(5e3)
    assert generator_loss(z, "minimax") == pytest.approx(-5e3)


def test_only_the_minimax_loss_leaves_a_generator_without_gradient_whose_points_are_detected() -> None:
    gradient = {loss: abs(grad(lambda z, loss=loss: generator_loss(z, loss))(np.array([-12.0]))).item() for loss in LOSSES}
    assert gradient["minimax"] < 1e-5 and gradient["non-saturating"] > 0.99 and gradient["wasserstein"] == 1


# ---- steps ----


def small(**settings) -> GAN:
    return GAN(hidden=(8,), rng=generator(), **settings)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("pack", [1, 2])
def test_each_step_changes_its_own_network_and_reduces_its_own_loss(loss: str, pack: int) -> None:
    gan = small(loss=loss, pack=pack, clip=0.5)
    x, _ = gaussian_ring(64, rng=generator(1))
    for own, other, step in (
        (gan.discriminator, gan.generator, lambda optimizer: gan.discriminator_step(x, optimizer, rng=generator(2))),
        (gan.generator, gan.discriminator, lambda optimizer: gan.generator_step(64, optimizer, rng=generator(2))),
    ):
        optimizer = Adam(own.parameters(), lr=0.01)
        before = own.state_dict(), other.state_dict()
        losses = [step(optimizer) for _ in range(30)]  # the same noise each time
        assert np.mean(losses[-5:]) < losses[0]
        for name, value in other.state_dict().items():
            np.testing.assert_array_equal(value, before[1][name])
        assert any((value != before[0][name]).any() for name, value in own.state_dict().items())
        assert all(p.grad is None for p in other.parameters())


def test_wasserstein_clips_the_discriminator_and_no_other_loss_does() -> None:
    x, _ = gaussian_ring(8, rng=generator(1))
    for loss, expected in (("wasserstein", True), ("minimax", False)):
        gan = small(loss=loss, clip=0.01)
        gan.discriminator_step(x, Adam(gan.discriminator.parameters()), rng=generator(2))
        largest = max(np.abs(p.data).max() for p in gan.discriminator.parameters())
        assert (largest <= np.float32(0.01)) == expected


def test_packing_judges_points_side_by_side() -> None:
    gan = small(pack=2)
    x = generator(1).standard_normal((6, 2)).astype(np.float32)
    expected = gan.discriminator(np.concatenate([x[::2], x[1::2]], axis=1))
    np.testing.assert_allclose(gan.judge(x, generator()).data, expected.data)


def test_instance_noise_reaches_the_discriminator_alone() -> None:
    x = np.zeros((4000, 2), np.float32)
    gan = small(noise=0.3)
    seen = []
    gan.discriminator.forward = lambda x: seen.append(x) or x[:, :1]
    gan.judge(x, generator())
    assert seen[0].std() == pytest.approx(0.3, rel=0.05) and not x.any() and seen[0].dtype == np.float32


def test_the_generator_learns_through_the_discriminator() -> None:
    gan = GAN(hidden=(4,), noise=0.1, dtype=np.float64, rng=generator())
    names = [name for name, _ in gan.generator.named_parameters()]
    values = [p.data.copy() for p in gan.generator.parameters()]

    def loss(*parameters):
        h = np.maximum(generator(3).standard_normal((5, 2)) @ np.transpose(parameters[0]) + parameters[1], 0)
        fake = h @ np.transpose(parameters[2]) + parameters[3]
        return generator_loss(gan.judge(fake, generator(4)))

    value = generator_loss(gan.judge(gan.generate(5, generator(3)), generator(4)))
    value.backward()
    expected = grad(loss, argnums=(0, 1, 2, 3))(*values)
    for name, p, g in zip(names, gan.generator.parameters(), expected, strict=True):
        np.testing.assert_allclose(p.grad, g, rtol=1e-9, err_msg=name)
    gan.requires_grad_(False)
    check_gradients(loss, *values)


# ---- the whole ----


def train(seed: int, steps: int = 250, **settings) -> tuple[GAN, np.ndarray]:
    rng = generator(seed)
    gan = GAN(hidden=(32, 32), rng=rng, **settings)
    optimizers = [Adam(part.parameters(), lr=2e-3, betas=(0.5, 0.999)) for part in (gan.discriminator, gan.generator)]
    for _ in range(steps):
        x, _ = gaussian_ring(64, std=0.05, modes=4, rng=rng)
        gan.discriminator_step(x, optimizers[0], rng=rng)
        gan.generator_step(64, optimizers[1], rng=rng)
    return gan, gan.sample(500, rng=rng)


def test_training_moves_samples_to_the_data_and_the_generator_reproduces_it_all() -> None:
    _, samples = train(0)
    untrained = GAN(hidden=(32, 32), rng=generator(0)).sample(500, rng=generator(1))
    centers = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    radius = np.hypot(*samples.T)
    assert abs(np.median(radius) - 1) < 0.25 < abs(np.median(np.hypot(*untrained.T)) - 1)
    assert mode_shares(samples, centers, 0.3).sum() > mode_shares(untrained, centers, 0.3).sum() + 0.2
    np.testing.assert_array_equal(samples, train(0)[1])
    assert (samples != train(1, steps=2)[1]).any()


def test_samples_are_arrays_of_the_models_dtype() -> None:
    samples = GAN(3, 5, dtype=np.float64, rng=generator()).sample(4, rng=generator())
    assert type(samples) is np.ndarray and samples.shape == (4, 3) and samples.dtype == np.float64
    assert GAN(rng=generator())(np.zeros((2, 2), np.float32)).shape == (2, 2)


def test_mode_shares_count_each_sample_once() -> None:
    centers = np.array([[0.0, 0.0], [1.0, 0.0]])
    samples = np.array([[0.5, 0.0], [0.0, 0.1], [1.0, -0.2], [5.0, 5.0]])
    np.testing.assert_array_equal(mode_shares(samples, centers, 0.6), [0.5, 0.25])
    x, _ = gaussian_ring(800, std=0.05, rng=generator())
    angle = np.arange(8) * np.pi / 4
    shares = mode_shares(x, np.stack([np.cos(angle), np.sin(angle)], 1), 0.15)
    assert (shares > 0.11).all() and 0.97 < shares.sum() < 1


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: small(loss="hinge"), "loss must be one of 'non-saturating', 'minimax', 'wasserstein', got 'hinge'"),
        (lambda: small(pack=0), "pack must be at least 1"),
        (lambda: small(noise=-1), "noise at least 0"),
        (lambda: small(clip=0), "clip positive"),
        (lambda: small(pack=2).judge(np.zeros((3, 2)), generator()), "N a multiple of 2, got shape (3, 2)"),
        (lambda: small().judge(np.zeros((3, 4)), generator()), "points must be (N, 2)"),
        (lambda: small().judge(np.zeros((0, 2)), generator()), "got shape (0, 2)"),
        (lambda: discriminator_loss(np.zeros(2), np.zeros(2), "x"), "discriminator_loss: loss must be one of"),
        (lambda: generator_loss(Tensor([1.0]), "x"), "generator_loss: loss must be one of"),
        (lambda: mode_shares(np.zeros((3, 2)), np.zeros((2, 3)), 1), "got shapes (3, 2) and (2, 3)"),
        (lambda: mode_shares(np.zeros((0, 2)), np.zeros((2, 2)), 1), "got shapes (0, 2)"),
        (lambda: mode_shares(np.zeros((3, 2)), np.zeros((2, 2)), 0), "radius must be positive, got 0"),
    ],
)
def test_bad_input_is_refused(call, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert said in str(caught.value)


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(gan, extraglobs={"np": np})
    assert result.attempted and not result.failed
