//! Example programs; see the files in src/bin.
