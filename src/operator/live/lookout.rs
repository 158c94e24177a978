//! Looks at what SDKs are served in one environment, while somebody waits to see it there, and tells them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use k8s_openapi::jiff::Timestamp;
use kube::{ResourceExt as _, runtime::reflector::ObjectRef};
use tokio::sync::Notify;

use super::vigil::{Order, View, Vigil, pause};
use crate::operator::watch::wake::Messenger;
use crate::{
    crd::FeatureFlag,
    flagsmith::{EnvironmentKey, Error, Person, ProjectId, Sdk, Served},
    metrics::Metrics,
};

/// For so long nobody else came to wait, and the endpoint is asked: flags that are written together are seen together.
const QUIET: Duration = Duration::from_millis(500);
/// They are waited for no longer than this.
const LONGEST_GATHERING: Duration = Duration::from_secs(3);
/// Between two requests, whoever comes to wait.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// Who waits.
#[derive(Clone, Debug)]
pub struct Watcher {
    /// The object.
    pub object: ObjectRef<FeatureFlag>,
    /// Its uid.
    pub uid: String,
    /// The project that it is looked at in.
    pub project: ProjectId,
}

/// What an object has watched for.
#[derive(Debug)]
struct Watched {
    object: ObjectRef<FeatureFlag>,
    vigils: Vec<Vigil>,
}

/// What a lookout stands on.
#[derive(Clone, Debug)]
pub struct Post {
    /// How it asks.
    pub sdk: Sdk,
    /// Who is told, and by what queues.
    pub messenger: Arc<Messenger>,
    /// Where it is measured how long an edit takes.
    pub metrics: Metrics,
    /// How long ago a look must be, for one that is to be repeated.
    pub interval: Duration,
}

/// Watches one environment.
#[derive(Debug)]
pub struct Lookout {
    post: Post,
    key: EnvironmentKey,
    /// By uid.
    watched: Mutex<BTreeMap<String, Watched>>,
    bell: Notify,
}

impl Lookout {
    /// One for which nobody waits.
    #[must_use]
    pub fn new(post: Post, key: EnvironmentKey) -> Self {
        Self { post, key, watched: Mutex::default(), bell: Notify::new() }
    }

    /// The key by which it asks.
    #[must_use]
    pub fn key(&self) -> &EnvironmentKey {
        &self.key
    }

    /// Has these watched for, and no others of that object; gives what is known of each. It does not wait.
    pub fn watch(&self, watcher: &Watcher, orders: Vec<Order>) -> Vec<View> {
        let now = Instant::now();
        let mut held = self.watched();
        let mut before = held.remove(&watcher.uid).map(|held| held.vigils).unwrap_or_default();
        let follow = |order: Order| match before.iter().position(|one| one.is_for(&order.aim)) {
            Some(place) => before.swap_remove(place).follow(order, (now, self.post.interval)),
            None => Vigil::new(order, now),
        };
        let vigils: Vec<_> = orders.into_iter().map(follow).collect();
        let views = vigils.iter().map(Vigil::view).collect();
        // Only a watch that begins now is looked at at once; who asks how one goes waits for the next look.
        if vigils.iter().any(|vigil| vigil.began_at(now)) {
            self.bell.notify_one();
        }
        held.insert(watcher.uid.clone(), Watched { object: watcher.object.clone(), vigils });
        views
    }

    /// Watches for nothing of that object any longer.
    pub fn forget(&self, uid: &str) {
        self.watched().remove(uid);
    }

    /// Looks whenever somebody waits, for ever.
    pub async fn keep(self: Arc<Self>) {
        loop {
            self.bell.notified().await;
            self.stand().await;
        }
    }

    /// Looks until nobody waits.
    async fn stand(&self) {
        self.gather().await;
        let mut before = None;
        loop {
            let asked_to_wait = self.look().await;
            if self.questions().is_empty() {
                return;
            }
            let wait = pause(before).max(asked_to_wait);
            let shortest = SHORTEST_PAUSE.max(asked_to_wait);
            tokio::select! {
                () = tokio::time::sleep(wait) => before = Some(wait),
                // Whoever came now is told soon; those who lag are asked after with them.
                () = self.bell.notified() => {
                    tokio::time::sleep(shortest).await;
                    self.gather().await;
                    before = None;
                }
            }
        }
    }

    async fn gather(&self) {
        let all = async { while tokio::time::timeout(QUIET, self.bell.notified()).await.is_ok() {} };
        let _ = tokio::time::timeout(LONGEST_GATHERING, all).await;
    }

    /// Asks once for each whom somebody waits for. Gives how long the endpoint asks to be left alone.
    async fn look(&self) -> Duration {
        for question in self.questions() {
            let sent = Instant::now();
            let answer = match &question {
                None => self.post.sdk.flags(&self.key).await,
                Some(person) => self.post.sdk.flags_of(&self.key, person).await,
            };
            // Where there is no way to it, the other questions need not be sent to find that out.
            let is_cut_off = answer.as_ref().is_err_and(is_of_the_endpoint);
            self.take(|asked| is_cut_off || asked == question.as_ref(), &answer, sent);
            if is_cut_off {
                return answer.as_ref().err().map_or(Duration::ZERO, asked_to_wait);
            }
        }
        Duration::ZERO
    }

    /// Whom to ask for, each once. Who is gone waits no longer.
    fn questions(&self) -> Vec<Option<Person>> {
        let flags = &self.post.messenger.stores.flags;
        let mut held = self.watched();
        held.retain(|uid, one| flags.get(&one.object).is_some_and(|flag| flag.uid().as_ref() == Some(uid)));
        let mut questions = Vec::new();
        for vigil in held.values().flat_map(|one| &one.vigils).filter(|vigil| vigil.is_open()) {
            if !questions.iter().any(|known: &Option<Person>| known.as_ref() == vigil.person()) {
                questions.push(vigil.person().cloned());
            }
        }
        questions
    }

    fn take(&self, concerns: impl Fn(Option<&Person>) -> bool, answer: &Result<Served, Error>, sent: Instant) {
        let now = Instant::now();
        for Watched { object, vigils } in self.watched().values_mut() {
            let news: Vec<_> = vigils
                .iter_mut()
                .filter(|vigil| concerns(vigil.person()))
                .map(|vigil| vigil.take(answer, (sent, now)))
                .collect();
            for edited in news.iter().filter_map(|news| news.live_since) {
                self.post.metrics.live(Timestamp::now().duration_since(edited).as_secs_f64());
            }
            if news.iter().any(|news| news.is_told) {
                self.post.messenger.wakes.flags.wake(object.clone());
            }
        }
    }

    fn watched(&self) -> MutexGuard<'_, BTreeMap<String, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an error is of the endpoint, and not of the question.
fn is_of_the_endpoint(error: &Error) -> bool {
    match error {
        Error::Refused { .. } | Error::Shape { .. } | Error::Server { .. } => false,
        Error::CredentialRefused { .. }
        | Error::Forbidden { .. }
        | Error::NotFound
        | Error::RouteMissing
        | Error::ChangeRequests
        | Error::Throttled { .. }
        | Error::BudgetSpent { .. }
        | Error::NotLeading(_)
        | Error::Withdrawn
        | Error::Timeout { .. }
        | Error::Unreachable { .. }
        | Error::NotFlagsmith { .. } => true,
    }
}

fn asked_to_wait(error: &Error) -> Duration {
    match error {
        Error::Throttled { retry_after } => *retry_after,
        _ => Duration::ZERO,
    }
}
