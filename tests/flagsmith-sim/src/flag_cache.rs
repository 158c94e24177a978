//! What SDKs are served from a cache, as where Flagsmith's `CACHE_FLAGS_SECONDS` or `GET_FLAGS_ENDPOINT_CACHE_SECONDS` is set.

use crate::store::Store;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The flags that were served, by key, and when they were looked up.
#[derive(Debug, Default)]
pub(crate) struct FlagCache {
    /// For how long they are served again.
    pub(crate) lag: Duration,
    kept: BTreeMap<String, (Instant, Value)>,
}

impl Store {
    /// The flags as they were looked up lately, or are now.
    pub(crate) fn cached_flags(&mut self, key: &str, now: Value) -> Value {
        let FlagCache { lag, kept } = &mut self.flag_cache;
        match kept.get(key) {
            Some((at, flags)) if at.elapsed() < *lag => flags.clone(),
            _ => {
                kept.insert(key.to_owned(), (Instant::now(), now.clone()));
                now
            }
        }
    }
}
