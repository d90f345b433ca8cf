# %% check
import numpy as np
from dlprimer import MLP, Tensor, cross_entropy, digits

images, labels = digits()
x, y = images[:64].reshape(64, 64).astype(np.float64), labels[:64]
model = MLP([64, 32, 10], activation="tanh", rng=np.random.default_rng(13), dtype=np.float64)

cross_entropy(model(Tensor(x)), y).backward()  # the gradient of all 2,410 parameters
weight = model.layers[2].weight


def central_difference(i, j, h):
    kept = weight.data[i, j]
    weight.data[i, j] = kept + h
    above = cross_entropy(model(x), y).item()
    weight.data[i, j] = kept - h
    below = cross_entropy(model(x), y).item()
    weight.data[i, j] = kept
    return (above - below) / (2 * h)


for h in (1e-2, 1e-5, 1e-10):
    errors = [abs(central_difference(i, 3 * i, h) / weight.grad[i, 3 * i] - 1) for i in range(5)]
    print(f"h = {h:.0e}: worst relative error about 1e{np.log10(max(errors)):.0f}")

# %% kink
from dlprimer import relu

z = Tensor(0.0, requires_grad=True)
y = relu(z) - relu(-z)  # this is z, so the slope is 1
y.backward()
print("slope of relu(z) - relu(-z) at 0:", z.grad)
