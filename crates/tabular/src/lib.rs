//! Tables, schemas and the feature pipelines that turn rows into numbers.
