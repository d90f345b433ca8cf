# %% hidden-numbers
import numpy as np
from dlprimer import MLP, Adam, cross_entropy, digits, fit, train_val_test_split

images, labels = digits()
pixels = images.reshape(-1, 64).astype(np.float64)
rng = np.random.default_rng(8)
train, _, (x, y) = train_val_test_split(pixels, labels, fractions=(0.8, 0, 0.2), rng=rng)


def trained(width):
    layers = MLP([64, width, 10], "tanh", rng=rng, dtype=np.float64).layers
    adam = Adam(layers.parameters(), lr=0.02)
    how = {"loss": cross_entropy, "optimizer": adam, "epochs": 15, "batch_size": 32}
    fit(layers, train, **how, rng=rng)
    return layers


layers = trained(2)
hidden = layers[:2](x).numpy()  # the first two modules: linear, tanh
answers = layers[2:](hidden).numpy().argmax(axis=1)
for digit, (first, second), answer in list(zip(y, hidden, answers))[:10]:
    print(f"digit {digit}   hidden {first:+.2f} {second:+.2f}   answer {answer}")

# %% rank
for width in (2, 16):
    logits = trained(width)(x).numpy()
    centered = logits - logits.mean(axis=0)
    unshifted = centered - centered.mean(axis=1, keepdims=True)
    ranks = [int(np.linalg.matrix_rank(matrix)) for matrix in (centered, unshifted)]
    print(f"{width:2} hidden units: rank {ranks[0]}, without the shared shift {ranks[1]}")
