"""How a deploy.yaml becomes artifacts: model formats, plan, cache, execution, code generation."""
