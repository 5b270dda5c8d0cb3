//! A model of a table: schema, feature pipeline, predictor and training record.
