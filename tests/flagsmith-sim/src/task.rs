//! What the task processor does in its own time: switches to versions, and copies of flags. A task reads its environment
//! when it begins and writes the whole of it at its end, so that what is written meanwhile is lost.

use crate::field::Attributes;
use crate::store::Store;
use std::time::{Duration, Instant};

/// The tasks that are under way, and how long each takes.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) delay: Duration,
    queue: Vec<Task>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Gives each flag of an environment its first version.
    Version,
    /// Copies the flags of another environment.
    Copy { from: u64 },
}

#[derive(Debug)]
struct Task {
    due: Instant,
    environment: u64,
    work: Work,
    attributes: Attributes,
    key: String,
    horizon: u64,
}

impl Store {
    /// Begins a task, which is done at once unless tasks take time.
    pub(crate) fn begin_task(&mut self, environment: u64, work: Work) {
        let found = self.environments.get(&environment);
        let (attributes, key) = found.map(|found| (found.attributes.clone(), found.key.clone())).unwrap_or_default();
        let (due, horizon) = (Instant::now() + self.tasks.delay, self.horizon());
        self.tasks.queue.push(Task { due, environment, work, attributes, key, horizon });
        self.end_tasks();
    }

    /// Copies flags into a new environment, at once or in the background.
    pub(crate) fn copy_environment(&mut self, (from, to): (u64, u64), in_background: bool) {
        let delay = self.tasks.delay;
        if !in_background {
            self.tasks.delay = Duration::ZERO;
        }
        self.begin_task(to, Work::Copy { from });
        self.tasks.delay = delay;
    }

    /// Does what is due.
    pub(crate) fn end_tasks(&mut self) {
        let now = Instant::now();
        for task in self.tasks.queue.extract_if(.., |task| task.due <= now).collect::<Vec<_>>() {
            self.end_task(task);
        }
    }

    fn end_task(&mut self, task: Task) {
        let Task { environment, work, attributes, key, horizon, due: _ } = task;
        match work {
            Work::Version => self.enable_versioning(environment, horizon),
            Work::Copy { from } => self.copy_states(from, environment),
        }
        let horizon = self.horizon();
        if let Some(found) = self.environments.get_mut(&environment) {
            (found.attributes, found.key) = (attributes, key);
            found.creating = false;
            // Those that were copied have versions where the environment has.
            if found.versioned && matches!(work, Work::Copy { .. }) {
                self.enable_versioning(environment, horizon);
            }
        }
        self.touch(environment);
    }
}
