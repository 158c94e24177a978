//! What the suites stand on: a control plane, a Flagsmith, an operator, and how to wait for what they do.

mod account;
mod audience;
mod case;
mod cluster;
mod colleague;
mod consumer;
mod drift;
mod flagsmith;
mod helm;
mod object;
mod operator;
mod passage;
mod plane;
mod proxy;
mod segment;
mod server;
mod step;
mod wait;
mod witness;

pub use case::{Case, Plan, Turn};
pub use cluster::Cluster;
pub use colleague::Colleague;
pub use consumer::Consumer;
pub use flagsmith::{Flagsmith, Served, key};
pub use helm::{binaries, chart, documents, helm, render};
pub use object::{Kind, Object};
pub use operator::{Launch, Operator};
pub use passage::{Moment, Passage, Trap};
pub use plane::{Plane, plane, root};
pub use proxy::Proxy;
pub use server::{Server, real};
pub use step::{Step, masked};
pub use wait::{comes_to_hold, patience};
pub use witness::Witness;
