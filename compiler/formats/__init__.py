"""What a model file is, read without executing it."""
