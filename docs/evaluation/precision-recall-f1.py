# %% table
import numpy as np

from dlprimer import precision_recall_fscore_support

scores = np.array([0.95, 0.9, 0.8, 0.7, 0.6, 0.45, 0.4, 0.3, 0.2, 0.1])
labels = np.array([1, 0, 1, 1, 0, 1, 0, 0, 0, 0])


def ratios(calls):
    return precision_recall_fscore_support(labels, calls, average="binary")[:3]


best = max(scores, key=lambda t: ratios((scores >= t).astype(int))[2])
print("   t  TP FP FN     P     R    F1")
for t in scores:
    calls = (scores >= t).astype(int)
    tp = np.sum(calls * labels)
    counts = f"{tp:2d} {calls.sum() - tp:2d} {labels.sum() - tp:2d}"
    row = "".join(f"{value:6.2f}" for value in ratios(calls))
    print(f"{t:.2f}  {counts}{row}", "<- best" if t == best else "")

# %% half
# Now without labels: if the scores are calibrated, they promise TP = their sum.
t = 0.5
for _ in range(4):
    called = scores >= t
    f1 = 2 * scores[called].sum() / (scores.sum() + called.sum())
    print(f"t = {t:.3f}: {called.sum()} calls, F1 {f1:.3f}")
    t = f1 / 2  # call whatever is more likely than half of F1
