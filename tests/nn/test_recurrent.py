"""Recurrent layers: PyTorch's results, the gradient of any option, whole sequences as the cell step by step, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlprimer
from dlprimer import (
    GRU,
    LSTM,
    RNN,
    GRUCell,
    LSTMCell,
    RNNCell,
    Tensor,
    check_gradients,
    gru,
    gru_cell,
    lstm,
    lstm_cell,
    rnn,
    rnn_cell,
)

CASES = json.loads((Path(__file__).parents[1] / "goldens" / "recurrent.json").read_text())["cases"]
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
SEQUENCES = {"rnn": rnn, "gru": gru, "lstm": lstm}
MODULES = {"rnn": RNN, "gru": GRU, "lstm": LSTM}


class FlatLSTM(LSTM):
    def forward(self, input: Any, h: Any = None, c: Any = None) -> Any:
        output, (h_n, c_n) = super().forward(input, None if h is None else (h, c))
        return output, h_n, c_n


class FlatLSTMCell(LSTMCell):
    def forward(self, input: Any, h: Any = None, c: Any = None) -> Any:
        return super().forward(input, None if h is None else (h, c))


def weights(kind: str, D: int, H: int, rng: np.random.Generator, layers: int = 1, directions: int = 1, biases: bool = True) -> list[Any]:
    """Parameters in the order of the functions."""
    G, params = GATES[kind] * H, []
    for k in range(layers * directions):
        params += [rng.standard_normal((G, D if k < directions else H * directions)), rng.standard_normal((G, H))]
        params += [rng.standard_normal(G), rng.standard_normal(G)] if biases else []
    return params


def states(kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    h = rng.standard_normal(shape)
    return (h, rng.standard_normal(shape)) if kind == "lstm" else h


def unrolled(kind: str, x: Any, hx: Any, params: Any, nonlinearity: str = "tanh") -> tuple[Any, ...]:
    """One layer in one direction as a composition of cells: x (N, T, D), hx without the axis of layers."""
    outputs = []
    for t in range(x.shape[1]):
        if kind == "lstm":
            hx = lstm_cell(x[:, t], hx, *params)
        else:
            hx = gru_cell(x[:, t], hx, *params) if kind == "gru" else rnn_cell(x[:, t], hx, *params, nonlinearity=nonlinearity)
        outputs.append(hx[0] if kind == "lstm" else hx)
    return (np.stack(outputs, axis=1), *(hx if kind == "lstm" else (hx,)))


# ---- PyTorch's results ----


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.get("module") or case["function"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 1e-5)], ids=["float64", "float32"])
def test_outputs_and_gradients_are_those_of_pytorch(case, dtype, tolerance: float, follows_golden, monkeypatch) -> None:
    monkeypatch.setattr(dlprimer, "FlatLSTM", FlatLSTM, raising=False)
    monkeypatch.setattr(dlprimer, "FlatLSTMCell", FlatLSTMCell, raising=False)
    extra = {"rng": np.random.default_rng(0)} if "module" in case else {}
    follows_golden(case, dtype, tolerance, tolerance, **extra)


def test_parameters_have_pytorchs_names_and_order() -> None:
    model = LSTM(3, 2, num_layers=2, bidirectional=True, proj_size=1, rng=np.random.default_rng(0))
    kinds = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"]
    expected = [f"{kind}_{layer}" for layer in ("l0", "l0_reverse", "l1", "l1_reverse") for kind in kinds]
    assert list(model.state_dict()) == expected
    assert list(GRUCell(3, 2, rng=np.random.default_rng(0)).state_dict()) == ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]


# ---- gradients ----


@settings(deadline=None, max_examples=12)
@given(
    seed=st.integers(0, 9999), N=st.integers(1, 3), T=st.integers(1, 4), D=st.integers(1, 3), H=st.integers(1, 3),
    layers=st.integers(1, 2), directions=st.integers(1, 2), biases=st.booleans(), batch_first=st.booleans(), one=st.booleans(),
)  # fmt: skip
@pytest.mark.parametrize("kind", SEQUENCES)
def test_gradients(kind: str, seed, N, T, D, H, layers, directions, biases, batch_first, one) -> None:
    rng = np.random.default_rng(seed)
    params = weights(kind, D, H, rng, layers, directions, biases)
    shape = (T, D) if one else (N, T, D) if batch_first else (T, N, D)
    hx = states(kind, (layers * directions, H) if one else (layers * directions, N, H), rng)
    flat = list(hx) if kind == "lstm" else [hx]

    def function(x: Any, *arrays: Any) -> Any:
        hx = arrays[:2] if kind == "lstm" else arrays[0]
        options = {"has_biases": biases, "num_layers": layers, "bidirectional": directions == 2, "batch_first": batch_first}
        return SEQUENCES[kind](x, hx, list(arrays[len(flat) :]), **options)

    check_gradients(function, rng.standard_normal(shape), *flat, *params)


def test_gradients_of_relu_and_of_projections() -> None:
    rng = np.random.default_rng(3)
    x, h = rng.standard_normal((2, 3, 2)), rng.standard_normal((1, 2, 3))
    check_gradients(lambda x, h, *p: rnn(x, h, p, nonlinearity="relu"), x, h, *weights("rnn", 2, 3, rng))
    h, c = rng.standard_normal((1, 2, 2)), rng.standard_normal((1, 2, 3))
    p = [rng.standard_normal(s) for s in ((12, 2), (12, 2), (12,), (12,), (2, 3))]
    check_gradients(lambda x, h, c, *p: lstm(x, (h, c), p), x, h, c, *p)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 9999), N=st.integers(1, 3), D=st.integers(1, 3), H=st.integers(1, 3), one=st.booleans(), biases=st.booleans())
@pytest.mark.parametrize("kind", SEQUENCES)
def test_gradients_of_cells(kind: str, seed, N, D, H, one, biases) -> None:
    rng = np.random.default_rng(seed)
    hx = states(kind, (H,) if one else (N, H), rng)
    params = weights(kind, D, H, rng, biases=biases)
    x = rng.standard_normal((D,) if one else (N, D))
    if kind == "lstm":
        check_gradients(lambda x, h, c, *p: lstm_cell(x, (h, c), *p), x, *hx, *params)
    else:
        check_gradients(gru_cell if kind == "gru" else rnn_cell, x, hx, *params)


def test_gradients_of_single_outputs() -> None:
    """Outputs that nothing depends on count as zero, whichever they are."""
    rng = np.random.default_rng(5)
    x, params = rng.standard_normal((2, 3, 2)), weights("lstm", 2, 2, rng)
    for i in range(3):
        check_gradients(lambda x, *p, i=i: lstm(x, None, p)[i], x, *params)


# ---- whole sequences are steps ----


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("kind", SEQUENCES)
def test_a_hundred_steps_are_a_hundred_cells(kind: str, nonlinearity: str) -> None:
    rng = np.random.default_rng(7)
    x, hx, params = rng.standard_normal((3, 100, 2)), states(kind, (1, 3, 4), rng), [0.4 * p for p in weights(kind, 2, 4, rng)]
    g = rng.standard_normal((3, 100, 4))
    gradients, outputs = [], []
    for whole in (True, False):
        X, P = Tensor(x, requires_grad=True), [Tensor(p, requires_grad=True) for p in params]
        first = [Tensor(s, requires_grad=True) for s in (hx if kind == "lstm" else (hx,))]
        if whole:
            options = {"nonlinearity": nonlinearity} if kind == "rnn" else {}
            y, *last = SEQUENCES[kind](X, tuple(first) if kind == "lstm" else first[0], P, **options)
        else:
            single = [s[0] for s in first]
            y, *last = unrolled(kind, X, tuple(single) if kind == "lstm" else single[0], P, nonlinearity)
        ((y * g).sum() + sum((s * s).sum() for s in last)).backward()
        outputs.append(y.data)
        gradients.append([t.grad for t in (X, *first, *P)])
    np.testing.assert_allclose(*outputs, rtol=1e-9, atol=1e-12)
    for a, b in zip(*gradients, strict=True):
        assert np.abs(b).max() > 0
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("kind", SEQUENCES)
def test_both_directions_are_two_runs(kind: str) -> None:
    rng = np.random.default_rng(8)
    x, params, n = rng.standard_normal((2, 5, 3)), weights(kind, 3, 2, rng, directions=2), 4
    y, *last = SEQUENCES[kind](x, None, params, bidirectional=True)
    forward, backward = SEQUENCES[kind](x, None, params[:n]), SEQUENCES[kind](x[:, ::-1], None, params[n:])
    np.testing.assert_allclose(y, np.concatenate([forward[0], backward[0][:, ::-1]], axis=-1))
    for both, one, other in zip(last, forward[1:], backward[1:], strict=True):
        np.testing.assert_allclose(both, np.concatenate([one, other]))


@pytest.mark.parametrize("kind", SEQUENCES)
def test_layers_are_runs_on_top_of_each_other(kind: str) -> None:
    rng = np.random.default_rng(9)
    x, params = rng.standard_normal((2, 5, 3)), weights(kind, 3, 2, rng, layers=2)
    y, *last = SEQUENCES[kind](x, None, params, num_layers=2)
    below = SEQUENCES[kind](x, None, params[:4])
    above = SEQUENCES[kind](below[0], None, params[4:])
    np.testing.assert_allclose(y, above[0])
    np.testing.assert_allclose(last[0], np.concatenate([below[1], above[1]]))


@pytest.mark.parametrize("kind", SEQUENCES)
def test_a_run_can_be_continued(kind: str) -> None:
    rng = np.random.default_rng(10)
    x, params = rng.standard_normal((2, 6, 3)), weights(kind, 3, 2, rng)
    whole = SEQUENCES[kind](x, None, params)
    first = SEQUENCES[kind](x[:, :4], None, params)
    second = SEQUENCES[kind](x[:, 4:], first[1:] if kind == "lstm" else first[1], params)
    np.testing.assert_allclose(whole[0], np.concatenate([first[0], second[0]], axis=1))
    np.testing.assert_allclose(whole[-1], second[-1])


def test_padding_at_the_end_leaves_the_states_before_it_but_not_the_last_ones() -> None:
    rng = np.random.default_rng(11)
    x, params = rng.standard_normal((1, 5, 3)), weights("gru", 3, 2, rng)
    padded = np.concatenate([x, np.zeros((1, 2, 3))], axis=1)
    np.testing.assert_allclose(gru(padded, None, params)[0][:, :5], gru(x, None, params)[0])
    assert np.abs(gru(padded, None, params)[1] - gru(x, None, params)[1]).max() > 1e-3


# ---- dropout ----


@pytest.mark.parametrize("kind", SEQUENCES)
def test_dropout_falls_between_layers_in_training_only(kind: str) -> None:
    model = MODULES[kind](3, 50, num_layers=2, dropout=0.4, rng=np.random.default_rng(1)).to(np.float64)
    x = np.random.default_rng(2).standard_normal((2, 5, 3))
    params = [p.data for p in model.params()]
    below = SEQUENCES[kind](x, None, params[:4])
    model.rng = np.random.default_rng(3)
    y = model(x)[0].data
    dropped = dlprimer.dropout(below[0], 0.4, rng=np.random.default_rng(3))
    assert 0.3 < np.mean(dropped == 0) < 0.5
    np.testing.assert_allclose(y, SEQUENCES[kind](dropped, None, params[4:])[0])
    np.testing.assert_allclose(model.eval()(x)[0].data, SEQUENCES[kind](x, None, params, num_layers=2)[0])


def test_dropout_of_one_cuts_the_layers_apart_and_one_layer_has_nothing_to_drop() -> None:
    rng = np.random.default_rng(4)
    x, params = rng.standard_normal((2, 5, 3)), weights("gru", 3, 2, rng, layers=2)
    y = gru(x, None, params, num_layers=2, dropout=1.0, train=True, rng=rng)[0]
    np.testing.assert_allclose(y, gru(np.zeros((2, 5, 2)), None, params[4:])[0])
    np.testing.assert_allclose(gru(x, None, params[:4], dropout=0.5, train=True)[0], gru(x, None, params[:4])[0])


# ---- dtypes, layout, extremes ----


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", SEQUENCES)
def test_dtype_is_kept_and_no_input_changes(kind: str, dtype) -> None:
    rng = np.random.default_rng(12)
    x, exact = rng.standard_normal((2, 5, 3)), [0.5 * p for p in weights(kind, 3, 4, rng, 2, 2)]
    hx = states(kind, (4, 2, 4), rng)
    expected = SEQUENCES[kind](x, hx, exact, num_layers=2, bidirectional=True)
    arrays = [x.astype(dtype), *(a.astype(dtype) for a in (hx if kind == "lstm" else [hx])), *(p.astype(dtype) for p in exact)]
    copies = [a.copy() for a in arrays]
    T = [Tensor(a, requires_grad=True) for a in arrays]
    n = 2 if kind == "lstm" else 1
    hx = tuple(T[1:3]) if kind == "lstm" else T[1]
    outputs = SEQUENCES[kind](T[0], hx, T[1 + n :], num_layers=2, bidirectional=True)
    for actual, wanted in zip(outputs, expected, strict=True):
        assert actual.dtype == dtype
        np.testing.assert_allclose(actual.data.astype(float), wanted, atol={np.float16: 2e-2, np.float32: 1e-5, np.float64: 0}[dtype])
    outputs[0].sum().backward()
    for tensor, copy in zip(T, copies, strict=True):
        assert tensor.grad is not None and tensor.grad.dtype == dtype and np.isfinite(tensor.grad).all()
        np.testing.assert_array_equal(tensor.data, copy)


@pytest.mark.parametrize("kind", SEQUENCES)
def test_results_do_not_depend_on_memory_layout(kind: str) -> None:
    rng = np.random.default_rng(13)
    x, params, hx = rng.standard_normal((3, 4, 2)), weights(kind, 2, 3, rng), states(kind, (1, 3, 3), rng)

    def run(arrange) -> list[Any]:
        first = tuple(Tensor(arrange(h)) for h in hx) if kind == "lstm" else Tensor(arrange(hx))
        X = Tensor(arrange(x))
        P = [Tensor(arrange(p)) for p in params]
        for t in (X, *P):
            t.requires_grad = True
        y, *_ = SEQUENCES[kind](X, first, P)
        (y * y).sum().backward()
        return [y.data, X.grad, *(p.grad for p in P)]

    def strided(a: Any) -> Any:
        wide = np.zeros([2 * n for n in a.shape])
        view = wide[tuple(slice(None, None, 2) for _ in a.shape)]
        view[...] = a
        return view

    def frozen(a: Any) -> Any:
        a = a.copy()
        a.flags.writeable = False
        return a

    usual = run(np.array)
    for arrange in (np.asfortranarray, strided, frozen, lambda a: a[..., ::-1].copy()[..., ::-1]):
        for a, b in zip(run(arrange), usual, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", SEQUENCES)
def test_extreme_inputs_give_finite_results(kind: str) -> None:
    rng = np.random.default_rng(14)
    params = [p.astype(np.float32) for p in weights(kind, 2, 3, rng)]
    x = Tensor((1e4 * rng.standard_normal((2, 6, 2))).astype(np.float32), requires_grad=True)
    outputs = SEQUENCES[kind](x, None, params)
    (outputs[0].sum() + outputs[1].sum()).backward()
    assert all(np.isfinite(y.data).all() for y in outputs) and np.isfinite(x.grad).all()
    assert np.abs(outputs[0].data).max() <= 1


@pytest.mark.parametrize("kind", SEQUENCES)
def test_an_empty_batch_gives_an_empty_result(kind: str) -> None:
    model = MODULES[kind](3, 2, bidirectional=True, rng=np.random.default_rng(0))
    x = Tensor(np.zeros((0, 4, 3), np.float32), requires_grad=True)
    y, last = model(x)
    y.sum().backward()
    assert y.shape == (0, 4, 4) and (last[0] if kind == "lstm" else last).shape == (2, 0, 2)
    assert model.weight_ih_l0.grad.tolist() == np.zeros_like(model.weight_ih_l0.data).tolist()


def test_an_lstm_counts_where_its_gates_are_open() -> None:
    """Cells add up without bound: f = i = 1 and g = tanh(x)."""
    w_ih, b = np.array([[0.0], [0.0], [1.0], [0.0]]), np.array([100.0, 100.0, 0.0, 100.0])
    _, _, c = lstm(np.full((1, 50, 1), 100.0), None, [w_ih, np.zeros((4, 1)), b, 0 * b])
    assert c.tolist() == [[[50.0]]]


# ---- modules ----


@pytest.mark.parametrize("kind", SEQUENCES)
def test_initial_weights_are_uniform_within_the_bound(kind: str) -> None:
    model = MODULES[kind](20, 100, rng=np.random.default_rng(0))
    values = np.concatenate([p.data.ravel() for p in model.parameters()])
    assert values.dtype == np.float32 and 0.099 < np.abs(values).max() <= 0.1 and abs(values.mean()) < 1e-3
    assert abs(values.std() - 0.1 / 3**0.5) < 1e-3


def test_modules_show_their_settings() -> None:
    rng = np.random.default_rng(0)
    assert repr(LSTM(3, 2, num_layers=2, bidirectional=True, rng=rng)) == "LSTM(3, 2, num_layers=2, bidirectional=True)"
    assert repr(RNN(3, 2, nonlinearity="relu", rng=rng)) == "RNN(3, 2)"
    assert repr(RNNCell(3, 2, bias=False, rng=rng)) == "RNNCell(3, 2, bias=False)"


@pytest.mark.parametrize(("cell", "gates"), [(RNNCell, 1), (LSTMCell, 4), (GRUCell, 3)])
def test_cells_start_from_zeros(cell, gates: int) -> None:
    module = cell(3, 2, rng=np.random.default_rng(0))
    x, zero = np.ones((4, 3), np.float32), np.zeros((4, 2), np.float32)
    a, b = module(x), module(x, (zero, zero) if cell is LSTMCell else zero)
    np.testing.assert_array_equal(*(np.asarray((y[0] if cell is LSTMCell else y).data) for y in (a, b)))
    assert module.weight_ih.shape == (gates * 2, 3)


# ---- what is refused ----

X, R = np.zeros((2, 4, 3)), np.random.default_rng(0)
P = [np.zeros((2, 3)), np.zeros((2, 2)), np.zeros(2), np.zeros(2)]
P4 = [np.zeros((8, 3)), np.zeros((8, 2)), np.zeros(8), np.zeros(8)]
H0 = np.zeros((1, 2, 2))


class Packed:
    batch_sizes = (2, 1)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: rnn(np.zeros((2, 0, 3)), None, P), ValueError, "rnn: input must have at least one step, got (2, 0, 3)"),
        (lambda: rnn(np.zeros((0, 2, 3)), None, P, batch_first=False), ValueError, "at least one step"),
        (lambda: rnn(np.zeros((0, 3)), None, P), ValueError, "at least one step"),
        (lambda: rnn(np.zeros(3), None, P), ValueError, "input must be (N, T, D), or (T, D) for one sequence, got (3,)"),
        (lambda: rnn(np.zeros((2, 4, 5)), None, P), ValueError, "w_ih, params[0], must have shape (2, 5), got (2, 3)"),
        (lambda: rnn(X, np.zeros((1, 2, 3)), P), ValueError, "hx must have shape (1, 2, 2) for input (2, 4, 3), got (1, 2, 3)"),
        (lambda: rnn(X[0], H0, P), ValueError, "hx must have shape (1, 2) for input (4, 3), got (1, 2, 2)"),
        (lambda: lstm(X, (H0, H0[0]), P4), ValueError, "c of hx must have shape (1, 2, 2)"),
        (lambda: lstm(X, H0, P4), TypeError, "lstm: hx must be a tuple (h, c) of arrays, got ndarray"),
        (lambda: lstm_cell(X[0], X, *P4), TypeError, "lstm_cell: hx must be a tuple (h, c)"),
        (lambda: rnn(X, None, P[:3]), ValueError, "params must hold 4 arrays for each layer and direction, 4 in all, got 3"),
        (lambda: rnn(X, None, P, has_biases=False), ValueError, "params must hold 2 arrays"),
        (lambda: gru(X, None, P), ValueError, "w_ih, params[0], must be (3 * hidden size, 3), got (2, 3)"),
        (lambda: rnn(X, None, [P[0], P[1], P[2], np.zeros(3)]), ValueError, "b_hh, params[3], must have shape (2,), got (3,)"),
        (lambda: rnn(X, None, [P[0], P[1].T[:1], *P[2:]]), ValueError, "w_hh, params[1], must have shape (2, 2), got (1, 2)"),
        (lambda: rnn(X, None, [*P, np.zeros((3, 2)), np.zeros((3, 3)), *[np.zeros(3)] * 2], num_layers=2), ValueError, "same hidden size"),
        (lambda: lstm(X, None, [*P4, np.zeros((1, 3))]), ValueError, "must have shape (8, 1), got (8, 2)"),
        (lambda: rnn(X, None, P, num_layers=0), ValueError, "num_layers must be at least 1, got 0"),
        (lambda: rnn(X, None, P, nonlinearity="gelu"), ValueError, "nonlinearity must be one of 'tanh', 'relu', got 'gelu'"),
        (lambda: rnn(X, None, P, dropout=1.5, train=True), ValueError, "dropout must be from 0 to 1, got 1.5"),
        (lambda: rnn(X, None, [*P, P[1], *P[1:]], num_layers=2, dropout=0.5, train=True), ValueError, "dropout: rng must be"),
        (lambda: rnn(X.astype(np.float32), None, P), TypeError, "input is float32 but params[0] is float64"),
        (lambda: rnn(X.astype(int), None, P), TypeError, "input must be floating point, got int64"),
        (lambda: rnn(X.tolist(), None, P), TypeError, "input must be an array or a Tensor, got list"),
        (lambda: rnn(Packed(), None, P), TypeError, "got Packed; sequences of different lengths must be padded, not packed"),
        (lambda: rnn(X, None, [None, *P[1:]]), TypeError, "params[0] must be an array or a Tensor, got NoneType"),
        (lambda: rnn_cell(X, None, *P), ValueError, "rnn_cell: input must be (N, D) or (D,), got (2, 4, 3)"),
        (lambda: rnn_cell(X[0], None, P[0], P[1], P[2]), ValueError, "b_ih and b_hh must be given both or neither"),
        (lambda: rnn_cell(X[0], np.zeros((3, 2)), *P), ValueError, "hx must have shape (4, 2) for input (4, 3)"),
        (lambda: rnn_cell(X[0], np.zeros(2), *P), ValueError, "hx must have shape (4, 2)"),
        (lambda: gru_cell(X[0], None, *P), ValueError, "w_ih must be (3 * hidden size, 3), got (2, 3)"),
        (lambda: rnn_cell(X[0], None, np.zeros(3), *P[1:]), ValueError, "w_ih must be (1 * hidden size, 3), got (3,)"),
        (lambda: rnn_cell(X[0], None, *P, nonlinearity="gelu"), ValueError, "nonlinearity must be one of"),
        (lambda: RNN(3, 2, nonlinearity="gelu", rng=R), ValueError, "nonlinearity must be one of"),
        (lambda: RNNCell(3, 2, nonlinearity="gelu", rng=R), ValueError, "nonlinearity must be one of"),
        (lambda: RNN(0, 2, rng=R), ValueError, "RNN: input_size must be at least 1, got 0"),
        (lambda: LSTM(3, 2.0, rng=R), TypeError, "LSTM: hidden_size must be a whole number, got float"),
        (lambda: GRU(3, 2, bias=1, rng=R), TypeError, "GRU: bias must be True or False, got 1"),
        (lambda: GRU(3, 2, dropout=True, rng=R), TypeError, "GRU: dropout must be a number, got bool"),
        (lambda: GRU(3, 2, dropout=-0.1, rng=R), ValueError, "GRU: dropout must be from 0 to 1, got -0.1"),
        (lambda: LSTM(3, 2, proj_size=2, rng=R), ValueError, "LSTM: proj_size must be a whole number from 0 (none) to hidden_size - 1"),
        (lambda: LSTMCell(3, 0, rng=R), ValueError, "LSTMCell: hidden_size must be at least 1, got 0"),
    ],
)
def test_bad_input_names_the_argument_and_what_was_expected(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)
