//! What the apiserver refuses at `kubectl apply`, in words that say what to do, and what it takes.

mod accepted;
mod edited;
mod publication;
mod refused;
mod segment;
mod settings;
