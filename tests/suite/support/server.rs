//! The kinds of Flagsmith server that the operator must do on.

use std::time::Duration;

use flagsmith_sim::{Builder, Sim};

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The release that the stand-in is held to.
    Current,
    /// A release without `/api/__future__/`.
    BeforeFuture,
    /// A release without `update-flag-v2` too.
    BeforeUpdateFlag,
    /// The current one, built without its release's number.
    Unnamed,
    /// The current one, behind a gateway that lets `/api/v1/` through and nothing else.
    Gateway,
    /// The current one, with one project in each organisation, as the open-source edition has it.
    OneProject,
    /// The current one, with documents that lag by some seconds.
    Lagging,
}

/// Three polls and more.
const LAG: Duration = Duration::from_secs(4);

impl Server {
    /// Starts one: a stand-in, or a real Flagsmith with something in front of it that makes it such a one.
    pub async fn start(self) -> Sim {
        let builder = match real() {
            Some((url, token)) => Sim::builder().in_front_of(&url, &token),
            None => Sim::builder(),
        };
        let sim = self.shape(builder).start().await;
        if self == Self::Lagging {
            sim.document_lag(LAG);
        }
        sim
    }

    fn shape(self, builder: Builder) -> Builder {
        match self {
            Self::Current | Self::Lagging => builder,
            Self::BeforeFuture => builder.version("2.262.0").without_future(),
            Self::BeforeUpdateFlag => builder.version("2.204.0").without_future().without_update_flag(),
            Self::Unnamed => builder.version("unknown"),
            Self::Gateway => builder.without_future().without_update_flag(),
            Self::OneProject => builder.one_project_per_organisation(),
        }
    }

    /// The routes that a connection says are in use, in versioned environments and in the others.
    pub fn write_paths(self) -> [&'static str; 2] {
        match self {
            Self::Current | Self::Unnamed | Self::OneProject | Self::Lagging => ["Future", "Future"],
            Self::BeforeFuture => ["UpdateFlag", "UpdateFlag"],
            Self::BeforeUpdateFlag | Self::Gateway => ["Versions", "FeatureStates"],
        }
    }
}

/// The address and the token of a real Flagsmith, where the suite is to run on one.
pub fn real() -> Option<(String, String)> {
    Some((std::env::var("FLAGSMITH_API_URL").ok()?, std::env::var("FLAGSMITH_TOKEN").ok()?))
}
