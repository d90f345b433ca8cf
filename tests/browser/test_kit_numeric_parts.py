"""The numeric parts that an explorable asks for: the same layers, fits, boxes and summaries as in dlprimer and NumPy."""

import numpy as np
import pytest

import dlprimer
from dlprimer import Tensor


@pytest.fixture
def compute(open_kit):
    """Run a function of a part's names and an argument in the browser: compute("layers", "({convolve}, x) => …", x)."""
    page = open_kit()

    def run(part, code, argument=None):
        load = "(name) => import(new URL(`assets/explorables/${name}.js`, document.baseURI))"
        return page.evaluate(
            f"async (argument) => {{ const load = {load};"
            f"const names = {{...await load('numeric'), ...await load('numeric-{part}')}}; return ({code})(names, argument); }}", argument
        )

    return run


def test_convolution_and_pooling(compute):
    rng = np.random.default_rng(1)
    x, kernel = rng.normal(size=(9, 8)), rng.normal(size=(3, 2))
    cases = [{}, {"stride": 2}, {"padding": 1}, {"dilation": 2}, {"stride": [2, 3], "padding": [2, 1], "dilation": [1, 2]}]
    got = compute("layers", """({fromRows, toRows, convolve, maxPool, averagePool}, [x, kernel, cases]) => ({
      convolved: cases.map((settings) => toRows(convolve(fromRows(x), fromRows(kernel), {...settings, bias: 0.5}))),
      largest: cases.map(({padding: _, ...settings}) => toRows(maxPool(fromRows(x), 3, {padding: 1, ...settings}))),
      means: cases.map(({dilation, padding: _, ...settings}) => toRows(averagePool(fromRows(x), [2, 3], {padding: 1, ...settings}))),
      plain: toRows(maxPool(fromRows(x), 2)),
    })""", [x.tolist(), kernel.tolist(), cases])
    image = x[None, None]
    def as_pair(value):
        return tuple(value) if isinstance(value, list) else value
    for i, case in enumerate(cases):
        settings = {name: as_pair(value) for name, value in case.items()}
        wanted = dlprimer.conv2d(image, kernel[None, None], np.array([0.5]), **settings)
        np.testing.assert_allclose(got["convolved"][i], wanted[0, 0], rtol=1e-12, atol=1e-14)
        pooling = {name: value for name, value in settings.items() if name != "padding"}
        np.testing.assert_array_equal(got["largest"][i], dlprimer.max_pool2d(image, 3, **{"stride": 3, **pooling}, padding=1)[0, 0])
        stride = settings.get("stride", (2, 3))
        np.testing.assert_allclose(got["means"][i], dlprimer.avg_pool2d(image, (2, 3), stride=stride, padding=1)[0, 0], rtol=1e-12)
    np.testing.assert_array_equal(got["plain"], dlprimer.max_pool2d(image, 2)[0, 0])
    with pytest.raises(Exception, match="a 3 × 3 kernel does not fit into 2 × 5"):
        compute("layers", "({matrix, convolve}) => convolve(matrix(2, 5), matrix(3, 3))")


def test_attention(compute):
    rng = np.random.default_rng(2)
    q, k, v = rng.normal(size=(5, 4)), rng.normal(size=(5, 4)), rng.normal(size=(5, 3))
    code = """({fromRows, toRows, attention}, [q, k, v, settings]) => {
      const {output, weights} = attention(fromRows(q), fromRows(k), fromRows(v), settings);
      return [toRows(output), toRows(weights)];
    }"""
    for settings, same in (({}, {}), ({"causal": True}, {"is_causal": True}), ({"scale": 3}, {"scale": 3.0})):
        output, weights = compute("layers", code, [q.tolist(), k.tolist(), v.tolist(), settings])
        np.testing.assert_allclose(output, dlprimer.scaled_dot_product_attention(q, k, v, **same), rtol=1e-12)
        np.testing.assert_allclose(weights @ v, output, rtol=1e-12)
    assert np.all(np.triu(compute("layers", code, [q.tolist(), k.tolist(), v.tolist(), {"causal": True}])[1], 1) == 0)


def test_recurrent_steps(compute):
    rng = np.random.default_rng(3)
    x, h, c = rng.normal(size=(2, 3)), rng.normal(size=(2, 4)), rng.normal(size=(2, 4))
    def weights(count):
        return rng.normal(size=(count * 4, 3)), rng.normal(size=(count * 4, 4)), rng.normal(size=count * 4), rng.normal(size=count * 4)
    rnn, lstm, gru = weights(1), weights(4), weights(3)
    turned = [[w_ih.T.tolist(), w_hh.T.tolist(), b_ih.tolist(), b_hh.tolist()] for w_ih, w_hh, b_ih, b_hh in (rnn, lstm, gru)]
    got = compute("layers", """({fromRows, toRows, rnnStep, lstmStep, gruStep}, [x, h, c, turned]) => {
      const [rows, state, cell] = [x, h, c].map(fromRows);
      const [rnn, lstm] = turned.map(([input, recurrent, one, two]) => (
        {input: fromRows(input), recurrent: fromRows(recurrent), bias: one.map((value, index) => value + two[index])}));
      const [input, recurrent, one, two] = turned[2];
      const bias = one.map((value, index) => value + (index < 8 ? two[index] : 0));
      const gru = {input: fromRows(input), recurrent: fromRows(recurrent), bias, candidateBias: two.slice(8)};
      const after = lstmStep(lstm, rows, {h: state, c: cell});
      const kept = lstmStep(lstm, rows, {h: state, c: cell}, {forget: 1, input: 0});
      return {rnn: toRows(rnnStep(rnn, rows, state)), h: toRows(after.h), c: toRows(after.c), kept: toRows(kept.c),
              gru: toRows(gruStep(gru, rows, state).h), shut: toRows(gruStep(gru, rows, state, {update: 1}).h)};
    }""", [x.tolist(), h.tolist(), c.tolist(), turned])
    np.testing.assert_allclose(got["rnn"], dlprimer.rnn_cell(x, h, *rnn), rtol=1e-12)
    after_h, after_c = dlprimer.lstm_cell(x, (h, c), *lstm)
    np.testing.assert_allclose(got["h"], after_h, rtol=1e-12)
    np.testing.assert_allclose(got["c"], after_c, rtol=1e-12)
    np.testing.assert_allclose(got["gru"], dlprimer.gru_cell(x, h, *gru), rtol=1e-12)
    np.testing.assert_array_equal(got["kept"], c)
    np.testing.assert_array_equal(got["shut"], h)


def test_normalization(compute):
    rng = np.random.default_rng(4)
    x, weight, bias = rng.normal(2, 3, size=(6, 4)), rng.normal(size=4), rng.normal(size=4)
    got = compute("layers", """({fromRows, toRows, batchNorm, layerNorm}, [x, settings]) => [batchNorm, layerNorm].flatMap((norm) =>
      [toRows(norm(fromRows(x), settings).output), toRows(norm(fromRows(x)).output), [...norm(fromRows(x)).mean]])""",
                  [x.tolist(), {"weight": weight.tolist(), "bias": bias.tolist(), "epsilon": 0.1}])
    np.testing.assert_allclose(got[0], dlprimer.batch_norm(x, None, None, weight, bias, training=True, eps=0.1), rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(got[1], dlprimer.batch_norm(x, None, None, training=True), rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(got[2], x.mean(0))
    np.testing.assert_allclose(got[3], dlprimer.layer_norm(x, (4,), weight, bias, eps=0.1), rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(got[4], dlprimer.layer_norm(x, (4,)), rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(got[5], x.mean(1))


def test_logistic_regression_is_where_the_gradient_vanishes(compute):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, 3))
    labels = (x @ [2.0, -1.0, 0.5] + rng.normal(size=60) > 0.3).astype(float)
    code = "({fromRows, logisticRegression}, [x, y, penalty]) => { const fit = logisticRegression(fromRows(x), y, {penalty}); " \
        "return {...fit, weights: [...fit.weights]}; }"
    for penalty in (0.0, 1.0):
        got = compute("fit", code, [x.tolist(), labels.tolist(), penalty])
        w, b = Tensor(np.array(got["weights"]), requires_grad=True), Tensor(np.array(got["intercept"]), requires_grad=True)
        loss = 60 * dlprimer.binary_cross_entropy_with_logits(x @ w + b, labels) + 0.5 * penalty * (w * w).sum()
        loss.backward()
        np.testing.assert_allclose(w.grad, 0, atol=1e-9)
        np.testing.assert_allclose(b.grad, 0, atol=1e-9)
        assert got["objective"] == pytest.approx(loss.item(), rel=1e-12)
    separable = compute("fit", code, [[[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1], 1e-3])
    assert separable["weights"][0] > 3 and abs(separable["intercept"]) < 1e-9, "a penalty keeps separable classes finite"


@pytest.mark.parametrize(("name", "settings", "make"), [
    ("adamw", {"learningRate": 0.2, "weightDecay": 0.3}, lambda w: dlprimer.AdamW([w], lr=0.2, weight_decay=0.3)),
    ("rmsprop", {"learningRate": 0.05, "alpha": 0.9}, lambda w: dlprimer.RMSprop([w], lr=0.05, alpha=0.9)),
    ("rmsprop", {"learningRate": 0.05, "momentum": 0.5, "weightDecay": 0.1, "epsilon": 0.01},
     lambda w: dlprimer.RMSprop([w], lr=0.05, momentum=0.5, weight_decay=0.1, eps=0.01)),
])
def test_further_optimizers_take_the_same_fifty_steps(compute, name, settings, make):
    got = compute("fit", """(numeric, [name, settings]) => {
      const w = Float64Array.of(2, -1);
      const step = numeric[name]([w], settings);
      return Array.from({length: 50}, () => { step([[3 * w[0], 0.5 * w[1]]]); return [...w]; });
    }""", [name, settings])
    w = Tensor(np.array([2.0, -1.0]), requires_grad=True)
    optimizer = make(w)
    wanted = []
    for _ in range(50):
        w.grad = np.array([3.0, 0.5]) * w.data
        optimizer.step()
        wanted.append(w.data.copy())
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)


def test_folds_hold_every_sample_once(compute):
    labels = [0] * 15 + [1] * 8
    code = "({kFold}, [n, k, settings]) => kFold(n, k, settings)"
    for settings in ({}, {"seed": None}, {"labels": labels}):
        folds = compute("fit", code, [23, 5, settings])
        held = [index for fold in folds for index in fold["validation"]]
        assert sorted(held) == list(range(23))
        assert sorted(len(fold["validation"]) for fold in folds) == [4, 4, 5, 5, 5]
        for fold in folds:
            assert sorted(fold["train"] + fold["validation"]) == list(range(23))
    assert sorted(sum(labels[i] for i in fold["validation"]) for fold in folds) == [1, 1, 2, 2, 2]
    assert compute("fit", code, [6, 3, {"seed": None}])[0]["validation"] == [0, 1]
    with pytest.raises(Exception, match="3 samples cannot be dealt into 4 folds"):
        compute("fit", code, [3, 4, {}])


def test_boxes_and_suppression(compute):
    rng = np.random.default_rng(6)
    corners = rng.uniform(0, 10, size=(14, 2))
    boxes, scores = np.hstack([corners, corners + rng.uniform(2, 6, size=(14, 2))]), rng.uniform(0.1, 1, size=14)
    code = "({iou, nms, softNms}, [boxes, scores, threshold, method]) => ({pairs: boxes.map((a) => boxes.map((b) => iou(a, b))), " \
        "hard: nms(boxes, scores, threshold), soft: softNms(boxes, scores, {method, threshold, least: 0.2})})"
    for threshold, method in ((0.1, "gaussian"), (0.3, "linear"), (0.5, "linear")):
        got = compute("boxes", code, [boxes.tolist(), scores.tolist(), threshold, method])
        np.testing.assert_allclose(got["pairs"], dlprimer.box_iou(boxes, boxes), rtol=1e-12)
        assert got["hard"]["kept"] == dlprimer.nms(boxes, scores, threshold).tolist()
        removed = [entry["index"] for step in got["hard"]["steps"] for entry in step["removed"]]
        assert sorted(removed + got["hard"]["kept"]) == list(range(14))
        kept, lowered = dlprimer.soft_nms(boxes, scores, threshold, score_threshold=0.2, method=method)
        assert got["soft"]["kept"] == kept.tolist()
        np.testing.assert_allclose(got["soft"]["scores"], lowered, rtol=1e-12)


def test_summaries_of_samples(compute):
    rng = np.random.default_rng(7)
    values = rng.normal(size=101)
    shares = [0.0, 0.1, 0.333, 0.5, 0.9, 1.0]
    got = compute("statistics", """({histogram, histogramBars, quantile, movingAverage, exponentialAverage}, [values, shares]) => ({
      counts: histogram(values, {bins: 7}), inside: histogram(values, {bins: 4, min: -1, max: 1}).counts,
      bars: histogramBars(values, {bins: 5, density: true}), quantiles: shares.map((share) => quantile(values, share)),
      moving: movingAverage(values, 5), smooth: exponentialAverage(values, 0.9, {corrected: true}),
    })""", [values.tolist(), shares])
    counts, edges = np.histogram(values, 7)
    assert got["counts"]["counts"] == counts.tolist()
    np.testing.assert_allclose(got["counts"]["edges"], edges)
    assert got["inside"] == np.histogram(values, 4, (-1, 1))[0].tolist()
    assert sum((to - start) * height for start, to, height in got["bars"]) == pytest.approx(1)
    np.testing.assert_allclose(got["quantiles"], np.quantile(values, shares), rtol=1e-12)
    np.testing.assert_allclose(got["moving"], [values[max(0, i - 4):i + 1].mean() for i in range(101)], rtol=1e-10, atol=1e-12)
    state, wanted = 0.0, []
    for i, value in enumerate(values):
        state = 0.9 * state + 0.1 * value
        wanted.append(state / (1 - 0.9 ** (i + 1)))
    np.testing.assert_allclose(got["smooth"], wanted, rtol=1e-12)
