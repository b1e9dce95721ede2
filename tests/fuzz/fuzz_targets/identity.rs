//! Any bytes as a certificate: an identity or an error, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(identity) = certs::identity::identity_of(bytes) {
        assert_eq!(identity.to_string().parse(), Ok(identity));
    }
});
