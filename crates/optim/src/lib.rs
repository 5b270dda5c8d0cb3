//! Optimizers for flat parameter arenas: SGD with momentum and Adam.
