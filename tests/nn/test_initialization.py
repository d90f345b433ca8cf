"""Initial weights: their spread is the stated one, within what chance allows."""

import math

import numpy as np
import pytest

from dlprimer import he_normal, he_uniform, orthogonal, xavier_normal, xavier_uniform
from dlprimer.nn.initialization import fans, gain

SHAPE = (300, 200)
EXPECTED = {
    "xavier_uniform": (xavier_uniform, {}, 2 / 500),
    "xavier_normal with gain": (xavier_normal, {"gain": 3.0}, 9 * 2 / 500),
    "he_uniform": (he_uniform, {}, 2 / 200),
    "he_normal by fan_out": (he_normal, {"mode": "fan_out"}, 2 / 300),
    "he_normal for leaky_relu": (he_normal, {"nonlinearity": "leaky_relu", "negative_slope": 1.0}, 1 / 200),
}


@pytest.mark.parametrize("case", EXPECTED)
def test_the_variance_is_the_stated_one(case: str) -> None:
    function, options, variance = EXPECTED[case]
    w = function(SHAPE, rng=np.random.default_rng(0), **options)
    assert w.shape == SHAPE and w.dtype == np.float32
    # 60,000 numbers: the standard error of the variance is at most sqrt(2 / n) of it; four of them leave one chance in 16,000.
    assert np.var(w) == pytest.approx(variance, rel=4 * math.sqrt(2 / w.size))
    assert abs(w.mean()) < 4 * math.sqrt(variance / w.size)


def test_uniform_weights_fill_their_range_and_normal_ones_exceed_it() -> None:
    bound = math.sqrt(6 / 500)
    uniform = np.abs(xavier_uniform(SHAPE, rng=np.random.default_rng(0)))
    assert 0.999 * bound < uniform.max() <= bound
    assert np.abs(xavier_normal(SHAPE, rng=np.random.default_rng(0))).max() > bound


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (4, 2, 3)])
def test_orthogonal_rows_or_columns(shape) -> None:
    w = orthogonal(shape, gain=2.0, rng=np.random.default_rng(0), dtype=np.float64).reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_orthogonal_matrices_are_uniform_not_biased_by_the_factorization() -> None:
    diagonal = [orthogonal((2, 2), rng=np.random.default_rng(seed), dtype=np.float64)[0, 0] for seed in range(400)]
    assert abs(np.mean(diagonal)) < 4 * math.sqrt(0.5 / 400)


def test_fans_of_convolutions_and_gains() -> None:
    assert fans((8, 4, 3, 3)) == (36, 72)
    assert gain("relu") == math.sqrt(2) and gain("tanh") == 5 / 3 and gain("leaky_relu", 1.0) == 1.0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda rng: he_normal((3,), rng=rng), "shape must be (out, in)"),
        (lambda rng: xavier_uniform((3, 0), rng=rng), "positive sizes, got (3, 0)"),
        (lambda rng: he_normal((3, 2), mode="fan", rng=rng), "mode must be 'fan_in' or 'fan_out'"),
        (lambda rng: he_normal((3, 2), nonlinearity="gelu", rng=rng), "nonlinearity must be one of"),
        (lambda rng: orthogonal((3,), rng=rng), "shape must be"),
    ],
)
def test_bad_settings_are_refused(call, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        call(np.random.default_rng(0))
    assert said in str(caught.value)
