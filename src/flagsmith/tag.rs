//! Tags: labels on a project's features.

use reqwest::Method;
use serde::{Deserialize, Serialize};

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
    /// What people read beside it.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether Flagsmith itself puts it on features and takes it off.
    #[serde(default)]
    pub is_system_tag: bool,
}

/// A tag that is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewTag {
    /// What it says.
    pub label: String,
    /// What people read beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl NewTag {
    /// A tag of that label, and nothing beside it.
    #[must_use]
    pub fn labelled(label: &str) -> Self {
        Self { label: label.to_owned(), description: None }
    }
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
    pub async fn create_tag(&self, project: ProjectId, new: &NewTag) -> Result<Tag, Error> {
        let call = Call::new(Method::POST, TAGS).needs(Right::ManageTags).with(project);
        self.ask(call.json(new)?).await
    }
}
