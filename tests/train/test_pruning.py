"""Pruning removes exactly what it says and nothing grows back; tickets start from the first weights."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlprimer.train.pruning as pruning
from dlprimer import MLP, SGD, Adam, AdamW, Callback, Module, Parameter, RMSprop, fit, mse_loss
from dlprimer.train.pruning import (
    KeepPruned,
    apply_masks,
    density,
    iterative_magnitude_pruning,
    prune_by_magnitude,
    rewind,
)


class Two(Module):
    """Two weights and a bias of given values."""

    def __init__(self, a, b):
        self.a, self.b = Parameter(np.array(a)), Parameter(np.array(b))
        self.bias = Parameter(np.zeros(3))


def small():
    return Two([[3.0, -1.0, 0.5, -4.0]], [[0.1, 0.2], [-6.0, 5.0]])


def network(seed=0):
    return MLP([3, 8, 2], rng=np.random.default_rng(seed)).to(np.float64)


def data():
    rng = np.random.default_rng(5)
    return rng.normal(size=(20, 3)), rng.normal(size=(20, 2))


def train(model, optimizer, masks, epochs=3, callbacks=()):
    return fit(model, data(), loss=mse_loss, optimizer=optimizer, epochs=epochs, batch_size=5, rng=np.random.default_rng(1),
               callbacks=[KeepPruned(masks), *callbacks])  # fmt: skip


# ---- which weights go ----


def test_global_pruning_compares_all_weights():
    model = small()
    masks = prune_by_magnitude(model, 0.5)
    assert masks["a"].tolist() == [[True, False, False, True]] and masks["b"].tolist() == [[False, False], [True, True]]
    assert model.a.data.tolist() == [[3, 0, 0, -4]] and model.b.data.tolist() == [[0, 0], [-6, 5]]
    assert masks.keys() == {"a", "b"}


def test_pruning_by_layer_takes_the_same_share_of_each():
    model = small()
    masks = prune_by_magnitude(model, 0.25, "layer")
    assert model.a.data.tolist() == [[3, -1, 0, -4]] and model.b.data.tolist() == [[0, 0.2], [-6, 5]]
    assert density(masks) == 0.75


def test_amounts_by_name():
    model = small()
    masks = prune_by_magnitude(model, {"b": 1, "a": 0.75}, scope="layer")
    assert masks["a"].tolist() == [[False, False, False, True]] and np.count_nonzero(masks["b"]) == 3


@given(st.integers(1, 40), st.floats(0, 1), st.integers(0, 3), st.sampled_from(["f2", "f4", "f8"]))
@settings(max_examples=40, deadline=None)
def test_exactly_the_amount_goes_even_among_ties_and_nothing_larger_does(n, amount, levels, dtype):
    rng = np.random.default_rng(n)
    model = Module()
    model.w = Parameter(rng.integers(-levels, levels + 1, size=(n, 2)).astype(dtype))
    before = model.w.data.copy()
    mask = prune_by_magnitude(model, amount)["w"]
    assert np.count_nonzero(~mask) == round(amount * 2 * n)
    assert (model.w.data == np.where(mask, before, 0)).all() and model.w.data.dtype == dtype
    if mask.any() and not mask.all():
        assert np.abs(before[mask]).min() >= np.abs(before[~mask]).max()


def test_of_equal_magnitudes_the_first_goes_first():
    model = Two([[1.0, -1.0, 1.0]], [[-1.0, 1.0]])
    masks = prune_by_magnitude(model, 2)
    assert masks["a"].tolist() == [[False, False, True]] and masks["b"].all()
    masks = prune_by_magnitude(model, 2, masks=masks)
    assert not masks["a"].any() and masks["b"].tolist() == [[False, True]]


def test_ties_among_many_weights_go_in_order_too():
    model = Module()
    model.w = Parameter(np.tile([1.0, -2.0], (500, 1)))
    mask = prune_by_magnitude(model, 700)["w"]
    assert not mask[:, 0].any() and not mask[:200, 1].any() and mask[200:, 1].all()


@pytest.mark.parametrize(("amount", "left"), [(0, 8), (0.0, 8), (1, 7), (1.0, 0), (8, 0), (np.int64(3), 5), (np.float32(0.5), 4)])
def test_integers_are_numbers_and_fractions_are_fractions(amount, left):
    assert sum(np.count_nonzero(mask) for mask in prune_by_magnitude(small(), amount).values()) == left


def test_pruning_further_counts_what_is_alive():
    model = Module()
    model.w = Parameter(np.arange(1.0, 101.0).reshape(10, 10))
    masks, left = {}, []
    for _ in range(14):
        masks = prune_by_magnitude(model, 0.2, masks=masks)
        model.w.data[~masks["w"]] = 1000  # what is pruned stays so whatever its weight is now
        left.append(np.count_nonzero(masks["w"]))
    assert left[:3] == [80, 64, 51] and left[-1] == pytest.approx(100 * 0.8**14, abs=1)
    assert masks["w"].ravel()[-left[-1] :].all()


def test_masks_given_are_not_changed():
    model = small()
    masks = prune_by_magnitude(model, 1)
    before = {name: mask.copy() for name, mask in masks.items()}
    prune_by_magnitude(model, 0.9, masks=masks)
    assert all((masks[name] == before[name]).all() for name in masks)


def test_names_choose_and_the_layout_does_not_matter():
    model = small()
    model.bias.data[:] = [0.3, 0.1, 0.2]
    assert prune_by_magnitude(model, 1, names=["bias"])["bias"].tolist() == [True, False, True]
    assert prune_by_magnitude(model, 1, names="a").keys() == {"a"}
    c, f = small(), small()
    f.b.data = np.asfortranarray(f.b.data)
    first, second = prune_by_magnitude(c, 5), prune_by_magnitude(f, 5)
    assert all((first[name] == second[name]).all() for name in first) and (c.b.data == f.b.data).all()


def test_infinite_weights_are_the_largest():
    model = Two([[np.inf, 1.0, -np.inf]], [[2.0, 3.0]])
    assert prune_by_magnitude(model, 3)["a"].tolist() == [[True, False, True]]
    apply_masks(model, {"a": np.array([[False, True, True]])})
    assert model.a.data.tolist() == [[0, 0, -np.inf]]


# ---- what is pruned stays pruned ----


@pytest.mark.parametrize(
    "make",
    [
        lambda p: SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
        lambda p: Adam(p, lr=0.05),
        lambda p: AdamW(p, lr=0.05, weight_decay=0.1),
        lambda p: RMSprop(p, lr=0.01, momentum=0.9),
    ],
)
def test_pruned_weights_stay_at_zero_with_an_optimizer_that_remembers(make):
    model = network()
    optimizer = make(list(model.parameters()))
    train(model, optimizer, {}, epochs=2)
    masks = prune_by_magnitude(model, 0.5)
    alive = {name: p.data.copy() for name, p in model.named_parameters()}

    class Check(Callback):
        def on_gradients(self, state):
            for name, p in state.model.named_parameters():
                assert name not in masks or not p.grad[~masks[name]].any()

        def on_step(self, state):
            assert all(not p.data[~masks[name]].any() for name, p in model.named_parameters() if name in masks)

    train(model, optimizer, masks, callbacks=[Check()])
    for name, p in model.named_parameters():
        moved = p.data != alive[name]
        assert moved[masks[name]].all() if name in masks else moved.all()


def test_training_with_masks_is_training_a_smaller_network():
    """A hidden unit without inputs and outputs is not there."""
    small, large = network(), network()
    masks = {name: np.ones(p.shape, bool) for name, p in large.named_parameters() if p.ndim == 2}
    masks["layers.0.weight"][3:] = False
    masks["layers.2.weight"][:, 3:] = False
    reduced = MLP([3, 3, 2], rng=np.random.default_rng(0)).to(np.float64)
    reduced.load_state_dict({name: value[:3] if name.startswith("layers.0") else value[:, :3] if value.ndim == 2 else value
                             for name, value in small.state_dict().items()})  # fmt: skip
    train(large, Adam(large.parameters(), lr=0.01), masks)
    train(reduced, Adam(reduced.parameters(), lr=0.01), {})
    np.testing.assert_allclose(large.state_dict()["layers.0.weight"][:3], reduced.state_dict()["layers.0.weight"], rtol=1e-10)


def test_a_new_optimizer_remembers_nothing_about_pruned_weights():
    model = network()
    masks = prune_by_magnitude(model, 0.5)
    optimizer = Adam(model.parameters())
    train(model, optimizer, masks)
    state = dict(zip([name for name, _ in model.named_parameters()], optimizer.state, strict=True))
    assert all(not state[name][kind][~mask].any() for name, mask in masks.items() for kind in ("m", "s"))
    assert all(state[name]["m"][mask].any() for name, mask in masks.items())


def test_frozen_parameters_have_no_gradient_to_mask():
    model = network()
    masks = prune_by_magnitude(model, 0.5)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name != "layers.0.weight"
    train(model, SGD(model.parameters(), lr=0.1), masks)


# ---- tickets ----


def test_rewinding_brings_the_early_weights_back_where_they_live():
    model = network()
    start = model.state_dict()
    train(model, SGD(model.parameters(), lr=0.1), {})
    masks = prune_by_magnitude(model, 0.6)
    rewind(model, start, masks)
    for name, p in model.named_parameters():
        assert (p.data == np.where(masks.get(name, True), start[name], 0)).all()
    rewind(model, start)
    assert all((value == start[name]).all() for name, value in model.state_dict().items())


def test_iterative_pruning_is_train_prune_rewind():
    model, by_hand, calls = network(), network(), []
    start = by_hand.state_dict()

    def run(model, masks):
        calls.append(density(masks) if masks else 1.0)
        train(model, SGD(model.parameters(), lr=0.1), masks)

    found = iterative_magnitude_pruning(model, run, 3, 0.3)
    masks = {}
    for i in range(3):
        train(by_hand, SGD(by_hand.parameters(), lr=0.1), masks)
        masks = prune_by_magnitude(by_hand, 0.3, masks=masks)
        by_hand.load_state_dict(start)
        apply_masks(by_hand, masks)
        assert all((found[i][name] == masks[name]).all() for name in masks)
        assert i == 0 or all((found[i][name] <= found[i - 1][name]).all() for name in masks)
    assert all((value == by_hand.state_dict()[name]).all() for name, value in model.state_dict().items())
    assert calls == [1.0, density(found[0]), density(found[1])]


def test_iterative_pruning_can_rewind_late_and_prune_by_layer():
    model = network()
    late = {name: value + 1 for name, value in model.state_dict().items()}
    amounts = {"layers.0.weight": 0.5, "layers.2.weight": 0.25}
    found = iterative_magnitude_pruning(model, lambda model, masks: None, 2, amounts, "layer", start=late)
    assert [np.count_nonzero(found[-1][name]) for name in amounts] == [6, 9]
    assert (model.state_dict()["layers.0.bias"] == late["layers.0.bias"]).all()
    only = iterative_magnitude_pruning(model, lambda model, masks: None, 1, 0.5, names=["layers.2.weight"])
    assert only[0].keys() == {"layers.2.weight"}


# ---- what can go wrong ----


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"amount": -0.1}, "amount must be a fraction"),
        ({"amount": 1.5}, "amount must be a fraction"),
        ({"amount": float("nan")}, "amount must be a fraction"),
        ({"amount": 9}, "from 0 to the 8 weights that are alive, got 9"),
        ({"amount": True}, "amount must be a fraction"),
        ({"amount": "half"}, "amount must be a fraction"),
        ({"amount": {"a": 0.5, "b": 0.5}}, "amount by name needs scope='layer'"),
        ({"amount": {"a": 0.5}, "scope": "layer"}, "the names a, b; got a"),
        ({"amount": {"a": 0.5, "b": 2.0}, "scope": "layer"}, "amount must be a fraction"),
        ({"scope": "row"}, "scope must be one of"),
        ({"names": ["c"]}, "names must be parameters of the model, a, b, bias; got c"),
        ({"names": []}, "got none"),
        ({"masks": {"c": np.ones((1, 4), bool)}}, "masks has 'c', which is none of a, b"),
        ({"masks": {"a": np.ones((1, 3), bool)}}, r"masks\['a'\] must be booleans of shape \(1, 4\), got bool of shape \(1, 3\)"),
        ({"masks": {"a": np.ones((1, 4))}}, "got float64"),
        ({"masks": {"a": [[True] * 4]}}, "got list"),
    ],
)
def test_bad_arguments_are_named_before_a_weight_changes(options, message):
    model = small()
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        prune_by_magnitude(model, **({"amount": 0.5} | options))
    assert all((value == before[name]).all() for name, value in model.state_dict().items())


def test_nan_has_no_magnitude():
    model = Two([[np.nan, 1.0]], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="a contains NaN"):
        prune_by_magnitude(model, 0.5)
    assert model.b.data.all()


def test_other_bad_arguments():
    model = small()
    before = model.state_dict()
    with pytest.raises(ValueError, match="masks has 'c'"):
        rewind(model, {name: value + 1 for name, value in before.items()}, {"c": np.ones(1, bool)})
    with pytest.raises(ValueError, match="missing: a"):
        rewind(model, {}, {"a": np.zeros((1, 4), bool)})
    with pytest.raises(ValueError, match="masks has 'c'"):
        apply_masks(model, {"a": np.zeros((1, 4), bool), "c": np.ones(1, bool)})
    with pytest.raises(ValueError, match="rounds must be a whole number from 1, got 0"):
        iterative_magnitude_pruning(model, lambda *_: pytest.fail("trained"), 0, 0.5)
    with pytest.raises(ValueError, match="scope must be one of"):
        iterative_magnitude_pruning(model, lambda *_: pytest.fail("trained"), 2, 0.5, "row")
    with pytest.raises(ValueError, match="model, which has none; got none"):
        prune_by_magnitude(Module(), 0.5)
    with pytest.raises(ValueError, match="masks are empty"):
        density({})
    with pytest.raises(ValueError, match="masks has 'a'"):
        train(network(), SGD(network().parameters()), {"a": np.ones(2, bool)})
    assert all((value == before[name]).all() for name, value in model.state_dict().items())


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(pruning)
    assert result.attempted and not result.failed
