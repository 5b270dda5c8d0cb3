//! Fuzzes `planish_tests::outside::rows_json`, which says what the bytes are and what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    planish_tests::outside::rows_json(bytes);
});
