"""Model libraries: each file fills the prototypes of the service's `model` module, parsed and never imported."""
