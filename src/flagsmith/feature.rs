//! Features: what a project defines of a flag, the same in all its environments.

use std::collections::BTreeSet;

use k8s_openapi::jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{
    Client, Error, FeatureId, FeatureName, Group, GroupId, ProjectId, Right, TagId, User, UserId, Uuid, Variant,
};

const FEATURES: &str = "projects/{project}/features";
const FEATURE: &str = "projects/{project}/features/{feature}";
/// The most that Flagsmith gives on a page (facts.md §4).
const PAGE_SIZE: u32 = 999;

/// A feature's definition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Feature {
    /// Its number.
    pub id: FeatureId,
    /// Its identity.
    pub uuid: Uuid,
    /// Its name.
    pub name: FeatureName,
    /// What people are told of it; Flagsmith keeps none and the empty text apart.
    pub description: Option<String>,
    /// When it was made, by the server's clock.
    pub created_date: Timestamp,
    /// What an environment starts with: a text whatever was sent, its type guessed anew by each environment (facts.md §4).
    pub initial_value: Option<String>,
    /// Whether it starts enabled in an environment.
    pub default_enabled: bool,
    /// Whether it is archived: set aside in Flagsmith's pages, served all the same (facts.md §4).
    pub is_archived: bool,
    /// Whether only server-side keys are told of it.
    #[serde(default)]
    pub is_server_key_only: bool,
    /// Its tags, Flagsmith's own too.
    #[serde(default)]
    pub tags: BTreeSet<TagId>,
    /// The users who own it.
    #[serde(default)]
    pub owners: Vec<User>,
    /// The groups that own it.
    #[serde(default)]
    pub group_owners: Vec<Group>,
    /// Its variants; one that has any is multivariate.
    #[serde(default, rename = "multivariate_options")]
    pub variants: Vec<Variant>,
}

/// All features of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureList {
    /// The features, archived ones too.
    pub features: Vec<Feature>,
    /// The server's clock when it gave the first page, to the second; absent where a proxy drops it.
    pub date: Option<Timestamp>,
}

/// A feature to be made; `None` leaves the choice to Flagsmith.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewFeature {
    /// Its name: 1 to 2,000 characters, blanks around it are dropped (facts.md §4).
    pub name: FeatureName,
    /// What people are told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it starts enabled in an environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_enabled: Option<bool>,
    /// What an environment starts with. A text that reads as an integer or a boolean becomes one there (facts.md §4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_value: Option<String>,
    /// Its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeSet<TagId>>,
    /// Whether only server-side keys are told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_server_key_only: Option<bool>,
    /// Whether it is archived from the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_archived: Option<bool>,
    /// The users who own it. Without any, whoever makes it owns it (facts.md §4).
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub owners: BTreeSet<UserId>,
    /// The groups that own it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub group_owners: BTreeSet<GroupId>,
}

impl NewFeature {
    /// A feature of that name, all else of it left to Flagsmith.
    #[must_use]
    pub fn named(name: FeatureName) -> Self {
        Self {
            name,
            description: None,
            default_enabled: None,
            initial_value: None,
            tags: None,
            is_server_key_only: None,
            is_archived: None,
            owners: BTreeSet::new(),
            group_owners: BTreeSet::new(),
        }
    }
}

/// What to change of a feature; `None` leaves it as it is. Flagsmith ignores all changes of name, `initial_value` and
/// `default_enabled` (facts.md §4), so they are not here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeaturePatch {
    /// Its new description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it shall be archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_archived: Option<bool>,
    /// Whether only server-side keys shall be told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_server_key_only: Option<bool>,
    /// All tags that it shall have, Flagsmith's own too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeSet<TagId>>,
}

impl Client {
    /// All features of a project, 999 a page; slow where there are many (facts.md §15).
    ///
    /// # Errors
    /// Any [`Error`]; a project that is gone and one that is forbidden are both [`Error::NotFound`] (facts.md §1).
    pub async fn features(&self, project: ProjectId) -> Result<FeatureList, Error> {
        let listing = self
            .list(|| Call::get(FEATURES).needs(Right::ViewProject).with(project).query("page_size", PAGE_SIZE))
            .await?;
        Ok(FeatureList { features: listing.items, date: listing.date })
    }

    /// One feature.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] where it is gone or hidden.
    pub async fn feature(&self, project: ProjectId, id: FeatureId) -> Result<Feature, Error> {
        self.ask(Call::get(FEATURE).needs(Right::ViewProject).with(project).with(id)).await
    }

    /// Makes a feature.
    ///
    /// # Errors
    /// Any [`Error`]; a name that is taken, whatever its case, is [`Error::Refused`], but [`Error::Server`] where two race
    /// (facts.md §4).
    pub async fn create_feature(&self, project: ProjectId, new: &NewFeature) -> Result<Feature, Error> {
        self.ask(Call::new(Method::POST, FEATURES).needs(Right::CreateFeature).with(project).json(new)?).await
    }

    /// Changes a feature's definition and gives it as it then is.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn update_feature(
        &self,
        project: ProjectId,
        id: FeatureId,
        patch: &FeaturePatch,
    ) -> Result<Feature, Error> {
        self.ask(Call::new(Method::PATCH, FEATURE).needs(Right::CreateFeature).with(project).with(id).json(patch)?)
            .await
    }

    /// Deletes a feature, with its state in every environment.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] where it is gone already or hidden, which the caller judges.
    pub async fn delete_feature(&self, project: ProjectId, id: FeatureId) -> Result<(), Error> {
        self.send(&Call::new(Method::DELETE, FEATURE).needs(Right::DeleteFeature).with(project).with(id))
            .await?
            .nothing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_as_recorded_is_read() {
        let recorded = r#"{"id": 5, "name": "banner_text", "type": "STANDARD", "default_enabled": true,
            "initial_value": "hello", "created_date": "2026-11-24T14:29:48.690318Z", "description": null, "tags": [2],
            "multivariate_options": [], "is_archived": false, "owners": [{"id": 1, "email": "admin@example.com"}],
            "group_owners": [],
            "uuid": "11509ab8-b5cd-44bb-b373-fb0b49c80552", "project": 2, "environment_feature_state": null}"#;
        let feature: Feature = serde_json::from_str(recorded).unwrap();
        let expected = Feature {
            id: FeatureId(5),
            uuid: "11509ab8-b5cd-44bb-b373-fb0b49c80552".into(),
            name: "banner_text".into(),
            description: None,
            created_date: "2026-11-24T14:29:48.690318Z".parse().unwrap(),
            initial_value: Some("hello".to_owned()),
            default_enabled: true,
            is_archived: false,
            is_server_key_only: false,
            tags: [TagId(2)].into(),
            owners: vec![User { id: UserId(1), email: "admin@example.com".to_owned() }],
            group_owners: Vec::new(),
            variants: Vec::new(),
        };
        assert_eq!(feature, expected);
    }

    #[test]
    fn a_new_feature_sends_only_what_it_names() {
        let bare = NewFeature::named("f".into());
        assert_eq!(serde_json::to_string(&bare).unwrap(), r#"{"name":"f"}"#);
        let full = NewFeature {
            description: Some("d".to_owned()),
            default_enabled: Some(false),
            initial_value: Some("42".to_owned()),
            tags: Some(BTreeSet::new()),
            owners: [UserId(1)].into(),
            ..bare
        };
        let sent =
            r#"{"name":"f","description":"d","default_enabled":false,"initial_value":"42","tags":[],"owners":[1]}"#;
        assert_eq!(serde_json::to_string(&full).unwrap(), sent);
    }
}
