//! The one road of every kind: what the driver does at each turn, in what order, and what it says of it. It knows no kind.
//!
//! A turn: finalizer → `fetch` (what the object stands on, from the stores) → `resolve` (pure: what is desired) → `observe` (the
//! mirror) → `look_ahead` (pure: the plan, less what is left to stand) → `record`, `remember` (what must outlive a crash) → `apply`,
//! and so again until nothing is left to do; then `settle` (pure: the status) → `own` (what differs) → `attest` (what SDKs are
//! served) → `deliver` (keys) → `publish` (a session) → `conclude` (conditions, the one status write, Events) → `requeue` (pure).

pub mod backoff;
pub mod condition;
pub mod drift;
pub mod driver;
pub mod event;
pub mod finalizer;
pub mod inquiry;
pub mod managed;
pub mod outlook;
pub mod replica;
pub mod request;
pub mod rooms;
pub mod status;
pub mod stop;
pub mod tally;
pub mod tell;
pub mod writing;
