"""Data: the digits as published, toy sets of the promised shape, splits and batches that neither lose nor repeat an example."""

import doctest
import hashlib
import importlib
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlprimer import (
    balanced_sampler,
    batches,
    blobs,
    class_weights,
    digits,
    gaussian_ring,
    k_fold,
    moons,
    rings,
    spirals,
    standardize,
    swiss_roll,
    train_val_test_split,
)

TOYS = {
    "moons": lambda n, rng: moons(n, rng=rng),
    "rings": lambda n, rng: rings(n, rng=rng),
    "spirals": lambda n, rng: spirals(n, classes=3, rng=rng),
    "blobs": lambda n, rng: blobs(n, centers=4, rng=rng),
    "swiss_roll": lambda n, rng: swiss_roll(n, classes=5, rng=rng),
    "gaussian_ring": lambda n, rng: gaussian_ring(n, rng=rng),
}
seeds = st.integers(0, 2**32 - 1)


# ---- digits ----


def test_digits_are_the_published_ones():
    images, labels = digits()
    assert images.shape == (1797, 8, 8) and images.dtype == np.float32 and labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert labels[:20].tolist() == list(range(10)) * 2  # the order is kept
    assert images[0, 0].tolist() == [0, 0, 5 / 16, 13 / 16, 9 / 16, 1 / 16, 0, 0]
    assert images.min() == 0 and images.max() == 1 and int((images * 16).sum()) == 561718


def test_digits_file_has_its_checksum_and_licence():
    folder = resources.files("dlprimer.data")
    checksum, name = folder.joinpath("digits.npz.sha256").read_text().split()
    assert hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() == checksum
    assert "CC BY 4.0" in folder.joinpath("digits-LICENSE.txt").read_text()


def test_digits_are_new_arrays_at_every_call():
    digits()[0][:] = 7
    assert digits()[0].max() == 1


# ---- toy sets ----


@pytest.mark.parametrize("name", TOYS)
@given(n=st.integers(8, 60), seed=seeds)
def test_toys_are_balanced_and_repeat_for_a_seed(name, n, seed):
    X, y = TOYS[name](n, np.random.default_rng(seed))
    assert X.shape == (n, 2) and X.dtype == np.float32 and y.shape == (n,) and y.dtype == np.int64
    assert np.isfinite(X).all() and np.ptp(np.bincount(y)) <= 1
    X_again, y_again = TOYS[name](n, np.random.default_rng(seed))
    assert (X == X_again).all() and (y == y_again).all()
    assert (TOYS[name](n, np.random.default_rng(seed + 1))[0] != X).any()


@pytest.mark.parametrize("name", TOYS)
def test_toys_come_in_no_order(name):
    _, y = TOYS[name](200, np.random.default_rng(0))
    assert (np.diff(y) < 0).sum() > 30


def test_toys_without_noise_lie_on_their_curves():
    def rng():
        return np.random.default_rng(0)

    X, y = moons(101, noise=0, rng=rng())
    center = np.where(y[:, None] == 0, [0, 0], [1, 0.5])
    assert np.allclose(np.hypot(*(X - center).T), 1, atol=1e-6)
    X, y = rings(100, noise=0, factor=0.3, rng=rng())
    assert np.allclose(np.hypot(*X.T), np.where(y == 0, 1, 0.3), atol=1e-6)
    X, y = gaussian_ring(80, std=0, radius=2, rng=rng())
    assert np.allclose(X, 2 * np.stack([np.cos(y * np.pi / 4), np.sin(y * np.pi / 4)], axis=1), atol=1e-6)
    X, y = blobs(40, centers=[[0, 0], [3, -1]], std=0, rng=rng())
    assert np.allclose(X, np.array([[0, 0], [3, -1]])[y])
    X, y = spirals(90, noise=0, classes=3, turns=2, rng=rng())
    radius = np.hypot(*X.T)
    turned = np.exp(-2j * np.pi * (2 * radius + y / 3)) * (X[:, 0] + 1j * X[:, 1])
    assert np.allclose(turned, radius, atol=1e-5)
    X, y = swiss_roll(200, noise=0, turns=1.5, classes=2, rng=rng())
    radius = np.hypot(*X.T)
    assert 0.33 < radius.min() and radius.max() < 1.0001 and radius[y == 0].max() <= radius[y == 1].min()
    angle = 2 * np.pi * 1.5 * (radius - 1 / 3) / (2 / 3)
    assert np.allclose(X, np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), atol=1e-5)


def test_noise_has_the_promised_spread():
    X, _ = blobs(20_000, centers=[[1, 2]], std=0.7, rng=np.random.default_rng(0))
    assert X.std(axis=0) == pytest.approx([0.7, 0.7], rel=0.02) and X.mean(axis=0) == pytest.approx([1, 2], abs=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: moons(1, rng=rng), "one point a class, got n=1"),
        (lambda rng: moons(10, noise=-1, rng=rng), "not negative, got -1"),
        (lambda rng: moons(10, noise=float("nan"), rng=rng), "finite"),
        (lambda rng: rings(10, factor=1, rng=rng), "factor"),
        (lambda rng: spirals(10, classes=1, rng=rng), "classes >= 2"),
        (lambda rng: swiss_roll(10, turns=0, rng=rng), "turns"),
        (lambda rng: blobs(10, centers=0, rng=rng), "centers"),
        (lambda rng: blobs(10, centers=[[1, 2, 3]], rng=rng), r"\(K, 2\)"),
        (lambda rng: gaussian_ring(10, radius=0, rng=rng), "radius"),
        (lambda rng: gaussian_ring(5, modes=8, rng=rng), "got n=5 and 8 classes"),
    ],
)
def test_bad_toys_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.random.default_rng(0))


# ---- splits ----


@given(st.lists(st.integers(3, 40), min_size=1, max_size=5), seeds)
def test_split_keeps_every_example_once_and_classes_in_proportion(counts, seed):
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    ids = np.arange(len(y))
    parts = train_val_test_split(ids, y, rng=np.random.default_rng(seed))
    assert sorted(np.concatenate([part[0] for part in parts])) == ids.tolist()
    ends = np.rint(np.cumsum([0.6, 0.2, 0.2]) * len(y))
    assert np.cumsum([len(part[0]) for part in parts]).tolist() == ends.tolist()
    for (rows, labels), fraction in zip(parts, (0.6, 0.2, 0.2), strict=True):
        assert (y[rows] == labels).all()  # rows stay together
        of_class = np.bincount(labels, minlength=len(counts))
        assert (np.abs(of_class - fraction * np.array(counts)) <= 2.0).all()


def test_split_depends_on_the_seed_alone_and_shuffles():
    images, labels = digits()

    def parts(seed):
        return train_val_test_split(images, labels, rng=np.random.default_rng(seed))

    assert all(
        (a == b).all() for one, two in zip(parts(0), parts(0), strict=True) for a, b in zip(one, two, strict=True)
    )
    assert (parts(0)[0][1] != parts(1)[0][1]).any()
    assert (np.diff(parts(0)[0][1]) < 0).sum() > 300  # labels in no order


def test_groups_stay_together():
    groups = np.repeat(np.arange(50), 7)
    parts = train_val_test_split(groups, rng=np.random.default_rng(0), groups=groups)
    held = [set(part[0].tolist()) for part in parts]
    assert held[0] | held[1] | held[2] == set(range(50)) and not (
        held[0] & held[1] | held[1] & held[2] | held[0] & held[2]
    )
    assert [len(group) for group in held] == pytest.approx([30, 10, 10], abs=1)


@given(st.lists(st.integers(5, 30), min_size=1, max_size=4), st.integers(2, 5), seeds)
def test_k_fold_holds_out_every_example_once_and_stratifies(counts, k, seed):
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    folds = k_fold(y, k, rng=np.random.default_rng(seed))
    assert sorted(np.concatenate([held_out for _, held_out in folds])) == list(range(len(y)))
    for train, held_out in folds:
        assert sorted([*train, *held_out]) == list(range(len(y)))
    per_fold = np.array([np.bincount(y[held_out], minlength=len(counts)) for _, held_out in folds])
    assert (np.ptp(per_fold, axis=0) <= 1).all() and np.ptp(per_fold.sum(axis=1)) <= 1


def test_bad_splits_are_named():
    rng, y = np.random.default_rng(0), np.array([0, 0, 0, 1])
    for call, message in [
        (lambda: train_val_test_split(rng=rng), "expected arrays"),
        (lambda: train_val_test_split(y[:3], y, rng=rng), "different numbers"),
        (lambda: train_val_test_split(y, rng=rng), "class 1 has 1 examples for 3 parts"),
        (lambda: train_val_test_split(y + 0.5, rng=rng), "stratify=False"),
        (lambda: train_val_test_split(y, rng=rng, fractions=(0.5, 0.2, 0.2)), "add up to 1"),
        (lambda: k_fold(y, 1, rng=rng), "k must be from 2 to"),
        (lambda: k_fold(y, 5, rng=rng), "k must be from 2 to"),
        (lambda: k_fold(y, 2, rng=rng), "class 1 has 1 examples"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    assert len(k_fold(y + 0.5, 4, rng=rng, stratify=False)) == 4
    with pytest.raises(TypeError, match="stratify must be True or False, got ndarray: the labels are the last of the arrays"):
        train_val_test_split(y, y, rng=rng, stratify=y)


# ---- preprocessing ----


def test_standardize_fits_on_train_alone():
    rng = np.random.default_rng(0)
    train, test = rng.normal(5, 3, (200, 4)), rng.normal(9, 1, (50, 4))
    a, b = standardize(train, test)
    assert np.allclose(a.mean(axis=0), 0, atol=1e-12) and np.allclose(a.std(axis=0), 1)
    assert np.allclose(b, (test - train.mean(axis=0)) / train.std(axis=0))
    assert (standardize(train, test * 1000)[0] == a).all()


def test_standardize_keeps_the_dtype_and_leaves_constant_features_finite():
    images, _ = digits()
    standardized = standardize(images)
    assert standardized.dtype == np.float32 and np.isfinite(standardized).all()
    constant = images.std(axis=0) == 0
    assert constant.any() and (standardized[:, constant] == 0).all()
    for dtype in (np.float32, np.float64):
        assert np.abs(standardize(np.full((100_000, 2), 0.1, dtype))).max() < 1e-9
    far = np.array([[1e8], [1e8 + 1], [1e8 + 2]])
    assert standardize(far)[:, 0] == pytest.approx([-1.2247, 0, 1.2247], abs=1e-4)
    one_scale = standardize(images, axis=(0, 1, 2))
    assert one_scale.mean() == pytest.approx(0, abs=1e-5) and one_scale.std() == pytest.approx(1, abs=1e-5)
    assert standardize(np.array([[1], [3]])).dtype == np.float32


def test_bad_standardize_is_named():
    good = np.ones((3, 2))
    with pytest.raises(ValueError, match="NaN or infinity at index"):
        standardize(np.array([[1.0, np.nan]]))
    with pytest.raises(ValueError, match="does not fit train"):
        standardize(good, np.ones((3, 1)))
    with pytest.raises(ValueError, match="axis must name axes"):
        standardize(good, axis=2)
    with pytest.raises(ValueError, match="train must hold examples"):
        standardize(np.ones((0, 2)))
    with pytest.raises(TypeError, match="array 1 must hold numbers"):
        standardize(good, np.array([["a", "b"]]))


# ---- sampling ----


@given(st.integers(1, 50), st.integers(1, 60), st.booleans(), st.one_of(st.none(), seeds))
def test_batches_go_through_every_example_once(n, batch_size, drop_last, seed):
    X, y = np.arange(2 * n).reshape(n, 2), np.arange(n)
    rng = None if seed is None else np.random.default_rng(seed)
    found = list(batches(X, y, batch_size=batch_size, rng=rng, drop_last=drop_last))
    sizes = [len(labels) for _, labels in found]
    assert sizes == [batch_size] * (n // batch_size) + ([n % batch_size] if n % batch_size and not drop_last else [])
    seen = np.concatenate([labels for _, labels in found] or [np.empty(0, int)])
    assert len(set(seen.tolist())) == len(seen) and all((rows[:, 0] == 2 * labels).all() for rows, labels in found)
    if seed is None:
        assert (seen == np.arange(len(seen))).all()


def test_batches_draw_a_new_order_every_epoch_and_repeat_for_a_seed():
    def epochs(seed):
        rng = np.random.default_rng(seed)
        return [[rows.tolist() for (rows,) in batches(np.arange(30), batch_size=7, rng=rng)] for _ in range(2)]

    assert epochs(0) == epochs(0) and epochs(0)[0] != epochs(0)[1]


def test_class_weights_balance_the_loss():
    labels = np.repeat([0, 1, 2], [700, 200, 100])
    weights = class_weights(labels)
    assert weights.dtype == np.float32
    assert (weights * [700, 200, 100]).tolist() == pytest.approx([1000 / 3] * 3)
    assert class_weights(labels, beta=0).tolist() == pytest.approx([1, 1, 1])
    effective = (1 - 0.99 ** np.array([700, 200, 100])) / 0.01
    softer = class_weights(labels, beta=0.99)
    assert (softer * effective).tolist() == pytest.approx([(softer * effective)[0]] * 3)
    assert (softer * [700, 200, 100]).sum() == pytest.approx(1000)


def test_balanced_sampler_draws_classes_and_members_alike():
    labels = np.array(["rare"] * 20 + ["common"] * 980)
    rows = balanced_sampler(labels, 40_000, rng=np.random.default_rng(0))
    assert rows.dtype == np.int64 and np.mean(labels[rows] == "rare") == pytest.approx(0.5, abs=0.01)
    assert np.bincount(rows)[:20] == pytest.approx(np.full(20, 1000), rel=0.15)
    assert set(rows.tolist()) == set(range(1000))
    assert len(balanced_sampler(labels, rng=np.random.default_rng(0))) == 1000
    batch = next(iter(batches(labels, batch_size=500, order=rows)))[0]
    assert (batch == labels[rows[:500]]).all()


def test_bad_sampling_is_named():
    rng, y = np.random.default_rng(0), np.array([0, 1, 1])
    for call, message in [
        (lambda: batches(batch_size=2), "at least one example"),
        (lambda: batches(np.empty((0, 2)), batch_size=2), "at least one example"),
        (lambda: batches(y, y[:2], batch_size=2), "array 0 has 3, array 1 has 2"),
        (lambda: batches(y, batch_size=0), "batch_size must be a whole number from 1, got 0"),
        (lambda: batches(y, batch_size=2.5), "got 2.5"),
        (lambda: batches(y, batch_size=2, order=[3]), "below 3"),
        (lambda: class_weights([0, 2]), "class 1 has no example"),
        (lambda: class_weights([0, 2], 2), "from 0 to 1, got 2"),
        (lambda: class_weights([-1, 0]), "got -1"),
        (lambda: class_weights([0, 1], beta=2), "beta"),
        (lambda: balanced_sampler([], rng=rng), "empty"),
        (lambda: balanced_sampler(y, -1, rng=rng), "n must not be negative"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()  # at the call, before the first batch is asked for


# ---- the documentation ----


@pytest.mark.parametrize("name", ["digits", "preprocessing", "sampling", "splits", "toy"])
def test_examples_in_the_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(f"dlprimer.data.{name}"))
    assert result.attempted and not result.failed
