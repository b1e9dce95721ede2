//! Any bytes as frames of every kind: frames or an error within bounds, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| proto::wire::codec::fuzz_entry(bytes));
