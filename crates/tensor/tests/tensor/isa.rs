//! Instruction sets by name.

use planish_tensor::{Isa, IsaError};

#[test]
fn names_round_trip_and_strangers_are_refused() {
    for isa in Isa::all_exact().into_iter().chain([Isa::PORTABLE, Isa::best()]) {
        assert_eq!(Isa::from_name(isa.name()), Ok(isa));
    }
    assert_eq!(Isa::from_name("sse9"), Err(IsaError::Unknown { name: "sse9".into() }));
}
