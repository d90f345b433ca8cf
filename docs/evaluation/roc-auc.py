# %% three-ways
import numpy as np

from dlprimer.metrics import auc_by_ranks, log_loss, roc_curve

rng = np.random.default_rng(43)
labels = np.repeat([1, 0], [60, 140])
logits = np.round(2 * (rng.normal(2.0 * labels) - 1), 1)  # rounded, so that there are ties

positives, negatives = logits[labels == 1], logits[labels == 0]
difference = positives[:, None] - negatives  # every pair
by_pairs = np.mean((difference > 0) + 0.5 * (difference == 0))
fpr, tpr, _ = roc_curve(labels, logits)
by_area = np.trapezoid(tpr, fpr)
by_ranks = auc_by_ranks(labels, logits)

print(f"share of pairs {by_pairs:.4f}, area {by_area:.4f}, ranks {by_ranks:.4f}")
print("equal to 12 digits:", max(abs(by_area - by_pairs), abs(by_ranks - by_pairs)) < 1e-12)

# %% scaled
for factor in (1, 10):
    probability = 1 / (1 + np.exp(-factor * logits))
    print(
        f"logits times {factor:2}: AUC {auc_by_ranks(labels, factor * logits):.4f}, "
        f"log-loss {log_loss(labels, probability):.3f}"
    )
print(f"thresholded at 0: AUC {auc_by_ranks(labels, logits >= 0):.4f}")
