//! What the client itself sent, by its own account: its log names the route as a template.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// One call: its method, its route, and the status of the answer, if there was one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sent {
    pub method: String,
    pub route: String,
    pub status: Option<u64>,
}

impl Visit for Sent {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = Some(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "route" {
            value.clone_into(&mut self.route);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "method" {
            self.method = format!("{value:?}");
        }
    }
}

/// The calls of one test. It listens on the test's thread, which is the only one that a test has.
pub struct Calls {
    heard: Heard,
    _listening: DefaultGuard,
}

impl Calls {
    pub fn listen() -> Self {
        let heard = Heard::default();
        let listening = tracing::subscriber::set_default(Registry::default().with(heard.clone()));
        Self { heard, _listening: listening }
    }

    pub fn all(&self) -> Vec<Sent> {
        self.heard.0.lock().unwrap().clone()
    }
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Sent>>>);

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut sent = Sent::default();
        event.record(&mut sent);
        if !sent.route.is_empty() {
            self.0.lock().unwrap().push(sent);
        }
    }
}
