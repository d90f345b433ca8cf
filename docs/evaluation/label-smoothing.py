# %% example
import numpy as np

# TODO: at most 25 lines with dlprimer, whose output the page shows
print(np.arange(3).sum())
