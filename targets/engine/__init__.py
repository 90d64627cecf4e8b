"""The Docker engine: images are brought into it and run, by each image target in its own way."""
