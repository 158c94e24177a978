//! The server that is held to the contract.

use flagsmith_sim::{Builder, Sim};

/// Where the exchanges of a run go, and which server had them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// The stand-in, which each test has for itself.
    StandIn,
    /// A real Flagsmith that all tests share. A stand-in stands in front of it and writes down what passes.
    Real {
        /// Its API URL.
        url: String,
        /// A superuser's account token.
        token: String,
    },
}

impl Server {
    /// What the environment asks for.
    pub fn chosen() -> Self {
        match (std::env::var("FLAGSMITH_API_URL"), std::env::var("FLAGSMITH_TOKEN")) {
            (Ok(url), Ok(token)) => Self::Real { url, token },
            _ => Self::StandIn,
        }
    }

    /// How its figures are filed.
    pub fn name(&self) -> &'static str {
        match self {
            Self::StandIn => "stand-in",
            Self::Real { .. } => "real",
        }
    }

    /// Whether what is exchanged becomes the recording, instead of being compared with it.
    pub fn records(&self) -> bool {
        *self != Self::StandIn && std::env::var("FLAGSMITH_RECORD").is_ok_and(|value| value == "1")
    }

    /// Starts what the tests speak to.
    pub async fn start(&self, shape: impl FnOnce(Builder) -> Builder) -> Sim {
        let builder = match self {
            // As the open-source edition has it, which is what is recorded.
            Self::StandIn => Sim::builder().one_project_per_organisation(),
            Self::Real { url, token } => Sim::builder().in_front_of(url, token),
        };
        shape(builder).start().await
    }
}
