"""What a user may say: source text, diagnostics, the types of deploy.yaml and deploy.lock."""
