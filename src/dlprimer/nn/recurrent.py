"""Recurrent networks: one set of weights used at every time step, and a state that carries what was seen so far.

`rnn_cell`, `gru_cell` and `lstm_cell` are one step, as the equations have it. `rnn`, `gru` and `lstm` run whole sequences; each rests on
one function (`rnn_layer`, ...) with the loop over time and, beside it, backpropagation through time. Their arrays hold a step's gates
as rows, (T, gates, N), so that every operation of the loop touches one block of memory; products that need no order of time, those with
the inputs and the weights' gradients, are done for all steps at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd import Array, Tensor, WithGradient, differentiable
from .activations import relu, sigmoid
from .arguments import HALF, SINGLE, choose, generator
from .dropout import dropout
from .linear import linear
from .module import Module, Parameter

# ---- one step ----


def rnn_cell(
    input: Array, hx: Array | None, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None,
    nonlinearity: str = "tanh",
) -> Any:  # fmt: skip
    """The next state of a plain recurrent network: tanh(W_ih x + b_ih + W_hh h + b_hh).

    Args:
        input: x, (N, D) or (D,).
        hx: State h before the step, (N, H) or (H,); None for zeros.
        w_ih, w_hh: (H, D) and (H, H).
        b_ih, b_hh: (H,) both, or None both. Their sum is what counts; PyTorch keeps two.
        nonlinearity: "tanh" or "relu"; in PyTorch two functions, `rnn_tanh_cell` and `rnn_relu_cell`.

    Returns:
        The state after the step, of the shape of `hx`.

    Raises:
        ValueError: If shapes do not fit, or for another nonlinearity.
        TypeError: If dtypes differ or are not floating point.

    Example:
        >>> h = rnn_cell(np.array([1.0]), np.array([0.5]), np.array([[2.0]]), np.array([[-1.0]]))
        >>> h.round(4).tolist()
        [0.9051]

    Paper: Elman, Finding structure in time, 1990. Explained in question 81.
    """
    (h,) = check_cell("rnn_cell", 1, input, {"hx": hx}, w_ih, w_hh, b_ih, b_hh)
    choose("nonlinearity", nonlinearity, ("tanh", "relu"))
    a = linear(input, w_ih, b_ih) + linear(h, w_hh, b_hh)
    return np.tanh(a) if nonlinearity == "tanh" else relu(a)


def lstm_cell(
    input: Array, hx: tuple[Array, Array] | None, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None
) -> tuple[Any, Any]:
    """The next state of a long short-term memory: c = f c + i g, h = o tanh(c).

    The cell c is kept by the forget gate f (1 keeps all), written by the input gate i and read by the output gate o.

    Args:
        input: x, (N, D) or (D,).
        hx: (h, c), both (N, H) or (H,); None for zeros.
        w_ih, w_hh: (4H, D) and (4H, H): rows of i, f, g, o.
        b_ih, b_hh: (4H,) both, or None both.

    Returns:
        (h, c) after the step.

    Raises:
        ValueError: If shapes do not fit.
        TypeError: If dtypes differ or are not floating point.

    Example:
        >>> w, b = np.zeros((4, 1)), np.array([0.0, 100.0, 0.0, 0.0])  # f = 1: the cell is kept
        >>> h, c = lstm_cell(np.array([1.0]), (np.array([0.0]), np.array([3.0])), w, w, b, 0 * b)
        >>> c.tolist(), h.round(4).tolist()
        ([3.0], [0.4975])

    Paper: Hochreiter and Schmidhuber, Long short-term memory, 1997; the forget gate: Gers, Schmidhuber and Cummins, Learning to forget,
    2000. Explained in question 82.
    """
    if hx is not None and not (isinstance(hx, (tuple, list)) and len(hx) == 2):
        raise TypeError(f"lstm_cell: hx must be a tuple (h, c) of arrays, got {type(hx).__name__}")
    h, c = hx or (None, None)
    h, c = check_cell("lstm_cell", 4, input, {"h of hx": h, "c of hx": c}, w_ih, w_hh, b_ih, b_hh)
    return lstm_step(input, h, c, w_ih, w_hh, b_ih, b_hh)


def lstm_step(
    x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None
) -> tuple[Any, Any]:
    """The equations of `lstm_cell`."""
    i, f, g, o = np.split(linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh), 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_cell(
    input: Array, hx: Array | None, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None
) -> Any:
    """The next state of a gated recurrent unit: h = (1 - z) n + z h, a mean of the old state and a new one.

    The update gate z keeps the old state (1 keeps all); the reset gate r says how much of it the new one, n, sees:
    n = tanh(W_in x + b_in + r (W_hn h + b_hn)). r multiplies after the product with W_hn, as in PyTorch; the paper's comes before it.

    Args:
        input: x, (N, D) or (D,).
        hx: h, (N, H) or (H,); None for zeros.
        w_ih, w_hh: (3H, D) and (3H, H): rows of r, z, n.
        b_ih, b_hh: (3H,) both, or None both.

    Returns:
        The state after the step, of the shape of `hx`.

    Raises:
        ValueError: If shapes do not fit.
        TypeError: If dtypes differ or are not floating point.

    Example:
        >>> w, b = np.zeros((3, 1)), np.array([0.0, 100.0, 0.0])  # z = 1: the state is kept
        >>> gru_cell(np.array([1.0]), np.array([0.25]), w, w, b, 0 * b).tolist()
        [0.25]

    Paper: Cho et al., Learning phrase representations using RNN encoder-decoder for statistical machine translation, 2014. Explained in
    question 82.
    """
    (h,) = check_cell("gru_cell", 3, input, {"hx": hx}, w_ih, w_hh, b_ih, b_hh)
    r_x, z_x, n_x = np.split(linear(input, w_ih, b_ih), 3, axis=-1)
    r_h, z_h, n_h = np.split(linear(h, w_hh, b_hh), 3, axis=-1)
    r, z = sigmoid(r_x + r_h), sigmoid(z_x + z_h)
    n = np.tanh(n_x + r * n_h)
    return n + z * (h - n)


def check_cell(
    name: str, gates: int, x: Array, states: dict[str, Array | None], w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None
) -> list[Array]:
    """Refuse what does not fit together; return the states, zeros for those that are None."""
    optional = {"b_ih": b_ih, "b_hh": b_hh, **states}
    check_arrays(name, input=x, w_ih=w_ih, w_hh=w_hh, **{what: a for what, a in optional.items() if a is not None})
    if x.ndim not in (1, 2):
        raise ValueError(f"{name}: input must be (N, D) or (D,), got {x.shape}")
    if (b_ih is None) != (b_hh is None):
        raise ValueError(f"{name}: b_ih and b_hh must be given both or neither")
    check_weights(name, gates, x.shape[-1], [p for p in (w_ih, w_hh, b_ih, b_hh) if p is not None])
    shape = (*x.shape[:-1], w_hh.shape[1])
    for what, state in states.items():
        if state is not None and state.shape != shape:
            raise ValueError(f"{name}: {what} must have shape {shape} for input {x.shape} and w_hh {w_hh.shape}, got {state.shape}")
    return [np.zeros(shape, x.dtype) if state is None else state for state in states.values()]


def check_arrays(name: str, **arrays: Array) -> None:
    """Refuse anything but floating-point arrays of one dtype; the first is the input."""
    dtype = None
    for what, a in arrays.items():
        if not isinstance(a, (np.ndarray, Tensor)):
            padded = "; sequences of different lengths must be padded, not packed" if hasattr(a, "batch_sizes") else ""
            raise TypeError(f"{name}: {what} must be an array or a Tensor, got {type(a).__name__}{padded}")
        dtype = a.dtype if dtype is None else dtype
        if a.dtype.kind != "f":
            raise TypeError(f"{name}: {what} must be floating point, got {a.dtype}; use .astype(np.float32)")
        if a.dtype != dtype:
            raise TypeError(f"{name}: input is {dtype} but {what} is {a.dtype}; convert one with .astype(...)")


def check_weights(name: str, gates: int, inputs: int, params: Sequence[Array], position: int | None = None) -> int:
    """Refuse weights of one layer and direction that do not fit each other or the inputs; return the length of the state.

    `position` is that of the first in `params`. An odd one at the end is the LSTM's projection.
    """
    w_ih, *_ = params
    H = w_ih.shape[0] // gates if w_ih.ndim == 2 else 0
    projected = len(params) % 2 == 1
    P = params[-1].shape[0] if projected and params[-1].ndim == 2 else H
    biases = 2 if len(params) > 3 else 0
    expected = [(gates * H, inputs), (gates * H, P), *[(gates * H,)] * biases, (P, H)]
    names = ["w_ih", "w_hh", *["b_ih", "b_hh"][:biases], "w_hr"]
    for i, (p, shape) in enumerate(zip(params, expected, strict=False)):
        what = names[i] if position is None else f"{names[i]}, params[{position + i}],"
        if H == 0:
            raise ValueError(f"{name}: {what} must be ({gates} * hidden size, {inputs}), got {p.shape}")
        if p.shape != shape:
            raise ValueError(f"{name}: {what} must have shape {shape}, got {p.shape}")
    return P


# ---- one direction of one layer: all steps, and backpropagation through them ----


def project(x: Array, w: Array, b: Array | None) -> Any:
    """w x + b for all steps at once, from (N, T, D) to (T, G, N)."""
    a = np.matmul(w, steps_first(x))
    if b is not None:
        a += np.repeat(b, len(x)).reshape(len(b), len(x))
    return a


def first_and_room(first: Array, T: int) -> Any:
    """Room for the states before and after T steps, (T + 1, H, N), the first of them given as (N, H)."""
    states = np.empty((T + 1, *first.T.shape), first.dtype)
    states[0] = first.T
    return states


def steps_first(x: Array) -> Any:
    """(N, T, D) as (T, D, N), in two copies: at once would read from N places far apart, which takes thrice as long."""
    return np.ascontiguousarray(np.ascontiguousarray(x.transpose(1, 0, 2)).swapaxes(1, 2))


def steps_last(s: Array) -> Any:
    """(T, G, N) as (N, T, G)."""
    return np.ascontiguousarray(s.transpose(2, 0, 1))


def gates_of(s: Array, count: int) -> Any:
    """(T, count H, N) as (count, T, H, N)."""
    return s.reshape(len(s), count, s.shape[1] // count, s.shape[2]).swapaxes(0, 1)


def columns(s: Array) -> Any:
    """(T, G, N) as a matrix (G, T N): each step of each sequence a column."""
    return s.transpose(1, 0, 2).reshape(s.shape[1], -1)


def row_sums(d: Array) -> Any:
    """As d.sum(axis=1), in a third of the time."""
    return d @ np.ones(d.shape[1], d.dtype)


def rows(x: Array) -> Any:
    """(N, T, D) as a matrix (T N, D), in the order of `columns`."""
    return x.transpose(1, 0, 2).reshape(-1, x.shape[2])


def input_gradient(da: Array, w: Array, x: Array) -> Any:
    """Of x in `project`."""
    dx = np.empty(x.shape, x.dtype)
    np.matmul(da.transpose(0, 2, 1), w, out=dx.transpose(1, 0, 2))
    return dx


@differentiable
def rnn_layer(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None, nonlinearity: str = "tanh"
) -> WithGradient:
    """`rnn_cell` from the first step to the last: x (N, T, D) and h0 (N, H) to the states (N, T, H) and the last one."""
    T = x.shape[1]
    a = project(x, w_ih, b_ih if b_hh is None else b_ih + b_hh)  # (T, H, N)
    hs = first_and_room(h0, T)
    for t in range(T):
        step = a[t]
        step += w_hh @ hs[t]
        if nonlinearity == "tanh":
            np.tanh(step, out=hs[t + 1])
        else:
            np.maximum(step, 0, out=hs[t + 1])

    def vjp(g: tuple[Array, Array]) -> Any:
        gy, dh = steps_first(g[0]), g[1].T  # (T, H, N), (H, N)
        da = 1 - hs[1:] * hs[1:] if nonlinearity == "tanh" else (hs[1:] > 0).astype(x.dtype)  # the slopes, and then the gradient
        for t in reversed(range(T)):
            dh = w_hh.T @ np.multiply(da[t], dh + gy[t], out=da[t])
        d = columns(da)
        db = row_sums(d)
        return lambda: input_gradient(da, w_ih, x), dh.T, lambda: d @ rows(x), lambda: d @ columns(hs[:-1]).T, db, db

    return (steps_last(hs[1:]), hs[-1].T.copy()), vjp


@differentiable
def lstm_layer(
    x: Array, h0: Array, c0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None
) -> WithGradient:
    """`lstm_cell` from the first step to the last: x (N, T, D), h0, c0 (N, H) to the states h (N, T, H) and the last h and c."""
    (N, T, _), H = x.shape, w_hh.shape[1]
    half = np.repeat(np.array([0.5, 0.5, 1, 0.5], x.dtype), H)[:, None]  # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2: one tanh for all gates
    a = project(x, half * w_ih, None if b_ih is None else half[:, 0] * (b_ih + b_hh))  # (T, 4H, N)
    w, scale = half * w_hh, np.repeat(half, N, axis=1)
    shift = 1 - scale
    hs, cs, tanh_c = first_and_room(h0, T), first_and_room(c0, T), np.empty((T, H, N), x.dtype)
    for t in range(T):
        step = a[t]
        step += w @ hs[t]
        np.tanh(step, out=step)
        step *= scale
        step += shift
        i, f, g, o = step.reshape(4, H, N)
        c = np.multiply(f, cs[t], out=cs[t + 1])
        c += i * g
        np.multiply(o, np.tanh(c, out=tanh_c[t]), out=hs[t + 1])

    def vjp(gradients: tuple[Array, Array, Array]) -> Any:
        gy, dh, dc = steps_first(gradients[0]), gradients[1].T.copy(), gradients[2].T.copy()
        (i, f, g, o), da = gates_of(a, 4), a * a
        np.subtract(a, da, out=da)  # the slope s (1 - s) of a sigmoid
        di, df, dg, do = gates_of(da, 4)
        np.subtract(1, np.multiply(g, g, out=dg), out=dg)
        for slope, factor in ((di, g), (df, cs[:-1]), (dg, i), (do, tanh_c)):  # of c and h by the gates
            slope *= factor
        through = tanh_c * tanh_c
        np.subtract(1, through, out=through)
        through *= o  # of h by c
        for t in reversed(range(T)):  # only what waits for the gradient from the step after
            dh += gy[t]
            dc += np.multiply(dh, through[t], out=through[t])
            by_c = da[t, : 3 * H].reshape(3, H, N)
            by_c *= dc
            do[t] *= dh
            dc *= f[t]  # no weight on this path, which is why the cell remembers
            dh = w_hh.T @ da[t]
        d = columns(da)
        db = row_sums(d)
        return lambda: input_gradient(da, w_ih, x), dh.T, dc.T, lambda: d @ rows(x), lambda: d @ columns(hs[:-1]).T, db, db

    return (steps_last(hs[1:]), hs[-1].T.copy(), cs[-1].T.copy()), vjp


@differentiable
def gru_layer(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None
) -> WithGradient:
    """`gru_cell` from the first step to the last: x (N, T, D) and h0 (N, H) to the states (N, T, H) and the last one."""
    (N, T, _), H = x.shape, w_hh.shape[1]
    half = np.repeat(np.array([0.5, 0.5, 1], x.dtype), H)[:, None]  # as in lstm_layer
    b_x, b_n = b_ih, x.dtype.type(0)
    if b_ih is not None and b_hh is not None:
        b_x = half[:, 0] * np.append(b_ih[: 2 * H] + b_hh[: 2 * H], b_ih[2 * H :])
        b_n = np.repeat(b_hh[2 * H :], N).reshape(H, N)
    a = project(x, half * w_ih, b_x)  # (T, 3H, N)
    w = half * w_hh
    hs, n_h = first_and_room(h0, T), np.empty((T, H, N), x.dtype)
    for t in range(T):
        s, m = a[t, : 2 * H], w @ hs[t]
        s += m[: 2 * H]
        np.tanh(s, out=s)
        s *= 0.5
        s += 0.5
        r, z, n = a[t].reshape(3, H, N)
        n += r * np.add(m[2 * H :], b_n, out=n_h[t])
        np.tanh(n, out=n)
        np.add(n, z * (hs[t] - n), out=hs[t + 1])

    def vjp(gradients: tuple[Array, Array]) -> Any:
        gy, dh = steps_first(gradients[0]), gradients[1].T.copy()  # (T, H, N), (H, N)
        da = np.empty((T, 4, H, N), x.dtype)
        r, z, n = a.reshape(T, 3, H, N).swapaxes(0, 1)  # (T, H, N) each
        dr, dz, dn_h, dn = da.swapaxes(0, 1)  # the slopes of h; n_h = W_hn h + b_hn
        np.multiply(1 - z, 1 - n * n, out=dn)
        np.multiply(dn, r, out=dn_h)
        np.multiply(dn_h * (1 - r), n_h, out=dr)
        np.multiply(z * (1 - z), hs[:-1] - n, out=dz)
        for t in reversed(range(T)):
            dh += gy[t]
            np.multiply(da[t], dh, out=da[t])
            dh *= z[t]
            dh += w_hh.T @ da[t, :3].reshape(3 * H, N)
        da_h = da[:, :3].reshape(T, 3 * H, N)
        da_x = da[:, [0, 1, 3]].reshape(T, 3 * H, N)
        d_h, d_x = columns(da_h), columns(da_x)
        return (lambda: input_gradient(da_x, w_ih, x), dh.T, lambda: d_x @ rows(x), lambda: d_h @ columns(hs[:-1]).T,
                lambda: row_sums(d_x), lambda: row_sums(d_h))  # fmt: skip

    return (steps_last(hs[1:]), hs[-1].T.copy()), vjp


# ---- whole sequences ----


def rnn(
    input: Array, hx: Array | None, params: Sequence[Array], has_biases: bool = True, num_layers: int = 1, dropout: float = 0.0,
    train: bool = False, bidirectional: bool = False, batch_first: bool = True, nonlinearity: str = "tanh",
    *, rng: np.random.Generator | None = None,
) -> tuple[Any, Any]:  # fmt: skip
    """Plain recurrent layers over whole sequences: `rnn_cell` at every step.

    The arguments are those of PyTorch's `rnn_tanh` and `rnn_relu`, with defaults. All sequences run to the last step. Where they are padded
    at the end, the states at real steps are right, but `h_n`, and the states of the backward direction, have also read
    the padding; PyTorch's packed sequences, which leave it out, are not taken. Read the state at the last real step from the output.

    Args:
        input: (N, T, D), at least one step; (T, N, D) unless `batch_first`; or one sequence (T, D).
        hx: First states (layers * directions, N, H), without N for one sequence; None for zeros.
        params: w_ih, w_hh, b_ih, b_hh of the first layer, then (if bidirectional) of its backward direction, then of the next layer.
        has_biases: Whether `params` has the biases.
        num_layers: Layers, each reading the states of the one below.
        dropout: In [0, 1]: the share of the states between layers that is zeroed, if `train`; the rest grows to make up for it.
        train: Whether to drop.
        bidirectional: Whether each layer also reads the sequence backward; then its output is both directions' states, side by side.
        batch_first: Whether N comes before T, in input and output. True by default, unlike PyTorch, as everywhere in this library.
        nonlinearity: "tanh" or "relu".
        rng: Source of the dropped states.

    Returns:
        The last layer's states (N, T, directions * H), and all last states (layers * directions, N, H).

    Raises:
        ValueError: If shapes do not fit, the sequence is empty, or `dropout` is out of range or lacks an `rng`.
        TypeError: If dtypes differ or are not floating point, or a sequence is packed.

    Example:
        >>> w_ih, w_hh = np.array([[1.0]]), np.array([[1.0]])  # with relu and no bias: a running sum
        >>> output, h_n = rnn(np.array([[[1.0], [2.0], [3.0]]]), None, [w_ih, w_hh], has_biases=False, nonlinearity="relu")
        >>> output.tolist(), h_n.tolist()
        ([[[1.0], [3.0], [6.0]]], [[[6.0]]])

    Paper: Elman, Finding structure in time, 1990. Explained in question 81.
    """
    choose("nonlinearity", nonlinearity, ("tanh", "relu"))

    def layer(x: Array, h: Array, *p: Array) -> Any:
        return rnn_layer(x, h, *p, nonlinearity=nonlinearity)

    stack = Stack("rnn", 1, layer, has_biases, num_layers, dropout if train else 0.0, bidirectional, batch_first, rng)
    output, h_n = stack.run(input, {"hx": hx}, list(params))
    return output, h_n


def lstm(
    input: Array, hx: tuple[Array, Array] | None, params: Sequence[Array], has_biases: bool = True, num_layers: int = 1,
    dropout: float = 0.0, train: bool = False, bidirectional: bool = False, batch_first: bool = True,
    *, rng: np.random.Generator | None = None,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Long short-term memory layers over whole sequences: `lstm_cell` at every step.

    Args:
        input: (N, T, D); see `rnn` for this and everything not named here.
        hx: First states h and cells c, both (layers * directions, N, H); None for zeros.
        params: As in `rnn`, with 4H rows: i, f, g, o. A fifth one, w_hr (P, H), after the biases of each layer and direction, projects
            the state from H to P numbers at every step; w_hh then is (4H, P).

    Returns:
        The last layer's states (N, T, directions * H), all last states and all last cells (layers * directions, N, H).

    Raises:
        ValueError, TypeError: As `rnn`.

    Example:
        >>> w, b = np.zeros((4, 1)), np.array([0.0, 100.0, 0.0, 0.0])  # f = 1: the cell is kept over a thousand steps
        >>> output, h_n, c_n = lstm(np.ones((1000, 1)), (np.zeros((1, 1)), np.full((1, 1), 3.0)), [w, w, b, 0 * b])
        >>> output.shape, c_n.tolist()
        ((1000, 1), [[3.0]])

    Paper: Hochreiter and Schmidhuber, Long short-term memory, 1997. Explained in question 82.
    """
    if hx is not None and not (isinstance(hx, (tuple, list)) and len(hx) == 2):
        raise TypeError(f"lstm: hx must be a tuple (h, c) of arrays, got {type(hx).__name__}")
    h, c = hx or (None, None)

    def layer(x: Array, h: Array, c: Array, *p: Array) -> Any:
        return lstm_layer(x, h, c, *p) if len(p) % 2 == 0 else projected_lstm_layer(x, h, c, *p)

    stack = Stack("lstm", 4, layer, has_biases, num_layers, dropout if train else 0.0, bidirectional, batch_first, rng)
    output, h_n, c_n = stack.run(input, {"h of hx": h, "c of hx": c}, list(params))
    return output, h_n, c_n


def gru(
    input: Array, hx: Array | None, params: Sequence[Array], has_biases: bool = True, num_layers: int = 1, dropout: float = 0.0,
    train: bool = False, bidirectional: bool = False, batch_first: bool = True, *, rng: np.random.Generator | None = None,
) -> tuple[Any, Any]:  # fmt: skip
    """Gated recurrent layers over whole sequences: `gru_cell` at every step.

    Args:
        input: (N, T, D); see `rnn` for this and everything not named here.
        hx: First states (layers * directions, N, H); None for zeros.
        params: As in `rnn`, with 3H rows: r, z, n.

    Returns:
        The last layer's states (N, T, directions * H), and all last states (layers * directions, N, H).

    Raises:
        ValueError, TypeError: As `rnn`.

    Example:
        >>> w, b = np.zeros((3, 1)), np.array([0.0, 100.0, 0.0])  # z = 1: the state is kept
        >>> gru(np.ones((50, 1)), np.array([[0.25]]), [w, w, b, 0 * b])[1].tolist()
        [[0.25]]

    Paper: Cho et al., Learning phrase representations using RNN encoder-decoder for statistical machine translation, 2014. Explained in
    question 82.
    """
    stack = Stack("gru", 3, gru_layer, has_biases, num_layers, dropout if train else 0.0, bidirectional, batch_first, rng)
    output, h_n = stack.run(input, {"hx": hx}, list(params))
    return output, h_n


def projected_lstm_layer(x: Array, h: Array, c: Array, *params: Array) -> tuple[Any, Any, Any]:
    """`lstm_layer` whose state is a linear map of o tanh(c): the cell step by step, for a rare variant."""
    *weights, w_hr = params
    steps = []
    for t in range(x.shape[1]):
        h, c = lstm_step(x[:, t], h, c, *weights)
        h = linear(h, w_hr)
        steps.append(h)
    return np.stack(steps, axis=1), h, c


class Stack:
    """What `rnn`, `lstm` and `gru` share: layers on layers, in one direction or two, and the shapes that are taken."""

    def __init__(
        self, name: str, gates: int, layer: Callable[..., Any], has_biases: bool, num_layers: int, dropout: float,
        bidirectional: bool, batch_first: bool, rng: np.random.Generator | None,
    ) -> None:  # fmt: skip
        check_dropout(name, dropout)
        if num_layers < 1:
            raise ValueError(f"{name}: num_layers must be at least 1, got {num_layers}")
        if dropout > 0 and num_layers > 1:
            generator(f"{name} with dropout", rng)
        self.name, self.gates, self.layer, self.has_biases, self.num_layers = name, gates, layer, has_biases, num_layers
        self.dropout, self.directions, self.batch_first, self.rng = dropout, 1 + bool(bidirectional), batch_first, rng

    def run(self, x: Array, states: dict[str, Array | None], params: list[Array]) -> Any:
        """Layout in, layers, layout out; float16 is computed in float32."""
        self.check(x, states, params)
        dtype, one = x.dtype, x.ndim == 2
        first = [self.zeros(x, params, i) if s is None else s[:, None] if one else s for i, s in enumerate(states.values())]
        x = x[None] if one else x if self.batch_first else x.transpose(1, 0, 2)  # (N, T, D)
        if dtype == HALF:
            x, first, params = x.astype(SINGLE), [s.astype(SINGLE) for s in first], [p.astype(SINGLE) for p in params]
        y, *last = self.layers(x, first, params)
        y = y[0] if one else y if self.batch_first else y.transpose(1, 0, 2)
        results = (y, *(s[:, 0] if one else s for s in last))
        return results if dtype != HALF else tuple(r.astype(HALF) for r in results)

    def layers(self, x: Array, first: list[Array], params: list[Array]) -> Any:
        """x (N, T, D) and the first states, (layers * directions, N, H) each, to the output and the last states."""
        each = len(params) // (self.num_layers * self.directions)
        last = []
        for number in range(self.num_layers):
            if number > 0 and self.dropout > 0:
                x = dropout(x, self.dropout, rng=self.rng)
            outputs: list[Any] = []
            for k in range(number * self.directions, (number + 1) * self.directions):
                backward = k % self.directions == 1
                weights = params[each * k : each * (k + 1)]
                y, *end = self.layer(x[:, ::-1] if backward else x, *(s[k] for s in first), *weights)
                outputs.append(y[:, ::-1] if backward else y)
                last.append(end)
            x = np.concatenate(outputs, axis=-1) if self.directions == 2 else outputs[0]  # (N, T, directions H)
        return (x, *(np.stack(s) for s in zip(*last, strict=True)))

    def zeros(self, x: Array, params: list[Array], number: int) -> Any:
        """First states: h as long as a row of w_hh, c as long as a gate."""
        w_hh = params[1]
        size = w_hh.shape[1] if number == 0 else w_hh.shape[0] // self.gates
        N = 1 if x.ndim == 2 else x.shape[0 if self.batch_first else 1]
        return np.zeros((self.num_layers * self.directions, N, size), x.dtype)

    def check(self, x: Array, states: dict[str, Array | None], params: list[Array]) -> None:
        """Refuse what does not fit together, before anything is computed."""
        name, count = self.name, self.num_layers * self.directions
        given = {what: state for what, state in states.items() if state is not None}
        check_arrays(name, input=x, **{f"params[{i}]": p for i, p in enumerate(params)}, **given)
        if x.ndim not in (2, 3):
            raise ValueError(f"{name}: input must be (N, T, D), or (T, D) for one sequence, got {x.shape}")
        if x.shape[1 if x.ndim == 3 and self.batch_first else 0] == 0:
            raise ValueError(f"{name}: input must have at least one step, got {x.shape}")
        plain = 4 if self.has_biases else 2
        each = plain + 1 if self.gates == 4 and len(params) == (plain + 1) * count else plain
        if len(params) != each * count:
            raise ValueError(
                f"{name}: params must hold {plain} arrays for each layer and direction, {plain * count} in all, got {len(params)}"
            )
        inputs = x.shape[-1]
        for k in range(count):
            P = check_weights(name, self.gates, inputs, params[each * k : each * (k + 1)], each * k)
            if params[each * k + 1].shape != params[1].shape:
                shape = params[each * k + 1].shape
                raise ValueError(f"{name}: all layers must have the same hidden size, but w_hh is {params[1].shape} and once {shape}")
            if k % self.directions == self.directions - 1:
                inputs = P * self.directions
        for i, (what, state) in enumerate(states.items()):
            shape = self.zeros(x, params, i).shape
            shape = (shape[0], shape[2]) if x.ndim == 2 else shape
            if state is not None and state.shape != shape:
                raise ValueError(f"{name}: {what} must have shape {shape} for input {x.shape}, got {state.shape}")


def check_dropout(name: str, dropout: float) -> None:
    """Refuse what is not a share."""
    if isinstance(dropout, bool) or not isinstance(dropout, (int, float, np.number)):
        raise TypeError(f"{name}: dropout must be a number, got {type(dropout).__name__}")
    if not 0 <= dropout <= 1:
        raise ValueError(f"{name}: dropout must be from 0 to 1, got {dropout}")


# ---- modules ----


class Recurrent(Module):
    """What RNN, LSTM and GRU share: parameters named as in PyTorch, and their checks."""

    gates: int

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int, bias: bool, batch_first: bool, dropout: float, bidirectional: bool,
        proj_size: int, rng: np.random.Generator, dtype: Any,
    ) -> None:  # fmt: skip
        name = type(self).__name__
        check_settings(name, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        check_switches(name, bias=bias, batch_first=batch_first, bidirectional=bidirectional)
        check_dropout(name, dropout)
        if not isinstance(proj_size, (int, np.integer)) or not 0 <= proj_size < hidden_size:
            raise ValueError(f"{name}: proj_size must be a whole number from 0 (none) to hidden_size - 1, got {proj_size!r}")
        self.input_size, self.hidden_size, self.num_layers, self.bias = input_size, hidden_size, num_layers, bias
        self.batch_first, self.dropout, self.bidirectional, self.proj_size = batch_first, dropout, bidirectional, proj_size
        self.rng, self.names = generator(name, rng), list[str]()
        G, P, directions = self.gates * hidden_size, proj_size or hidden_size, 1 + bidirectional
        for k in range(num_layers * directions):
            layer, backward = divmod(k, directions)
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (G, P * directions if layer else input_size), "weight_hh": (G, P)}
            shapes |= {"bias_ih": (G,), "bias_hh": (G,)} if bias else {}
            shapes |= {"weight_hr": (proj_size, hidden_size)} if proj_size else {}
            for kind, shape in shapes.items():
                self.names.append(f"{kind}_l{layer}{'_reverse' * backward}")
                setattr(self, self.names[-1], initial(shape, hidden_size, rng, dtype))

    def params(self) -> list[Array]:
        """The parameters in the order in which `rnn`, `lstm` and `gru` take them."""
        return [getattr(self, name) for name in self.names]

    def options(self) -> dict[str, Any]:
        """The settings as `rnn`, `lstm` and `gru` take them."""
        names = ("num_layers", "dropout", "bidirectional", "batch_first", "rng")
        return {"has_biases": self.bias, "train": self.training, **{name: getattr(self, name) for name in names}}

    def extra_repr(self) -> str:
        usual = {"num_layers": 1, "bias": True, "batch_first": True, "dropout": 0.0, "bidirectional": False, "proj_size": 0}
        changed = [f"{k}={getattr(self, k)}" for k, v in usual.items() if getattr(self, k) != v]
        return ", ".join([str(self.input_size), str(self.hidden_size), *changed])


def initial(shape: tuple[int, ...], hidden_size: int, rng: np.random.Generator, dtype: Any) -> Parameter:
    """Uniform within ±1/sqrt(hidden_size), PyTorch's default for all recurrent weights and biases."""
    bound = hidden_size**-0.5
    return Parameter(rng.uniform(-bound, bound, shape).astype(dtype))


def check_settings(name: str, **sizes: int) -> None:
    """Refuse sizes that are not positive whole numbers."""
    for what, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)):
            raise TypeError(f"{name}: {what} must be a whole number, got {type(size).__name__}")
        if size < 1:
            raise ValueError(f"{name}: {what} must be at least 1, got {size}")


def check_switches(name: str, **switches: bool) -> None:
    """Refuse anything but True and False."""
    for what, switch in switches.items():
        if not isinstance(switch, (bool, np.bool_)):
            raise TypeError(f"{name}: {what} must be True or False, got {switch!r}")


class RNN(Recurrent):
    """Plain recurrent layers: `rnn` with parameters of its own.

    Args:
        input_size: D, length of the input's last axis.
        hidden_size: H, length of the state.
        num_layers: Layers on top of each other.
        nonlinearity: "tanh" or "relu".
        bias: Whether to add biases; there are two vectors, whose sum counts, as in PyTorch.
        batch_first: Whether inputs and outputs are (N, T, D) rather than (T, N, D). True by default, unlike PyTorch.
        dropout: Share of the states between layers dropped in training; without effect for one layer.
        bidirectional: Whether each layer reads the sequence in both directions.
        rng: Source of the initial values, uniform within ±1/sqrt(hidden_size), and of dropout.
        dtype: Of the parameters; inputs must have it too.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: (H, D), (H, H), (H,), (H,); then l1, ...; `_reverse` for the way back.

    Returns (when called with `input` and, optionally, `hx`):
        As `rnn`: (output, h_n).

    Raises:
        ValueError: For sizes below 1, an unknown nonlinearity, or a dropout out of range.
        TypeError: For sizes that are not whole numbers or switches that are not booleans.

    Example:
        >>> model = RNN(10, 20, rng=np.random.default_rng(0))
        >>> output, h_n = model(np.zeros((5, 7, 10), np.float32))
        >>> output.shape, h_n.shape, model.number_of_parameters()
        ((5, 7, 20), (1, 5, 20), 640)

    Explained in question 81.
    """

    gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = True, dropout: float = 0.0, bidirectional: bool = False, *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        choose("nonlinearity", nonlinearity, ("tanh", "relu"))
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, rng, dtype)

    def forward(self, input: Array, hx: Array | None = None) -> tuple[Any, Any]:
        return rnn(input, hx, self.params(), nonlinearity=self.nonlinearity, **self.options())


class LSTM(Recurrent):
    """Long short-term memory layers: `lstm` with parameters of its own.

    The forget gate starts near one half, as in PyTorch; for long memories add 1 or more to the second quarter of `bias_ih_l0`.

    Args:
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, rng, dtype: As in `RNN`.
        proj_size: P, length to which the state is projected at every step; 0 for no projection.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: (4H, D), (4H, H), (4H,), (4H,), rows of i, f, g, o; with a projection
            `weight_hr_l0` (P, H). Then l1, ...; `_reverse` for the way back.

    Returns (when called with `input` and, optionally, `hx`, a tuple (h, c)):
        (output, (h_n, c_n)), with the shapes of `lstm`.

    Example:
        >>> model = LSTM(10, 20, rng=np.random.default_rng(0))
        >>> output, (h_n, c_n) = model(np.zeros((5, 7, 10), np.float32))
        >>> output.shape, h_n.shape, c_n.shape
        ((5, 7, 20), (1, 5, 20), (1, 5, 20))

    Explained in question 82.
    """

    gates = 4

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = True, dropout: float = 0.0,
        bidirectional: bool = False, proj_size: int = 0, *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, rng, dtype)

    def forward(self, input: Array, hx: tuple[Array, Array] | None = None) -> tuple[Any, tuple[Any, Any]]:
        output, h_n, c_n = lstm(input, hx, self.params(), **self.options())
        return output, (h_n, c_n)


class GRU(Recurrent):
    """Gated recurrent layers: `gru` with parameters of its own.

    Args:
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, rng, dtype: As in `RNN`.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: (3H, D), (3H, H), (3H,), (3H,), rows of r, z, n; then l1, ...; `_reverse`
            for the way back.

    Returns (when called with `input` and, optionally, `hx`):
        As `gru`: (output, h_n).

    Example:
        >>> model = GRU(10, 20, num_layers=2, bidirectional=True, rng=np.random.default_rng(0))
        >>> output, h_n = model(np.zeros((5, 7, 10), np.float32))
        >>> output.shape, h_n.shape
        ((5, 7, 40), (4, 5, 20))

    Explained in question 82.
    """

    gates = 3

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = True, dropout: float = 0.0,
        bidirectional: bool = False, *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, rng, dtype)

    def forward(self, input: Array, hx: Array | None = None) -> tuple[Any, Any]:
        return gru(input, hx, self.params(), **self.options())


class Cell(Module):
    """What the single steps share: `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`, as in PyTorch."""

    gates: int

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, *, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        name, G = type(self).__name__, self.gates * hidden_size
        check_settings(name, input_size=input_size, hidden_size=hidden_size)
        check_switches(name, bias=bias)
        generator(name, rng)
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        self.weight_ih = initial((G, input_size), hidden_size, rng, dtype)
        self.weight_hh = initial((G, hidden_size), hidden_size, rng, dtype)
        self.bias_ih = initial((G,), hidden_size, rng, dtype) if bias else None
        self.bias_hh = initial((G,), hidden_size, rng, dtype) if bias else None

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(Cell):
    """One step of an RNN: `rnn_cell` with parameters of its own.

    Args:
        input_size, hidden_size, bias, nonlinearity, rng, dtype: As in `RNN`.

    Example:
        >>> RNNCell(10, 20, rng=np.random.default_rng(0))(np.zeros((5, 10), np.float32)).shape
        (5, 20)

    Explained in question 81.
    """

    gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh",
        *, rng: np.random.Generator, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        choose("nonlinearity", nonlinearity, ("tanh", "relu"))
        super().__init__(input_size, hidden_size, bias, rng=rng, dtype=dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Array, hx: Array | None = None) -> Any:
        return rnn_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh, self.nonlinearity)


class LSTMCell(Cell):
    """One step of an LSTM: `lstm_cell` with parameters of its own.

    Args:
        input_size, hidden_size, bias, rng, dtype: As in `RNN`.

    Example:
        >>> h, c = LSTMCell(10, 20, rng=np.random.default_rng(0))(np.zeros((5, 10), np.float32))
        >>> h.shape, c.shape
        ((5, 20), (5, 20))

    Explained in question 82.
    """

    gates = 4

    def forward(self, input: Array, hx: tuple[Array, Array] | None = None) -> tuple[Any, Any]:
        return lstm_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)


class GRUCell(Cell):
    """One step of a GRU: `gru_cell` with parameters of its own.

    Args:
        input_size, hidden_size, bias, rng, dtype: As in `RNN`.

    Example:
        >>> GRUCell(10, 20, rng=np.random.default_rng(0))(np.zeros((5, 10), np.float32)).shape
        (5, 20)

    Explained in question 82.
    """

    gates = 3

    def forward(self, input: Array, hx: Array | None = None) -> Any:
        return gru_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
