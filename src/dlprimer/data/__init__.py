"""Data: small sets that are generated or ship with the library, and what happens to data before a model sees it."""

from .digits import digits
from .toy import blobs, gaussian_ring, moons, rings, spirals, swiss_roll
