# %% counts
import numpy as np

from dlprimer import accuracy_score, confusion_matrix

true = np.array("cat cat cat cat cat cat dog dog dog dog fox fox".split())
pred = np.array("cat cat cat cat dog fox dog dog dog cat fox dog".split())

counts = confusion_matrix(true, pred)
print("rows true, columns predicted: cat, dog, fox")
print(counts)
print("of each true class (recall on the diagonal)")
print(confusion_matrix(true, pred, normalize="true").round(2))
print("of each predicted class (precision on the diagonal)")
print(confusion_matrix(true, pred, normalize="pred").round(2))
share = np.trace(counts) / counts.sum()
print("trace over sum is the accuracy:", share == accuracy_score(true, pred))

# %% elsewhere
rows = confusion_matrix(true, pred, normalize="true")
for foxes in (1 / 6, 0.5):  # the rest are cats and dogs, 3 to 2
    shares = np.array([0.6 * (1 - foxes), 0.4 * (1 - foxes), foxes])
    joint = shares[:, None] * rows
    print(f"foxes {foxes:.0%}: their precision is {joint[2, 2] / joint[:, 2].sum():.2f}")

swapped = confusion_matrix(pred, true)  # the wrong way round
print("swapped arguments transpose:", np.array_equal(swapped, counts.T))
