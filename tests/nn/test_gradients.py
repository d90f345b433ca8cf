"""Gradients against finite differences over the shapes, axes and options each function takes, and what extreme inputs give."""

import doctest
import importlib
import pkgutil

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlprimer
from dlprimer import MLP, Tensor, check_gradients, cross_entropy, nn
from dlprimer.nn.activations import ACTIVATIONS
from dlprimer.nn.arguments import floating
from dlprimer.nn.linear import ones, sum_rows

KINKS = {"relu": [0.0], "leaky_relu": [0.0], "hardtanh": [-1.0, 1.0]}


def away_from(points: list[float], x: np.ndarray) -> np.ndarray:
    """The numbers moved off a function's kinks, where finite differences mean nothing."""
    for point in points:
        x = np.where(np.abs(x - point) < 1e-3, point + 2e-3, x)
    return x


@settings(deadline=None, max_examples=20)
@given(
    shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=4),
    seed=st.integers(0, 9999),
    scale=st.sampled_from([0.1, 1.0, 5.0]),
)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str, shape, seed: int, scale: float) -> None:
    x = scale * np.random.default_rng(seed).standard_normal(shape)
    check_gradients(ACTIVATIONS[name], away_from(KINKS.get(name, []), x))


@settings(deadline=None, max_examples=30)
@given(shape=hnp.array_shapes(min_dims=1, max_dims=4, max_side=4), seed=st.integers(0, 9999), data=st.data())
@pytest.mark.parametrize("function", [dlprimer.softmax, dlprimer.log_softmax], ids=lambda f: f.__name__)
def test_softmax_over_any_axis(function, shape, seed: int, data) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    check_gradients(lambda x: function(x, axis=axis), 3 * np.random.default_rng(seed).standard_normal(shape))


@settings(deadline=None, max_examples=20)
@given(leading=hnp.array_shapes(min_dims=0, max_dims=2, max_side=3), seed=st.integers(0, 9999), bias=st.booleans())
def test_linear(leading, seed: int, bias: bool) -> None:
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal((*leading, 3)), rng.standard_normal((2, 3))] + (
        [rng.standard_normal(2)] if bias else []
    )
    check_gradients(dlprimer.linear, *arrays)


@settings(deadline=None, max_examples=60)
@given(
    trailing=hnp.array_shapes(min_dims=0, max_dims=2, max_side=3),
    seed=st.integers(0, 9999),
    reduction=st.sampled_from(["none", "mean", "sum"]),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    weighted=st.booleans(),
    ignoring=st.booleans(),
)
def test_cross_entropy_of_class_numbers(trailing, seed, reduction, smoothing, weighted, ignoring) -> None:
    rng = np.random.default_rng(seed)
    x = 2 * rng.standard_normal((3, 4, *trailing))
    y = rng.integers(0, 4, (3, *trailing))
    options = {
        "reduction": reduction,
        "label_smoothing": smoothing,
        "ignore_index": int(y.flat[0]) if ignoring else -100,
    }
    if weighted:
        options["weight"] = rng.uniform(0.1, 2, 4)
    if ignoring and (y == y.flat[0]).all():
        y.flat[0] = (y.flat[0] + 1) % 4
    check_gradients(lambda x: cross_entropy(x, y, **options), x)


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 9999), smoothing=st.sampled_from([0.0, 0.3]), reduction=st.sampled_from(["none", "mean", "sum"])
)
def test_cross_entropy_of_probabilities_and_by_its_target(seed, smoothing, reduction) -> None:
    rng = np.random.default_rng(seed)
    y = rng.dirichlet(np.ones(4), 3)
    check_gradients(
        lambda x, y: cross_entropy(x, y, label_smoothing=smoothing, reduction=reduction), rng.standard_normal((3, 4)), y
    )


@settings(deadline=None, max_examples=20)
@given(
    shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=3),
    seed=st.integers(0, 9999),
    reduction=st.sampled_from(["none", "mean", "sum"]),
)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss"])
def test_regression_losses(name: str, shape, seed: int, reduction: str) -> None:
    rng = np.random.default_rng(seed)
    target = rng.standard_normal(shape)
    away = away_from([-1.0, 0.0, 1.0], 2 * rng.standard_normal(shape))
    check_gradients(lambda x, y: getattr(dlprimer, name)(x, y, reduction=reduction), target + away, target)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 9999), weighted=st.booleans())
def test_binary_cross_entropies(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    y, weight = rng.uniform(0, 1, (3, 2)), rng.uniform(0.5, 2, 2)
    options = {"weight": weight, "pos_weight": 2 * weight} if weighted else {}
    check_gradients(
        lambda z, y: dlprimer.binary_cross_entropy_with_logits(z, y, **options), 3 * rng.standard_normal((3, 2)), y
    )
    check_gradients(lambda p, y: dlprimer.binary_cross_entropy(p, y), rng.uniform(0.05, 0.95, (3, 2)), y)


def test_embedding_adds_up_what_went_to_the_same_row() -> None:
    check_gradients(
        lambda w: dlprimer.embedding(np.array([[0, 2], [2, 2]]), w), np.random.default_rng(0).standard_normal((4, 3))
    )


def test_the_padding_of_an_embedding_is_zero_and_does_not_learn() -> None:
    table = dlprimer.Embedding(4, 3, padding_idx=-1, rng=np.random.default_rng(0))
    table(np.array([[3, 1], [1, 0]])).sum().backward()
    assert table.weight.data[3].tolist() == [0.0] * 3
    assert table.weight.grad.tolist() == [[1.0] * 3, [2.0] * 3, [0.0] * 3, [0.0] * 3]
    assert repr(table) == "Embedding(4, 3, padding_idx=-1)"


def test_a_whole_network() -> None:
    rng = np.random.default_rng(0)
    model = MLP([3, 5, 4], activation="tanh", rng=rng, dtype=np.float64)
    x, y = rng.standard_normal((6, 3)), rng.integers(0, 4, 6)
    names = [name for name, _ in model.named_parameters()]
    arrays = [p.data.copy() for p in model.parameters()]

    def loss(*parameters):
        h = np.tanh(dlprimer.linear(x, parameters[0], parameters[1]))
        return cross_entropy(dlprimer.linear(h, parameters[2], parameters[3]), y)

    check_gradients(loss, *arrays)
    value = cross_entropy(model(x), y)
    value.backward()
    expected = dlprimer.grad(loss, argnums=(0, 1, 2, 3))(*arrays)
    for name, parameter, gradient in zip(names, model.parameters(), expected, strict=True):
        np.testing.assert_allclose(parameter.grad, gradient, rtol=1e-12, err_msg=name)


@settings(deadline=None, max_examples=10)
@given(leading=hnp.array_shapes(min_dims=0, max_dims=2, max_side=3), seed=st.integers(0, 9999), bias=st.booleans())
def test_linear_with_a_single_output(leading, seed: int, bias: bool) -> None:
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal((*leading, 3)), rng.standard_normal(3)] + ([rng.standard_normal(())] if bias else [])
    check_gradients(dlprimer.linear, *arrays)
    assert dlprimer.linear(*arrays).shape == leading


@pytest.mark.parametrize("n", [0, 7, 5000])
def test_a_product_with_ones_is_a_sum_and_they_stay_ones(n: int) -> None:
    a = np.random.default_rng(0).standard_normal((n, 3))
    np.testing.assert_allclose(sum_rows(a), a.sum(axis=0), rtol=1e-10)
    if n < 5000:  # made once
        with pytest.raises(ValueError, match="read-only"):
            ones(n, a.dtype)[:] = 2
    assert (ones(n, np.dtype(np.float32)) == 1).all() and ones(n, np.dtype(np.float32)).dtype == np.float32


# ---- shapes without elements or axes ----


@pytest.mark.parametrize("shape", [(0,), (5, 0, 0), (0, 3)])
@pytest.mark.parametrize("function", [dlprimer.softmax, dlprimer.log_softmax], ids=lambda f: f.__name__)
def test_softmax_of_nothing_is_nothing(function, shape) -> None:
    x = Tensor(np.zeros(shape), requires_grad=True)
    function(x).sum().backward()
    assert function(x).shape == x.grad.shape == shape


def test_softmax_of_a_single_number_without_axes_is_one() -> None:
    assert dlprimer.softmax(np.array(3.0), axis=0) == 1.0 and dlprimer.log_softmax(np.array(3.0)) == 0.0


def test_linear_without_inputs_is_its_bias() -> None:
    x, w, b = (Tensor(a, requires_grad=True) for a in (np.zeros((2, 3, 0)), np.zeros((4, 0)), np.arange(4.0)))
    y = dlprimer.linear(x, w, b)
    assert y.data.tolist() == [[[0.0, 1.0, 2.0, 3.0]] * 3] * 2
    y.sum().backward()
    assert (x.grad.shape, w.grad.shape, b.grad.tolist()) == ((2, 3, 0), (4, 0), [6.0] * 4)


def test_relu_lets_the_gradient_of_nan_pass_as_pytorch_does() -> None:
    x = Tensor(np.array([np.nan, 0.0, -1.0, 1.0]), requires_grad=True)
    dlprimer.relu(x).backward(np.full(4, 2.0))
    assert x.grad.tolist() == [2.0, 0.0, 0.0, 2.0]


# ---- extreme inputs ----


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_logits_of_ten_thousand_give_finite_right_results(dtype) -> None:
    z = np.array([[1e4, -1e4, 0.0]], dtype)
    assert dlprimer.softmax(z).tolist() == [[1.0, 0.0, 0.0]]
    assert dlprimer.log_softmax(z).tolist() == [[0.0, -2e4, -1e4]]
    assert dlprimer.sigmoid(z).tolist() == [[1.0, 0.0, 0.5]]
    x = Tensor(z, requires_grad=True)
    loss = cross_entropy(x, np.array([1]))
    assert loss.dtype == dtype and loss.item() == 2e4
    loss.backward()
    assert x.grad.tolist() == [[1.0, -1.0, 0.0]]
    losses = dlprimer.binary_cross_entropy_with_logits(z, np.array([[0, 1, 1]], dtype), reduction="none")
    np.testing.assert_allclose(losses, [[1e4, 1e4, np.log(2)]], rtol=1e-3)


@pytest.mark.parametrize(("dtype", "lowest"), [(np.float32, -80), (np.float64, -700)])
def test_far_below_0_sigmoid_is_the_exponential_to_the_last_digits(dtype, lowest) -> None:
    x = np.linspace(lowest, -40, 50, dtype=dtype)
    exact = np.exp(x.astype(np.float64))
    np.testing.assert_allclose(dlprimer.sigmoid(x), exact, rtol=1e-6)
    np.testing.assert_allclose(dlprimer.silu(x), x * exact, rtol=1e-6)
    t = dlprimer.Tensor(x, requires_grad=True)
    dlprimer.sigmoid(t).backward(np.ones_like(x))
    np.testing.assert_allclose(t.grad, exact, rtol=1e-6)


def test_impossible_predictions_cost_a_hundred_as_in_pytorch() -> None:
    assert dlprimer.binary_cross_entropy(np.array([0.0]), np.array([1.0])) == 100.0


def test_half_precision_is_computed_in_single_and_rounded_once() -> None:
    x = np.linspace(-3, 3, 50, dtype=np.float16)
    for function in (dlprimer.gelu, dlprimer.softmax, dlprimer.softplus):
        np.testing.assert_array_equal(function(x), function(x.astype(np.float32)).astype(np.float16))


def test_a_batch_of_one_and_an_empty_one() -> None:
    model = MLP([2, 3, 2], rng=np.random.default_rng(0))
    assert model(np.zeros((1, 2), np.float32)).shape == (1, 2)
    assert model(np.zeros((0, 2), np.float32)).shape == (0, 2)
    assert np.isnan(cross_entropy(np.zeros((0, 2)), np.zeros(0, int)))
    assert np.isnan(cross_entropy(np.zeros((2, 3)), np.array([1, 1]), ignore_index=1))


# ---- bad input ----

Z, Y = np.zeros((4, 3)), np.array([0, 1, 2, 0])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (
            lambda: cross_entropy(Z, np.array([0, 1, 2, 3])),
            ValueError,
            "target must be from 0 to 2 (or ignore_index=-100), got 3",
        ),
        (
            lambda: cross_entropy(Z, np.array([0, 1])),
            ValueError,
            "target class numbers must have shape (4,) for input (4, 3), got (2,)",
        ),
        (
            lambda: cross_entropy(Z, np.zeros((4, 2))),
            ValueError,
            "target probabilities must have the shape of input, (4, 3)",
        ),
        (lambda: cross_entropy(Z, Y, weight=np.ones(2)), ValueError, "weight must have shape (3,)"),
        (lambda: cross_entropy(Z, Y, label_smoothing=1.5), ValueError, "label_smoothing must be from 0 to 1, got 1.5"),
        (
            lambda: cross_entropy(Z, Y, reduction="average"),
            ValueError,
            "reduction must be one of 'none', 'mean', 'sum'",
        ),
        (lambda: cross_entropy(Z.astype(int), Y), TypeError, "input must be floating point, got int64"),
        (lambda: cross_entropy([[0.0, 1.0]], [0]), TypeError, "input must be an array or a Tensor, got list"),
        (lambda: cross_entropy(Z, np.array(["a"] * 4)), TypeError, "class numbers or probabilities"),
        (lambda: dlprimer.nll_loss(Z, Z), TypeError, "use cross_entropy"),
        (
            lambda: dlprimer.mse_loss(np.zeros(3), np.zeros((3, 1))),
            ValueError,
            "target must have the shape of input, (3,), got (3, 1)",
        ),
        (
            lambda: dlprimer.mse_loss(np.zeros(3, np.float32), np.zeros(3)),
            TypeError,
            "input is float32 but target is float64",
        ),
        (lambda: dlprimer.huber_loss(Z, Z, delta=0), ValueError, "delta must be positive"),
        (
            lambda: dlprimer.binary_cross_entropy(np.array([1.5]), np.array([1.0])),
            ValueError,
            "binary_cross_entropy_with_logits for logits",
        ),
        (
            lambda: dlprimer.binary_cross_entropy(np.array([np.nan]), np.array([1.0])),
            ValueError,
            "probabilities in [0, 1]",
        ),
        (
            lambda: dlprimer.binary_cross_entropy_with_logits(Z, Z, pos_weight=np.ones(2)),
            ValueError,
            "pos_weight of shape (2,)",
        ),
        (lambda: dlprimer.softmax(Z, axis=2), ValueError, "axis must be from -2 to 1 for shape (4, 3), got 2"),
        (lambda: dlprimer.softmax(np.array(1.0), axis=1), ValueError, "axis must be from -1 to 0 for shape (), got 1"),
        (lambda: dlprimer.glu(np.array(1.0)), ValueError, "must be even"),
        (lambda: dlprimer.glu(Z), ValueError, "must be even"),
        (lambda: dlprimer.gelu(Z, approximate="erf"), ValueError, "approximate must be one of"),
        (lambda: dlprimer.softplus(Z, beta=0), ValueError, "beta must be positive"),
        (lambda: dlprimer.hardtanh(Z, 1, -1), ValueError, "min_val must not be above max_val"),
        (lambda: dlprimer.linear(Z, np.zeros((2, 4))), ValueError, "got (2, 4) and (4, 3)"),
        (lambda: dlprimer.linear(Z, np.zeros((2, 3)), np.zeros(3)), ValueError, "bias must have shape (2,)"),
        (lambda: dlprimer.embedding(np.array([4]), np.zeros((4, 2))), ValueError, "from 0 to 3, got 4 to 4"),
        (lambda: dlprimer.embedding(np.array([1.0]), np.zeros((4, 2))), TypeError, "must be integers"),
        (lambda: dlprimer.one_hot(np.array([-1])), ValueError, "got -1 to -1"),
        (lambda: dlprimer.one_hot(np.zeros(0, int)), ValueError, "cannot be told from an empty array"),
        (lambda: dlprimer.one_hot(np.zeros(0, int), 0), ValueError, "num_classes must be a positive whole number"),
        (lambda: dlprimer.one_hot(np.zeros(2)), TypeError, "class numbers must be integers, got float64"),
        (lambda: dlprimer.embedding(np.array([0]), np.zeros(4)), ValueError, "must be (num_embeddings, dim), got shape (4,)"),
        (lambda: dlprimer.embedding(np.array([0]), np.zeros((4, 2)), 4), ValueError, "within the 4 rows of weight, got 4"),
        (lambda: dlprimer.embedding(np.array([0]), [[1.0]]), TypeError, "weight must be an array or a Tensor, got list"),
        (lambda: dlprimer.Linear(0, 2, rng=None), ValueError, "in_features must be at least 1"),
        (lambda: dlprimer.Embedding(0, 2, rng=None), ValueError, "num_embeddings and embedding_dim must be positive, got 0 and 2"),
        (lambda: dlprimer.Embedding(4, 2, 4, rng=None), ValueError, "padding_idx must be within the 4 embeddings, got 4"),
        (lambda: dlprimer.linear(Z, Z, [0.0]), TypeError, "linear: bias must be an array or a Tensor, got list"),
        (lambda: dlprimer.relu(np.array([1, 2])), TypeError, "use .astype(np.float32)"),
    ],
)
def test_bad_input_names_the_argument_and_what_was_expected(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)


@pytest.mark.parametrize("module", [m.name for m in pkgutil.iter_modules(nn.__path__)])
def test_the_examples_in_the_docstrings_hold(module: str) -> None:
    loaded = importlib.import_module(f"dlprimer.nn.{module}")
    result = doctest.testmod(loaded, extraglobs={"np": np})
    assert result.failed == 0


def test_the_door_converts_integers_and_refuses_what_is_no_number() -> None:
    @floating("x", "w")
    def weighted(x, w):
        return x * w, lambda g: g * w

    y, _ = weighted(np.ones(2, np.float32), np.array([2, 3]))
    assert y.dtype == np.float32 and y.tolist() == [2.0, 3.0]
    with pytest.raises(TypeError, match="weighted: w must be real numbers, got <U1"):
        weighted(np.ones(2), np.array(["a", "b"]))


@pytest.mark.parametrize(("function", "slope"), [(dlprimer.elu, 1.0), (dlprimer.selu, 1.0507009873554805), (dlprimer.hardtanh, 1.0)])
def test_an_undefined_input_lets_the_gradient_through_as_in_pytorch(function, slope: float) -> None:
    x = Tensor(np.array([np.nan, 0.5]), requires_grad=True)
    function(x).backward(np.array([2.0, 2.0]))
    np.testing.assert_allclose(x.grad, [2 * slope, 2 * slope], rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: dlprimer.mse_loss(Z, None), "mse_loss: target must be an array or a Tensor, got NoneType"),
        (lambda: dlprimer.linear(Z, None), "linear: weight must be an array or a Tensor, got NoneType"),
        (lambda: dlprimer.linear(Z), "missing 1 required positional argument: 'weight'"),
        (lambda: dlprimer.kl_div(Z, Z, log_target=1), "kl_div: log_target must be True or False, got 1"),
        (lambda: dlprimer.dropout(Z, 0.5, "eval"), "dropout: training must be True or False, got 'eval'"),
        (lambda: dlprimer.softmax(Z, True), "softmax: axis must be a whole number, got True"),
        (lambda: dlprimer.leaky_relu(Z, (0.1,)), "leaky_relu: negative_slope must be a number, got (0.1,)"),
        (lambda: dlprimer.normalize(Z, eps=None), "normalize: eps must be a number, got None"),
        (lambda: dlprimer.rms_norm(Z, Z.shape, eps="small"), "rms_norm: eps must be a number, got 'small'"),
    ],
)
def test_the_door_refuses_settings_of_another_kind_and_missing_arrays(call, said: str) -> None:
    with pytest.raises(TypeError) as caught:
        call()
    assert said in str(caught.value)


def test_the_door_lets_numpy_settings_and_optional_ones_through() -> None:
    assert dlprimer.softmax(Z, np.int64(-1)).shape == Z.shape
    assert dlprimer.leaky_relu(Z, np.float32(0.5)).dtype == Z.dtype
    assert dlprimer.dropout(Z, 0, np.bool_(False)).shape == Z.shape
    assert dlprimer.rms_norm(Z, Z.shape, None, None).shape == Z.shape


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: dlprimer.huber_loss(Z, Z, delta=np.nan), "delta must be positive, got nan"),
        (lambda: dlprimer.smooth_l1_loss(Z, Z, beta=np.nan), "beta must not be negative, got nan"),
        (lambda: dlprimer.cosine_similarity(Z, Z, eps=-1e-3), "cosine_similarity: eps must be at least 0, got -0.001"),
        (lambda: dlprimer.cosine_similarity(Z, Z, eps=np.nan), "cosine_similarity: eps must be at least 0, got nan"),
        (lambda: dlprimer.conv_transpose2d(np.zeros((1, 2, 4, 4)), np.zeros((2, 0, 3, 3))), "at least one tap and channel"),
        (lambda: dlprimer.interpolate(np.zeros((1, 2, 4, 4)), (3,)), "size must be one number or 2 of them, got (3,)"),
    ],
)
def test_settings_out_of_range_are_refused_as_in_pytorch(call, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert said in str(caught.value)
