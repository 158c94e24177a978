//! Segments: who among an application's users is meant.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Client, Error, FeatureId, ProjectId, Right, SegmentId, SegmentName};

const SEGMENTS: &str = "projects/{project}/segments";
/// The most that Flagsmith gives on a page (facts.md §7).
const PAGE_SIZE: u32 = 999;

/// A segment of a project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Segment {
    /// Its number.
    pub id: SegmentId,
    /// Its name.
    pub name: SegmentName,
    /// What people are told of it; none and the empty text mean the same.
    #[serde(default)]
    pub description: Option<String>,
    /// The one feature that it is for, where it is for one alone.
    #[serde(default)]
    pub feature: Option<FeatureId>,
    /// Its rules, all of which must hold.
    pub rules: Vec<Rule>,
}

/// A rule, without the numbers that Flagsmith gives to it anew at each write (facts.md §7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// How many of what it holds must hold.
    pub r#type: RuleType,
    /// Rules one level below; none below those.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// Its own conditions.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// How many must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RuleType {
    /// All.
    All,
    /// At least one.
    Any,
    /// Not one.
    None,
}

/// Something that is asked of one trait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What is asked: one of Flagsmith's operators, as it writes them.
    pub operator: String,
    /// The trait; none for a split of all.
    #[serde(default, alias = "property_")]
    pub property: Option<String>,
    /// What it is compared with.
    #[serde(default)]
    pub value: Option<String>,
    /// What people are told of it; a document does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Client {
    /// All segments of a project, those of one feature too.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn segments(&self, project: ProjectId) -> Result<Vec<Segment>, Error> {
        let call = || Call::get(SEGMENTS).needs(Right::ViewProject).with(project).query("page_size", PAGE_SIZE);
        Ok(self.list(call).await?.items)
    }
}
