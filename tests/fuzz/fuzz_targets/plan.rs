//! Any bytes as a plan: a plan that comes back from its own bytes, or an error within bounds; never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| proto::wire::plan::fuzz_entry(bytes));
