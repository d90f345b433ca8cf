# %% patience
import numpy as np
from dlprimer import MLP, Adam, EarlyStopping, cross_entropy, digits, fit
from dlprimer import train_val_test_split

rng = np.random.default_rng(38)
images, labels = digits()
wrong = rng.random(1797) < 0.3  # 30% of the labels become another digit
noisy = np.where(wrong, (labels + rng.integers(1, 10, 1797)) % 10, labels)
x = images.reshape(-1, 64).astype(np.float64)
(x_train, _, y_train), (x_val, _, y_val), (x_test, y_test, _) = train_val_test_split(
    x, labels, noisy, fractions=(1 / 6, 1 / 12, 3 / 4), rng=rng
)
for patience in 1, 3, 10:
    rng = np.random.default_rng(1)  # the same network and batches each time
    model = MLP([64, 128, 10], rng=rng, dtype=np.float64)
    stopping = EarlyStopping("validation_loss", patience=patience)
    history = fit(
        model, (x_train, y_train), validation=(x_val, y_val), loss=cross_entropy,
        optimizer=Adam(model.parameters(), lr=2e-3), epochs=150, batch_size=50,
        rng=rng, callbacks=[stopping],
    )
    right = np.mean(model(x_test).data.argmax(axis=1) == y_test)
    print(f"patience {patience:2}: {len(history['loss'])} epochs, "
          f"kept {stopping.best_epoch}, test accuracy {right:.3f}")

# %% ridge
X = np.vander(np.linspace(-1, 1, 20), 6)  # polynomials up to degree 5
y = np.sin(3 * X[:, -2])
lr, steps = 0.5, 200

w = np.zeros(6)
for _ in range(steps):
    w -= lr * X.T @ (X @ w - y) / 20

curvatures, directions = np.linalg.eigh(X.T @ X / 20)
best = directions.T @ np.linalg.lstsq(X, y, rcond=None)[0]
stopped = 1 - (1 - lr * curvatures) ** steps
ridge = curvatures / (curvatures + 1 / (lr * steps))
print("closed form agrees:", np.allclose(w, directions @ (stopped * best)))
print("kept when stopped: ", stopped.round(3))
print("kept by ridge:     ", ridge.round(3))
