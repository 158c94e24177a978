//! Documents that lag behind what was written.

use crate::answer::Answer;
use crate::environment::Environment;
use crate::store::Store;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Documents that are served in place of the true ones.
#[derive(Debug, Default)]
pub(crate) struct DocumentLag {
    /// How far documents are behind.
    pub(crate) lag: Duration,
    /// By environment, until thawed.
    frozen: BTreeMap<u64, Value>,
    /// By environment, the documents that writes have superseded, and when.
    superseded: BTreeMap<u64, Vec<(Instant, Value)>>,
}

impl Store {
    pub(crate) fn freeze_document(&mut self, key: &str) {
        let environment = self.environment_with_key(key);
        let document = environment.and_then(|each| Some((each.id, self.document(each).ok()?)));
        self.documents.frozen.extend(document);
    }

    pub(crate) fn thaw_document(&mut self, key: &str) {
        if let Some(id) = self.environment_with_key(key).map(|each| each.id) {
            self.documents.frozen.remove(&id);
        }
    }

    /// Keeps every document as it is before a write, while documents lag.
    pub(crate) fn remember_documents(&mut self) {
        let lag = self.documents.lag;
        if lag.is_zero() {
            return;
        }
        let now = Instant::now();
        let present = self.environments.values().filter(|each| !each.deleted);
        let documents: Vec<_> = present.filter_map(|each| Some((each.id, self.document(each).ok()?))).collect();
        for (id, document) in documents {
            let superseded = self.documents.superseded.entry(id).or_default();
            superseded.retain(|(at, _)| at.elapsed() < lag);
            superseded.push((now, document));
        }
    }

    /// The document as it is served: frozen, or as it was a lag ago.
    pub(crate) fn served_document(&self, environment: &Environment) -> Result<Value, Answer> {
        let frozen = self.documents.frozen.get(&environment.id);
        let superseded = self.documents.superseded.get(&environment.id);
        let mut superseded = superseded.into_iter().flatten();
        let old = superseded.find(|(at, _)| at.elapsed() < self.documents.lag);
        match frozen.or(old.map(|(_, document)| document)) {
            Some(document) => Ok(document.clone()),
            None => self.document(environment),
        }
    }
}
