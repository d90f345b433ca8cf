# %% shift
import numpy as np

from dlprimer import binary_cross_entropy_with_logits, class_weights, cross_entropy
from dlprimer import roc_auc_score, sigmoid

rng = np.random.default_rng(45)
y = np.repeat([0, 1], [4900, 100])
x = rng.standard_normal((5000, 2)) + np.outer(y, [1.5, 1.0])
rows = np.column_stack([np.ones(5000), x])

def fit(weight):  # logistic regression with weighted positives, by Newton's method
    w = np.zeros(3)
    for _ in range(20):
        p, a = sigmoid(rows @ w), np.where(y == 1, weight, 1.0)
        hessian = (rows * (a * p * (1 - p))[:, None]).T @ rows
        w += np.linalg.solve(hessian, rows.T @ (a * (y - p)))
    return w

w0, w1 = class_weights(y).astype(float)
plain, weighted = fit(1.0), fit(w1 / w0)
print(f"intercepts {plain[0]:.2f} and {weighted[0]:.2f}; log 49 = {np.log(49):.2f}")
for w, t in (plain, 0.5), (plain, 0.02), (weighted, 0.5):
    auc, recall = roc_auc_score(y, rows @ w), np.mean(sigmoid(rows[y == 1] @ w) >= t)
    name = "plain   " if w is plain else "weighted"
    print(f"{name} at {t:4}: AUC {auc:.4f}, recall {recall:.2f}")

# %% normalized
logits = np.array([[0.0, -1.0], [0.0, -2.0], [0.0, -3.0], [0.0, -2.0]])
labels = np.array([1, 0, 0, 0])
weight = np.array([1.0, 49.0])
for n in (4, 1):
    z, y = logits[:n], labels[:n]
    logit, target = z[:, 1] - z[:, 0], y.astype(float)
    binary = binary_cross_entropy_with_logits(logit, target, pos_weight=weight[1:])
    softmax = cross_entropy(z, y, weight=weight)
    print(f"batch of {n}, no weight: {cross_entropy(z, y):.3f}")
    print(f"    pos_weight {binary:.3f}, weight {softmax:.3f}")
