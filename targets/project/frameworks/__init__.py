"""Serving frameworks: each file is a typed template of the service's `app` module, parsed and never imported."""
