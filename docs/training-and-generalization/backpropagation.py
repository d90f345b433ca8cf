# %% check
import numpy as np
from dlprimer import MLP, cross_entropy, digits

images, labels = digits()
x, y = images[:64].reshape(64, 64).astype(np.float64), labels[:64]
rng = np.random.default_rng(13)
model = MLP([64, 32, 10], activation="tanh", rng=rng, dtype=np.float64)

cross_entropy(model(x), y).backward()  # the gradient of all 2,410 parameters
weight = model.layers[2].weight  # compare it in the 320 of the output layer

for h in (1e-2, 1e-5, 1e-10):
    difference = np.zeros_like(weight.data)
    for index in np.ndindex(weight.shape):
        kept = weight.data[index]
        weight.data[index] = kept + h
        above = cross_entropy(model(x), y).item()
        weight.data[index] = kept - h
        below = cross_entropy(model(x), y).item()
        weight.data[index] = kept
        difference[index] = (above - below) / (2 * h)
    error = np.linalg.norm(difference - weight.grad) / np.linalg.norm(weight.grad)
    print(f"h = {h:.0e}: relative error about 1e{np.log10(error):.0f}")

# %% kink
from dlprimer import Tensor, relu

z = Tensor(0.0, requires_grad=True)
y = relu(z) - relu(-z)  # this is z, so the slope is 1
y.backward()
print("slope of relu(z) - relu(-z) at 0:", z.grad)
