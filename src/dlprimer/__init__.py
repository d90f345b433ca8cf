"""Deep learning in readable NumPy."""

from . import numpy_rules as _numpy_rules
from .autograd import Tensor, check_gradients, differentiable, grad, no_grad, value_and_grad
from .data import (
    balanced_sampler,
    batches,
    blobs,
    class_weights,
    digits,
    gaussian_ring,
    k_fold,
    moons,
    rings,
    spirals,
    standardize,
    swiss_roll,
    train_val_test_split,
)
from .metrics import (
    DeLongTest,
    accuracy_score,
    auc_by_ranks,
    auc_standard_error_hanley_mcneil,
    average_precision_score,
    balanced_accuracy_score,
    bootstrap_interval,
    brier_score_loss,
    cohen_kappa_score,
    confusion_matrix,
    delong_test,
    delong_variance,
    log_loss,
    matthews_corrcoef,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
    top_k_accuracy_score,
)
from .models.mlp import MLP
from .nn.activations import (
    Activation,
    elu,
    gelu,
    glu,
    hardtanh,
    leaky_relu,
    log_softmax,
    relu,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from .nn.initialization import he_normal, he_uniform, orthogonal, xavier_normal, xavier_uniform
from .nn.linear import Embedding, Linear, embedding, linear, one_hot
from .nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from .nn.module import Module, Parameter, Residual, Sequential
from .optim.optimizers import SGD, Adagrad, Adam, AdamW, Lion, Optimizer, RMSprop
from .optim.problems import (
    PiecewiseQuadratic,
    Quadratic,
    optimal_gradient_descent,
    optimal_heavy_ball,
    standard_nesterov,
)
from .train import Callback, TrainingState, fit
