//! planish
fn main() {}
