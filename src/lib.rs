//! The Flagsmith operator: Flagsmith projects, environments and feature flags as Kubernetes resources.
//!
//! The rooms, from the outside in: [`cli`] parses and dispatches; [`crd`] is what users write; [`operator`] takes every
//! kind down one road; [`mirror`] keeps a [`world::World`] fresh; [`world`] decides; [`flagsmith`] speaks to the server.
//! Beside them: [`lease`] says which replica writes; [`metrics`] counts; [`server`] serves that, and probes; [`telemetry`] logs.
//!
//! The road of one `FeatureFlag`: `operator::run` → `driver::reconcile` → finalizer → `fetch` (project, connection; from
//! stores) → `resolve` (pure → desired) → `observe` (the mirror) → `plan` (pure) → `apply` → `settle` (pure → status) →
//! requeue (pure). `operator::road` has it in full.

pub mod cli;
pub mod crd;
pub mod flagsmith;
pub mod lease;
pub mod metrics;
pub mod mirror;
pub mod operator;
pub mod server;
pub mod telemetry;
pub mod world;
