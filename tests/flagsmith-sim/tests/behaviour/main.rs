//! What the recording does not show: faults, lag, overlapping writes, and the program itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod approvals;
#[path = "../client/mod.rs"]
mod client;
mod direct_write;
mod faults;
mod front;
mod join;
mod lag;
mod program;
mod project;
mod refusals;
mod repair;
mod right;
mod rules;
mod update_flag;
mod version;
mod writes;
