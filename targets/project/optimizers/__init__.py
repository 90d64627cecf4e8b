"""Compiled forms of models: each file converts a model and serves the result, parsed and never imported."""
