# %% views
import numpy as np
from dlprimer import cutout, digits, flip, noise, rotate, scale, shift

images, labels = digits()
x = images[6][None, None].astype(float)  # one 6, as a batch (1, 1, 8, 8)
rng = np.random.default_rng(39)

views = {
    "moved right by 1 pixel": shift(x, dx=1),
    "moved down by 1 pixel": shift(x, dy=1),
    "turned by 10 degrees": rotate(x, 10),
    "enlarged by 10%": scale(x, 1.1),
    "noise of 0.1": noise(x, 0.1, rng=rng),
    "a 3 x 3 hole": cutout(x, 3, rng=rng),
    "mirrored": flip(x),
    "turned by 180 degrees": rotate(x, 180),
}
for name, view in views.items():
    print(f"{name:24}{np.linalg.norm(view - x):.2f}")
others = images[labels != 6] - x[0, 0]
print(f"nearest other digit     {np.sqrt((others**2).sum(axis=(1, 2))).min():.2f}")

# %% labels
import numpy as np
from dlprimer import Scenes, flip, mixup, shift

box = np.array([[0.0, 1.0, 3.0, 4.0]])  # left, top, right, bottom
scene = Scenes(np.zeros((1, 1, 6, 8)), boxes=[box], labels=[np.array([2])])
print("box, mirrored:    ", flip(scene).boxes[0][0])
print("box, 2 px left:   ", shift(scene, dx=-2).boxes[0][0])

rng = np.random.default_rng(3)
_, targets = mixup(np.zeros((2, 4)), [0, 1], classes=2, lam=0.3, rng=rng)
print("30% cat, 70% dog:", targets[0])
