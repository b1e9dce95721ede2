//! The harness of the system tests.
//!
//! A test says what a customer, an operator or an attacker does; what that takes is here: databases with the real
//! Elementary rows ([`dataset`], [`postgres`], [`duckdb`]), the gateway and the connector as real processes
//! ([`process`]), network namespaces with firewalls ([`netns`]), hosts on a router that cuts them off ([`net`]), a wide-area link between them ([`wan`]), an HTTPS caller ([`client`]), a calendar that is wrong
//! ([`clock`]), and the raw values that
//! must never cross ([`canaries`]), and all of it put together ([`world`]).
//!
//! Rules that everything here keeps:
//! - nothing sleeps: a test waits for an event, or polls for a state with a deadline ([`wait`]);
//! - whatever is started ends with the value that stands for it, by its process id or its unique name;
//! - tests share files that are only read, and nothing else, so they run in any number side by side.

pub mod aws;
pub mod balancer;
pub mod bench;
pub mod browser;
pub mod canaries;
pub mod client;
pub mod clock;
pub mod dataset;
pub mod double;
pub mod duckdb;
pub mod etcd;
pub mod fleet;
pub mod generate;
pub mod net;
pub mod netns;
pub mod node;
pub mod oracle;
pub mod paths;
pub mod postgres;
pub mod process;
pub mod provider;
pub mod proxy;
pub mod relay;
pub mod samples;
pub mod trio;
pub mod vault;
pub mod wait;
pub mod wan;
pub mod world;
