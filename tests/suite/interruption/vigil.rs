//! After each write, whether the key that is published is a live one.

use std::sync::{Arc, Mutex};

use futures::FutureExt as _;

use super::{scenario::SERVER_KEY, world::World};

/// The entry of the Secret that is watched, and what Flagsmith said to what it held.
#[derive(Clone, Default)]
pub struct Vigil(Arc<Mutex<Said>>);

#[derive(Default)]
struct Said {
    is_kept: bool,
    asked: usize,
    /// After which write it was.
    refused: Vec<String>,
}

impl Vigil {
    /// Watches from now on.
    pub fn begin(&self, world: &World) {
        let (said, cluster, flagsmith) =
            (Arc::clone(&self.0), world.case.cluster.clone(), world.case.flagsmith.clone());
        said.lock().unwrap().is_kept = true;
        world.passage.look(Box::new(move |written| {
            let (said, cluster, flagsmith) = (Arc::clone(&said), cluster.clone(), flagsmith.clone());
            async move {
                let held = cluster.secret_entry("flagsmith-production", SERVER_KEY).await;
                let is_admitted = match &held {
                    Some(key) => flagsmith.admits(key).await,
                    None => false,
                };
                let mut said = said.lock().unwrap();
                said.asked += 1;
                if !is_admitted {
                    let what = held.map_or("holds no key", |_| "holds a key that is refused");
                    said.refused.push(format!("after {written} the Secret {what}"));
                }
            }
            .boxed()
        }));
    }

    /// Where it was begun: at no time was the published key a dead one.
    pub fn assert_never_refused(&self) {
        let said = self.0.lock().unwrap();
        assert!(said.refused.is_empty(), "{:#?}", said.refused);
        assert!(!said.is_kept || said.asked > 2, "it was asked {} times", said.asked);
    }
}
