"""The gradients of NumPy's functions: each stands beside the function, as in any `differentiable` function.

`@gradient_of(np.exp)` makes the function below it what runs when `np.exp` is called with a tensor. Options that a rule
does not take (`out=`, `where=`, ...) raise a TypeError.
"""

from __future__ import annotations

import math
import operator
import string
from collections.abc import Callable
from typing import Any

import numpy as np

from .autograd import RULES, Array, Tensor, WithGradient, differentiable


def gradient_of(*functions: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let the decorated function run in place of these NumPy functions when one of their arguments is a tensor."""

    def register(rule: Callable[..., Any]) -> Callable[..., Any]:
        RULES.update(dict.fromkeys(functions, rule))
        return rule

    return register


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes that a reduction runs over, as a tuple of non-negative numbers."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(int(a) % ndim for a in ((axis,) if isinstance(axis, (int, np.integer)) else axis)) if ndim else ()


def spread(y: Array, axis: Any, x: Array) -> Array:
    """A reduction's result with the axes back that it lost (of length 1), so that it broadcasts against its input `x`."""
    axes = axes_of(axis, x.ndim)
    return np.reshape(y, [1 if i in axes else n for i, n in enumerate(x.shape)])


# ---- arithmetic ----


@gradient_of(np.add)
@differentiable
def add(x: Array, y: Array) -> WithGradient:
    return np.add(x, y), lambda g: (g, g)


@gradient_of(np.subtract)
@differentiable
def subtract(x: Array, y: Array) -> WithGradient:
    return np.subtract(x, y), lambda g: (g, lambda: -g)


@gradient_of(np.multiply)
@differentiable
def multiply(x: Array, y: Array) -> WithGradient:
    return np.multiply(x, y), lambda g: (lambda: g * y, lambda: g * x)


@gradient_of(np.true_divide)
@differentiable
def true_divide(x: Array, y: Array) -> WithGradient:
    z = np.true_divide(x, y)
    return z, lambda g: (lambda: g / y, lambda: -g * z / y)


@gradient_of(np.power)
@differentiable
def power(x: Array, y: Array) -> WithGradient:
    z = np.power(x, y)

    def dx(g: Array) -> Array:
        if not isinstance(y, np.ndarray):
            return g * y * np.power(x, y - 1) if y != 0 else np.zeros_like(g)
        with np.errstate(divide="ignore", invalid="ignore"):  # 0 ** 0 is 1 whatever x is: gradient 0
            return np.where(y == 0, 0, g * y * np.power(x, y - 1))

    def dy(g: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):  # 0 ** y is 0 for every y > 0
            return g * np.where((np.asarray(x) == 0) & (np.asarray(y) >= 0), 0, z * np.log(x))

    return z, lambda g: (lambda: dx(g), lambda: dy(g))


@gradient_of(np.remainder)
@differentiable
def remainder(x: Array, y: Array) -> WithGradient:
    return np.remainder(x, y), lambda g: (g, lambda: -g * np.floor_divide(x, y))


@gradient_of(np.maximum)
@differentiable
def maximum(x: Array, y: Array) -> WithGradient:
    """Where both are equal, each gets half of the gradient, as in PyTorch."""
    share = np.greater(x, y) + 0.5 * np.equal(x, y)
    return np.maximum(x, y), lambda g: (g * share.astype(g.dtype), g * (1 - share).astype(g.dtype))


@gradient_of(np.minimum)
@differentiable
def minimum(x: Array, y: Array) -> WithGradient:
    share = np.less(x, y) + 0.5 * np.equal(x, y)
    return np.minimum(x, y), lambda g: (g * share.astype(g.dtype), g * (1 - share).astype(g.dtype))


@gradient_of(np.logaddexp)
@differentiable
def logaddexp(x: Array, y: Array) -> WithGradient:
    def vjp(g: Array) -> Any:
        lead = 0.5 * np.tanh(0.5 * np.subtract(x, y))  # e^x / (e^x + e^y) - 1/2
        return g * (0.5 + lead), g * (0.5 - lead)

    return np.logaddexp(x, y), vjp


@gradient_of(np.hypot)
@differentiable
def hypot(x: Array, y: Array) -> WithGradient:
    z = np.hypot(x, y)
    return z, lambda g: (lambda: g * x / z, lambda: g * y / z)


@gradient_of(np.arctan2)
@differentiable
def arctan2(y: Array, x: Array) -> WithGradient:
    """At the origin, which has no angle, the gradient is taken as 0, as in PyTorch."""
    r2 = np.asarray(np.square(x) + np.square(y))

    def vjp(g: Array) -> Any:
        per_length = np.divide(g, r2, out=np.zeros_like(r2), where=r2 != 0)
        return (lambda: per_length * x), (lambda: -per_length * y)

    return np.arctan2(y, x), vjp


# ---- functions of one number: d(input, output) is the derivative ----


def elementwise(function: Any, derivative: Callable[[Any, Any], Any]) -> None:
    def rule(x: Array) -> WithGradient:
        y = function(x)
        return y, lambda g: g * derivative(x, y)

    rule.__name__ = rule.__qualname__ = function.__name__
    RULES[function] = differentiable(rule)


elementwise(np.negative, lambda x, y: -1)
elementwise(np.positive, lambda x, y: 1)
elementwise(np.absolute, lambda x, y: np.sign(x))
elementwise(np.fabs, lambda x, y: np.sign(x))
elementwise(np.square, lambda x, y: 2 * x)
elementwise(np.sqrt, lambda x, y: 0.5 / y)
elementwise(np.cbrt, lambda x, y: 1 / (3 * y * y))
elementwise(np.reciprocal, lambda x, y: -y * y)
elementwise(np.exp, lambda x, y: y)
elementwise(np.exp2, lambda x, y: y * float(np.log(2)))
elementwise(np.expm1, lambda x, y: y + 1)
elementwise(np.log, lambda x, y: 1 / x)
elementwise(np.log2, lambda x, y: 1 / (x * float(np.log(2))))
elementwise(np.log10, lambda x, y: 1 / (x * float(np.log(10))))
elementwise(np.log1p, lambda x, y: 1 / (x + 1))
elementwise(np.sin, lambda x, y: np.cos(x))
elementwise(np.cos, lambda x, y: -np.sin(x))
elementwise(np.tan, lambda x, y: 1 + y * y)
elementwise(np.arcsin, lambda x, y: 1 / np.sqrt(1 - x * x))
elementwise(np.arccos, lambda x, y: -1 / np.sqrt(1 - x * x))
elementwise(np.arctan, lambda x, y: 1 / (1 + x * x))
elementwise(np.sinh, lambda x, y: np.cosh(x))
elementwise(np.cosh, lambda x, y: np.sinh(x))
elementwise(np.tanh, lambda x, y: 1 - y * y)
elementwise(np.arcsinh, lambda x, y: 1 / np.sqrt(x * x + 1))
elementwise(np.arccosh, lambda x, y: 1 / np.sqrt(x * x - 1))
elementwise(np.arctanh, lambda x, y: 1 / (1 - x * x))
for constant_between_jumps in (np.sign, np.floor, np.ceil, np.trunc, np.rint):
    elementwise(constant_between_jumps, lambda x, y: 0)


@gradient_of(np.round)
@differentiable
def round(a: Array, decimals: int = 0) -> WithGradient:
    return np.round(a, decimals), lambda g: np.zeros_like(g)


@gradient_of(np.floor_divide)
@differentiable
def floor_divide(x: Array, y: Array) -> WithGradient:
    return np.floor_divide(x, y), lambda g: (np.zeros_like(g), np.zeros_like(g))


@gradient_of(np.clip)
@differentiable
def clip(a: Array, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> WithGradient:
    low, high = (a_min if min is None else min), (a_max if max is None else max)

    def vjp(g: Array) -> Any:
        below = np.less(a, low) if low is not None else np.False_
        above = np.greater(a, high) if high is not None else np.False_
        crossed = np.less(high, low) if low is not None and high is not None else np.False_  # then the result is high everywhere
        dlow, dhigh = lambda: g * (below & ~above & ~crossed), lambda: g * (above | crossed)
        return lambda: g * ~(below | above), dlow, dhigh, dlow, dhigh

    return np.clip(a, low, high), vjp


@gradient_of(np.where)
@differentiable
def where(condition: Array, x: Array, y: Array) -> WithGradient:
    mask = np.asarray(condition, dtype=bool)
    return np.where(condition, x, y), lambda g: (None, lambda: np.where(mask, g, 0), lambda: np.where(mask, 0, g))


@gradient_of(np.nan_to_num)
@differentiable
def nan_to_num(x: Array, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> WithGradient:
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf), lambda g: g * np.isfinite(x)


# ---- reductions ----


@gradient_of(np.sum)
@differentiable
def sum(a: Array, axis: Any = None, *, keepdims: bool = False) -> WithGradient:
    return np.sum(a, axis=axis, keepdims=keepdims), lambda g: np.broadcast_to(spread(g, axis, a), a.shape)


@gradient_of(np.mean)
@differentiable
def mean(a: Array, axis: Any = None, *, keepdims: bool = False) -> WithGradient:
    y = np.mean(a, axis=axis, keepdims=keepdims)
    n = a.size / max_(1, y.size)
    return y, lambda g: np.broadcast_to(spread(g / n, axis, a), a.shape)


def max_(x: Any, y: Any) -> Any:
    return x if x > y else y


def count(a: Array, axis: Any) -> int:
    """How many elements a reduction over these axes brings together."""
    n = 1
    for i in axes_of(axis, a.ndim):
        n *= a.shape[i]
    return n


@gradient_of(np.var)
@differentiable
def var(a: Array, axis: Any = None, *, ddof: float = 0, correction: float | None = None, keepdims: bool = False) -> WithGradient:
    ddof = ddof if correction is None else correction
    n = count(a, axis) - ddof
    return np.var(a, axis=axis, ddof=ddof, keepdims=keepdims), lambda g: (
        spread(g, axis, a) * (2 / n) * (a - a.mean(axis=axes_of(axis, a.ndim), keepdims=True))
    )


@gradient_of(np.std)
@differentiable
def std(a: Array, axis: Any = None, *, ddof: float = 0, correction: float | None = None, keepdims: bool = False) -> WithGradient:
    """Where all elements are equal, the gradient is taken as 0, as in PyTorch."""
    ddof = ddof if correction is None else correction
    n = count(a, axis) - ddof
    s = np.asarray(np.std(a, axis=axis, ddof=ddof, keepdims=keepdims))

    def vjp(g: Array) -> Array:
        slope = np.divide(g, s * n, out=np.zeros_like(s), where=s != 0)
        return spread(slope, axis, a) * (a - a.mean(axis=axes_of(axis, a.ndim), keepdims=True))

    return s, vjp


def extremum(function: Callable[..., Any]) -> Callable[..., Any]:
    def rule(a: Array, axis: Any = None, *, keepdims: bool = False) -> WithGradient:
        """Elements that share the extreme value share the gradient equally, as in PyTorch's `amax` and `amin`."""
        y = function(a, axis=axis, keepdims=keepdims)

        def vjp(g: Array) -> Array:
            winners = a == spread(y, axis, a)
            return winners * (spread(g, axis, a) / winners.sum(axis=axes_of(axis, a.ndim), keepdims=True, dtype=g.dtype))

        return y, vjp

    rule.__name__ = rule.__qualname__ = function.__name__
    return gradient_of(function)(differentiable(rule))


max, min = extremum(np.max), extremum(np.min)


@gradient_of(np.prod)
@differentiable
def prod(a: Array, axis: Any = None, *, keepdims: bool = False) -> WithGradient:
    axes = axes_of(axis, a.ndim)
    kept = [i for i in range(a.ndim) if i not in axes]

    def vjp(g: Array) -> Array:
        # Each factor's gradient is the product of the others: of those before it and of those after it, so that zeros do no harm.
        x = a.transpose(*kept, *axes)
        flat = x.reshape(*x.shape[: len(kept)], -1)
        ones = np.ones_like(flat[..., :1])
        before = np.cumprod(np.concatenate([ones, flat[..., :-1]], axis=-1), axis=-1)
        after = np.cumprod(np.concatenate([ones, flat[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
        others = (before * after).reshape(x.shape).transpose(np.argsort([*kept, *axes]))
        return spread(g, axis, a) * others

    return np.prod(a, axis=axis, keepdims=keepdims), vjp


@gradient_of(np.cumsum)
@differentiable
def cumsum(a: Array, axis: int | None = None) -> WithGradient:
    def vjp(g: Array) -> Array:
        if axis is None:
            return np.cumsum(g[::-1])[::-1].reshape(a.shape)
        return np.flip(np.cumsum(np.flip(g, axis), axis), axis)

    return np.cumsum(a, axis=axis), vjp


@gradient_of(np.diff)
def diff(a: Array, n: int = 1, axis: int = -1) -> Any:
    before = (slice(None),) * (axis % np.ndim(a))
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


@gradient_of(np.linalg.norm)
def norm(x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Vector norms of any order and the Frobenius norm; at zero the gradient is taken as 0, as in PyTorch."""
    if isinstance(axis, tuple) and len(axis) == 1:
        [axis] = axis
    if ord in (None, 2, "fro") and (ord is None or isinstance(axis, int) or ord == "fro" or x.ndim == 1):
        return vector_norm(x, 2, axis=axis, keepdims=keepdims)
    if not isinstance(axis, (int, np.integer)) and x.ndim != 1:
        raise TypeError(f"np.linalg.norm of tensors: the matrix norm ord={ord!r} has no gradient rule; ord None and 'fro' do")
    return vector_norm(x, ord, axis=axis, keepdims=keepdims)


@differentiable
def vector_norm(x: Array, ord: float = 2, axis: Any = None, keepdims: bool = False) -> WithGradient:
    if ord == 2:
        y = np.asarray(np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)))
    else:
        y = np.asarray(np.linalg.norm(x, ord, axis=axis, keepdims=keepdims))
    return y, lambda g: spread(g, axis, x) * slope_of_norm(x, spread(y, axis, x), ord)


def slope_of_norm(x: Array, norm: Array, ord: float) -> Array:
    """The derivative of a vector norm, (|x| / norm)^(ord - 1) with the sign of x; 0 where there is none, as in PyTorch.

    Args:
        x: The vectors, along any axes.
        norm: Their norms, of length 1 along these axes.
    """
    if ord == 2:
        return np.divide(x, norm, out=np.zeros_like(x), where=norm != 0)
    if np.isinf(ord):  # the extreme elements share it
        chosen = np.abs(x) == norm
        axes = tuple(i for i, n in enumerate(norm.shape) if n == 1)
        return np.sign(x) * chosen / chosen.sum(axis=axes, keepdims=True, dtype=x.dtype)
    if ord == 0:
        return np.zeros_like(x)
    share = np.divide(np.abs(x), norm, out=np.zeros_like(x), where=norm != 0)
    return np.sign(x) * np.power(share, ord - 1, out=share, where=share != 0)


# ---- products of matrices ----


@gradient_of(np.matmul)
@differentiable
def matmul(x: Array, y: Array) -> WithGradient:
    x, y = np.asarray(x), np.asarray(y)

    def transposed(a: Array) -> Array:
        return a.swapaxes(-1, -2)

    def vjp(g: Array) -> Any:
        # A vector on the left is a row, (1, n), a vector on the right a column, (n, 1).
        if y.ndim == 1:
            g = g[..., None]
        if x.ndim == 1:
            g = np.expand_dims(g, -2)

        def dx() -> Array:
            return g @ (y[None, :] if y.ndim == 1 else transposed(y))

        def dy() -> Array:
            if y.ndim == 2 and x.ndim > 2:  # one matrix for the whole batch: one product, instead of a sum of many
                rows = math.prod(x.shape[:-1])
                return x.reshape(rows, x.shape[-1]).T @ g.reshape(rows, g.shape[-1])
            product = (x[:, None] if x.ndim == 1 else transposed(x)) @ g
            return product[..., 0] if y.ndim == 1 else product

        return dx, dy

    return np.matmul(x, y), vjp


@gradient_of(np.dot)
def dot(a: Array, b: Array) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    if np.ndim(b) <= 2:
        return np.matmul(a, b)
    return np.tensordot(a, b, axes=(-1, -2))


@gradient_of(np.outer)
def outer(a: Array, b: Array) -> Any:
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


@gradient_of(np.inner)
def inner(a: Array, b: Array) -> Any:
    return np.multiply(a, b) if np.ndim(a) == 0 or np.ndim(b) == 0 else np.tensordot(a, b, axes=(-1, -1))


@gradient_of(np.vdot)
def vdot(a: Array, b: Array) -> Any:
    return np.sum(np.reshape(a, -1) * np.reshape(b, -1))


@gradient_of(np.tensordot)
def tensordot(a: Array, b: Array, axes: Any = 2) -> Any:
    if isinstance(axes, int):
        axes = (list(range(np.ndim(a) - axes, np.ndim(a))), list(range(axes)))
    left, right = ([n] if isinstance(n, int) else list(n) for n in axes)
    if [np.shape(a)[i] for i in left] != [np.shape(b)[j] for j in right]:
        raise ValueError(f"np.tensordot: axes {left} of shape {np.shape(a)} do not match axes {right} of shape {np.shape(b)}")
    letters = string.ascii_letters
    of_a = list(letters[: np.ndim(a)])
    of_b = list(letters[np.ndim(a) : np.ndim(a) + np.ndim(b)])
    for i, j in zip(left, right, strict=True):
        of_b[j] = of_a[i]
    summed = {of_a[i] for i in left}
    result = [c for c in of_a + of_b if c not in summed]
    return np.einsum(f"{''.join(of_a)},{''.join(of_b)}->{''.join(result)}", a, b)


@gradient_of(np.einsum)
@differentiable
def einsum(subscripts: str, *operands: Array, optimize: Any = False) -> WithGradient:
    """The gradient of an operand is an einsum too: of `g` and the other operands, to the operand's own letters."""
    if not isinstance(subscripts, str):
        raise TypeError("np.einsum of tensors takes its subscripts as a string, such as 'ij,jk->ik'")
    inputs, output = explicit_subscripts(subscripts, [np.ndim(x) for x in operands])
    if any(len(set(letters)) < len(letters) for letters in inputs):
        raise TypeError(f"np.einsum of tensors has no gradient rule for a letter repeated within one operand: {subscripts!r}")

    def gradient(i: int, g: Array) -> Array:
        x, own = operands[i], inputs[i]
        others = [(inputs[j], y) for j, y in enumerate(operands) if j != i]
        known = set(output).union(*(letters for letters, _ in others))
        terms = [(output, g), *others]
        if lost := [n for n, c in enumerate(own) if c not in known]:  # summed over within this operand alone
            terms.append(("".join(own[n] for n in lost), np.ones([x.shape[n] for n in lost], dtype=g.dtype)))
        dx = np.einsum(",".join(t[0] for t in terms) + "->" + own, *(t[1] for t in terms), optimize=optimize)
        return np.broadcast_to(dx, np.broadcast_shapes(dx.shape, x.shape))  # where another operand's axis of length 1 was stretched

    y = np.einsum(subscripts, *operands, optimize=optimize)
    return y, lambda g: (None, *((lambda i=i: gradient(i, g)) for i in range(len(operands))))


def explicit_subscripts(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the output, with '...' and an omitted output written out."""
    subscripts = subscripts.replace(" ", "")
    left, arrow, output = subscripts.partition("->")
    inputs = left.split(",")
    spare = "".join(c for c in string.ascii_letters if c not in subscripts)
    counts = [n - len(letters.replace("...", "")) if "..." in letters else 0 for letters, n in zip(inputs, ndims, strict=True)]
    longest = 0
    for n in counts:
        longest = max_(longest, n)
    batch = spare[:longest]
    if not arrow:
        once = sorted(c for c in set(left) - set(",.") if left.count(c) == 1)
        output = ("..." if "..." in left else "") + "".join(once)
    return [letters.replace("...", batch[longest - n :]) for letters, n in zip(inputs, counts, strict=True)], output.replace("...", batch)


@gradient_of(np.trace)
def trace(a: Array) -> Any:
    return np.sum(np.diagonal(a), axis=-1)


@gradient_of(np.diagonal)
@differentiable
def diagonal(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> WithGradient:
    def vjp(g: Array) -> Array:
        dx = np.zeros_like(a)
        entries = np.diagonal(dx, offset, axis1, axis2)
        entries.flags.writeable = True
        entries[...] = g
        return dx

    return np.diagonal(a, offset, axis1, axis2), vjp


@gradient_of(np.diag)
def diag(v: Array, k: int = 0) -> Any:
    if v.ndim == 2:
        return np.diagonal(v, k)
    n = v.shape[0] + abs(k)
    rows = np.arange(v.shape[0]) + max_(0, -k)
    return scatter(v, (rows, rows + k), (n, n))


@differentiable
def scatter(v: Array, index: Any, shape: tuple[int, ...]) -> WithGradient:
    y = np.zeros(shape, dtype=v.dtype)
    y[index] = v
    return y, lambda g: g[index]


@gradient_of(np.tril)
@differentiable
def tril(m: Array, k: int = 0) -> WithGradient:
    return np.tril(m, k), lambda g: np.tril(g, k)


@gradient_of(np.triu)
@differentiable
def triu(m: Array, k: int = 0) -> WithGradient:
    return np.triu(m, k), lambda g: np.triu(g, k)


@gradient_of(np.linalg.inv)
@differentiable
def inv(a: Array) -> WithGradient:
    y = np.linalg.inv(a)
    yt = y.swapaxes(-1, -2)
    return y, lambda g: -yt @ g @ yt


@gradient_of(np.linalg.solve)
def solve(a: Array, b: Array) -> Any:
    return np.matmul(np.linalg.inv(a), b)


@gradient_of(np.linalg.det)
@differentiable
def det(a: Array) -> WithGradient:
    y = np.linalg.det(a)
    return y, lambda g: (g * y)[..., None, None] * np.linalg.inv(a).swapaxes(-1, -2)


# ---- shapes ----


@gradient_of(np.reshape)
@differentiable
def reshape(a: Array, shape: Any) -> WithGradient:
    return np.reshape(a, shape), lambda g: g.reshape(a.shape)


@gradient_of(np.ravel)
def ravel(a: Array) -> Any:
    return np.reshape(a, -1)


@gradient_of(np.transpose)
@differentiable
def transpose(a: Array, axes: Any = None) -> WithGradient:
    return np.transpose(a, axes), lambda g: g.transpose(None if axes is None else np.argsort([n % a.ndim for n in axes]))


@gradient_of(np.swapaxes)
@differentiable
def swapaxes(a: Array, axis1: int, axis2: int) -> WithGradient:
    return np.swapaxes(a, axis1, axis2), lambda g: g.swapaxes(axis1, axis2)


@gradient_of(np.moveaxis)
@differentiable
def moveaxis(a: Array, source: Any, destination: Any) -> WithGradient:
    return np.moveaxis(a, source, destination), lambda g: np.moveaxis(g, destination, source)


@gradient_of(np.squeeze)
@differentiable
def squeeze(a: Array, axis: Any = None) -> WithGradient:
    return np.squeeze(a, axis), lambda g: g.reshape(a.shape)


@gradient_of(np.expand_dims)
@differentiable
def expand_dims(a: Array, axis: Any) -> WithGradient:
    return np.expand_dims(a, axis), lambda g: g.reshape(a.shape)


@gradient_of(np.atleast_1d)
def atleast_1d(*arys: Array) -> Any:
    results = tuple(a if np.ndim(a) else np.reshape(a, 1) for a in arys)
    return results[0] if len(results) == 1 else results


@gradient_of(np.atleast_2d)
def atleast_2d(*arys: Array) -> Any:
    results = tuple(a if np.ndim(a) > 1 else np.reshape(a, (1, -1)) for a in arys)
    return results[0] if len(results) == 1 else results


@gradient_of(np.broadcast_to)
@differentiable
def broadcast_to(array: Array, shape: Any) -> WithGradient:
    return np.broadcast_to(array, shape), lambda g: g


@gradient_of(np.flip)
@differentiable
def flip(m: Array, axis: Any = None) -> WithGradient:
    return np.flip(m, axis), lambda g: np.flip(g, axis)


@gradient_of(np.roll)
@differentiable
def roll(a: Array, shift: Any, axis: Any = None) -> WithGradient:
    back = tuple(-s for s in shift) if isinstance(shift, tuple) else -shift
    return np.roll(a, shift, axis), lambda g: np.roll(g, back, axis)


@gradient_of(np.tile)
@differentiable
def tile(A: Array, reps: Any) -> WithGradient:
    counts = (reps,) if isinstance(reps, (int, np.integer)) else tuple(reps)
    n = max_(A.ndim, len(counts))
    counts = (1,) * (n - len(counts)) + counts
    shape = (1,) * (n - A.ndim) + A.shape
    pairs = [length for pair in zip(counts, shape, strict=True) for length in pair]  # (copies, length) of each axis
    return np.tile(A, reps), lambda g: g.reshape(pairs).sum(axis=tuple(range(0, 2 * n, 2))).reshape(A.shape)


@gradient_of(np.repeat)
@differentiable
def repeat(a: Array, repeats: Any, axis: int | None = None) -> WithGradient:
    length = a.size if axis is None else a.shape[axis]
    origin = np.repeat(np.arange(length), repeats)  # which element each copy comes from

    def vjp(g: Array) -> Array:
        dx = np.zeros(a.size if axis is None else a.shape, dtype=g.dtype)
        along = 0 if axis is None else axis
        np.add.at(dx.swapaxes(0, along), origin, g.swapaxes(0, along))
        return dx.reshape(a.shape)

    return np.repeat(a, repeats, axis), vjp


@gradient_of(np.pad)
@differentiable
def pad(array: Array, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> WithGradient:
    if mode != "constant":
        raise TypeError(f"np.pad of tensors has a gradient rule for mode='constant' only, got {mode!r}")
    y = np.pad(array, pad_width, constant_values=constant_values)
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2))
    inside = tuple(slice(int(before), int(before) + n) for (before, _), n in zip(widths, array.shape, strict=True))
    return y, lambda g: g[inside]


@gradient_of(np.concatenate)
def concatenate(arrays: Any, axis: int | None = 0) -> Any:
    return join(*arrays, axis=axis) if axis is not None else join(*[np.ravel(a) for a in arrays], axis=0)


@differentiable
def join(*arrays: Array, axis: int) -> WithGradient:
    y = np.concatenate(arrays, axis)
    ends = np.cumsum([np.shape(a)[axis] for a in arrays])[:-1]
    return y, lambda g: tuple(np.split(g, ends, axis))


@gradient_of(np.stack)
def stack(arrays: Any, axis: int = 0) -> Any:
    arrays = list(arrays)
    if len({np.shape(a) for a in arrays}) != 1:
        raise ValueError(f"np.stack: all arrays must have the same shape, got {[np.shape(a) for a in arrays]}")
    return np.concatenate([np.expand_dims(a, axis) for a in arrays], axis)


@gradient_of(np.vstack)
def vstack(tup: Any) -> Any:
    return np.concatenate([np.atleast_2d(a) for a in tup], 0)


@gradient_of(np.hstack)
def hstack(tup: Any) -> Any:
    arrays = [np.atleast_1d(a) for a in tup]
    return np.concatenate(arrays, 0 if arrays[0].ndim == 1 else 1)


@gradient_of(np.column_stack)
def column_stack(tup: Any) -> Any:
    return np.concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in tup], 1)


def splitting(function: Callable[..., Any]) -> Callable[..., Any]:
    def rule(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Any]:
        parts = function(np.arange(ary.shape[axis]), indices_or_sections)
        before = (slice(None),) * (axis % ary.ndim)
        return [ary[(*before, slice(part[0], part[-1] + 1) if len(part) else slice(0))] for part in parts]

    return gradient_of(function)(rule)


split, array_split = splitting(np.split), splitting(np.array_split)


# ---- choosing elements ----


@gradient_of(operator.getitem)
@differentiable
def getitem(x: Array, index: Any) -> WithGradient:
    parts = tuple(i.data if isinstance(i, Tensor) else i for i in (index if isinstance(index, tuple) else (index,)))
    # Slices, numbers and masks pick each element at most once; arrays of numbers may pick one several times.
    picks_once = all(not isinstance(i, (np.ndarray, list, tuple)) or np.asarray(i).dtype == bool for i in parts)

    def vjp(g: Array) -> Array:
        dx = np.zeros_like(x)
        if picks_once:
            dx[parts] = g
        else:
            np.add.at(dx, parts, g)
        return dx

    return x[parts], vjp


@gradient_of(np.take)
def take(a: Array, indices: Any, axis: int | None = None) -> Any:
    if axis is None:
        return np.ravel(a)[np.asarray(indices)]
    return a[(slice(None),) * (axis % np.ndim(a)) + (np.asarray(indices),)]


@gradient_of(np.take_along_axis)
def take_along_axis(arr: Array, indices: Array, axis: int | None = -1) -> Any:
    return pick(np.ravel(arr), indices, 0) if axis is None else pick(arr, indices, axis)


@differentiable
def pick(arr: Array, indices: Array, axis: int) -> WithGradient:
    def vjp(g: Array) -> Array:
        shape = list(g.shape)  # that of the input, but for axes along which it was broadcast
        shape[axis] = arr.shape[axis]
        dx = np.zeros(shape, g.dtype)
        grid: list[Any] = list(np.ogrid[tuple(slice(n) for n in g.shape)])
        grid[axis] = indices
        np.add.at(dx, tuple(grid), g)
        return dx

    return np.take_along_axis(arr, indices, axis), vjp


@gradient_of(np.sort)
@differentiable
def sort(a: Array, axis: int = -1) -> WithGradient:
    order = np.argsort(a, axis=axis, kind="stable")

    def vjp(g: Array) -> Array:
        dx = np.empty_like(g)
        np.put_along_axis(dx, order, g, axis)
        return dx

    return np.take_along_axis(a, order, axis), vjp


@differentiable
def astype(x: Array, dtype: Any) -> WithGradient:
    return x.astype(dtype), lambda g: g


@gradient_of(np.copy)
@differentiable
def copy(a: Array) -> WithGradient:
    return np.copy(a), lambda g: g


# ---- functions without a gradient: comparisons, positions, questions about shape; plain arrays come out ----


def plain(x: Any) -> Any:
    """Tensors replaced by their arrays, in lists and tuples too."""
    if isinstance(x, Tensor):
        return x.data
    return type(x)(plain(item) for item in x) if type(x) in (list, tuple) else x


def without_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    def rule(*args: Any, **kwargs: Any) -> Any:
        return function(*plain(args), **{name: plain(value) for name, value in kwargs.items()})

    rule.__name__ = rule.__qualname__ = function.__name__
    return rule


for nondifferentiable in (
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.isfinite, np.isinf, np.isnan, np.signbit),
    *(np.argmax, np.argmin, np.argsort, np.argwhere, np.nonzero, np.flatnonzero, np.count_nonzero, np.searchsorted, np.any, np.all),
    *(np.allclose, np.array_equal, np.isclose, np.shape, np.ndim, np.size, np.result_type, np.may_share_memory, np.shares_memory),
    *(np.zeros_like, np.ones_like, np.full_like, np.empty_like, np.array2string, np.array_repr, np.array_str),
):
    gradient_of(nondifferentiable)(without_gradient(nondifferentiable))


# ---- the same functions as methods of Tensor ----

for method in (
    *(np.sum, np.mean, np.max, np.min, np.var, np.std, np.prod, np.cumsum, np.argmax, np.argmin, np.argsort, np.all, np.any),
    *(np.exp, np.log, np.log1p, np.expm1, np.sqrt, np.square, np.sign, np.sin, np.cos, np.tan, np.tanh, np.clip, np.round),
    *(np.squeeze, np.ravel, np.swapaxes, np.repeat, np.take, np.dot, np.trace, np.diagonal, np.copy),
):
    setattr(Tensor, method.__name__, RULES[method])
for name, rule in (("abs", RULES[np.absolute]), ("astype", astype)):
    setattr(Tensor, name, rule)
