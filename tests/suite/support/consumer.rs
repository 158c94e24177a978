//! An application that reads a key from a Secret and asks Flagsmith for its flags with it, again and again.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{case::Case, wait::BETWEEN_LOOKS};

/// What came of its requests so far.
#[derive(Debug, Default)]
struct Figures {
    asked: AtomicUsize,
    refused: AtomicUsize,
}

/// It asks until this is dropped.
#[derive(Debug)]
pub struct Consumer {
    figures: Arc<Figures>,
    task: tokio::task::AbortHandle,
}

impl Consumer {
    /// One that reads that entry of that Secret.
    pub fn start(case: &Case, (secret, entry): (&'static str, &'static str)) -> Self {
        let (cluster, flagsmith, figures) =
            (case.cluster.clone(), case.flagsmith.clone(), Arc::new(Figures::default()));
        let held = Arc::clone(&figures);
        let task = tokio::spawn(async move {
            let mut pace = tokio::time::interval(BETWEEN_LOOKS);
            loop {
                pace.tick().await;
                if let Some(key) = cluster.secret_entry(secret, entry).await {
                    let is_served = flagsmith.admits(&key).await;
                    held.asked.fetch_add(1, Ordering::Relaxed);
                    held.refused.fetch_add(usize::from(!is_served), Ordering::Relaxed);
                }
            }
        });
        Self { figures, task: task.abort_handle() }
    }

    /// How many requests it made, and how many of them were refused.
    pub fn figures(&self) -> (usize, usize) {
        (self.figures.asked.load(Ordering::Relaxed), self.figures.refused.load(Ordering::Relaxed))
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
