"""Dropout: how much it drops, that means stay, that the generator decides alone, gradients, and bad input."""

import math

import numpy as np
import pytest

from dlprimer import Tensor, check_gradients
from dlprimer.nn.dropout import Dropout, drop_path, dropout


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_share_p_is_dropped_and_the_rest_makes_up_for_it(p: float) -> None:
    x = np.ones(100_000)
    y = dropout(x, p, rng=generator())
    dropped = np.mean(y == 0)
    assert abs(dropped - p) < 5 * math.sqrt(p * (1 - p) / x.size)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - p))
    assert x.min() == 1


@pytest.mark.parametrize("p", [0.3, 0.8])
def test_drop_path_drops_whole_examples(p: float) -> None:
    y = drop_path(np.ones((20_000, 2, 3)), p, rng=generator())
    rows = y.reshape(len(y), -1)
    assert (rows == rows[:, :1]).all()
    dropped = np.mean(rows[:, 0] == 0)
    assert abs(dropped - p) < 5 * math.sqrt(p * (1 - p) / len(y))
    np.testing.assert_allclose(y[y != 0], 1 / (1 - p))


@pytest.mark.parametrize("function", [dropout, drop_path])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_ends_of_the_range_and_evaluation_need_no_chance(function, dtype) -> None:
    x = generator().standard_normal((3, 4)).astype(dtype)
    for y, expected in (
        (function(x, 0.0), x),
        (function(x, 1.0), np.zeros_like(x)),
        (function(x, 0.5, training=False), x),
        (function(x, 1.0, False), x),
    ):
        assert y.dtype == dtype and y is not x and not np.shares_memory(y, x)
        np.testing.assert_array_equal(y, expected)
    assert function(x, 0.5, rng=generator()).dtype == dtype


@pytest.mark.parametrize("function", [dropout, drop_path])
def test_the_gradient_passes_where_the_value_passed(function) -> None:
    x = generator().standard_normal((6, 3))
    check_gradients(lambda x: function(x, 0.4, rng=generator(1)), x)
    check_gradients(lambda x: function(x, 1.0), x)
    tensor = Tensor(np.ones((6, 3), np.float32), requires_grad=True)
    y = function(tensor, 0.4, rng=generator(1))
    y.sum().backward()
    np.testing.assert_array_equal(tensor.grad, y.data)


@pytest.mark.parametrize("function", [dropout, drop_path])
def test_shapes_without_elements_and_of_one_number(function) -> None:
    assert function(np.zeros((0, 3)), rng=generator()).shape == (0, 3)
    assert dropout(np.array(2.0), 0.5, rng=generator(0)).shape == ()


def test_the_generator_alone_decides() -> None:
    x = np.ones((4, 5))
    first, second = (Dropout(0.5, rng=generator(7)) for _ in range(2))
    runs = [[layer(x) for _ in range(3)] for layer in (first, second)]
    np.testing.assert_array_equal(*runs)
    assert (runs[0][0] != runs[0][1]).any()
    state = first.rng.bit_generator.state
    np.testing.assert_array_equal(first.eval()(x), x)
    assert first.rng.bit_generator.state == state
    assert repr(first) == "Dropout(p=0.5)"


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda x: dropout(x, 1.5, rng=generator()), ValueError, "p must be a probability from 0 to 1, got 1.5"),
        (lambda x: dropout(x, -0.1, training=False), ValueError, "p must be a probability from 0 to 1, got -0.1"),
        (lambda x: dropout(x, math.nan, rng=generator()), ValueError, "p must be a probability from 0 to 1, got nan"),
        (lambda x: dropout(x), ValueError, "rng must be a numpy Generator such as np.random.default_rng(0), got NoneType"),
        (lambda x: drop_path(x, 0.5, rng=3), ValueError, "rng must be a numpy Generator"),
        (lambda x: drop_path(x[0, 0], 0.5, rng=generator()), ValueError, "input must be (N, ...), got a single number"),
        (lambda x: dropout(x.astype(int), rng=generator()), TypeError, "input must be floating point, got int64"),
        (lambda x: dropout([1.0], rng=generator()), TypeError, "input must be an array or a Tensor, got list"),
        (lambda x: Dropout(2, rng=generator()), ValueError, "Dropout: p must be a probability from 0 to 1, got 2"),
        (lambda x: Dropout(rng=None), ValueError, "Dropout: rng must be a numpy Generator"),
    ],
)
def test_bad_input_is_refused(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call(np.ones((2, 3)))
    assert said in str(caught.value)
