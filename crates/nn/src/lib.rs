//! Dense neural networks: layers, losses, initializers, forward and backward pass.
