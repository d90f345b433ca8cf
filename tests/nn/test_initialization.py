"""Initial weights: their spread is the stated one, within what chance allows."""

import math

import numpy as np
import pytest

from dlprimer import (
    MLP,
    BatchNorm1d,
    Dropout,
    Embedding,
    LayerNorm,
    Linear,
    Module,
    Parameter,
    Sequential,
    he_normal,
    he_uniform,
    orthogonal,
    relu,
    xavier_normal,
    xavier_uniform,
)
from dlprimer.nn.initialization import fans, gain, lsuv

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


# ---- LSUV ----


class Patches(Module):
    """A stand-in for a convolution: a weight (out, in, 2) that slides along a sequence."""

    def __init__(self, n_in: int, n_out: int) -> None:
        self.weight = Parameter(np.ones((n_out, n_in, 2), np.float32))
        self.bias = Parameter(np.ones(n_out, np.float32))

    def forward(self, x):
        taps = [np.einsum("nit,oi->not", x[:, :, i : x.shape[2] - 1 + i], self.weight[:, :, i]) for i in range(2)]
        return taps[0] + taps[1] + self.bias[:, None]


def variances(model: Sequential, x: np.ndarray) -> list[float]:
    found = []
    for module in model.eval():
        x = module(x)
        if isinstance(module, (Linear, Patches)):
            found.append(float(np.var(x.data, dtype=np.float64)))
    return found


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_lsuv_brings_every_layer_to_variance_one_in_the_order_of_use(scale: float) -> None:
    rng = np.random.default_rng(0)
    model = Sequential(Linear(8, 40, rng=rng), relu, Linear(40, 20, rng=rng), np.tanh, Linear(20, 3, bias=False, rng=rng))
    x = (scale * rng.standard_normal((100, 8))).astype(np.float32)
    assert lsuv(model, x, tolerance=1e-4, rng=rng) is model
    np.testing.assert_allclose(variances(model, x), 1, atol=1e-4)
    assert not model[0].bias.data.any()
    w = model[0].weight.data / np.linalg.norm(model[0].weight.data[:, 0])
    np.testing.assert_allclose(w.T @ w, np.eye(8), atol=1e-6)


def test_lsuv_of_weights_with_a_kernel_and_of_layers_used_twice_or_never() -> None:
    rng = np.random.default_rng(0)
    patches = Patches(3, 5)
    x = rng.standard_normal((20, 3, 9)).astype(np.float32)
    lsuv(Sequential(patches, relu), x, tolerance=1e-3, rng=rng)
    np.testing.assert_allclose(variances(Sequential(patches), x), 1, atol=1e-3)

    class Odd(Module):
        def __init__(self) -> None:
            self.unused = Linear(2, 2, rng=rng)
            self.twice = Linear(4, 4, rng=rng)

        def forward(self, x):
            return self.twice(3 * self.twice(x))

    odd = Odd()
    before = odd.unused.weight.data.copy()
    x = rng.standard_normal((50, 4)).astype(np.float32)
    lsuv(odd, x, tolerance=1e-3, rng=rng)
    np.testing.assert_array_equal(odd.unused.weight.data, before)
    assert np.var(odd.twice(x).data) == pytest.approx(1, abs=1e-3)


def test_lsuv_changes_weights_and_biases_of_such_layers_alone() -> None:
    rng = np.random.default_rng(0)
    model = Sequential(
        Embedding(5, 4, rng=rng), LayerNorm((3, 4)), np.ravel, lambda x: x.reshape(-1, 12), Linear(12, 6, rng=rng),
        BatchNorm1d(6), Dropout(0.5, rng=rng), Linear(6, 2, rng=rng),
    )  # fmt: skip
    before = model.state_dict()
    model[6].eval()
    lsuv(model, rng.integers(0, 5, (40, 3)), rng=rng)
    changed = {name for name, value in model.state_dict().items() if not np.array_equal(value, before[name])}
    assert changed == {"4.weight", "4.bias", "7.weight", "7.bias"}
    assert model.training and model[5].training and not model[6].training
    assert "forward" not in vars(model[4])


def test_lsuv_measures_without_dropout() -> None:
    rng = np.random.default_rng(0)
    model = Sequential(Dropout(0.9, rng=rng), Linear(50, 3, rng=rng))
    x = rng.standard_normal((200, 50)).astype(np.float32)
    lsuv(model, x, tolerance=1e-3, rng=rng)
    np.testing.assert_allclose(variances(model, x), 1, atol=1e-3)


def test_lsuv_is_reproducible_and_keeps_the_dtype() -> None:
    x = np.random.default_rng(0).standard_normal((30, 3)).astype(np.float16)
    models = [MLP([3, 8, 2], rng=np.random.default_rng(i), dtype=np.float16) for i in range(2)]
    states = [lsuv(model, x, rng=np.random.default_rng(5)).state_dict() for model in models]
    for name, value in states[0].items():
        assert value.dtype == np.float16
        np.testing.assert_array_equal(value, states[1][name])


@pytest.mark.parametrize(
    ("x", "options", "said"),
    [
        (np.zeros((5, 3)), {}, "the output of layer layers.0 has variance 0.0"),
        (np.full((5, 3), np.nan), {}, "has variance nan"),
        (np.ones((5, 4)), {}, "weight must be (out, in)"),
        (np.ones((5, 3)), {"tolerance": 0}, "tolerance must be positive"),
        (np.ones((5, 3)), {"max_steps": 0}, "max_steps at least 1"),
    ],
)
def test_lsuv_refuses_a_batch_that_says_nothing_and_leaves_the_model_as_it_was(x, options, said: str) -> None:
    model = MLP([3, 8, 2], rng=np.random.default_rng(0), dtype=np.float64)
    before = model.state_dict()
    with pytest.raises(ValueError) as caught:
        lsuv(model, x, rng=np.random.default_rng(0), **options)
    assert said in str(caught.value)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert model.training and "forward" not in vars(model.layers[0])


def test_lsuv_of_a_model_without_layers() -> None:
    with pytest.raises(ValueError, match="reaches no linear or convolutional layer of this Sequential"):
        lsuv(Sequential(relu), np.ones((2, 3)), rng=np.random.default_rng(0))
