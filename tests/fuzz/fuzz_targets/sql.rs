//! Any text as SQL, read as each engine does: a plan over known tables, or a refusal; never a panic, never anything else.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| proto::sql::fuzz_entry(bytes));
