# %% optima
import numpy as np
from dlprimer import Adam, Parameter, cosine, huber_loss, l1_loss, mse_loss

targets = np.array([1.0, 2.0, 3.0, 4.0, 100.0])

def pinball(output, target, tau=0.9):
    error = target - output  # tau for each unit too low, 1 - tau for each unit too high
    return ((tau - 0.5) * error + 0.5 * abs(error)).mean()

def best_constant(loss, steps=1000):
    c = Parameter(np.array([0.0]))  # the whole model: one number
    optimizer = Adam([c], lr=1.0)
    for step in range(steps):
        optimizer.zero_grad()
        loss(c * np.ones(5), targets).backward()
        optimizer.param_groups[0]["lr"] = cosine(step, steps)
        optimizer.step()
    return c.data[0]

losses = {"squared": mse_loss, "absolute": l1_loss, "Huber": huber_loss, "9 : 1": pinball}
for name, loss in losses.items():
    print(f"{name:8} {best_constant(loss):6.1f}")
print("mean", targets.mean(), "median", np.median(targets), "largest", targets.max())

# %% accuracy
from dlprimer import binary_cross_entropy_with_logits, grad

x, y = np.array([-2.0, -1.0, 1.0, 3.0]), np.array([0.0, 0.0, 1.0, 1.0])
loss = lambda b: binary_cross_entropy_with_logits(x + b, y)  # yes if x + b > 0
accuracy = lambda b: ((x + b > 0) == y).mean()

print("   b   accuracy   its slope    loss   its slope")
for b in (2.5, 2.2, 1.5, 1.2, 0.5):
    flat, steep = (accuracy(b + 1e-6) - accuracy(b)) / 1e-6, float(grad(loss)(b))
    print(f"{b:4}  {accuracy(b):9.2f}  {flat:10.2f}  {loss(b):6.2f}  {steep:10.2f}")
