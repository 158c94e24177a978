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
//! `store` and gives an `answer`. What a caller may do there is in `right`. In front of a real server (`upstream`) the
//! request goes there instead of to a handler.
#![forbid(unsafe_code)]

mod account;
mod answer;
mod call;
mod caller;
mod direct_write;
mod document;
mod document_lag;
mod engine;
mod environment;
mod environment_clone;
mod evaluation;
mod fault;
mod feature;
mod feature_draft;
mod feature_list;
mod field;
mod flag;
mod flag_cache;
mod flag_change;
mod future;
mod grant;
mod group;
mod identity;
mod log;
mod membership;
mod metadata;
mod nested;
mod organisation;
mod organisation_key;
mod override_write;
mod owner;
mod pace;
mod page;
mod person_flags;
mod priority;
mod project;
mod right;
mod route;
mod rule;
mod sdk;
mod segment;
mod segment_override;
mod server;
mod server_key;
mod sim;
mod state;
mod state_draft;
mod state_list;
mod store;
mod tag;
mod task;
mod throttle;
mod update_change;
mod update_flag;
mod upstream;
mod user;
mod value;
mod variant;
mod version;
mod version_state;
mod version_write;
mod versioning;
mod weight_list;

pub use fault::Fault;
pub use log::Request;
pub use regex::Regex;
pub use sim::{Builder, Sim};
