//! A store engine's acceptance test.
