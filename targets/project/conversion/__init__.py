"""How a fitted model becomes a graph of ONNX; it runs where the model's own library is, never in deployc."""
