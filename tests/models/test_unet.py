"""U-Net: sizes, parameters, gradients, and what the skip connections carry."""

import numpy as np
import pytest

from dlprimer import Adam, Module, Parameter, check_gradients, cross_entropy, digits
from dlprimer.models.unet import UNet


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


@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize("depth", [1, 3])
def test_the_output_has_the_size_of_the_input_and_gradients_reach_everything(skips, depth) -> None:
    model = UNet(2, 3, 4, depth, skips, rng=rng())
    x = rng().standard_normal((2, 2, 8, 16)).astype(np.float32)
    y = model(x)
    assert y.shape == (2, 3, 8, 16) and y.dtype == np.float32
    (y * rng().standard_normal(y.shape).astype(np.float32)).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and np.abs(parameter.grad).max() > 0, name


@pytest.mark.parametrize("skips", [True, False])
def test_the_parameters_counted_by_hand(skips) -> None:
    def twice(n_in: int, n_out: int) -> int:
        return 9 * n_in * n_out + 2 * n_out + 9 * n_out * n_out + 2 * n_out

    down = twice(1, 4) + twice(4, 8) + twice(8, 16)
    up = (16 * 8 * 4 + 8) + twice(16 if skips else 8, 8) + (8 * 4 * 4 + 4) + twice(8 if skips else 4, 4)
    assert UNet(1, 2, 4, 2, skips, rng=rng()).number_of_parameters() == down + up + 4 * 2 + 2


def test_names_tell_the_way() -> None:
    names = [name for name, _ in UNet(depth=2, rng=rng()).named_parameters()]
    assert names[0] == "down.0.0.weight" and "down.1.3.weight" in names and "bottom.0.weight" in names
    assert "enlarge.1.bias" in names and "up.1.4.bias" in names and names[-1] == "head.bias"


@pytest.mark.parametrize("skips", [True, False])
def test_the_gradient_is_right(skips) -> None:
    model = UNet(1, 2, 2, 1, skips, rng=rng(), dtype=np.float64).eval()
    check_model(model, rng().standard_normal((1, 1, 4, 6)))


def test_without_skips_detail_passes_only_through_the_bottom() -> None:
    x = rng().standard_normal((1, 1, 8, 8)).astype(np.float32)
    for skips in (True, False):
        model = UNet(1, 1, 4, 2, skips, rng=rng()).eval()
        for parameter in model.bottom.parameters():
            parameter.data[:] = 0  # nothing comes up from below
        changes = np.abs(model(x).data - model(2 * x).data).max()
        assert (changes > 1e-3) == skips


@pytest.mark.parametrize("skips", [True, False])
def test_it_learns_to_find_the_ink(skips) -> None:
    images, _ = digits()
    ink = images[:64]
    noisy = (ink + 0.3 * rng().standard_normal(ink.shape)).astype(np.float32)[:, None]
    model = UNet(1, 2, 8, 2, skips, rng=rng())
    optimizer = Adam(model.parameters(), lr=1e-2)
    target, losses = (ink > 0.5).astype(np.int64), []
    for _ in range(15):
        loss = cross_entropy(model(noisy), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.item()))
    assert losses[-1] < 0.6 * losses[0]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: UNet(depth=0, rng=rng()), "depth must be positive whole numbers, got (1, 2, 16, 0)"),
        (lambda: UNet(width=2.5, rng=rng()), "positive whole numbers"),
        (lambda: UNet(rng=rng())(np.zeros((1, 1, 6, 8), np.float32)), "H and W multiples of 4, got shape (1, 1, 6, 8)"),
        (lambda: UNet(rng=rng())(np.zeros((1, 2, 8, 8), np.float32)), "images must be (N, 1, H, W)"),
        (lambda: UNet(rng=rng())(np.zeros((1, 8, 8), np.float32)), "images must be (N, 1, H, W)"),
    ],
)
def test_bad_input(call, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert said in str(caught.value)
