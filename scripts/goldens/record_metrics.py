"""Record what scikit-learn 1.9.1 says about the metrics: python scripts/goldens/record_metrics.py (needs scikit-learn).

Writes tests/goldens/metrics.json: the data by name, and cases of a function, the names of its arguments, its options (a string
that starts with @ names data) and its result. Rerun only to add cases; the tests need the file alone.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import calibration, metrics

TARGET = Path(__file__).resolve().parents[2] / "tests" / "goldens" / "metrics.json"


def data(rng: np.random.Generator) -> dict[str, np.ndarray]:
    n = 60
    y2 = (rng.random(n) < 0.35).astype(int)
    y4 = np.r_[np.arange(4), rng.integers(0, 4, n - 4)]
    logits = rng.normal(size=(n, 4)) + 1.2 * np.eye(4)[y4]
    p4 = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    score = rng.normal(size=n) + y2
    # Rounded here, before scikit-learn sees them, so that file and calculation agree.
    return {
        "y2": y2,
        "y2_signed": 2 * y2 - 1,
        "y2_names": np.where(y2 == 1, "yes", "no"),
        "score": score.round(6),
        "tied": score.round(0),
        "p2": (1 / (1 + np.exp(-score))).round(6),
        "certain": np.where(rng.random(n) < 0.1, 1 - y2, y2).astype(float),
        "guess2": (score > 0.7).astype(int),
        "guess2_names": np.where(score > 0.7, "yes", "no"),
        "never": np.zeros(n, dtype=int),
        "y4": y4,
        "p4": np.c_[p4[:, :3].round(6), 1 - p4[:, :3].round(6).sum(axis=1)].round(6),
        "tied4": logits.round(0),
        "guess4": np.where(rng.random(n) < 0.6, y4, rng.integers(0, 4, n)),
        "guess_without_2": np.where(y4 == 2, 1, y4),
        "indicator": np.c_[y2, 1 - y2, rng.integers(0, 2, n)],
        "indicator_score": rng.normal(size=(n, 3)).round(6),
        "weight": rng.uniform(0, 2, n).round(3) * (rng.random(n) > 0.1),
        "y2_other": np.where(y2 == 1, 5, 3),
        "tenths": rng.integers(0, 11, n) / 10,
        "indicator_absent": np.c_[y2, np.zeros(n, dtype=int), 1 - y2],
    }


def cases():
    weighted = ({}, {"sample_weight": "@weight"})
    pairs = (
        ("y2", "guess2"),
        ("y2_names", "guess2_names"),
        ("y2", "never"),
        ("y4", "guess4"),
        ("y4", "guess_without_2"),
    )
    for pair in pairs:
        for options in weighted:
            yield "accuracy_score", pair, options
            yield "accuracy_score", pair, options | {"normalize": False}
            yield "balanced_accuracy_score", pair, options
            yield "balanced_accuracy_score", pair, options | {"adjusted": True}
            yield "matthews_corrcoef", pair, options
            for normalize in (None, "true", "pred", "all"):
                yield "confusion_matrix", pair, options | {"normalize": normalize}
            for weights in (None, "linear", "quadratic"):
                yield "cohen_kappa_score", pair, options | {"weights": weights}
            for average in (None, "macro", "weighted", "micro"):
                for zero_division in ("warn", 0, 1, float("nan")):
                    yield (
                        "precision_recall_fscore_support",
                        pair,
                        options
                        | {
                            "average": average,
                            "zero_division": zero_division,
                        },
                    )
    for labels in ([2, 0], [3, 2, 1, 0], [0, 1, 2, 3, 4]):
        yield "confusion_matrix", ("y4", "guess4"), {"labels": labels}
        yield "cohen_kappa_score", ("y4", "guess4"), {"labels": labels, "weights": "linear"}
        for average in (None, "macro", "weighted", "micro"):
            yield "precision_recall_fscore_support", ("y4", "guess4"), {"labels": labels, "average": average}
    for beta in (0, 0.5, 2, 10):
        yield "precision_recall_fscore_support", ("y2", "guess2"), {"beta": beta, "average": "binary"}
        yield "precision_recall_fscore_support", ("y4", "guess4"), {"beta": beta, "average": "macro"}
    yield "precision_recall_fscore_support", ("y2_names", "guess2_names"), {"average": "binary", "pos_label": "no"}
    yield "precision_recall_fscore_support", ("y2", "never"), {"average": "binary"}

    for options in weighted:
        for k in (1, 2, 3, 4):
            for scores in ("p4", "tied4"):
                yield "top_k_accuracy_score", ("y4", scores), options | {"k": k}
        yield "top_k_accuracy_score", ("y2", "p2"), options | {"k": 1}
        yield "top_k_accuracy_score", ("y2", "score"), options | {"k": 1, "normalize": False}
        for scores in ("p2", "certain"):
            yield "log_loss", ("y2", scores), options
            yield "brier_score_loss", ("y2", scores), options
        yield "log_loss", ("y2_names", "p2"), options | {"normalize": False}
        yield "log_loss", ("y4", "p4"), options
        yield "brier_score_loss", ("y2_names", "p2"), options | {"pos_label": "no"}
        yield "brier_score_loss", ("y2", "p2"), options | {"scale_by_half": False}
        yield "brier_score_loss", ("y4", "p4"), options
        yield "brier_score_loss", ("y4", "p4"), options | {"scale_by_half": True}

        for truth in ("y2", "y2_signed"):
            for scores in ("score", "tied", "never"):
                for drop in (False, True):
                    yield "roc_curve", (truth, scores), options | {"drop_intermediate": drop}
                    yield "precision_recall_curve", (truth, scores), options | {"drop_intermediate": drop}
                yield "average_precision_score", (truth, scores), options
                for max_fpr in (None, 0.05, 0.3, 1):
                    yield "roc_auc_score", (truth, scores), options | {"max_fpr": max_fpr}
        yield "roc_curve", ("y2_names", "score"), options | {"pos_label": "no"}
        yield "precision_recall_curve", ("y2_names", "score"), options | {"pos_label": "yes"}
        yield "average_precision_score", ("y2_names", "score"), options | {"pos_label": "yes"}
        yield "roc_auc_score", ("y2_names", "score"), options
        for average in ("macro", "weighted", "micro", None):
            yield "roc_auc_score", ("y4", "p4"), options | {"multi_class": "ovr", "average": average}
            yield "roc_auc_score", ("indicator", "indicator_score"), options | {"average": average}
            yield "average_precision_score", ("y4", "p4"), options | {"average": average}
            yield "average_precision_score", ("indicator", "indicator_score"), options | {"average": average}
    for average in ("macro", "weighted"):
        yield "roc_auc_score", ("y4", "p4"), {"multi_class": "ovo", "average": average}

    for pair in (("y2", "p2"), ("y2_signed", "p2"), ("y2", "certain"), ("never", "p2"), ("y2", "tenths")):
        for n_bins in (1, 2, 5, 10, 15):
            for strategy in ("uniform", "quantile"):
                yield "calibration_curve", pair, {"n_bins": n_bins, "strategy": strategy}
    yield "calibration_curve", ("y2_names", "p2"), {"pos_label": "no"}
    yield "confusion_matrix", ("y4", "never"), {"labels": [2, 7], "normalize": "true"}
    yield "roc_auc_score", ("indicator_absent", "indicator_score"), {"average": "weighted"}
    yield "average_precision_score", ("indicator_absent", "indicator_score"), {"average": "weighted"}
    yield "brier_score_loss", ("y2_other", "p2"), {}
    for labels in ([3, 5, 8], [5]):
        yield "precision_recall_fscore_support", ("y2_other", "y2_other"), {"labels": labels, "zero_division": 0}


def plain(value):
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def main() -> None:
    values = data(np.random.default_rng(43))
    lines = []
    for function, arguments, options in cases():
        filled = {k: values[v[1:]] if isinstance(v, str) and v.startswith("@") else v for k, v in options.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            home = calibration if function == "calibration_curve" else metrics
            result = getattr(home, function)(*(values[name] for name in arguments), **filled)
        case = {"function": function, "arguments": arguments, "options": options, "result": plain(result)}
        lines.append(json.dumps(case))
    header = json.dumps({name: plain(value) for name, value in values.items()})
    body = ",\n".join(lines)
    TARGET.write_text(f'{{"scikit-learn": "{sklearn.__version__}", "data": {header},\n"cases": [\n{body}\n]}}\n')
    print(f"{TARGET.name}: {len(lines)} cases from scikit-learn {sklearn.__version__}, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
