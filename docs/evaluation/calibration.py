# %% temperature
import numpy as np
from dlprimer import log_loss, softmax, temperature_scale

logits = np.array([[6.0, 0, 0], [5, 1, 0], [0, 4, 1], [3, 5, 0],
                   [0, 1, 6], [2, 0, 5], [4, 3, 0], [1, 5, 2]])  # fmt: skip
labels = np.array([0, 0, 1, 0, 2, 2, 1, 1])  # the fourth and the seventh are mistakes

best = temperature_scale(logits, labels)
for T in (1.0, best):
    p = softmax(logits / T)
    right = (p.argmax(axis=1) == labels).mean()
    loss = log_loss(labels, p)
    sure = p.max(axis=1).mean()
    print(f"T = {T:.2f}   log loss {loss:.3f}   confidence {sure:.3f}   right {right}")

p = softmax(logits / best)
print("mean logit promised:", round(float((p * logits).sum(axis=1).mean()), 3))
print("mean logit of truth:", logits[np.arange(8), labels].mean())

# %% perfect
import numpy as np
from dlprimer import expected_calibration_error

rng = np.random.default_rng(44)


def perfect(confidence):
    """The ECE of a forecaster who is right exactly as often as this confidence says."""
    right = rng.random(len(confidence)) < confidence
    return expected_calibration_error(right.astype(int), confidence)


confidence = rng.uniform(0.5, 1, 400)  # here: your model's, on your test set
right = (rng.random(400) < confidence - 0.1).astype(int)  # a model 10 points too sure
measured = expected_calibration_error(right, confidence)
null = np.array([perfect(confidence) for _ in range(200)])
print(f"measured {measured:.3f}; perfect forecasters {null.mean():.3f} on average")
print(f"95% of perfect forecasters stay below {np.quantile(null, 0.95):.3f}")
