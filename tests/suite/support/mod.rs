//! What the suites stand on: a control plane, a Flagsmith, an operator, and how to wait for what they do.

mod case;
mod cluster;
mod flagsmith;
mod object;
mod operator;
mod plane;
mod proxy;
mod server;
mod wait;

pub use case::{Case, Plan};
pub use cluster::Cluster;
pub use flagsmith::{Flagsmith, Served};
pub use object::{Kind, Object};
pub use operator::Operator;
pub use plane::{plane, root};
pub use proxy::Proxy;
pub use server::Server;
