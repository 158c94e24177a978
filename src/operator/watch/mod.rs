//! What is seen of the cluster, kept in memory, and who is woken by it. Nothing here is written.

pub mod bulletin;
pub mod gathering;
pub mod namespaces;
pub mod readers;
pub mod spread;
pub mod stores;
pub mod wake;
