//! Models as an HTTP service: Open Inference Protocol V2 and row predictions.
