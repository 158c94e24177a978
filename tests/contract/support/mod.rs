//! What each test stands on: a case of its own, and what becomes of its exchanges.

mod ask;
mod calls;
#[macro_use]
mod case;
mod exchange;
mod kind;
mod mask;
mod person;
mod recording;
mod routes;
mod server;
mod tally;
mod wait;

pub use ask::{answer, future, html, in_environment, on};
pub use case::{Case, MIDDLE, NEWEST, OLDEST, Test};
pub use person::Person;
