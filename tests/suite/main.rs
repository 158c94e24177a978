//! The operator as users meet it: the real binary, on a real apiserver, with the stand-in of Flagsmith.
//!
//! Each test has its own namespace, its own Flagsmith and its own operator, so that all run at once; most of each is waiting,
//! so run more of them than there are cores (`-- --test-threads 12`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails says so by a panic; what json! makes is given away"
)]

mod support;

mod admission;
mod adoption;
mod bringing_up;
mod chart;
mod claim;
mod client_key;
mod confidence;
mod connection;
mod crash;
mod crash_making;
mod definitions;
mod deletion;
mod drift;
mod environment;
mod environment_secret;
mod event;
mod examples;
mod flag;
mod grace;
mod installation;
mod interruption;
mod leadership;
mod live;
mod load;
mod making;
mod matrix;
mod metadata;
mod metrics;
mod mirror;
mod namespaces;
mod owner;
mod ownership;
mod ownership_kinds;
mod parting;
mod place;
mod probe;
mod project;
mod publication;
mod quiet;
mod readme;
mod refusal;
mod request;
mod rights;
mod segment;
mod server_key;
mod server_key_crash;
mod settings;
mod tag;
mod targeting;
mod tenancy;
mod uninstall;
mod variant;
