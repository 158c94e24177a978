//! Tags: labels on a project's features.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::{Client, Error, ProjectId, Right, TagId};

const TAGS: &str = "projects/{project}/tags";

/// A tag of a project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tag {
    /// Its number.
    pub id: TagId,
    /// What it says. Several tags may say the same (facts.md §10).
    pub label: String,
    /// Whether Flagsmith itself puts it on features and takes it off.
    #[serde(default)]
    pub is_system_tag: bool,
}

impl Client {
    /// All tags of a project.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn tags(&self, project: ProjectId) -> Result<Vec<Tag>, Error> {
        Ok(self.list(|| Call::get(TAGS).needs(Right::ViewProject).with(project)).await?.items)
    }

    /// Makes a tag, also where there is one of that label: whoever wants one alone lists them first.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn create_tag(&self, project: ProjectId, label: &str) -> Result<Tag, Error> {
        let call = Call::new(Method::POST, TAGS).needs(Right::ManageTags).with(project);
        self.ask(call.json(&json!({ "label": label }))?).await
    }
}
