"""Problems for optimizers: their derivatives, and that the settings called optimal are."""

import doctest

import numpy as np
import pytest

from dlprimer import (
    SGD,
    Parameter,
    PiecewiseQuadratic,
    Quadratic,
    check_gradients,
    optimal_gradient_descent,
    optimal_heavy_ball,
    standard_nesterov,
)
from dlprimer.optim import problems


def spectral_radius(curvature: float, lr: float, momentum: float = 0.0, nesterov: bool = False) -> float:
    """The factor per step along one direction, from the iteration's matrix."""
    s = lr * curvature
    b, c = ((1 - s) * (1 + momentum), (1 - s) * momentum) if nesterov else (1 + momentum - s, momentum)
    return float(max(abs(np.linalg.eigvals([[b, -c], [1, 0]]))))


def worst(curvatures: np.ndarray, **settings) -> float:
    return max(spectral_radius(curvature, **settings) for curvature in curvatures)


CURVATURES = np.geomspace(0.01, 1, 40)


def test_the_rates_are_those_of_the_theory() -> None:
    kappa, root = 100.0, 10.0
    assert worst(CURVATURES, **optimal_gradient_descent(0.01, 1)) == pytest.approx((kappa - 1) / (kappa + 1))
    assert worst(CURVATURES, **optimal_heavy_ball(0.01, 1)) == pytest.approx((root - 1) / (root + 1), abs=1e-6)
    assert worst(CURVATURES, **standard_nesterov(0.01, 1)) == pytest.approx(1 - 1 / root, abs=1e-6)


def test_no_setting_nearby_is_faster() -> None:
    best = optimal_heavy_ball(0.01, 1)
    rate = worst(CURVATURES, **best)
    for lr in (0.9, 0.97, 1.03):
        for momentum in (0.95, 1.0, 1.03):
            assert worst(CURVATURES, lr=lr * best["lr"], momentum=momentum * best["momentum"]) >= rate - 1e-6
    assert worst(CURVATURES, lr=1.02 * optimal_gradient_descent(0.01, 1)["lr"]) > (100 - 1) / (100 + 1)


@pytest.mark.parametrize(("nesterov", "limit"), [(False, 2 * 1.9), (True, 2 * 1.9 / 2.8)])
def test_the_stability_limits_at_momentum_0_9(nesterov: bool, limit: float) -> None:
    assert spectral_radius(1.0, limit - 1e-3, 0.9, nesterov) < 1 < spectral_radius(1.0, limit + 1e-3, 0.9, nesterov)


def test_the_optimizer_follows_the_matrix() -> None:
    w = Parameter(np.array([1.0]))
    optimizer = SGD([w], lr=0.3, momentum=0.5, nesterov=True)
    for _ in range(400):
        w.grad = 0.05 * w.data
        optimizer.step()
    before = w.data.copy()
    for _ in range(10):
        w.grad = 0.05 * w.data
        optimizer.step()
    assert (w.data / before) ** 0.1 == pytest.approx(spectral_radius(0.05, 0.3, 0.5, True), rel=1e-6)


def test_a_rotated_bowl_keeps_its_curvatures_and_minimum() -> None:
    bowl = Quadratic([1.0, 9.0, 4.0], rotation=0.7, minimizer=[1.0, 2.0, 3.0])
    np.testing.assert_allclose(np.linalg.eigvalsh(bowl.hessian), [1, 4, 9])
    assert bowl.condition_number == 9 and bowl(bowl.minimizer) == 0
    w = np.array([[0.5, -1.0, 2.0], [3.0, 0.1, 0.0]])
    check_gradients(bowl, w)
    np.testing.assert_allclose(bowl.gradient(w)[0], bowl.hessian @ (w[0] - bowl.minimizer))


def test_the_piecewise_quadratic_is_smooth_and_its_gradient_its_slope() -> None:
    f = PiecewiseQuadratic()
    for joint in (1.0, 2.0):
        assert f(joint - 1e-9) == pytest.approx(f(joint), abs=1e-6)
        assert f.gradient(joint - 1e-9) == pytest.approx(f.gradient(joint), abs=1e-6)
    x = np.array([-2.0, 0.3, 1.4, 3.0])
    np.testing.assert_allclose((f(x + 1e-6) - f(x - 1e-6)) / 2e-6, f.gradient(x), rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Quadratic([1.0, 0.0]), "curvatures must be a list of positive numbers"),
        (lambda: Quadratic([]), "curvatures must be"),
        (lambda: Quadratic([1.0], rotation=0.1), "cannot be rotated"),
        (lambda: Quadratic([1.0, 2.0], minimizer=[0.0]), "minimizer must have shape (2,)"),
        (lambda: optimal_heavy_ball(0.0, 1.0), "0 < m <= L"),
        (lambda: standard_nesterov(2.0, 1.0), "0 < m <= L"),
    ],
)
def test_impossible_problems_are_refused(call, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert said in str(caught.value)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(problems, extraglobs={"np": np}).failed == 0
