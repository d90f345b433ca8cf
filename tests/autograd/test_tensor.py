"""The tape: what backward() computes, what it refuses, and that it survives long and tangled computations."""

import gc
import weakref

import numpy as np
import pytest

import dlprimer
from dlprimer import Tensor, check_gradients, differentiable, grad, no_grad, value_and_grad


def test_a_value_used_in_several_ways_collects_all_its_gradients() -> None:
    x = Tensor(np.array(3.0), requires_grad=True)
    y = x * x  # used twice below: a diamond
    (y * x + y).backward()
    assert x.grad == 3 * 3.0**2 + 2 * 3.0


def test_gradients_accumulate_over_calls() -> None:
    w = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    for _ in range(3):
        (w * np.array([10.0, 100.0])).sum().backward()
    assert w.grad.tolist() == [30.0, 300.0]


def test_a_chain_of_ten_thousand_steps_is_walked_without_recursion() -> None:
    x = Tensor(np.array(1.0), requires_grad=True)
    y = x
    for _ in range(10_000):
        y = y * 1.0001
    y.backward()
    assert x.grad == pytest.approx(1.0001**10_000)


def test_every_path_counts_in_a_ladder_with_exponentially_many() -> None:
    x = Tensor(np.array(1.0), requires_grad=True)
    y = x
    for _ in range(60):
        y = 0.5 * y + 0.5 * y
    y.backward()
    assert x.grad == 1.0


def test_an_interrupted_backward_leaves_nothing_behind() -> None:
    @differentiable
    def broken(x):
        def vjp(g):
            raise ZeroDivisionError

        return x + 1, vjp

    x = Tensor(np.array(5.0), requires_grad=True)
    y = 2 * x
    with pytest.raises(ZeroDivisionError):
        (broken(y) + y).backward()  # half of y's gradient has arrived
    (3 * y).backward()
    assert x.grad == 6


def test_broadcast_axes_are_summed() -> None:
    b = Tensor(np.zeros((1, 3)), requires_grad=True)
    s = Tensor(np.array(2.0), requires_grad=True)
    ((np.ones((4, 3)) + b) * s).sum().backward()
    assert b.grad.shape == (1, 3) and b.grad.tolist() == [[8.0, 8.0, 8.0]]
    assert s.grad.shape == () and s.grad == 12.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_are_kept_through_forward_and_backward(dtype) -> None:
    x = Tensor(np.linspace(0.1, 1, 6, dtype=dtype).reshape(2, 3), requires_grad=True)
    y = np.tanh(x * 2 + 1) / np.sqrt(3) @ np.ones((3, 2), dtype) - 0.5
    assert y.dtype == dtype
    y.sum().backward()
    assert x.grad.dtype == dtype


def test_numbers_become_float32_and_arrays_keep_theirs() -> None:
    assert Tensor([1.0, 2.0]).dtype == np.float32
    assert Tensor([1, 2]).dtype.kind == "i"
    assert Tensor(np.array([1.0])).dtype == np.float64


def test_a_tensor_that_learns_owns_its_data() -> None:
    array = np.ones(3)
    w = Tensor(array, requires_grad=True)
    w.data -= 1
    assert array.tolist() == [1, 1, 1]


def test_a_second_backward_says_that_the_tape_is_gone() -> None:
    x = Tensor([1.0], requires_grad=True)
    y = np.exp(x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_backward_frees_what_the_steps_saved() -> None:
    class Big:
        pass

    big = Big()
    reference = weakref.ref(big)

    @differentiable
    def step(x, kept=big):
        return x * 2, lambda g, kept=kept: 2 * g

    step.__wrapped__.__defaults__ = (None,)
    x = Tensor([1.0], requires_grad=True)
    y = step(x, big).sum()
    del big
    gc.collect()
    assert reference() is not None
    y.backward()
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: Tensor([1.0, 2.0], requires_grad=True).backward(), ValueError, "needs one element, got shape (2,)"),
        (lambda: Tensor([1.0]).backward(), RuntimeError, "does not depend on any tensor with requires_grad"),
        (lambda: (Tensor([1.0], requires_grad=True) * 2).backward(np.ones(3)), ValueError, "grad has shape (3,)"),
        (lambda: Tensor(np.array([1, 2]), requires_grad=True), TypeError, "only floating-point tensors"),
        (lambda: Tensor(["a"]), TypeError, "real numbers"),
        (lambda: Tensor([1 + 2j]), TypeError, "real numbers"),
        (lambda: np.fft.fft(Tensor([1.0])), TypeError, "no gradient rule"),
        (lambda: np.add.reduce(Tensor([1.0])), TypeError, "np.add.reduce has no gradient rule"),
        (lambda: np.add(Tensor([1.0]), 1, out=np.zeros(1)), TypeError, "cannot write a tensor into an"),
        (lambda: np.asarray(Tensor([1.0], requires_grad=True)), TypeError, "would lose them"),
        (lambda: Tensor([1.0]).__setitem__(0, 2.0), TypeError, "cannot be assigned"),
        (lambda: grad(lambda x: 2.0)(np.ones(2)), TypeError, "does not depend"),
        (lambda: value_and_grad(lambda x: x * 2)(np.ones(2)), ValueError, "needs one element"),
    ],
)
def test_misuse_gets_a_clear_error(make, error, said: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert said in str(caught.value)


def test_without_recording_nothing_is_kept() -> None:
    x = Tensor([1.0], requires_grad=True)
    with no_grad():
        y = np.exp(x)
    assert not y.requires_grad
    assert np.exp(x).requires_grad

    @no_grad()
    def evaluate():
        return np.exp(x)

    assert not evaluate().requires_grad


def test_an_error_inside_no_grad_turns_recording_on_again() -> None:
    x = Tensor([1.0], requires_grad=True)
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert np.exp(x).requires_grad


def test_intermediate_gradients_are_kept_on_request() -> None:
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    y = x * 3
    y.retain_grad()
    (y * y).sum().backward()
    assert y.grad.tolist() == [6.0, 12.0] and x.grad.tolist() == [18.0, 36.0]


def test_detach_stops_the_gradient() -> None:
    x = Tensor(np.array(2.0), requires_grad=True)
    (x * x.detach()).backward()
    assert x.grad == 2.0


def test_differentiable_calls_a_lazy_gradient_only_if_it_is_needed() -> None:
    called = []

    @differentiable
    def product(x, y):
        return x * y, lambda g: ((lambda: called.append("x") or g * y), (lambda: called.append("y") or g * x))

    x, y = Tensor(np.array(2.0), requires_grad=True), Tensor(np.array(3.0))
    product(x, y).backward()
    assert called == ["x"] and x.grad == 3.0


def test_a_function_with_several_outputs() -> None:
    @differentiable
    def both(x):
        return (x * 2, x * 3), lambda g: 2 * g[0] + 3 * g[1]

    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    _, b = both(x)
    b.sum().backward()  # the first output is not used: its gradient is zero
    assert x.grad.tolist() == [3.0, 3.0]


def test_keyword_tensors_get_their_gradient() -> None:
    @differentiable
    def affine(x, scale=1.0, shift=0.0):
        return x * scale + shift, lambda g: (g * scale, g * x, g)

    shift = Tensor(np.array([5.0]), requires_grad=True)
    affine(np.array([2.0]), shift=shift).sum().backward()
    assert shift.grad.tolist() == [1.0]


def test_a_gradient_of_the_wrong_shape_is_named() -> None:
    @differentiable
    def wrong(x):
        return x.sum(), lambda g: np.ones(7)

    with pytest.raises(ValueError, match=r"wrong: the gradient of argument 0 has shape \(7,\)"):
        wrong(Tensor(np.ones(3), requires_grad=True)).backward()

    @differentiable
    def doubtful(x, y, z):
        return x.sum(), lambda g: (None, np.ones(2), np.ones(7))

    x, y = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    with pytest.raises(ValueError, match=r"doubtful: the gradient of argument 1 or 2 has shape \(2,\), the argument itself \(3,\)"):
        doubtful(x, y, y).backward()


@differentiable
def one_for_both(x, y):
    def vjp(g):
        both = 2 * g
        return both, lambda: both

    return x + y, vjp


@differentiable
def crossed(x, y):
    return (x.copy(), y.copy()), lambda g: (g[1], g[0])


@pytest.mark.parametrize("step", [one_for_both, lambda x, y: np.add(*crossed(x, y))], ids=["of one step", "of one output"])
def test_leaves_that_are_given_the_same_array_have_gradients_of_their_own(step) -> None:
    x, y = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    g = np.ones(3)
    step(x, y).backward(g)
    expected = y.grad.copy()
    x.grad *= 100
    np.testing.assert_array_equal(y.grad, expected)
    assert (g == 1).all()


def test_check_gradients_finds_a_wrong_gradient_and_says_where() -> None:
    @differentiable
    def almost(x):
        y = x * x
        slope = 2 * x
        slope[1] *= 1.01
        return y, lambda g: g * slope

    with pytest.raises(AssertionError, match=r"argument 0 at \(1,\)"):
        check_gradients(almost, np.array([1.0, 2.0, 3.0]))


def test_check_gradients_is_not_fooled_by_a_gradient_that_cancels_in_a_sum() -> None:
    @differentiable
    def softmax_without_gradient(x):
        e = np.exp(x - x.max())
        return e / e.sum(), lambda g: np.zeros_like(x)

    with pytest.raises(AssertionError):
        check_gradients(softmax_without_gradient, np.array([0.1, 0.5, -0.3]))


def test_iteration_comparison_and_conversion() -> None:
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    assert (x > 1.5).tolist() == [False, True] and isinstance(x > 1.5, np.ndarray)
    assert sum(x).item() == 3.0 and len(x) == 2 and float(x[0]) == 1.0
    assert x.T.shape == (2,) and x.reshape(2, 1).shape == (2, 1)
    assert "requires_grad=True" in repr(x) and "from multiply" in repr(x * 2)


@pytest.mark.parametrize(
    "operation",
    [
        lambda x, y: 2.0 - x, lambda x, y: 2.0 / x, lambda x, y: 2.0**x, lambda x, y: [2.0, 5.0] @ x, lambda x, y: y @ x,
        lambda x, y: y - x, lambda x, y: y / x, lambda x, y: y**x, lambda x, y: -x + +x * 2, lambda x, y: y % x,
        lambda x, y: abs(x) * x.transpose(0), lambda x, y: x % 3 + x // 0.7, lambda x, y: x.flatten() * x.reshape((2,)),
    ],
)  # fmt: skip
def test_operators_are_those_of_arrays_and_have_gradients(operation) -> None:
    x, y = np.array([1.3, 2.6]), np.array([2.0, 5.0])
    check_gradients(lambda x: operation(x, y), x)
    result = operation(Tensor(x, requires_grad=True), y)
    assert isinstance(result, Tensor) and result.requires_grad
    np.testing.assert_allclose(result.data, operation(x, y))


def test_comparisons_give_plain_arrays_and_single_elements_convert() -> None:
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    found = [(x == 1).tolist(), (x != 1).tolist(), (x <= 1).tolist(), (x >= 2).tolist(), (x < 2).tolist()]
    assert found == [[True, False], [False, True], [True, False], [False, True], [True, False]]
    assert int(x[1]) == 2 and bool(x[0]) and Tensor(x).numpy() is x.data
    assert np.asarray(x.detach()).tolist() == [1.0, 2.0]
    with pytest.raises(RuntimeError, match="leaves only"):
        (x * 2).requires_grad = False


def test_a_step_may_have_no_gradient_for_one_of_its_arguments() -> None:
    @differentiable
    def half(x, y):
        return x * y, lambda g: (g * y, None)

    x, y = (Tensor(np.array(3.0), requires_grad=True) for _ in range(2))
    half(x, y).backward()
    assert x.grad == 3.0 and y.grad is None


def test_plain_arrays_go_through_library_functions_untouched() -> None:
    assert type(dlprimer.softmax(np.zeros(3))) is np.ndarray


@pytest.mark.parametrize(
    "wrap",
    [lambda t: t, lambda t: t + 0, lambda t: np.reshape(t, (3, 1)), lambda t: t + t],
    ids=["leaf", "sum", "view", "twice"],
)
def test_a_gradient_that_is_passed_in_stays_the_callers(wrap) -> None:
    t = Tensor(np.arange(3.0), requires_grad=True)
    result = wrap(t)
    g = np.ones(result.shape)
    result.backward(g)
    t.grad += 5
    assert (g == 1).all()
