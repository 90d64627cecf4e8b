"""Templates of a service with several models behind it: what stands around them, and what each of them has besides."""
