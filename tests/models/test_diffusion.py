"""Diffusion: the schedules' identities, the posterior by hand, samplers with perfect networks, losses, training, bad input."""

import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Adam, Tensor, check_gradients, gaussian_ring
from dlprimer.models import diffusion
from dlprimer.models.diffusion import (
    Diffusion,
    ScoreNetwork,
    TimeMLP,
    cosine_betas,
    langevin,
    linear_betas,
    mixture_score,
)

SCHEDULES = [linear_betas(40, 1e-3, 0.3), cosine_betas(40), np.array([0.5])]


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def silent(x, t):
    return np.zeros_like(x)


# ---- schedules ----


def test_the_linear_schedule_is_that_of_ddpm() -> None:
    betas = linear_betas()
    assert (len(betas), betas[0], betas[-1]) == (1000, 1e-4, 0.02)
    np.testing.assert_allclose(np.diff(betas), (0.02 - 1e-4) / 999)
    assert Diffusion(silent, betas).alphas_bar[-1] == pytest.approx(4.0358e-05, rel=1e-3)  # what DDPM leaves of the data
    assert linear_betas(1, 0.1, 0.1).tolist() == [0.1]


def test_the_cosine_schedule_leaves_a_squared_cosine_of_the_data() -> None:
    model = Diffusion(silent, cosine_betas(1000))
    s, t = 0.008, np.arange(1, 1001) / 1000
    expected = np.cos((t + s) / (1 + s) * np.pi / 2) ** 2 / np.cos(s / (1 + s) * np.pi / 2) ** 2
    np.testing.assert_allclose(model.alphas_bar[:-1], expected[:-1], rtol=1e-9)
    assert model.betas[-1] == 0.999 and (model.betas > 0).all()
    assert cosine_betas(10, largest=0.5).max() == 0.5


@pytest.mark.parametrize("betas", SCHEDULES, ids=["linear", "cosine", "one step"])
def test_alphas_bar_is_the_product_and_falls(betas) -> None:
    model = Diffusion(silent, betas)
    left = 1.0
    for beta, found in zip(betas, model.alphas_bar, strict=True):
        left *= 1 - beta
        assert found == pytest.approx(left, rel=1e-12)
    assert (np.diff(model.alphas_bar) < 0).all()


# ---- the forward process ----


def test_one_jump_is_as_good_as_step_by_step() -> None:
    betas, rng = linear_betas(20, 0.01, 0.2), generator()
    model = Diffusion(silent, betas)
    x = np.full((100_000, 1), 1.5)
    jump = model.q_sample(x, np.full(len(x), 19), rng.standard_normal(x.shape))
    for beta in betas:
        x = math.sqrt(1 - beta) * x + math.sqrt(beta) * rng.standard_normal(x.shape)
    error = 5 / math.sqrt(len(x))
    assert jump.mean() == pytest.approx(x.mean(), abs=2 * error) and jump.std() == pytest.approx(x.std(), abs=error)


@pytest.mark.parametrize("shape", [(4, 2), (4, 3, 5, 5), (4,)])
def test_each_example_has_its_own_step(shape) -> None:
    model = Diffusion(silent, cosine_betas(10))
    x0, noise = generator().standard_normal((2, *shape)).astype(np.float32)
    t = np.array([0, 9, 3, 3])
    x = model.q_sample(x0, t, noise)
    assert x.dtype == np.float32
    for i in range(4):
        left = model.alphas_bar[t[i]]
        np.testing.assert_allclose(x[i], math.sqrt(left) * x0[i] + math.sqrt(1 - left) * noise[i], rtol=1e-5, atol=1e-6)


@settings(deadline=None, max_examples=30)
@given(t=st.integers(0, 39), x0=st.floats(-3, 3), x=st.floats(-3, 3), which=st.integers(0, 1))
def test_the_posterior_is_bayes_rule_for_normal_distributions(t: int, x0: float, x: float, which: int) -> None:
    betas = SCHEDULES[which]
    mean, variance = Diffusion(silent, betas).posterior(x0, x, t)
    before = float(np.prod(1 - betas[:t]))
    if t == 0:
        assert mean == pytest.approx(x0, abs=1e-9) and variance == 0
        return
    # prior x_{t-1} ~ N(sqrt(before) x0, 1 - before), observed x ~ N(sqrt(1 - beta) x_{t-1}, beta): precisions add
    precision = 1 / (1 - before) + (1 - betas[t]) / betas[t]
    expected = (math.sqrt(before) * x0 / (1 - before) + math.sqrt(1 - betas[t]) * x / betas[t]) / precision
    assert variance == pytest.approx(1 / precision, rel=1e-6)
    assert mean == pytest.approx(expected, rel=1e-6, abs=1e-9)


# ---- sampling ----


@pytest.mark.parametrize("betas", SCHEDULES, ids=["linear", "cosine", "one step"])
def test_the_true_noise_gives_the_data_back_in_one_step(betas) -> None:
    model = Diffusion(silent, betas)
    x0, noise = generator().standard_normal((2, 5, 3))
    for t in range(len(betas)):
        model.network = lambda x, t: noise
        x = model.q_sample(x0, np.full(5, t), noise)
        seen, recovered = model.predict(x, t, None)
        np.testing.assert_array_equal(seen, noise)
        np.testing.assert_allclose(recovered, x0, atol=1e-9 / math.sqrt(model.alphas_bar[t]))


def knows_the_data(model: Diffusion, x0: np.ndarray):
    """The network that is always right, as it has the data."""

    def network(x, t):
        left = model.alphas_bar[t].reshape(-1, *[1] * (x.ndim - 1))
        return ((x - np.sqrt(left) * x0) / np.sqrt(1 - left)).astype(x.dtype)

    return network


@pytest.mark.parametrize("steps", [1, 2, 7, 40])
def test_samplers_arrive_exactly_where_a_perfect_network_points(steps: int) -> None:
    model = Diffusion(silent, SCHEDULES[0])
    x0 = generator().standard_normal((6, 2))
    model.network = knows_the_data(model, x0)
    for eta in (0.0, 0.5, 1.0):
        x = model.ddim_sample((6, 2), steps, eta, rng=generator(1), dtype=np.float64)
        np.testing.assert_allclose(x, x0, atol=1e-9)
    np.testing.assert_allclose(model.ddpm_sample((6, 2), rng=generator(1), dtype=np.float64), x0, atol=1e-9)


def test_with_all_steps_and_eta_one_ddim_is_ddpm() -> None:
    model = Diffusion(lambda x, t: np.tanh(x), cosine_betas(12))
    first = model.ddpm_sample((50, 3), rng=generator(3), dtype=np.float64)
    second = model.ddim_sample((50, 3), 12, 1.0, rng=generator(3), dtype=np.float64)
    np.testing.assert_allclose(first, second, rtol=1e-6, atol=1e-9)
    clipped = model.ddpm_sample((50, 3), clip=0.5, rng=generator(3), dtype=np.float64)
    again = model.ddim_sample((50, 3), 12, 1.0, clip=0.5, rng=generator(3), dtype=np.float64)
    np.testing.assert_allclose(clipped, again, rtol=1e-6, atol=1e-9)
    assert np.abs(clipped).max() <= 0.5 < np.abs(first).max()


def test_ddim_without_noise_depends_on_the_first_noise_alone() -> None:
    model = Diffusion(lambda x, t: np.tanh(x), linear_betas(30, 1e-3, 0.2))
    rng = generator(4)
    x = model.ddim_sample((20, 2), 10, rng=rng)
    after = generator(4)
    after.standard_normal((20, 2))
    assert rng.random() == after.random()
    np.testing.assert_array_equal(x, model.ddim_sample((20, 2), 10, rng=generator(4)))
    assert (x != model.ddim_sample((20, 2), 10, 0.5, rng=generator(4))).all()
    assert x.dtype == np.float32


def test_a_perfect_network_samples_the_ring_with_either_sampler() -> None:
    angle = np.arange(8) * np.pi / 4
    centers = 2 * np.stack([np.cos(angle), np.sin(angle)], 1)
    model = Diffusion(silent, linear_betas(200, 1e-4, 0.1))

    def exact(x, t):
        left = model.alphas_bar[t[0]]
        return -math.sqrt(1 - left) * mixture_score(x, math.sqrt(left) * centers, math.sqrt(left * 0.01 + 1 - left))

    model.network = exact
    for x in (model.ddpm_sample((2000, 2), rng=generator()), model.ddim_sample((2000, 2), 50, rng=generator())):
        distance = np.linalg.norm(x[:, None] - centers, axis=2)
        assert np.mean(distance.min(axis=1) < 0.3) > 0.95  # 0.989 of the true ones lie within 3 sigma
        counts = np.bincount(distance.argmin(axis=1), minlength=8) / 2000
        assert (np.abs(counts - 1 / 8) < 5 * math.sqrt(1 / 8 * 7 / 8 / 2000)).all()


# ---- learning ----


def test_the_loss_is_the_error_of_the_predicted_noise() -> None:
    x0 = generator().standard_normal((20_000, 2))
    assert Diffusion(silent, SCHEDULES[1]).loss(x0, rng=generator(1)) == pytest.approx(1, abs=0.03)  # the variance of the noise
    model = Diffusion(silent, SCHEDULES[1])
    model.network = knows_the_data(model, x0)
    assert model.loss(x0, rng=generator(1)) == pytest.approx(0, abs=1e-12)


def test_gradients_of_the_losses_by_data_and_parameters() -> None:
    x0 = generator().standard_normal((3, 2))
    diffusion = Diffusion(TimeMLP(2, 10, (4,), 4, rng=generator(), dtype=np.float64), cosine_betas(10))
    score = ScoreNetwork(2, [1.0, 0.1], (4,), rng=generator(), dtype=np.float64)
    for model, mlp in ((diffusion, diffusion.network.mlp), (score, score.network.mlp)):
        model.requires_grad_(False)
        check_gradients(lambda x0, model=model: model.loss(x0, rng=generator(5)), x0)
        layer = mlp.layers[0]

        def loss(w, model=model, layer=layer):
            original, layer.weight = layer.weight, w
            try:
                return model.loss(x0, rng=generator(5))
            finally:
                layer.weight = original

        check_gradients(loss, layer.weight.data)


def trained(model, steps: int = 400) -> list[float]:
    rng, optimizer, losses = generator(1), Adam(model.parameters(), lr=3e-3), []
    for _ in range(steps):
        x, _ = gaussian_ring(128, std=0.05, radius=2, rng=rng)
        optimizer.zero_grad()
        loss = model.loss(x, rng=rng)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def on_the_ring(x: np.ndarray) -> float:
    """The share of points whose distance from the center is within a third of the ring's radius, 2."""
    assert type(x) is np.ndarray and x.shape == (500, 2) and x.dtype == np.float32
    return float(np.mean(np.abs(np.hypot(*x.T) - 2) < 2 / 3))


def test_training_a_diffusion_model_reduces_its_loss_and_its_samples_lie_on_the_ring() -> None:
    model = Diffusion(TimeMLP(2, 20, (64, 64), rng=generator()), linear_betas(20, 0.01, 0.4))
    before = on_the_ring(model.ddim_sample((500, 2), 10, rng=generator(2)))
    losses = trained(model)
    assert np.mean(losses[-20:]) < 0.6 * np.mean(losses[:5])
    assert on_the_ring(model.ddim_sample((500, 2), 10, rng=generator(2))) > max(0.6, before + 0.3)
    assert on_the_ring(model.ddpm_sample((500, 2), rng=generator(2))) > 0.5


def test_training_a_score_network_reduces_its_loss_and_langevin_steps_lead_to_the_ring() -> None:
    model = ScoreNetwork(2, np.geomspace(3, 0.3, 5), (64, 64), rng=generator())
    before = on_the_ring(model.sample(500, n_steps=20, step=0.2, rng=generator(2)))
    losses = trained(model)
    assert np.mean(losses[-20:]) < 0.75 * np.mean(losses[:5])
    x = model.sample(500, n_steps=20, step=0.2, rng=generator(2))
    assert on_the_ring(x) > max(0.6, before + 0.2)
    np.testing.assert_array_equal(x, model.sample(500, n_steps=20, step=0.2, rng=generator(2)))


# ---- scores ----


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 9999), K=st.integers(1, 4), D=st.integers(1, 3), std=st.floats(0.3, 2))
def test_the_score_is_the_gradient_of_the_log_density(seed: int, K: int, D: int, std: float) -> None:
    rng = generator(seed)
    x, centers, weights = rng.standard_normal((5, D)), rng.standard_normal((K, D)), rng.uniform(0.1, 1, K)

    def log_density(x):
        squares = ((x[:, None] - centers) ** 2).sum(axis=2)
        return np.log((weights * np.exp(-squares / (2 * std**2))).sum(axis=1)).sum()

    tensor = Tensor(x, requires_grad=True)
    log_density(tensor).backward()
    np.testing.assert_allclose(mixture_score(x, centers, std, weights), tensor.grad, rtol=1e-6, atol=1e-9)
    check_gradients(lambda x: mixture_score(x, centers, std), x)


def test_far_from_every_cloud_the_score_is_finite() -> None:
    x = np.array([[1e4, 0.0]], np.float32)
    score = mixture_score(x, np.array([[1.0, 0.0], [-1.0, 0.0]]), 0.1)
    np.testing.assert_allclose(score, [[-(1e4 - 1) / 0.01, 0]], rtol=1e-5)
    assert score.dtype == np.float32


def test_langevin_steps_keep_the_distribution_they_sample() -> None:
    rng = generator()
    x = langevin(lambda x: -(x - 3) / 4, 3 + 2 * rng.standard_normal((20_000, 1)), 0.05, 50, rng=rng)
    assert x.mean() == pytest.approx(3, abs=0.08) and x.std() == pytest.approx(2, abs=0.06)
    np.testing.assert_array_equal(langevin(silent, x, 1.0, 0, rng=rng), x)
    y = langevin(lambda x: np.ones_like(x), np.zeros((2000, 1), np.float32), 0.2, 1, rng=rng)
    assert y.dtype == np.float32 and y.mean() == pytest.approx(0.1, abs=0.05) and y.var() == pytest.approx(0.2, rel=0.15)


def test_tweedies_formula_gives_the_posterior_mean() -> None:
    model = ScoreNetwork(2, [1.0, 0.5], rng=generator(), dtype=np.float64)
    sigma = model.sigmas
    model.forward = lambda x, level: -x / (1 + sigma[level][:, None] ** 2)  # the data are standard normal
    for level in range(2):
        np.testing.assert_allclose(model.denoise(np.full((3, 2), 2.0), level), 2 / (1 + sigma[level] ** 2))


def test_the_score_loss_of_the_true_score_is_its_floor() -> None:
    model = ScoreNetwork(1, [1.0], rng=generator(), dtype=np.float64)
    x = generator().standard_normal((40_000, 1))
    losses = []
    for factor in (1.0, 0.8, 1.2):
        model.forward = lambda x, level, factor=factor: -factor * x / 2  # blurred by 1, a standard normal has variance 2
        losses.append(model.loss(x, rng=generator(1)))
    assert losses[0] == pytest.approx(0.5, abs=0.02)
    # denoising adds a constant to the squared distance from the true score, whose mean is 0.2^2 E[s^2] = 0.04 / 2
    assert losses[1] - losses[0] == pytest.approx(0.02, abs=0.01) and losses[2] - losses[0] == pytest.approx(0.02, abs=0.01)


def test_the_time_reaches_the_network() -> None:
    network = TimeMLP(2, 10, (8,), rng=generator())
    x = np.ones((2, 2), np.float32)
    y = network(x, np.array([0, 9])).data
    assert (y[0] != y[1]).any() and y.dtype == np.float32
    assert network.mlp.layers[0].weight.shape == (8, 2 + 16)


# ---- bad input ----


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m: linear_betas(0), "T must be at least 1"),
        (lambda m: linear_betas(5, 0.0), "0 < start <= end < 1"),
        (lambda m: linear_betas(5, 0.5, 0.1), "0 < start <= end < 1"),
        (lambda m: cosine_betas(0), "T must be at least 1"),
        (lambda m: cosine_betas(5, s=0), "s positive"),
        (lambda m: cosine_betas(5, largest=1.0), "largest between 0 and 1"),
        (lambda m: Diffusion(silent, [0.5, 1.0]), "betas must be one or more numbers between 0 and 1"),
        (lambda m: Diffusion(silent, []), "got shape (0,)"),
        (lambda m: Diffusion(silent, [0.1, np.nan]), "betas must be"),
        (lambda m: m.q_sample(np.zeros((2, 2)), np.array([0, 10]), np.zeros((2, 2))), "t must be 2 whole numbers from 0 to 9"),
        (lambda m: m.q_sample(np.zeros((2, 2)), np.array([-1, 0]), np.zeros((2, 2))), "from 0 to 9"),
        (lambda m: m.q_sample(np.zeros((2, 2)), np.array([0.0, 1.0]), np.zeros((2, 2))), "got float64 of shape (2,)"),
        (lambda m: m.q_sample(np.zeros((2, 2)), np.array([0]), np.zeros((2, 2))), "got int64 of shape (1,)"),
        (lambda m: m.ddim_sample((2, 2), 11, rng=generator()), "steps must be from 1 to 10 and eta at least 0, got 11"),
        (lambda m: m.ddim_sample((2, 2), 0, rng=generator()), "got 0 and 0.0"),
        (lambda m: m.ddim_sample((2, 2), 5, -0.1, rng=generator()), "eta at least 0"),
        (lambda m: ScoreNetwork(2, [0.1, 1.0], rng=generator()), "sigmas must be positive and falling"),
        (lambda m: ScoreNetwork(2, [1.0, 0.0], rng=generator()), "sigmas must be positive and falling"),
        (lambda m: ScoreNetwork(2, [], rng=generator()), "sigmas must be positive and falling"),
        (lambda m: langevin(silent, np.zeros((2, 2)), 0, 5, rng=generator()), "step must be positive"),
        (lambda m: langevin(silent, np.zeros((2, 2)), 0.1, -1, rng=generator()), "n_steps at least 0"),
        (lambda m: mixture_score(np.zeros((2, 2)), np.zeros((3, 1)), 1), "got shapes (2, 2), (3, 1), (3,)"),
        (lambda m: mixture_score(np.zeros((2, 2)), np.zeros((3, 2)), 1, np.ones(2)), "got shapes (2, 2), (3, 2), (2,)"),
        (lambda m: mixture_score(np.zeros((2, 2)), np.zeros((3, 2)), 0), "std and weights must be positive"),
        (lambda m: mixture_score(np.zeros((2, 2)), np.zeros((1, 2)), 1, np.zeros(1)), "std and weights must be positive"),
    ],
)
def test_bad_input_is_refused(call, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        call(Diffusion(silent, cosine_betas(10)))
    assert said in str(caught.value)


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(diffusion, extraglobs={"np": np})
    assert result.attempted and not result.failed
