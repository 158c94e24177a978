//! The room that speaks to Flagsmith: a typed client of its admin REST API, one noun a file.
//!
//! A call takes from the request budget, waits for one of a few places, sends one request (a list: one a page) and says
//! what came back, as a value or as an [`Error`] that names who must act. The room decides nothing: it neither sleeps nor
//! retries, it follows no redirect, it keeps no state but the budget, and it never judges whether a write was wanted.
//! Whether a failed write may still have happened is the one thing it says of failures ([`Error::ambiguous`]).
//!
//! No key and no token leaves it: not in an error, a log line or a `Debug`.

mod budget;
mod call;
mod capability;
mod client;
mod credential;
mod document;
mod endpoint;
mod environment;
mod environment_making;
mod environment_settings;
mod error;
mod feature;
mod feature_state;
mod flag_rows;
mod future;
mod id;
mod identity;
mod key;
mod metadata;
mod organisation;
mod owner;
mod page;
mod people;
mod percentage;
mod project;
mod publisher;
mod reply;
mod right;
mod row_writes;
mod sdk;
mod segment;
mod server_key;
mod state;
mod tag;
mod update_flag;
mod value;
mod variant;
mod version;
mod wire;

#[cfg(test)]
mod leading;
#[cfg(test)]
mod older_routes;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod trips;

pub use budget::{Budget, Purpose};
pub use capability::{Capabilities, WritePath, WritePaths};
pub use client::{Client, Connect};
pub use credential::Credential;
pub use document::{Document, DocumentFlag, ShownSegment};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use environment::{Environment, EnvironmentPatch, NewEnvironment};
pub use environment_making::NewClone;
pub use environment_settings::{EnvironmentSettings, SettingsPatch};
pub use error::Error;
pub use feature::{Feature, FeatureList, FeaturePatch, NewFeature};
pub use feature_state::StateList;
pub use id::{
    EnvironmentId, EnvironmentName, FeatureId, FeatureName, GroupId, Identifier, IdentityId, OrganisationId,
    OrganisationName, ProjectId, ProjectName, SegmentId, SegmentName, ServerKeyId, TagId, UserId, Uuid, VariantId,
};
pub use identity::{IdentityOverride, IdentityOverrides, IdentityPatch};
pub use key::EnvironmentKey;
pub use organisation::{Organisation, Probe};
pub use owner::{OwnerStep, Owners};
pub use people::{Group, People, User};
pub use percentage::{InvalidPercentage, Percentage, Weights};
pub use project::{NewProject, Project, ProjectPatch, ProjectSettings};
pub use right::Right;
pub use sdk::{Person, Sdk, Served, ServedFlag};
pub use segment::{Condition, NewSegment, Rule, RuleType, Segment, SegmentPatch};
pub use server_key::{ServerKey, ServerKeyList};
pub use state::{FlagState, OverridePatch, SegmentOverride, StatePatch};
pub use tag::{NewTag, Tag};
pub use value::Value;
pub use variant::{NewVariant, Variant};
