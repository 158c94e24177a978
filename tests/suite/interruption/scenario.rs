//! What an operator is cut off in.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object, Plan};

/// The entry of the Secret that holds a server-side key.
pub const SERVER_KEY: &str = "FLAGSMITH_SERVER_KEY";
const NAME: &str = "flagsmith-production";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What an operator is cut off in: what was there before, and what is asked for then. It may be asked for twice, for whoever
/// waits for it begins anew after each cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    Environment,
    Copy,
    EnvironmentDeletion,
    ServerKey,
    ClientKey,
    Flag { versioned: bool },
    FlagDeletion,
}

impl Scenario {
    pub fn plan(self) -> Plan {
        let plan = Case::plan().versioned(self == Self::Flag { versioned: true });
        // Whoever moves Flagsmith's clock does not wake the operator.
        if self == Self::ServerKey { plan.resync("1s") } else { plan }
    }

    /// Whether the server-side key that is published must never be refused.
    pub fn is_watched(self) -> bool {
        self == Self::ServerKey
    }

    /// Whether what it is asked of was there before, so that a write may be mistaken for one of its own.
    pub fn has_a_past(self) -> bool {
        !matches!(self, Self::Environment | Self::Copy | Self::Flag { .. })
    }

    /// The object that it is about.
    pub fn about(self) -> (Kind, &'static str) {
        match self {
            Self::Environment | Self::Copy | Self::EnvironmentDeletion => (Kind::Environment, "staging"),
            Self::ServerKey | Self::ClientKey => (Kind::Environment, "production"),
            Self::Flag { .. } | Self::FlagDeletion => (Kind::Flag, "checkout"),
        }
    }

    /// Makes what is there before.
    pub async fn prepare(self, case: &Case) {
        match self {
            Self::Environment | Self::Flag { .. } => {}
            Self::Copy | Self::FlagDeletion => flag(case).await,
            Self::EnvironmentDeletion => environment(case).await,
            Self::ServerKey => {
                case.apply_environment("production", with_server_key(NAME)).await;
                case.until_ready(Kind::Environment, "production").await;
            }
            Self::ClientKey => {
                let published = json!({"secret": {"name": NAME}, "configMap": {"name": NAME}});
                case.apply_environment("production", published).await;
                case.until_ready(Kind::Environment, "production").await;
            }
        }
    }

    /// Asks for it, and waits until it is done.
    pub async fn act(self, case: &Case) {
        match self {
            Self::Environment => environment(case).await,
            Self::Copy => {
                let copy = json!({"cloneFrom": "production", "secret": {"name": "flagsmith-staging"}});
                case.apply_environment("staging", copy).await;
                case.until_ready(Kind::Environment, "staging").await;
            }
            Self::EnvironmentDeletion => {
                delete(case, (Kind::Environment, "staging")).await;
                // Kubernetes deletes what belongs to it.
                let is_bare = async || case.cluster.list(Kind::Secret).await.len() == 1;
                case.eventually("the token's Secret is left alone", is_bare).await;
            }
            Self::ServerKey => rotate_server_key(case).await,
            Self::ClientKey => {
                annotate(case, "rotate-client-key").await;
                until_answered(case, "/status/handledRotateClientKey").await;
            }
            Self::Flag { .. } => flag(case).await,
            Self::FlagDeletion => delete(case, (Kind::Flag, "checkout")).await,
        }
    }
}

fn with_server_key(name: &str) -> Value {
    let keys = json!([
        {"key": "FLAGSMITH_ENVIRONMENT_KEY", "from": "EnvironmentKey"},
        {"key": SERVER_KEY, "from": "ServerKey", "name": "backend"},
    ]);
    json!({"secret": {"name": name, "keys": keys}, "serverKeys": [{"name": "backend"}]})
}

async fn environment(case: &Case) {
    let mut fields = with_server_key("flagsmith-staging");
    fields["configMap"] = json!({"name": "flagsmith-staging"});
    fields["deletionPolicy"] = json!("Delete");
    case.apply_environment("staging", fields).await;
    case.until_ready(Kind::Environment, "staging").await;
}

async fn flag(case: &Case) {
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
}

async fn delete(case: &Case, (kind, name): (Kind, &str)) {
    if case.cluster.find(kind, name).await.is_some_and(|one| one.at("/metadata/deletionTimestamp").is_null()) {
        case.cluster.delete(kind, name).await;
    }
    case.until_gone(kind, name).await;
}

async fn annotate(case: &Case, what: &str) {
    let patch = json!({"metadata": {"annotations": {format!("flagsmith-operator.dev/{what}"): "now"}}});
    case.cluster.edit(Kind::Environment, "production", patch).await;
}

async fn until_answered(case: &Case, answer: &str) {
    let is_answered = |one: &Object| one.at(answer) == "now" && one.is_ready();
    case.until(Kind::Environment, "production", ("answering", is_answered)).await;
}

async fn rotate_server_key(case: &Case) {
    annotate(case, "rotate-server-keys").await;
    until_answered(case, "/status/handledRotateServerKeys").await;
    case.sim.advance(DAY + Duration::from_secs(5));
    let is_alone = async || case.flagsmith.server_keys(&case.production).await.len() == 1;
    case.eventually("the former key is deleted", is_alone).await;
    case.until_ready(Kind::Environment, "production").await;
}
