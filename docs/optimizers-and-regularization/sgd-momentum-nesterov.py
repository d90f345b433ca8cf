# %% race
import numpy as np
from dlprimer import SGD, Parameter
from dlprimer import optimal_gradient_descent, optimal_heavy_ball, standard_nesterov

curvatures = np.array([0.01, 1.0])  # condition number 100


def steps_to_a_millionth(**settings):
    w = Parameter(np.array([1.0, 1.0]))
    optimizer = SGD([w], **settings)
    steps = 0
    while np.linalg.norm(w.data) > 1e-6 * np.sqrt(2):
        w.grad = curvatures * w.data
        optimizer.step()
        steps += 1
    return steps


print("SGD      ", steps_to_a_millionth(**optimal_gradient_descent(0.01, 1.0)))
print("momentum ", steps_to_a_millionth(**optimal_heavy_ball(0.01, 1.0)))
print("Nesterov ", steps_to_a_millionth(**standard_nesterov(0.01, 1.0)))

# %% look-ahead
lr, mu = 0.1, 0.9
slope = lambda w: np.sin(w) + 0.1 * w

w, v = 2.0, 0.0  # the frameworks' form
theta, u = 2.0, 0.0  # the textbooks' form, with the gradient at the look-ahead point
for step in range(50):
    g = slope(w)
    v = mu * v + g
    w = w - lr * (g + mu * v)

    u = mu * u - lr * slope(theta + mu * u)
    theta = theta + u
print("same point to 12 digits:", abs(w - (theta + mu * u)) < 1e-12)
