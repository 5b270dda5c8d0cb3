//! The fit loop of neural networks: batches, metrics, early stopping, history.
