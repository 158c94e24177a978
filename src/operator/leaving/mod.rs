//! The way out: what is done in Flagsmith before an object may go, and what keeps it.

pub mod departure;
pub mod exit;
pub mod parting;
pub mod project_exit;
pub mod site;
pub mod sweep;
pub mod tie;
pub mod whereabouts;
