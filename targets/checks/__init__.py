"""The kinds of test that deploy.yaml may name: a module each, with its Options and the nodes that prove it."""
