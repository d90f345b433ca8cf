"""Optimizers, and problems to try them on."""
