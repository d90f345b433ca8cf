"""Modules: what belongs to them, saving and loading, and how they look."""

import numpy as np
import pytest

from dlprimer import MLP, Linear, Module, Parameter, Residual, Sequential, Tensor


@pytest.fixture
def model() -> MLP:
    return MLP([4, 8, 3], rng=np.random.default_rng(0))


def test_parameters_have_pytorchs_names_and_order(model: MLP) -> None:
    shapes = {name: p.shape for name, p in model.named_parameters()}
    assert shapes == {
        "layers.0.weight": (8, 4),
        "layers.0.bias": (8,),
        "layers.2.weight": (3, 8),
        "layers.2.bias": (3,),
    }
    assert list(shapes) == ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"]
    assert model.number_of_parameters() == 4 * 8 + 8 + 8 * 3 + 3


def test_the_same_seed_gives_the_same_weights_within_pytorchs_bounds() -> None:
    a, b = (Linear(16, 200, rng=np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(a.weight.data, b.weight.data)
    assert np.abs(a.weight.data).max() <= 0.25 and np.abs(a.weight.data).max() > 0.24
    assert a.weight.dtype == np.float32


def test_a_state_is_a_copy_and_restores_the_model(model: MLP) -> None:
    x = np.ones((2, 4), np.float32)
    before = model(x).data.copy()
    state = model.state_dict()
    for parameter in model.parameters():
        parameter.data += 1
    assert not np.allclose(model(x).data, before)
    model.load_state_dict(state)
    np.testing.assert_array_equal(model(x).data, before)


def test_loading_names_everything_that_is_wrong_and_changes_nothing(model: MLP) -> None:
    state = model.state_dict()
    wrong = {name: array for name, array in state.items() if name != "layers.0.bias"}
    wrong |= {"extra": np.zeros(1), "layers.2.weight": np.zeros((3, 9))}
    with pytest.raises(ValueError) as caught:
        model.load_state_dict(wrong)
    for said in ("missing: layers.0.bias", "unexpected: extra", "shape of layers.2.weight: (3, 9) given, (3, 8) here"):
        assert said in str(caught.value)
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, state[name])
    with pytest.raises(ValueError, match="dtype of layers"):
        model.load_state_dict(state | {"layers.0.bias": np.array(["a"] * 8)})


def test_loading_without_strictness_takes_what_fits(model: MLP) -> None:
    model.load_state_dict({"layers.0.bias": np.full(8, 7.0), "extra": np.zeros(1)}, strict=False)
    assert (model.layers[0].bias.data == 7).all() and model.layers[0].bias.dtype == np.float32


def test_modules_are_found_in_lists_dicts_and_once_when_shared() -> None:
    class Net(Module):
        def __init__(self) -> None:
            self.blocks = [Linear(2, 2, rng=np.random.default_rng(0))]
            self.heads = {"a": self.blocks[0], "b": Linear(2, 1, bias=False, rng=np.random.default_rng(1))}
            self.register_buffer("mean", np.zeros(2))

    net = Net()
    assert [name for name, _ in net.named_parameters()] == ["blocks.0.weight", "blocks.0.bias", "heads.b.weight"]
    assert set(net.state_dict()) >= {"mean", "heads.b.weight"}
    assert [name for name, _ in net.named_buffers()] == ["mean"]


def test_modes_freezing_and_dtypes(model: MLP) -> None:
    assert model.training and not model.eval().layers[0].training and model.train().layers[0].training
    model.requires_grad_(False)
    assert model.number_of_parameters(trainable=True) == 0
    assert model.requires_grad_().to(np.float64)(np.ones((1, 4))).dtype == np.float64
    with pytest.raises(TypeError, match="floating point"):
        model.to(np.int64)


def test_zero_grad_forgets_gradients(model: MLP) -> None:
    model(np.ones((1, 4), np.float32)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_repr_and_summary_show_the_structure(model: MLP) -> None:
    assert "Linear(in_features=4, out_features=8, bias=True)" in repr(model) and "Activation(relu)" in repr(model)
    table = model.summary(np.ones((5, 4), np.float32)).splitlines()
    assert table[1].split() == ["layers.0", "Linear", "40", "(5,", "8)"]
    assert table[-1].split() == ["total", "67"]


def test_sequences_and_residuals() -> None:
    double = Sequential(lambda x: x + 1, lambda x: 2 * x)
    assert double(np.array([1.0])).tolist() == [4.0] and len(double) == 2
    assert double[:1](np.array([1.0])).tolist() == [2.0]
    assert Residual(double)(np.array([1.0])).tolist() == [5.0]
    with pytest.raises(TypeError, match="item 1 must be a module or a function"):
        Sequential(np.tanh, 3)


@pytest.mark.parametrize("sizes", [[3], [], [3, 0], [3, 2.5]])
def test_an_mlp_needs_at_least_two_whole_sizes(sizes) -> None:
    with pytest.raises(ValueError, match="sizes must be at least two positive whole numbers"):
        MLP(sizes, rng=np.random.default_rng(0))


def test_an_unknown_activation_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="activation must be one of 'relu'"):
        MLP([2, 2], activation="relo", rng=np.random.default_rng(0))


def test_parameters_copy_their_data() -> None:
    array = np.ones(2)
    parameter = Parameter(array)
    array += 1
    assert parameter.data.tolist() == [1, 1] and isinstance(parameter, Tensor) and parameter.requires_grad


def test_conversion_reaches_floating_buffers_and_functions_reach_every_module() -> None:
    class Counter(Module):
        def __init__(self) -> None:
            self.register_buffer("mean", np.zeros(2))
            self.register_buffer("count", np.array(3))

    model = Sequential(Counter(), Counter())
    model.to(np.float16)
    assert {name: value.dtype.name for name, value in model[0].named_buffers()} == {"mean": "float16", "count": "int64"}
    seen = []
    assert model.apply(seen.append) is model and [type(m) for m in seen] == [Sequential, Counter, Counter]
    with pytest.raises(TypeError, match="dtype must be floating point, got int64"):
        model.to(np.int64)
    with pytest.raises(NotImplementedError, match="Counter does not define forward"):
        Counter()(np.zeros(2))
