"""Deep learning in readable NumPy."""

from . import numpy_rules as _numpy_rules
from .autograd import Tensor, check_gradients, differentiable, grad, no_grad, value_and_grad
