"""What every differentiable function promises, whatever it computes; a new function is one more line in FUNCTIONS.

No input and no gradient that is passed on is ever changed; results and gradients do not depend on how arrays lie in memory; float16,
float32 and float64 stay what they are, gradients included; large, constant and zero inputs give finite results.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import dlprimer as d
from dlprimer import Tensor
from dlprimer.autograd import Node


class Function(NamedTuple):
    """How to call it, the shapes of its floating-point arguments, and which numbers these are."""

    call: Callable[..., Any]
    shapes: list[tuple[int, ...]]
    numbers: str = "normal"


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


Y34, Y345 = np.array([0, 3, 2]), np.arange(15).reshape(3, 5) % 4
BINARY = np.array([[0, 1, 1, 0], [1, 0, 1, 1], [0, 0, 1, 0]])
IMAGE, MASK = [(2, 4, 6, 6)], np.arange(12).reshape(3, 4) % 3 > 0
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def cell(name: str) -> list[tuple[int, ...]]:
    n = 4 * GATES[name]
    return [(n, 3), (n, 4), (n,), (n,)]


# fmt: off
FUNCTIONS: dict[str, Function] = {
    **{name: Function(getattr(d, name), [(3, 4)]) for name in (
        "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid", "tanh", "softplus", "hardtanh", "glu")},
    "gelu by tanh": Function(lambda x: d.gelu(x, approximate="tanh"), [(3, 4)]),
    "softmax": Function(d.softmax, [(3, 4)]),
    "softmax axis 0": Function(lambda x: d.softmax(x, axis=0), [(3, 4)]),
    "log_softmax": Function(d.log_softmax, [(3, 4)]),
    "linear": Function(d.linear, [(2, 3, 4), (5, 4), (5,)]),
    "linear 2": Function(d.linear, [(3, 4), (5, 4), (5,)]),
    "embedding": Function(lambda w: d.embedding(Y345, w), [(4, 3)]),
    "normalize": Function(d.normalize, [(3, 4)]),
    "normalize p 3": Function(lambda x: d.normalize(x, p=3.0, axis=0), [(3, 4)]),
    "cosine_similarity": Function(d.cosine_similarity, [(3, 4), (3, 4)]),
    "cross_entropy": Function(lambda z: d.cross_entropy(z, Y34), [(3, 4)]),
    "cross_entropy trailing": Function(lambda z: d.cross_entropy(z, Y345, reduction="none"), [(3, 4, 5)]),
    "cross_entropy smoothed": Function(lambda z: d.cross_entropy(z, Y34, label_smoothing=0.1, ignore_index=3), [(3, 4)]),
    "cross_entropy of probabilities": Function(lambda z, p: d.cross_entropy(z, d.softmax(p, axis=1)), [(3, 4), (3, 4)]),
    "nll_loss": Function(lambda z: d.nll_loss(d.log_softmax(z), Y34), [(3, 4)]),
    "binary_cross_entropy": Function(lambda p, y: d.binary_cross_entropy(p, y), [(3, 4), (3, 4)], "unit"),
    "binary_cross_entropy_with_logits": Function(lambda z: d.binary_cross_entropy_with_logits(z, BINARY.astype(z.dtype)), [(3, 4)]),
    **{name: Function(getattr(d, name), [(3, 4), (3, 4)]) for name in ("l1_loss", "huber_loss", "smooth_l1_loss")},
    "mse_loss": Function(d.mse_loss, [(3, 4), (3, 4)]),
    "kl_div": Function(lambda x, y: d.kl_div(d.log_softmax(x), d.softmax(y), reduction="batchmean"), [(3, 4), (3, 4)]),
    "kl_div of logarithms": Function(lambda x, y: d.kl_div(d.log_softmax(x), d.log_softmax(y), log_target=True), [(3, 4), (3, 4)]),
    "triplet_margin_loss": Function(lambda a, p, n: d.triplet_margin_loss(a, p, n, swap=True), [(3, 4)] * 3),
    "focal_loss": Function(lambda z: d.focal_loss(z, BINARY.astype(z.dtype)), [(3, 4)]),
    "dice_loss": Function(d.dice_loss, [(2, 3, 4), (2, 3, 4)], "unit"),
    "distillation_loss": Function(lambda z: d.distillation_loss(z, np.ones((3, 4), z.dtype), Y34), [(3, 4)]),
    "info_nce": Function(d.info_nce, [(3, 4), (3, 4), (5, 4)]),
    "nt_xent": Function(d.nt_xent, [(3, 4), (3, 4)]),
    "conv1d": Function(lambda x, w, b: d.conv1d(x, w, b, stride=2, padding=1), [(2, 3, 7), (4, 3, 3), (4,)]),
    "conv2d": Function(lambda x, w, b: d.conv2d(x, w, b, padding=1), [*IMAGE, (4, 4, 3, 3), (4,)]),
    "conv2d depthwise": Function(lambda x, w: d.conv2d(x, w, groups=4, stride=2), [*IMAGE, (4, 1, 3, 3)]),
    "conv_transpose2d": Function(lambda x, w, b: d.conv_transpose2d(x, w, b, stride=2), [*IMAGE, (4, 3, 3, 3), (3,)]),
    "unfold": Function(lambda x: d.unfold(x, 3, padding=1), IMAGE),
    "pad": Function(lambda x: d.pad(x, (1, 1), mode="reflect"), [(2, 3, 4)]),
    "max_pool2d": Function(lambda x: d.max_pool2d(x, 2), IMAGE),
    "avg_pool2d": Function(lambda x: d.avg_pool2d(x, 3, padding=1), IMAGE),
    "adaptive_avg_pool2d": Function(lambda x: d.adaptive_avg_pool2d(x, 4), IMAGE),
    "interpolate": Function(lambda x: d.interpolate(x, scale_factor=2, mode="bilinear"), IMAGE),
    "batch_norm": Function(lambda x, w, b: d.batch_norm(x, None, None, w, b, training=True), [*IMAGE, (4,), (4,)]),
    "layer_norm": Function(lambda x, w, b: d.layer_norm(x, (4,), w, b), [(3, 4), (4,), (4,)]),
    "group_norm": Function(lambda x, w, b: d.group_norm(x, 2, w, b), [*IMAGE, (4,), (4,)]),
    "instance_norm": Function(lambda x, w, b: d.instance_norm(x, weight=w, bias=b), [*IMAGE, (4,), (4,)]),
    "rms_norm": Function(lambda x, w: d.rms_norm(x, (4,), w), [(3, 4), (4,)]),
    "dropout": Function(lambda x: d.dropout(x, 0.5, rng=rng()), [(3, 4)]),
    "drop_path": Function(lambda x: d.drop_path(x, 0.5, rng=rng()), [(3, 4)]),
    "attention_weights": Function(lambda q, k: d.attention_weights(q, k, MASK), [(2, 3, 4), (2, 4, 4)]),
    "scaled_dot_product_attention": Function(
        lambda q, k, v: d.scaled_dot_product_attention(q, k, v, MASK), [(2, 3, 4), (2, 4, 4), (2, 4, 4)]),
    "rotary_embedding": Function(d.rotary_embedding, [(2, 3, 4)]),
    "relative_position_bias": Function(lambda t: d.relative_position_bias(t, 4), [(5, 2)]),
    "rnn_cell": Function(d.rnn_cell, [(2, 3), (2, 4), *cell("rnn")]),
    "gru_cell": Function(d.gru_cell, [(2, 3), (2, 4), *cell("gru")]),
    "lstm_cell": Function(lambda x, h, c, *p: d.lstm_cell(x, (h, c), *p), [(2, 3), (2, 4), (2, 4), *cell("lstm")]),
    "rnn": Function(lambda x, h, *p: d.rnn(x, h, p), [(2, 5, 3), (1, 2, 4), *cell("rnn")]),
    "gru": Function(lambda x, h, *p: d.gru(x, h, p), [(2, 5, 3), (1, 2, 4), *cell("gru")]),
    "lstm": Function(lambda x, h, c, *p: d.lstm(x, (h, c), p), [(2, 5, 3), (1, 2, 4), (1, 2, 4), *cell("lstm")]),
    "box_iou": Function(d.box_iou, [(3, 4), (2, 4)], "boxes"),
    "generalized_box_iou": Function(d.generalized_box_iou, [(3, 4), (2, 4)], "boxes"),
    "encode_boxes": Function(d.encode_boxes, [(3, 4), (3, 4)], "boxes"),
    "decode_boxes": Function(lambda x: d.decode_boxes(x, boxes((3, 4)).astype(x.dtype)), [(3, 4)]),
}
# fmt: on
OTHERS = {
    "one_hot", "xavier_uniform", "xavier_normal", "he_uniform", "he_normal", "orthogonal", "lsuv", "receptive_field", "causal_mask",
    "padding_mask", "sinusoidal_positions", "alibi_bias", "alibi_slopes", "make_anchors", "match_anchors", "nms", "soft_nms",
}  # fmt: skip
"""Functions of dlprimer.nn without a gradient: they make numbers, or choose among them."""


def boxes(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    corner, size = np.random.default_rng(seed).uniform(0.1, 1, (2, shape[0], 2))
    return np.concatenate([corner, corner + size], axis=1)


def arguments(function: Function, dtype: Any = np.float64) -> list[np.ndarray]:
    generator = rng()
    make = {
        "normal": lambda shape, i: generator.standard_normal(shape),
        "unit": lambda shape, i: generator.uniform(0.1, 0.9, shape),
        "boxes": boxes,
    }[function.numbers]
    return [make(shape, i).astype(dtype) for i, shape in enumerate(function.shapes)]


def results(function: Function, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Outputs and gradients of a randomly weighted sum, of tensors whose data are these very arrays."""
    tensors = [Tensor(a) for a in arrays]
    for t in tensors:
        t.requires_grad = True
    outputs = function.call(*tensors)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    weights = rng()
    total: Any = sum((y * weights.standard_normal(y.shape).astype(y.dtype)).sum() for y in outputs)
    total.backward()
    for t, a in zip(tensors, arrays, strict=True):
        assert t.data is a or np.shares_memory(t.data, a)
    return [*(y.data for y in outputs), *(np.zeros_like(t.data) if t.grad is None else t.grad for t in tensors)]


def strided(a: np.ndarray) -> np.ndarray:
    wide = np.full((*a.shape[:-1], 2 * a.shape[-1]), np.nan, a.dtype)
    wide[..., ::2] = a
    return wide[..., ::2]


def backwards(a: np.ndarray) -> np.ndarray:
    return np.flip(np.flip(a).copy())


LAYOUTS = {"Fortran": np.asfortranarray, "strided": strided, "backwards": backwards}
ALL = pytest.mark.parametrize("name", FUNCTIONS)


def test_every_function_of_the_library_is_here() -> None:
    public = {name for name in d.__all__ if inspect.isfunction(f := getattr(d, name)) and f.__module__.startswith("dlprimer.nn")}
    assert public - FUNCTIONS.keys() - OTHERS == set(), "add a line to FUNCTIONS, or the name to OTHERS"


@ALL
def test_inputs_and_gradients_passed_on_are_never_changed(name: str, monkeypatch) -> None:
    function = FUNCTIONS[name]
    pull_back = Node.pull_back

    def pull_back_read_only(self):
        for g in self.gradients.values():
            g.flags.writeable = False
        pull_back(self)

    monkeypatch.setattr(Node, "pull_back", pull_back_read_only)
    arrays = arguments(function)
    before = [a.copy() for a in arrays]
    expected = results(function, arrays)
    plain = function.call(*arrays)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)
        a.flags.writeable = False
    plain = plain if isinstance(plain, tuple) else (plain,)
    for x, y, z in zip(results(function, arrays), expected, [*plain, *expected[len(plain) :]], strict=True):
        np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(y, z)


@ALL
@pytest.mark.parametrize("layout", LAYOUTS)
def test_results_do_not_depend_on_how_arrays_lie_in_memory(name: str, layout: str) -> None:
    arrays = arguments(FUNCTIONS[name])
    expected = results(FUNCTIONS[name], arrays)
    for x, y in zip(results(FUNCTIONS[name], [LAYOUTS[layout](a) for a in arrays]), expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-12)


@ALL
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_are_kept_and_lower_precision_is_only_less_precise(name: str, dtype) -> None:
    function = FUNCTIONS[name]
    arrays = arguments(function, dtype)
    found = results(function, arrays)
    plain = function.call(*arrays)
    assert {np.asarray(y).dtype for y in (plain if isinstance(plain, tuple) else (plain,))} == {np.dtype(dtype)}
    tolerance = {np.float16: 0.03, np.float32: 2e-4, np.float64: 0}[dtype]
    for x, y in zip(found, results(function, [a.astype(np.float64) for a in arrays]), strict=True):
        assert x.dtype == dtype
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * max(1, np.abs(y).max(initial=0)))


EXTREMES = {
    "normal": [lambda x: 1e4 * np.sign(x), lambda x: 1e4 + x, lambda x: 0 * x + 3, lambda x: 0 * x, lambda x: 1e-30 * x],
    "unit": [np.round, lambda x: 0 * x, lambda x: 0 * x + 1],
    "boxes": [lambda x: 1e4 * x, lambda x: 1e-4 * x, lambda x: 1e3 + x],
}


@ALL
def test_large_constant_and_zero_inputs_give_finite_results(name: str) -> None:
    function = FUNCTIONS[name]
    for change in EXTREMES[function.numbers]:
        arrays = [change(a).astype(np.float32) for a in arguments(function)]
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            found = results(function, arrays)
        assert all(np.isfinite(x).all() for x in found)
