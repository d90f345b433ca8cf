# %% winners
import numpy as np

from dlprimer import metrics as m

y = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
careful = [0.75, 0.44, 0.40, 0.36, 0.60, 0.45, 0.31, 0.25, 0.15, 0.12, 0.08, 0.05]
bold = [0.99, 0.98, 0.55, 0.005, 0.97, 0.90, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01]
models = {"constant": [1 / 3] * 12, "careful": careful, "bold": bold}
names = ["accuracy", "balanced", "F1", "MCC", "AUC", "AP", "log-loss", "Brier"]

def scores(p):
    p = np.array(p)
    yes = (p >= 0.5).astype(int)
    f1 = m.precision_recall_fscore_support(y, yes, average="binary", zero_division=0)[2]
    return [m.accuracy_score(y, yes), m.balanced_accuracy_score(y, yes), f1,
            m.matthews_corrcoef(y, yes), m.roc_auc_score(y, p),
            m.average_precision_score(y, p), m.log_loss(y, p), m.brier_score_loss(y, p)]

print(" " * 9, *[f"{name:>8}" for name in models], "  best")
rows = zip(*[scores(p) for p in models.values()], strict=True)
for i, row in enumerate(rows):
    best = (np.argmin if names[i] in ("log-loss", "Brier") else np.argmax)(row)
    print(f"{names[i]:9}", *[f"{value:8.3f}" for value in row], " ", list(models)[best])
