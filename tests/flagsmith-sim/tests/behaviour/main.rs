//! What the recording does not show: faults, lag, overlapping writes, and the program itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../client/mod.rs"]
mod client;
mod faults;
mod lag;
mod program;
mod project;
mod refusals;
mod rules;
mod writes;
