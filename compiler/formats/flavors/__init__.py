"""The model libraries that can be read, a module each: the file's name is the flavor's name in MLflow."""
