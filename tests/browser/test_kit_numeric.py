"""The kit's numbers are dlprimer's: the same networks, optimizers and rankings computed in the browser and in NumPy."""

import math
from statistics import NormalDist

import numpy as np
import pytest

import dlprimer
from dlprimer import Tensor

FACTORS = np.array([3.0, 0.5])


@pytest.fixture
def compute(open_kit):
    """Run a function of numeric.js's names and an argument in the browser: compute("({matmul}, x) => …", x)."""
    page = open_kit()

    def run(code, argument=None):
        module = "await import(new URL('assets/explorables/numeric.js', document.baseURI))"
        return page.evaluate(f"async (argument) => ({code})({module}, argument)", argument)

    return run


def test_matrices(compute):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
    multiply = "({fromRows, toRows, matmul}, [a, b]) => toRows(matmul(fromRows(a), fromRows(b)))"
    product = compute(multiply, [a.tolist(), b.tolist()])
    np.testing.assert_allclose(product, a @ b, rtol=1e-13)
    turned = compute("({fromRows, toRows, transpose}, a) => toRows(transpose(fromRows(a)))", a.tolist())
    np.testing.assert_array_equal(turned, a.T)
    with pytest.raises(Exception, match="cannot multiply 2 × 3 by 2 × 3"):
        compute("({matrix, matmul}) => matmul(matrix(2, 3), matrix(2, 3))")


def test_softmax_and_cross_entropy_also_for_huge_logits(compute):
    logits = np.array([[1.0, -2.0, 0.5], [1000.0, 999.0, -1000.0], [0.0, 0.0, 0.0]])
    labels = [2, 1, 0]
    got = compute("""({fromRows, toRows, softmax, crossEntropy}, [rows, labels]) => {
      const {loss, gradient} = crossEntropy(fromRows(rows), labels);
      return {probabilities: toRows(softmax(fromRows(rows))), loss, gradient: toRows(gradient)};
    }""", [logits.tolist(), labels])
    tensor = Tensor(logits, requires_grad=True)
    loss = dlprimer.cross_entropy(tensor, np.array(labels))
    loss.backward()
    np.testing.assert_allclose(got["probabilities"], dlprimer.softmax(logits, 1), rtol=1e-12)
    assert got["loss"] == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(got["gradient"], tensor.grad, rtol=1e-10, atol=1e-15)


def test_mean_squared_error(compute):
    prediction, target = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[0.5, 2.0], [1.0, 4.0]])
    got = compute("""({fromRows, toRows, meanSquaredError}, [p, t]) => {
      const {loss, gradient} = meanSquaredError(fromRows(p), fromRows(t));
      return [loss, toRows(gradient)];
    }""", [prediction.tolist(), target.tolist()])
    tensor = Tensor(prediction, requires_grad=True)
    loss = dlprimer.mse_loss(tensor, target)
    loss.backward()
    assert got[0] == pytest.approx(loss.item())
    np.testing.assert_allclose(got[1], tensor.grad)


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_a_network_and_its_gradients(compute, activation):
    rng = np.random.default_rng(2)
    x, labels = rng.normal(size=(7, 3)), rng.integers(0, 2, size=7)
    got = compute("""({fromRows, toRows, mlp, forward, backward, crossEntropy, parameters}, [x, labels, activation]) => {
      const network = mlp([3, 5, 4, 2], {activation, seed: 3});
      network.layers.forEach(({bias}, index) => bias.fill(0.1 * index - 0.05));
      const pass = forward(network, fromRows(x));
      const {loss, gradient} = crossEntropy(pass.output, labels);
      const gradients = backward(network, pass, gradient);
      return {
        weights: network.layers.map(({weight}) => toRows(weight)), biases: network.layers.map(({bias}) => [...bias]), loss,
        output: toRows(pass.output), input: toRows(gradients.input), count: parameters(network).length,
        weightGradients: gradients.layers.map(({weight}) => toRows(weight)),
        biasGradients: gradients.layers.map(({bias}) => [...bias]),
      };
    }""", [x.tolist(), labels.tolist(), activation])
    network = dlprimer.MLP([3, 5, 4, 2], activation, rng=rng, dtype=np.float64)
    parameters = list(network.parameters())  # weights are (out, in) there and (in, out) in the browser
    for parameter, value in zip(parameters[0::2], got["weights"], strict=True):
        parameter.data[...] = np.transpose(value)
    for parameter, value in zip(parameters[1::2], got["biases"], strict=True):
        parameter.data[...] = value
    start = Tensor(x, requires_grad=True)
    output = network(start)
    loss = dlprimer.cross_entropy(output, labels)
    loss.backward()
    assert got["count"] == 6
    np.testing.assert_allclose(got["output"], output.data, rtol=1e-10)
    assert got["loss"] == pytest.approx(loss.item(), rel=1e-10)
    np.testing.assert_allclose(got["input"], start.grad, rtol=1e-9, atol=1e-15)
    for parameter, gradient in zip(parameters[0::2], got["weightGradients"], strict=True):
        np.testing.assert_allclose(np.transpose(gradient), parameter.grad, rtol=1e-9, atol=1e-15)
    for parameter, gradient in zip(parameters[1::2], got["biasGradients"], strict=True):
        np.testing.assert_allclose(gradient, parameter.grad, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(("name", "settings", "make"), [
    ("sgd", {"learningRate": 0.1}, lambda w: dlprimer.SGD([w], lr=0.1)),
    ("sgd", {"learningRate": 0.1, "momentum": 0.9}, lambda w: dlprimer.SGD([w], lr=0.1, momentum=0.9)),
    ("sgd", {"learningRate": 0.1, "momentum": 0.9, "nesterov": True, "weightDecay": 0.01},
     lambda w: dlprimer.SGD([w], lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
    ("adam", {"learningRate": 0.2}, lambda w: dlprimer.Adam([w], lr=0.2)),
    ("adam", {"learningRate": 0.2, "betas": [0.8, 0.9], "epsilon": 1e-3, "weightDecay": 0.1},
     lambda w: dlprimer.Adam([w], lr=0.2, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1)),
])
def test_optimizers_take_the_same_fifty_steps(compute, name, settings, make):
    got = compute("""(numeric, [name, settings, factors]) => {
      const w = Float64Array.of(2, -1);
      const step = numeric[name]([w], settings);
      return Array.from({length: 50}, () => { step([factors.map((factor, index) => factor * w[index])]); return [...w]; });
    }""", [name, settings, FACTORS.tolist()])
    w = Tensor(np.array([2.0, -1.0]), requires_grad=True)
    optimizer = make(w)
    wanted = []
    for _ in range(50):
        w.grad = FACTORS * w.data
        optimizer.step()
        wanted.append(w.data.copy())
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)


def test_ridge(compute):
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(20, 5)), rng.normal(size=20)
    for penalty in (0.0, 0.3):
        solve = "({fromRows, ridge}, [x, y, penalty]) => [...ridge(fromRows(x), y, penalty)]"
        got = compute(solve, [x.tolist(), y.tolist(), penalty])
        np.testing.assert_allclose(got, np.linalg.solve(x.T @ x + penalty * np.eye(5), x.T @ y), rtol=1e-9)
    with pytest.raises(Exception, match="linearly dependent"):
        compute("({fromRows, ridge}) => ridge(fromRows([[1, 1], [2, 2]]), [1, 2])")


def test_the_normal_distribution_to_its_tails(compute):
    z = np.concatenate([np.linspace(-8, 8, 161), [-30.0, 2.999999, 3.000001, 40.0, -40.0]])
    got = compute("({normalCdf}, values) => values.map(normalCdf)", z.tolist())
    np.testing.assert_allclose(got, [math.erfc(-value / math.sqrt(2)) / 2 for value in z], rtol=1e-12, atol=1e-300)
    shares = np.concatenate([np.linspace(0.001, 0.999, 333), [1e-12, 1e-6, 1 - 1e-9, 0.5]])
    got = compute("({normalPpf}, values) => values.map(normalPpf)", shares.tolist())
    np.testing.assert_allclose(got, [NormalDist().inv_cdf(share) for share in shares], rtol=1e-9, atol=1e-9)
    assert compute("({normalPpf}) => [normalPpf(0) === -Infinity, normalPpf(1) === Infinity]") == [True, True]


@pytest.mark.parametrize("decimals", [8, 1])  # with one decimal there are ties
def test_the_roc_curve_and_its_area(compute, decimals):
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, size=60)
    scores = np.round(rng.normal(size=60) + labels, decimals)
    rank = "({rocCurve, rocAuc}, [labels, scores]) => [rocCurve(labels, scores), rocAuc(labels, scores)]"
    got = compute(rank, [labels.tolist(), scores.tolist()])
    false_positive_rate, true_positive_rate, thresholds = dlprimer.roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose(got[0]["falsePositiveRate"], false_positive_rate)
    np.testing.assert_allclose(got[0]["truePositiveRate"], true_positive_rate)
    np.testing.assert_allclose(got[0]["thresholds"][1:], thresholds[1:])
    assert got[1] == pytest.approx(dlprimer.roc_auc_score(labels, scores), abs=1e-12)


def test_random_numbers_are_repeatable_and_follow_their_distributions(compute):
    draw = """({generator}, seed) => {
      const random = generator(seed);
      return {uniform: Array.from({length: 20000}, random.uniform), normal: Array.from({length: 20000}, () => random.normal()),
              integers: Array.from({length: 6000}, () => random.integer(6)), shuffled: random.shuffle([1, 2, 3, 4, 5])};
    }"""
    first = compute(draw, 7)
    assert first == compute(draw, 7)
    assert first["uniform"] != compute(draw, 8)["uniform"]
    for values, cdf in ((first["uniform"], lambda u: u), (first["normal"], NormalDist().cdf)):
        shares = np.array([cdf(value) for value in sorted(values)])
        distance = np.abs(shares - (np.arange(20000) + 0.5) / 20000).max()
        assert distance < 1.95 / math.sqrt(20000), "Kolmogorov–Smirnov at the level 0.001"
    assert np.bincount(first["integers"], minlength=6) == pytest.approx(1000, abs=120)
    assert sorted(first["shuffled"]) == [1, 2, 3, 4, 5]


def test_numbers_are_written_as_in_the_book(open_kit):
    page = open_kit()
    wanted = {
        "0.123456": "0.123", "-1.5": "−1.50", "12": "12", "12345": "12,345", "1234.5": "1230", "0.00001234": "1.23 × 10⁻⁵",
        "0.0001234": "0.000123",
        "1e-7": "10⁻⁷", "0.9996": "1.00", "99.96": "100", "2.5e9": "2.5 × 10⁹", "0": "0", "Infinity": "∞", "-Infinity": "−∞",
    }
    written = page.evaluate("""async (values) => {
      const {format} = await import(new URL('assets/explorables/format.js', document.baseURI));
      return values.map((value) => format(Number(value)));
    }""", list(wanted))
    assert dict(zip(wanted, written, strict=True)) == wanted
