"""Where a model comes from that is not a file beside deploy.yaml: MLflow's registry and runs."""
