//! Files: tables in, model artifacts in and out.
