"""Residual networks: torchvision's names and counts, shapes, gradients, and what the shortcuts do."""

import numpy as np
import pytest

from dlprimer import Adam, Module, Parameter, check_gradients, cross_entropy, digits, receptive_field
from dlprimer.models.resnet import BasicBlock, Bottleneck, ResNet


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


def small(block: str = "basic", shortcuts: bool = True, **settings) -> ResNet:
    return ResNet(block, [1, 2], 10, 1, 8, "small", shortcuts, rng=rng(), **settings)


def test_resnet18_is_torchvisions() -> None:
    model = ResNet(rng=rng())
    assert model.number_of_parameters() == 11_689_512
    names = list(model.state_dict())
    assert names[:8] == [
        "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked",
        "layer1.0.conv1.weight", "layer1.0.bn1.weight",
    ]  # fmt: skip
    assert "layer2.0.downsample.0.weight" in names and "layer2.0.downsample.1.running_var" in names
    assert "layer1.0.downsample.0.weight" not in names and "layer2.1.downsample.0.weight" not in names
    assert names[-2:] == ["fc.weight", "fc.bias"] and len(names) == 122
    deviation = model.layer4[0].conv1.weight.data.std()  # from 256 to 512 channels
    assert abs(deviation / np.sqrt(2 / (512 * 9)) - 1) < 0.01


def test_resnet50_would_have_the_right_count() -> None:
    def bottleneck(n_in: int, width: int, projected: bool) -> int:
        n_out = 4 * width
        own = n_in * width + 2 * width + width * width * 9 + 2 * width + width * n_out + 2 * n_out
        return own + (n_in * n_out + 2 * n_out if projected else 0)

    total, channels = 3 * 64 * 49 + 2 * 64, 64
    for i, blocks in enumerate([3, 4, 6, 3]):
        for j in range(blocks):
            total += bottleneck(channels, 64 * 2**i, j == 0)
            channels = 256 * 2**i
    assert total + 2048 * 1000 + 1000 == 25_557_032
    model = small("bottleneck")
    by_hand = 9 * 8 + 16 + bottleneck(8, 8, True) + bottleneck(32, 16, True) + bottleneck(64, 16, False) + 64 * 10 + 10
    assert model.number_of_parameters() == by_hand


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
@pytest.mark.parametrize("shortcuts", [True, False])
@pytest.mark.parametrize("stem", ["small", "large"])
def test_gradients_reach_every_parameter(block, shortcuts, stem) -> None:
    model = ResNet(block, [1, 1], 5, 2, 4, stem, shortcuts, rng=rng())
    x = rng().standard_normal((4, 2, 32, 24)).astype(np.float32)
    y = model(x)
    assert y.shape == (4, 5) and y.dtype == np.float32
    cross_entropy(y, np.array([0, 1, 2, 3])).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and np.abs(parameter.grad).max() > 0, name
    assert any("downsample" in name for name, _ in model.named_parameters()) == shortcuts


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_the_gradient_is_right(block) -> None:
    model = ResNet(block, [1, 1], 3, 1, 2, "small", rng=rng(), dtype=np.float64).eval()
    check_model(model, rng().standard_normal((2, 1, 4, 4)))


def test_a_block_whose_convolutions_say_nothing_passes_its_input_on() -> None:
    for kind, channels in ((BasicBlock, 4), (Bottleneck, 16)):
        block = kind(channels, 4, rng=rng(), dtype=np.float64)
        getattr(block, f"bn{block.depth}").weight.data[:] = 0
        x = np.abs(rng().standard_normal((2, channels, 3, 3)))
        np.testing.assert_array_equal(block(x).data, x)
        getattr(block, f"bn{block.depth}").bias.data[:] = -1  # a correction may be negative
        np.testing.assert_array_equal(block(x).data, np.maximum(x - 1, 0))
        plain = kind(channels, 4, shortcut=False, rng=rng(), dtype=np.float64)
        getattr(plain, f"bn{plain.depth}").weight.data[:] = 0
        assert (plain(x).data == 0).all()


def test_a_block_sees_as_far_as_its_convolutions() -> None:
    block = BasicBlock(2, 4, stride=2, rng=rng())
    assert receptive_field(block) == receptive_field([(3, 2, 1, 1), (3, 1, 1, 1)]) == (7, 2, -3)


def test_evaluation_does_not_depend_on_the_batch() -> None:
    model = small()
    x = rng().standard_normal((6, 1, 8, 8)).astype(np.float32)
    model(x)
    model.eval()
    np.testing.assert_allclose(model(x).data[:2], model(x[:2]).data, rtol=1e-4, atol=1e-5)


def test_a_state_moves_from_one_model_to_another() -> None:
    a, b = small(), ResNet("basic", [1, 2], 10, 1, 8, "small", rng=np.random.default_rng(1))
    x = rng().standard_normal((2, 1, 8, 8)).astype(np.float32)
    b.load_state_dict(a.state_dict())
    np.testing.assert_array_equal(a.eval()(x).data, b.eval()(x).data)


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_it_learns_the_digits(block) -> None:
    images, labels = digits()
    x, y = images[:128, None], labels[:128]
    model = small(block)
    optimizer = Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(12):
        loss = cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.item()))
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"block": "dense"}, "block must be one of 'basic', 'bottleneck'"),
        ({"stem": "tiny"}, "stem must be one of 'large', 'small'"),
        ({"layers": []}, "layers must be at least one number"),
        ({"layers": [2, 0]}, "layers=[2, 0]"),
        ({"num_classes": 0}, "num_classes, in_channels and width positive"),
        ({"width": 1.5}, "width positive"),
    ],
    ids=str,
)
def test_bad_settings(settings, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        ResNet(**settings, rng=rng())
    assert said in str(caught.value)
