"""How what is wanted becomes deploy.lock: conflicts, resolution, and what has changed since."""
