//! The HTTP entrances: the API over HTTPS, the redirect, and the operations listener.

pub mod problem;
