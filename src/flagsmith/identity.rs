//! What a flag serves to single identities: kept apart from its state, and the same in both kinds of environment (facts.md §8).

use std::collections::BTreeMap;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Client, EnvironmentKey, Error, FeatureId, Identifier, IdentityId, Right, Value};

const ROWS: &str = "environments/{key}/featurestates";
const IDENTITIES: &str = "environments/{key}/identities";
const OVERRIDES: &str = "environments/{key}/identities/{identity}/featurestates";
const OVERRIDE: &str = "environments/{key}/identities/{identity}/featurestates/{state}";

/// What a flag serves to one identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityOverride {
    /// Whether the flag is on for it.
    pub enabled: bool,
    /// What it serves.
    pub value: Value,
}

/// What a flag serves to identities instead of its default.
pub type IdentityOverrides = BTreeMap<Identifier, IdentityOverride>;

/// What to change of what a flag serves to an identity; `None` leaves it as it is. One that is new needs both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IdentityPatch {
    /// Whether the flag shall be on for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// What it shall serve.
    #[serde(skip_serializing_if = "Option::is_none", rename = "feature_state_value")]
    pub value: Option<Value>,
}

#[derive(Deserialize)]
struct Row {
    id: i64,
    feature: FeatureId,
    enabled: bool,
    feature_state_value: Value,
    identity: Identity,
}

#[derive(Clone, Debug, Deserialize)]
struct Identity {
    id: IdentityId,
    identifier: Identifier,
}

#[derive(Serialize)]
struct NewIdentity<'a> {
    identifier: &'a Identifier,
}

#[derive(Serialize)]
struct New<'a> {
    feature: FeatureId,
    #[serde(flatten)]
    state: &'a IdentityPatch,
}

impl Client {
    /// The overrides of identities in an environment, of all features or of one. A feature without any is left out.
    ///
    /// # Errors
    /// Any [`Error`]; an environment that is gone is [`Error::NotFound`], one that is forbidden [`Error::Forbidden`].
    pub async fn identity_overrides(
        &self,
        key: &EnvironmentKey,
        feature: Option<FeatureId>,
    ) -> Result<BTreeMap<FeatureId, IdentityOverrides>, Error> {
        let mut overrides: BTreeMap<_, IdentityOverrides> = BTreeMap::new();
        for Row { feature, enabled, feature_state_value: value, identity, .. } in
            self.override_rows(key, feature).await?
        {
            overrides.entry(feature).or_default().insert(identity.identifier, IdentityOverride { enabled, value });
        }
        Ok(overrides)
    }

    /// Changes what the patch names of what a flag serves to an identity, and makes the identity where there is none.
    ///
    /// # Errors
    /// Any [`Error`]. [`Error::ambiguous`] may be true though only a read beforehand failed.
    pub async fn set_identity(
        &self,
        (key, feature): (&EnvironmentKey, FeatureId),
        identifier: &Identifier,
        patch: &IdentityPatch,
    ) -> Result<(), Error> {
        if let Some(row) = self.override_row((key, feature), identifier).await? {
            let call = below(Call::new(Method::PUT, OVERRIDE), key).with(row.identity.id).with(row.id);
            return self.send(&call.json(patch)?).await?.nothing();
        }
        let identity = self.made_identity(key, identifier).await?;
        let call = below(Call::new(Method::POST, OVERRIDES), key).with(identity.id);
        self.send(&call.json(&New { feature, state: patch })?).await?.nothing()
    }

    /// Has a flag serve its own to an identity again. The identity stays.
    ///
    /// # Errors
    /// Any [`Error`]. [`Error::ambiguous`] may be true though only a read beforehand failed.
    pub async fn remove_identity(
        &self,
        (key, feature): (&EnvironmentKey, FeatureId),
        identifier: &Identifier,
    ) -> Result<(), Error> {
        let Some(row) = self.override_row((key, feature), identifier).await? else { return Ok(()) };
        let call = below(Call::new(Method::DELETE, OVERRIDE), key).with(row.identity.id).with(row.id);
        self.send(&call).await?.nothing()
    }

    async fn override_rows(&self, key: &EnvironmentKey, feature: Option<FeatureId>) -> Result<Vec<Row>, Error> {
        let call = || {
            let call = Call::get(ROWS).needs(Right::ViewEnvironment).with_key(key).query("anyIdentity", 1);
            feature.iter().fold(call, |call, feature| call.query("feature", feature))
        };
        match self.list(call).await {
            Ok(list) => Ok(list.items),
            Err(error) => Err(self.refused_below(key, error).await),
        }
    }

    async fn override_row(
        &self,
        (key, feature): (&EnvironmentKey, FeatureId),
        identifier: &Identifier,
    ) -> Result<Option<Row>, Error> {
        let rows = self.override_rows(key, Some(feature)).await?;
        Ok(rows.into_iter().find(|row| row.identity.identifier == *identifier))
    }

    /// The identity of that name, which is made unless it is there.
    async fn made_identity(&self, key: &EnvironmentKey, identifier: &Identifier) -> Result<Identity, Error> {
        let call = Call::new(Method::POST, IDENTITIES).needs(Right::ManageIdentities).with_key(key);
        let refused = match self.ask::<Identity>(call.json(&NewIdentity { identifier })?).await {
            Err(error @ Error::Refused { .. }) => error,
            made => return made,
        };
        // In quotes the name is looked for as it is (facts.md §8).
        let quoted = format!("\"{identifier}\"");
        let call = || Call::get(IDENTITIES).needs(Right::ViewIdentities).with_key(key).query("q", &quoted);
        let found = self.list::<Identity>(call).await?.items.into_iter();
        found.into_iter().find(|one| one.identifier == *identifier).ok_or(refused)
    }
}

fn below(call: Call, key: &EnvironmentKey) -> Call {
    call.needs(Right::UpdateFeatureState).with_key(key)
}
