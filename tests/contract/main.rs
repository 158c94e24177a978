//! The contract: what the client and the laws lean on, held to by the stand-in and by a real Flagsmith alike.
//!
//! Each test has its own organisation and project, so that all run at once. On the stand-in, and on a real server without
//! `FLAGSMITH_RECORD`, what a test exchanged is compared with what was recorded of a real server, in `recorded/`.
//!
//! A real server is used where `FLAGSMITH_API_URL` and `FLAGSMITH_TOKEN` (a superuser's) are set; with `FLAGSMITH_RECORD=1`
//! besides, it is recorded anew. Recordings hold no id, key, token, address or time, but which one it is: `<feature 1>`.
//! `tests/contract/figures` tells what the last run came to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails says so by a panic; what json! makes is given away"
)]

#[macro_use]
mod support;

mod approval;
mod capability;
mod document;
mod environment;
mod feature;
mod future;
mod making;
mod metadata;
mod organisation;
mod owner;
mod publisher;
mod race;
mod refusal;
mod removal;
mod restore;
mod rights;
mod sdk;
mod segment;
mod server_key;
mod tag;
mod targeting;
mod variant;
mod variant_definition;
mod written;
