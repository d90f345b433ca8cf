"""LeNet: sizes, parameters, gradients, and that it learns."""

import doctest
import importlib

import numpy as np
import pytest

from dlprimer import (
    Adam,
    Conv2d,
    Linear,
    Module,
    Parameter,
    Tensor,
    check_gradients,
    cross_entropy,
    digits,
    value_and_grad,
)
from dlprimer.models.cnn import LeNet


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def check_model(model: Module, x: np.ndarray) -> None:
    """The gradients by the input and by every parameter, which plain arrays stand in for while it is evaluated."""
    places = [(module, name) for module, name, value in model._state().values() if isinstance(value, Parameter)]

    def run(x, *values):
        for (module, name), value in zip(places, values, strict=True):
            setattr(module, name, value)
        return model(x)

    values = [getattr(module, name).data for module, name in places]
    check_gradients(run, x, *(v + 0.3 * rng().standard_normal(v.shape) for v in values))  # no ReLU stands exactly at 0


@pytest.mark.parametrize(
    ("size", "features"), [(28, 400), (32, 400), (8, 64), ((8, 28), 16 * 2 * 5), (4, 16), (64, 16 * 13 * 13)], ids=str
)
@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_the_output_and_the_parameters_for_each_size(size, features, pooling) -> None:
    model = LeNet(3, 7, size, pooling=pooling, rng=rng())
    shape = (size, size) if isinstance(size, int) else size
    assert model(np.zeros((2, 3, *shape), np.float32)).shape == (2, 7)
    by_hand = (6 * 3 * 25 + 6) + (16 * 6 * 25 + 16) + (120 * features + 120) + (84 * 120 + 84) + (7 * 84 + 7)
    assert model.number_of_parameters() == by_hand


def test_the_layers_have_their_names() -> None:
    names = [name for name, _ in LeNet(rng=rng()).named_parameters()]
    assert names == [f"{layer}.{part}" for layer in ("conv1", "conv2", "fc1", "fc2", "fc3") for part in ("weight", "bias")]


def test_the_gradient_is_right_and_reaches_every_parameter() -> None:
    model = LeNet(1, 3, 4, activation="tanh", pooling="avg", rng=rng(), dtype=np.float64)
    x = rng().standard_normal((2, 1, 4, 4))
    cross_entropy(model(x), np.array([0, 2])).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and np.abs(parameter.grad).max() > 0, name
    model.fc1, model.fc2 = Linear(16, 3, rng=rng(), dtype=np.float64), Linear(3, 4, rng=rng(), dtype=np.float64)  # fewer numbers
    model.fc3 = Linear(4, 3, rng=rng(), dtype=np.float64)
    model.conv2 = Conv2d(6, 16, 3, padding=1, rng=rng(), dtype=np.float64)
    check_model(model, x)


def test_it_learns_the_digits() -> None:
    images, labels = digits()
    x, y = images[:256, None], labels[:256]
    model = LeNet(image_size=8, rng=rng())
    optimizer = Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(30):
        loss = cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.item()))
    assert abs(losses[0] - np.log(10)) < 0.1 and losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: LeNet(image_size=3, rng=rng()), "image_size must be at least 4, got 3"),
        (lambda: LeNet(pooling="sum", rng=rng()), "pooling must be one of 'max', 'avg'"),
        (lambda: LeNet(activation="step", rng=rng()), "step"),
        (lambda: LeNet(0, rng=rng()), "in_channels and out_channels must be positive"),
        (lambda: LeNet(rng=rng())(np.zeros((2, 1, 8, 8), np.float32)), "images must be (N, 1, 28, 28), got shape (2, 1, 8, 8)"),
        (lambda: LeNet(rng=rng())(np.zeros((1, 28, 28), np.float32)), "images must be (N, 1, 28, 28)"),
    ],
)
def test_bad_input(call, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert said in str(caught.value)


def test_a_model_can_be_differentiated_by_its_input() -> None:
    model = LeNet(image_size=8, rng=rng())
    _, gradient = value_and_grad(lambda x: model(x).sum())(np.ones((1, 1, 8, 8), np.float32))
    assert gradient.shape == (1, 1, 8, 8) and gradient.dtype == np.float32
    assert isinstance(model(np.ones((1, 1, 8, 8), np.float32)), Tensor)


@pytest.mark.parametrize("module", ["cnn", "resnet", "unet"])
def test_the_examples_in_the_docstrings_hold(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"dlprimer.models.{module}"), extraglobs={"np": np})
    assert result.failed == 0 and result.attempted > 0
