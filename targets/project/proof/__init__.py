"""The proof that a compiled model is the model: both are asked for the same rows, and their answers compared.

Runs without deployc, in the environment that has the model's own libraries, as does all that it imports.
"""
