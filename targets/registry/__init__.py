"""Speaks to registries of images, as the OCI's distribution specification says."""
