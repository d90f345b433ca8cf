"""The gradients of NumPy's own functions, against finite differences."""

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlprimer import Tensor, check_gradients
from dlprimer.autograd import RULES

shapes = hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)


def distinct(rng: np.random.Generator, shape: tuple[int, ...], low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Numbers at least a hundredth of the range apart from one another and from zero, so that finite differences see no kink."""
    n = int(np.prod(shape))
    values = low + (high - low) * (rng.permutation(n) + 0.5 + 0.2 * rng.uniform(-1, 1, n)) / max(n, 1)
    return np.where(np.abs(values) < 0.02, 0.05, values).reshape(shape)


@st.composite
def broadcastable(draw):
    found = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    x, y = (distinct(rng, shape) for shape in found.input_shapes)
    return x, np.where(np.abs(y) < 0.3, 0.7, y) + 0.013


BINARY = [np.add, np.subtract, np.multiply, np.true_divide, np.maximum, np.minimum, np.logaddexp, np.hypot, np.arctan2]


@settings(deadline=None, max_examples=25)
@given(broadcastable())
@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_binary_functions_with_broadcasting(function, operands) -> None:
    check_gradients(function, *operands)


@settings(deadline=None, max_examples=25)
@given(broadcastable())
def test_powers(operands) -> None:
    check_gradients(np.power, np.abs(operands[0]) + 0.1, operands[1])
    check_gradients(lambda x: x**3, operands[0])


UNARY = {
    np.exp: (-2, 2), np.expm1: (-2, 2), np.log: (0.2, 3), np.log1p: (-0.5, 3), np.log2: (0.2, 3), np.log10: (0.2, 3),
    np.sqrt: (0.2, 3), np.square: (-2, 2), np.absolute: (-2, 2), np.negative: (-2, 2), np.positive: (-2, 2),
    np.reciprocal: (0.3, 2), np.sin: (-2, 2), np.cos: (-2, 2), np.tan: (-1, 1), np.sinh: (-2, 2), np.cosh: (-2, 2),
    np.tanh: (-2, 2), np.arcsin: (-0.8, 0.8), np.arccos: (-0.8, 0.8), np.arctan: (-2, 2), np.cbrt: (0.3, 2),
}  # fmt: skip


@settings(deadline=None, max_examples=15)
@given(shape=shapes, seed=st.integers(0, 1000))
@pytest.mark.parametrize("function", [f for f in UNARY if f in RULES], ids=lambda f: f.__name__)
def test_unary_functions(function, shape, seed: int) -> None:
    check_gradients(function, distinct(np.random.default_rng(seed), shape, *UNARY[function]))


@st.composite
def reductions(draw):
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    axis = draw(
        st.one_of(st.none(), st.integers(-len(shape), len(shape) - 1), hnp.valid_tuple_axes(len(shape), min_size=1))
    )
    return distinct(np.random.default_rng(draw(st.integers(0, 1000))), shape), axis, draw(st.booleans())


REDUCTIONS = [np.sum, np.mean, np.max, np.min, np.var, np.std, np.prod]


@settings(deadline=None, max_examples=25)
@given(reductions())
@pytest.mark.parametrize("function", REDUCTIONS, ids=lambda f: f.__name__)
def test_reductions_over_any_axes(function, drawn) -> None:
    x, axis, keepdims = drawn
    one = np.prod([x.shape[a] for a in np.atleast_1d(axis)]) if axis is not None else x.size
    if function is np.std and one == 1:
        return  # the root of zero has no derivative
    check_gradients(lambda a: function(a, axis=axis, keepdims=keepdims), x)
    assert np.allclose(
        function(Tensor(x), axis=axis, keepdims=keepdims).data, function(x, axis=axis, keepdims=keepdims)
    )


@settings(deadline=None, max_examples=25)
@given(shape=hnp.array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=4), data=st.data())
def test_basic_and_advanced_indexing(shape, data) -> None:
    index = data.draw(st.one_of(hnp.basic_indices(shape, allow_newaxis=True), hnp.integer_array_indices(shape)))
    x = distinct(np.random.default_rng(0), shape)
    if np.size(x[index]):
        check_gradients(lambda a: a[index], x)


def test_an_element_picked_twice_gets_both_gradients() -> None:
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    x[np.array([0, 0, 1])].sum().backward()
    assert x.grad.tolist() == [2.0, 1.0]


rng = np.random.default_rng(3)
A, B, V = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=4)
STACK, SQUARE = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 3)) + 3 * np.eye(3)
CASES = {
    "matrix @ matrix": (np.matmul, A, B),
    "matrix @ vector": (np.matmul, A, V),
    "vector @ matrix": (np.matmul, V, B),
    "vector @ vector": (np.matmul, V, V + 1),
    "stack @ matrix": (np.matmul, STACK, B),
    "stack @ stack": (np.matmul, STACK, rng.normal(size=(2, 4, 5))),
    "broadcast stack": (np.matmul, STACK[:, None], rng.normal(size=(1, 3, 4, 2))),
    "dot": (np.dot, A, B),
    "outer": (np.outer, V, V[:2]),
    "tensordot": (lambda a, b: np.tensordot(a, b, axes=1), STACK, B),
    "einsum product": (lambda a, b: np.einsum("ij,jk->ik", a, b), A, B),
    "einsum batch": (lambda a, b: np.einsum("bij,bkj->bik", a, b), STACK, rng.normal(size=(2, 5, 4))),
    "einsum implicit": (lambda a, b: np.einsum("ij,jk", a, b), A, B),
    "einsum reduction": (lambda a: np.einsum("ijk->j", a), STACK),
    "einsum ellipsis": (lambda a, b: np.einsum("...j,jk->...k", a, b), STACK, B),
    "concatenate": (lambda a, b: np.concatenate([a, b, a], axis=1), A, A + 1),
    "stack": (lambda a, b: np.stack([a, b], axis=1), A, A + 1),
    "vstack": (lambda a, b: np.vstack([a, b]), A, A + 1),
    "split": (lambda a: np.split(a, 2, axis=1)[1], A),
    "where": (lambda a, b: np.where(A > 0, a, b), A, A + 1),
    "clip": (lambda a: np.clip(a, -0.5, 0.5), A),
    "cumsum": (lambda a: np.cumsum(a, axis=1), A),
    "transpose": (lambda a: np.transpose(a, (2, 0, 1)), STACK),
    "swapaxes": (lambda a: np.swapaxes(a, 0, 2), STACK),
    "moveaxis": (lambda a: np.moveaxis(a, 0, -1), STACK),
    "reshape": (lambda a: a.reshape(4, -1), A),
    "squeeze": (lambda a: np.squeeze(a[:, :1]), A),
    "expand_dims": (lambda a: np.expand_dims(a, 1), A),
    "broadcast_to": (lambda a: np.broadcast_to(a, (2, 3, 4)), A),
    "repeat": (lambda a: np.repeat(a, 2, axis=0), A),
    "tile": (lambda a: np.tile(a, (2, 1)), A),
    "pad": (lambda a: np.pad(a, ((1, 0), (2, 1))), A),
    "roll": (lambda a: np.roll(a, 1, axis=1), A),
    "flip": (lambda a: np.flip(a, axis=0), A),
    "take": (lambda a: np.take(a, [2, 0, 2], axis=1), A),
    "tril": (np.tril, A),
    "triu": (np.triu, A),
    "diagonal": (np.diagonal, SQUARE),
    "trace": (np.trace, SQUARE),
    "inv": (np.linalg.inv, SQUARE),
    "solve": (np.linalg.solve, SQUARE, B[:3]),
    "det": (np.linalg.det, SQUARE),
    "norm": (lambda a: np.linalg.norm(a, axis=1), A),
    "norm of order 3": (lambda a: np.linalg.norm(a, 3, axis=1), A),
    "norm of order 1": (lambda a: np.linalg.norm(a, 1, axis=0, keepdims=True), A),
    "largest magnitude": (lambda a: np.linalg.norm(a, np.inf, axis=0), A),
    "smallest magnitude": (lambda a: np.linalg.norm(a, -np.inf, axis=0), A),
    "number of nonzeros": (lambda a: np.linalg.norm(a, 0, axis=0), A),
    "diff": (lambda a: np.diff(a, n=2, axis=1), A),
    "array_split": (lambda a: np.array_split(a, 3, axis=1)[0], A),
    "atleast_1d": (lambda a: np.atleast_1d(a.sum(), a)[0], A),
    "atleast_2d": (np.atleast_2d, V),
    "column_stack": (lambda a, b: np.column_stack([a, b]), V, A.T),
    "take_along_axis": (lambda a: np.take_along_axis(a, np.array([[2, 0, 2]]), axis=1), A),
    "take_along_axis of a broadcast array": (lambda a: np.take_along_axis(a, np.array([[2], [1]]), axis=1), A[:1]),
    "take_along_axis of all": (lambda a: np.take_along_axis(a, np.array([2, 11]), axis=None), A),
    "remainder": (lambda a, b: np.remainder(a, b), A, np.array([0.7, 0.9, 1.1, -1.3])),
    "round": (lambda a: np.round(a, 1) + a, A),
    "floor_divide": (lambda a: np.floor_divide(a, 0.7) + a, A),
    "nan_to_num": (np.nan_to_num, A),
    "cumsum of all": (lambda a: np.cumsum(a), A),
    "norm over a tuple of one axis": (lambda a: np.linalg.norm(a, 3, axis=(1,)), A),
    "dot with a number": (lambda a: np.dot(a, 2.0), A),
    "dot of stacks": (np.dot, A, np.moveaxis(STACK, 1, 2)),
    "inner": (np.inner, A, STACK),
    "inner with a number": (lambda a: np.inner(a, 2.0), A),
    "vdot": (np.vdot, A, A + 1),
    "diag of a matrix": (lambda a: np.diag(a, 1), A),
    "diag of a vector": (lambda a: np.diag(a, -1), V),
    "hstack of vectors": (lambda a, b: np.hstack([a, b]), V, V + 1),
    "hstack of matrices": (lambda a, b: np.hstack([a, b]), A, A + 1),
    "take of all": (lambda a: np.take(a, [2, 11, 2]), A),
    "copy": (np.copy, A),
    "einsum with a stretched axis": (lambda a, b: np.einsum("ij,jk->ik", a, b), A[:, :1], B),
    "sort": (lambda a: np.sort(a, axis=1), A),
}


@pytest.mark.parametrize("case", CASES)
def test_functions_of_arrays(case: str) -> None:
    function, *arrays = CASES[case]
    check_gradients(function, *arrays)
    plain = function(*arrays)
    assert np.allclose(function(*[Tensor(array) for array in arrays]).data, plain)


def test_a_repeated_letter_in_einsum_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="letter repeated within one operand: 'ii->'"):
        np.einsum("ii->", Tensor(SQUARE))


def test_functions_without_a_gradient_give_plain_results() -> None:
    x = Tensor(np.array([0.2, 3.0]), requires_grad=True)
    assert np.argmax(x) == 1
    assert not np.sign(x).requires_grad or np.all(np.sign(x).data == 1)
    assert np.isfinite(x).all()


@pytest.mark.parametrize(("low", "high"), [(-0.5, 0.5), (0.5, -0.5), (None, 0.3)])
def test_the_bounds_of_clip_have_gradients_and_the_upper_one_wins(low, high) -> None:
    high = np.full(4, high)
    check_gradients(lambda a, h: np.clip(a, low, h), A, high)
    if low is not None:
        check_gradients(lambda a, l, h: np.clip(a, l, h), A, np.full((3, 1), low), high)


def test_products_with_an_axis_of_length_zero_have_zero_gradients() -> None:
    x, y = Tensor(np.ones((2, 3, 0)), requires_grad=True), Tensor(np.ones((0, 4)), requires_grad=True)
    z = x @ y
    assert z.shape == (2, 3, 4)
    z.sum().backward()
    assert x.grad.shape == (2, 3, 0) and y.grad.shape == (0, 4)


def test_gradients_where_the_formula_has_none_are_zero_as_in_pytorch() -> None:
    zeros = Tensor(np.zeros((2, 3)), requires_grad=True)
    (np.linalg.norm(zeros) + np.linalg.norm(zeros, 3, axis=1).sum() + np.linalg.norm(zeros, 0.5, axis=1).sum()).backward()
    assert zeros.grad.tolist() == [[0.0] * 3] * 2
    y, x = (Tensor(np.zeros(1), requires_grad=True) for _ in range(2))
    np.arctan2(y, x).sum().backward()
    assert y.grad.item() == x.grad.item() == 0.0


def test_equal_terms_of_logaddexp_share_its_gradient_however_large_they_are() -> None:
    x, y = (Tensor(np.array([1e20]), requires_grad=True) for _ in range(2))
    np.logaddexp(x, y).sum().backward()
    assert x.grad.item() == y.grad.item() == 0.5


@pytest.mark.parametrize("function", [np.cross, np.kron, np.fmod, np.linalg.cholesky, np.convolve, np.interp, np.median])
def test_a_function_without_a_rule_is_refused_by_name(function) -> None:
    operands = {np.linalg.cholesky: 1, np.median: 1, np.interp: 3}.get(function, 2)
    with pytest.raises(TypeError, match=rf"np\.([a-z]+\.)?{function.__name__} has no gradient rule"):
        function(*[Tensor(SQUARE, requires_grad=True)] * operands)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda x: np.linalg.norm(x, "nuc"), TypeError, "the matrix norm ord='nuc' has no gradient rule"),
        (lambda x: np.einsum(x, [0, 1]), TypeError, "takes its subscripts as a string"),
        (lambda x: np.pad(x, 1, mode="edge"), TypeError, "mode='constant' only, got 'edge'"),
        (lambda x: np.stack([x, x[0]]), ValueError, "all arrays must have the same shape, got [(3, 3), (3,)]"),
    ],
)
def test_options_without_a_rule_are_refused_by_name(call, error, said: str) -> None:
    with pytest.raises(error) as caught:
        call(Tensor(SQUARE, requires_grad=True))
    assert said in str(caught.value)


def test_arrays_that_numpy_does_not_join_are_refused_as_numpy_does() -> None:
    with pytest.raises(ValueError):
        np.concatenate([Tensor(np.ones(2)), Tensor(np.ones((2, 2)))], axis=1)
    with pytest.raises(ValueError, match="do not match"):
        np.tensordot(Tensor(np.ones((1, 2))), Tensor(np.ones((3, 2))), axes=([0], [0]))
