//! Segments: who among an application's users is meant.

use k8s_openapi::jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Client, Error, FeatureId, ProjectId, Right, SegmentId, SegmentName, Uuid};

const SEGMENTS: &str = "projects/{project}/segments";
const SEGMENT: &str = "projects/{project}/segments/{segment}";
/// The most that Flagsmith gives on a page (facts.md §7).
const PAGE_SIZE: u32 = 999;

/// A segment of a project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Segment {
    /// Its number.
    pub id: SegmentId,
    /// Its identity.
    pub uuid: Uuid,
    /// When it was made, by the server's clock; one that is older than this field has none.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
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

/// A segment to be made. Flagsmith keeps no two names apart: whoever sends it twice has two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewSegment {
    /// Its name.
    pub name: SegmentName,
    /// What people are told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The one feature that it shall be for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<FeatureId>,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// What to change of a segment; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SegmentPatch {
    /// Its new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<SegmentName>,
    /// Its new description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The one feature that it shall be for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<FeatureId>,
    /// All its rules, in the place of those that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<Rule>>,
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
    /// The trait; none for a split of all. It is sent even where there is none: without it Flagsmith answers 500, and 400 where
    /// it is the empty text (seen on 2.265.0).
    #[serde(default, alias = "property_")]
    pub property: Option<String>,
    /// What it is compared with. None becomes the text `None` (seen on 2.265.0).
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

    /// Makes a segment, be there one of that name or not.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn create_segment(&self, project: ProjectId, new: &NewSegment) -> Result<Segment, Error> {
        self.ask(Call::new(Method::POST, SEGMENTS).needs(Right::ManageSegments).with(project).json(new)?).await
    }

    /// Changes a segment and gives it as it then is.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] where it is gone.
    pub async fn update_segment(
        &self,
        project: ProjectId,
        id: SegmentId,
        patch: &SegmentPatch,
    ) -> Result<Segment, Error> {
        let call = Call::new(Method::PATCH, SEGMENT).needs(Right::ManageSegments).with(project).with(id);
        self.ask(call.json(patch)?).await
    }

    /// Deletes a segment, and with it its overrides of flags in every environment (facts.md §7).
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] where it is gone already.
    pub async fn delete_segment(&self, project: ProjectId, id: SegmentId) -> Result<(), Error> {
        self.send(&Call::new(Method::DELETE, SEGMENT).needs(Right::ManageSegments).with(project).with(id))
            .await?
            .nothing()
    }
}
