//! Metrics: few, and true. A label's value is from a closed list (a route's template, the name of a kind or of a change, a
//! word of an enum here), so that none ever holds a key, a token or an object's name.

mod outcome;

pub use outcome::{Outcome, Status};

use std::{
    borrow::Cow,
    fmt::{self, Debug},
    time::{Duration, Instant},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text},
    metrics::{counter::Counter, family::Family, gauge::ConstGauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

/// Before each metric's name.
const PREFIX: &str = "flagsmith_operator";
/// In seconds: from a fast single read to the default timeout.
const BUCKETS: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0];

/// In seconds: from an endpoint without a cache to one that lags as long as anybody waits.
const LIVE_BUCKETS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 90.0, 120.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    endpoint: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EndpointLabels {
    method: &'static str,
    endpoint: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TurnLabels {
    kind: Cow<'static, str>,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ChangeLabels {
    kind: Cow<'static, str>,
    change: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DriftLabels {
    kind: Cow<'static, str>,
    field: &'static str,
}

/// What is counted as it happens. A copy counts into the same.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<EndpointLabels, Histogram>,
    turns: Family<TurnLabels, Counter>,
    corrections: Family<ChangeLabels, Counter>,
    drifts: Family<DriftLabels, Counter>,
    live: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            turns: Family::default(),
            corrections: Family::default(),
            drifts: Family::default(),
            live: Histogram::new(LIVE_BUCKETS),
        }
    }
}

impl Metrics {
    /// A request is about to be sent. It is counted when it ends, however it ends.
    #[must_use]
    pub fn request(&self, method: &str, endpoint: &'static str) -> Pending<'_> {
        let labels = EndpointLabels { method: verb(method), endpoint };
        Pending { metrics: self, labels, began: Instant::now(), status: Status::Abandoned }
    }

    /// A turn of an object of that kind ended.
    pub fn turn(&self, kind: Cow<'static, str>, outcome: Outcome) {
        self.turns.get_or_create(&TurnLabels { kind, outcome: outcome.into() }).inc();
    }

    /// What had drifted was put right by a change of that name.
    pub fn correction(&self, kind: Cow<'static, str>, change: &'static str) {
        self.corrections.get_or_create(&ChangeLabels { kind, change }).inc();
    }

    /// A field of that name was changed in Flagsmith under an object that was ready.
    pub fn drift(&self, kind: Cow<'static, str>, field: &'static str) {
        self.drifts.get_or_create(&DriftLabels { kind, field }).inc();
    }

    /// SDKs were seen to be served an edit, so many seconds after it.
    pub fn live(&self, seconds: f64) {
        self.live.observe(seconds.max(0.0));
    }

    /// All of it as a registry, with what is looked up when it is asked for.
    pub fn registry(&self, present: impl Present) -> Registry {
        let Self { requests, durations, turns, corrections, drifts, live } = self.clone();
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register("build", "The operator", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        registry.register("flagsmith_requests", "Requests to Flagsmith by what became of them", requests);
        let help = "From a request's first byte to its answer's last";
        registry.register_with_unit("flagsmith_request_duration", help, Unit::Seconds, durations);
        registry.register("reconciles", "Looks at an object by what came of them", turns);
        registry.register("drift_corrections", "Writes that put right what had changed in Flagsmith", corrections);
        registry.register("drifts", "Fields that changed in Flagsmith under an object that was ready", drifts);
        let help = "From an edit of a flag to when SDKs were seen to be served it, by environment. Kubernetes notes the time of an edit by the second, so that it is up to 1 s less";
        registry.register_with_unit("live", help, Unit::Seconds, live);
        registry.register_collector(Box::new(Gauges(present)));
        registry
    }
}

/// A request that is under way.
#[derive(Debug)]
pub struct Pending<'a> {
    metrics: &'a Metrics,
    labels: EndpointLabels,
    began: Instant,
    status: Status,
}

impl Pending<'_> {
    /// It ended, and so.
    pub fn ended(mut self, status: Status) {
        self.status = status;
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        let EndpointLabels { method, endpoint } = self.labels;
        let labels = RequestLabels { method, endpoint, status: self.status.into() };
        self.metrics.requests.get_or_create(&labels).inc();
        self.metrics.durations.get_or_create(&self.labels).observe(self.began.elapsed().as_secs_f64());
    }
}

fn verb(method: &str) -> &'static str {
    ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().find(|verb| *verb == method).unwrap_or("other")
}

/// What is so at the moment.
pub trait Present: Debug + Send + Sync + 'static {
    /// Whether this replica leads.
    fn leads(&self) -> bool;
    /// For each mirror, how long ago its project was last read without an error.
    fn mirror_ages(&self) -> Vec<Duration>;
}

#[derive(Debug)]
struct Gauges<P>(P);

impl<P: Present> Collector for Gauges<P> {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let mut gauge = |name, help, unit: Option<&Unit>, value: f64| {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, unit, gauge.metric_type())?)
        };
        gauge("leader", "1 on the replica that leads", None, f64::from(u8::from(self.0.leads())))?;
        let ages = self.0.mirror_ages();
        let mirrors = u32::try_from(ages.len()).unwrap_or(u32::MAX);
        gauge("mirrors", "Projects that are being read, by connection", None, f64::from(mirrors))?;
        if let Some(oldest) = ages.into_iter().max() {
            let help = "How long ago the project that was read least recently was read without an error";
            gauge("mirror_age", help, Some(&Unit::Seconds), oldest.as_secs_f64())?;
        }
        Ok(())
    }
}

/// A registry as `OpenMetrics` text, and what kind of content that is.
#[must_use]
pub fn exposition(registry: &Registry) -> (&'static str, String) {
    let mut text = String::new();
    // A String takes all that is written to it.
    let _ = text::encode(&mut text, registry);
    ("application/openmetrics-text; version=1.0.0; charset=utf-8", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Idle;

    impl Present for Idle {
        fn leads(&self) -> bool {
            false
        }

        fn mirror_ages(&self) -> Vec<Duration> {
            vec![Duration::from_secs(3), Duration::from_millis(7500)]
        }
    }

    #[test]
    fn a_request_is_counted_however_it_ends() {
        let metrics = Metrics::default();
        metrics.request("GET", "projects").ended(Status::from(200));
        metrics.request("GET", "projects").ended(Status::from(418));
        drop(metrics.request("BREW", "projects"));
        metrics.turn(Cow::Borrowed("FeatureFlag"), Outcome::RateLimited);
        metrics.correction(Cow::Borrowed("FeatureFlag"), "SetState");
        metrics.drift(Cow::Borrowed("FeatureFlag"), "enabled");
        let (_, text) = exposition(&metrics.registry(Idle));
        for line in [
            r#"flagsmith_operator_flagsmith_requests_total{method="GET",endpoint="projects",status="2xx"} 1"#,
            r#"flagsmith_operator_flagsmith_requests_total{method="GET",endpoint="projects",status="4xx"} 1"#,
            r#"flagsmith_operator_flagsmith_requests_total{method="other",endpoint="projects",status="abandoned"} 1"#,
            r#"flagsmith_operator_flagsmith_request_duration_seconds_count{method="GET",endpoint="projects"} 2"#,
            r#"flagsmith_operator_reconciles_total{kind="FeatureFlag",outcome="rate_limited"} 1"#,
            r#"flagsmith_operator_drift_corrections_total{kind="FeatureFlag",change="SetState"} 1"#,
            r#"flagsmith_operator_drifts_total{kind="FeatureFlag",field="enabled"} 1"#,
            "flagsmith_operator_leader 0.0",
            "flagsmith_operator_mirrors 2.0",
            "flagsmith_operator_mirror_age_seconds 7.5",
            concat!(r#"flagsmith_operator_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
            "# EOF",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
        }
    }
}
