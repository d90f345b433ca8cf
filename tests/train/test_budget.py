"""Operations and bytes are those of a count by hand, of a count of what really runs, and of published models."""

import doctest

import numpy as np
import pytest

import dlprimer.train.budget as budget
from dlprimer import MLP, Linear
from dlprimer.train.budget import (
    MemoryBudget,
    conv2d_flops,
    linear_flops,
    memory_budget,
    mlp_flops,
    train_flops,
    transformer_block_flops,
)


class Counted(np.ndarray):
    """An array that counts the operations of the matrix multiplications it takes part in."""

    flops = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        plain = [np.asarray(x) for x in inputs]
        result = getattr(ufunc, method)(*plain, **kwargs)
        if ufunc is np.matmul:
            Counted.flops += 2 * result.size * plain[0].shape[-1]
        return np.asarray(result).view(Counted)


@pytest.fixture(autouse=True)
def reset():
    Counted.flops = 0


def counted(*shape):
    return np.zeros(shape).view(Counted)


def test_mlp_by_hand_and_by_counting():
    assert mlp_flops(7, [3, 5, 2]) == 7 * 2 * (3 * 5 + 5 * 2)
    h = counted(7, 3) @ np.zeros((3, 5))
    np.tanh(h) @ np.zeros((5, 2))
    assert Counted.flops == mlp_flops(7, [3, 5, 2])


def test_training_an_mlp_is_six_operations_a_weight_and_example():
    model = MLP([3, 5, 2], rng=np.random.default_rng(0))
    weights = sum(p.size for p in model.parameters() if p.ndim == 2)
    assert train_flops(weights, 7) == 3 * mlp_flops(7, [3, 5, 2]) == 6 * 25 * 7
    x, w1, w2 = counted(7, 3), counted(3, 5), counted(5, 2)
    h = x @ w1
    g = h @ w2  # forward
    dh, _dw2 = g @ w2.T, h.T @ g
    _dx, _dw1 = dh @ w1.T, x.T @ dh
    assert Counted.flops == train_flops(25, 7)


def test_a_transformer_block_by_hand_and_by_counting():
    batch, length, heads, width = 2, 10, 4, 8
    by_hand = batch * (3 * 2 * length * width**2 + 2 * 2 * length**2 * width + 2 * length * width**2 + 2 * 2 * length * width * 32)
    x, w = counted(batch, length, width), np.zeros((width, width))
    q, k, v = ((x @ w).reshape(batch, length, heads, width // heads).transpose(0, 2, 1, 3) for _ in range(3))
    mixed = ((q @ k.transpose(0, 1, 3, 2)) @ v).transpose(0, 2, 1, 3).reshape(batch, length, width) @ w
    mixed @ np.zeros((width, 32)) @ np.zeros((32, width))
    assert transformer_block_flops(batch, length, width) == by_hand == Counted.flops
    assert transformer_block_flops(batch, length, width, hidden=16) == by_hand - batch * 2 * 2 * length * width * 16


def test_training_a_transformer_agrees_with_its_layers():
    length, width, layers = 10, 8, 3
    forward = layers * transformer_block_flops(1, length, width)
    weights = layers * 12 * width**2
    options = {"n_layers": layers, "width": width, "context": length}
    assert train_flops(weights, length, **options) == 3 * forward
    assert train_flops(weights, length, **options) == 6 * weights * length + 12 * layers * width * length * length
    assert train_flops(weights, length, **options, recompute=True) == 4 * forward
    causal = layers * transformer_block_flops(1, length, width, causal=True)
    assert train_flops(weights, length, **options, causal=True) == 3 * causal
    assert forward - causal == layers * 2 * length * length * width


@pytest.mark.parametrize(
    ("parameters", "tokens", "published"),
    [(175e9, 300e9, 3.15e23), (280e9, 300e9, 5.04e23), (70e9, 1.4e12, 5.88e23), (540e9, 780e9, 2.53e24), (405e9, 15.6e12, 3.79e25)],
)
def test_published_models(parameters, tokens, published):
    assert train_flops(parameters, tokens) == pytest.approx(published, rel=0.002)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_convolution_is_a_loop_over_outputs(groups):
    count = 0
    for _image in range(2):
        for _channel in range(12):
            for _row in range(5):
                for _column in range(4):
                    count += 2 * (6 // groups) * 3 * 2
    assert conv2d_flops(2, 6, 12, (3, 2), (5, 4), groups) == count


def test_linear_is_its_weights():
    layer = Linear(5, 3, rng=np.random.default_rng(0))
    assert linear_flops(4, 5, 3) == 2 * 4 * layer.weight.size and linear_flops(0, 5, 3) == 0


# ---- memory ----


@pytest.mark.parametrize(
    ("options", "weights", "gradients", "optimizer"),
    [
        ({}, 2, 2, 12),
        ({"precision": "float32"}, 4, 4, 8),
        ({"precision": "bfloat16"}, 2, 2, 4),
        ({"optimizer": "momentum"}, 2, 2, 8),
        ({"optimizer": "lion", "precision": "float32"}, 4, 4, 4),
        ({"optimizer": "sgd", "precision": "float32"}, 4, 4, 0),
        ({"devices": 4}, 2, 2, 12),
        ({"devices": 4, "sharding": 1}, 2, 2, 3),
        ({"devices": 4, "sharding": 2}, 2, 0.5, 3),
        ({"devices": 4, "sharding": 3}, 0.5, 0.5, 3),
    ],
)
def test_bytes_of_a_parameter(options, weights, gradients, optimizer):
    assert memory_budget(1000, **options) == MemoryBudget(1000 * weights, 1000 * gradients, 1000 * optimizer, 0)


def test_states_are_those_of_the_optimizer_itself():
    from dlprimer import SGD, Adam, Lion

    for make, name in ((Adam, "adam"), (Lion, "lion"), (lambda p: SGD(p, momentum=0.9), "momentum"), (SGD, "sgd")):
        model = MLP([3, 5, 2], rng=np.random.default_rng(0))
        optimizer = make(model.parameters())
        model(np.ones((1, 3), np.float32)).sum().backward()
        optimizer.step()
        kept = sum(value.nbytes for state in optimizer.state for value in state.values() if isinstance(value, np.ndarray))
        expected = memory_budget(model.number_of_parameters(), optimizer=name, precision="float32")
        assert kept == expected.optimizer
        assert sum(p.grad.nbytes for p in model.parameters()) == expected.gradients


@pytest.mark.parametrize(("size", "gigabytes"), [(7e9, 112), (70e9, 1120), (405e9, 6480), (13e9, 208)])
def test_states_of_published_models(size, gigabytes):
    assert memory_budget(size).states / 1e9 == pytest.approx(gigabytes)


def test_activations_of_gpt3():
    """Korthikanti et al.: s b h (34 + 5 a s / h) bytes a layer."""
    shape = {"n_layers": 96, "width": 12288, "heads": 96, "context": 2048}
    layer = 2048 * 12288 * (34 + 5 * 96 * 2048 / 12288)
    assert memory_budget(0, **shape).activations == pytest.approx(96 * layer)
    assert layer / 1e9 == pytest.approx(2.87, abs=0.01)
    assert memory_budget(0, **shape, checkpointing="selective").activations == 96 * 34 * 2048 * 12288
    assert memory_budget(0, **shape, checkpointing="full").activations == 96 * 2 * 2048 * 12288
    assert memory_budget(0, **shape, batch=3).activations == 3 * memory_budget(0, **shape).activations
    single = memory_budget(0, **shape, precision="float32").activations
    assert single == pytest.approx(96 * 2048 * 12288 * (66 + 9 * 96 * 2048 / 12288))  # masks stay one byte
    assert memory_budget(0, **shape, precision="float32", checkpointing="full").activations == 96 * 4 * 2048 * 12288


def test_totals():
    whole = memory_budget(1e9, n_layers=2, width=8, heads=2, context=4)
    assert whole.states == 16e9 and whole.total == 16e9 + whole.activations


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: train_flops(-1, 1), "parameters must be a finite number of at least 0, got -1"),
        (lambda: train_flops(1, float("inf")), "tokens must be"),
        (lambda: train_flops(1, float("nan")), "tokens must be"),
        (lambda: train_flops("7B", 1), "parameters must be"),
        (lambda: train_flops(1, 1, n_layers=2), "attention needs n_layers, width and context"),
        (lambda: linear_flops(1, -3, 4), "n_in must be"),
        (lambda: mlp_flops(1, [3]), "sizes must be"),
        (lambda: conv2d_flops(1, 3, 4, (3, 3), (8, 8), groups=0), "groups must be a finite number of at least 1, got 0"),
        (lambda: conv2d_flops(1, 3, 4, (3, -3), (8, 8)), r"kernel\[1\] must be"),
        (lambda: transformer_block_flops(1, 10, 8, hidden=-1), "hidden must be"),
        (lambda: memory_budget(1, devices=0), "devices must be a finite number of at least 1"),
        (lambda: memory_budget(1, sharding=4), "sharding must be 0, 1, 2 or 3"),
        (lambda: memory_budget(1, optimizer="adamw2"), "optimizer must be one of"),
        (lambda: memory_budget(1, precision="int8"), "precision must be one of"),
        (lambda: memory_budget(1, checkpointing="some"), "checkpointing must be one of"),
        (lambda: memory_budget(1, n_layers=2, width=8, context=4), "activations need n_layers, width, heads and context"),
    ],
)
def test_bad_numbers_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_numbers_of_numpy_are_numbers():
    assert train_flops(np.int64(3), np.float32(2)) == 36


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(budget)
    assert result.attempted and not result.failed
