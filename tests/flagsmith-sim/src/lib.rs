//! A stateful stand-in of Flagsmith's HTTP API (release 2.265.0, self-hosted, open source), held to recorded exchanges.
//!
//! ```no_run
//! # async fn example() {
//! use flagsmith_sim::{Fault, Sim};
//! let sim = Sim::start().await;
//! sim.inject(Fault::on("PATCH", "/api/__future__/").times(2).status(503));
//! // ... use sim.api_url() with sim.token() ...
//! assert!(sim.writes().is_empty());
//! # }
//! ```
//!
//! A request's road: [`Sim`] owns the listener (`server`); `engine` writes it down (`log`), meets `fault`s and delays,
//! finds its `route`, its caller (`caller`), and hands a `call` to one noun's handler, which reads and writes the
//! `store` and gives an `answer`.
#![forbid(unsafe_code)]

mod answer;
mod call;
mod caller;
mod document;
mod document_lag;
mod engine;
mod environment;
mod evaluation;
mod fault;
mod feature;
mod feature_draft;
mod feature_list;
mod field;
mod flag;
mod flag_change;
mod future;
mod identity;
mod log;
mod organisation;
mod organisation_key;
mod page;
mod person_flags;
mod project;
mod route;
mod rule;
mod sdk;
mod segment;
mod server;
mod server_key;
mod sim;
mod state;
mod state_list;
mod store;
mod tag;
mod throttle;
mod user;
mod value;
mod variant;
mod version;

pub use fault::Fault;
pub use log::Request;
pub use regex::Regex;
pub use sim::{Builder, Sim};
