# %% table
import numpy as np

from dlprimer import precision_recall_fscore_support

scores = np.array([0.95, 0.9, 0.8, 0.7, 0.6, 0.45, 0.4, 0.3, 0.2, 0.1])
labels = np.array([1, 0, 1, 1, 0, 1, 0, 0, 0, 0])


def at(threshold):
    called = (scores >= threshold).astype(int)
    return precision_recall_fscore_support(labels, called, average="binary")[:3]


best = max(scores, key=lambda t: at(t)[2])
print("threshold  TP FP FN  precision recall   F1")
for t in scores:
    called = scores >= t
    tp, fp = np.sum(called & (labels == 1)), np.sum(called & (labels == 0))
    p, r, f = at(t)
    mark = "  <- best F1" if t == best else ""
    print(f"   {t:.2f}    {tp:2d} {fp:2d} {labels.sum() - tp:2d}     {p:.2f}    {r:.2f}   {f:.2f}{mark}")

# %% half
# Now without labels: if the scores are calibrated, they promise TP = their sum.
t = 0.5
for step in range(4):
    called = scores >= t
    f1 = 2 * scores[called].sum() / (scores.sum() + called.sum())
    print(f"threshold {t:.3f} calls {called.sum()}, promised F1 {f1:.3f}")
    t = f1 / 2  # call whatever is more likely than half of F1
