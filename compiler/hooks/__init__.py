"""The user's own functions around the model, read from their source without running it."""
