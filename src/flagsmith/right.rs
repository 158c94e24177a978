//! The rights that Flagsmith gives to users, as far as we need them.

use std::fmt;

/// A right that a request needs (facts.md §1; the rules are those of the open-source edition).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// To see a project, and all in it that needs no other right.
    ViewProject,
    /// To make and to change features.
    CreateFeature,
    /// To delete features.
    DeleteFeature,
    /// To make and to change tags.
    ManageTags,
    /// To belong to the organisation.
    Organisation,
    /// To make, change and delete segments.
    ManageSegments,
    /// To make environments.
    CreateEnvironment,
    /// To make projects.
    CreateProject,
    /// To change a project's own fields, or to delete it.
    ProjectAdmin,
    /// To see an environment and its flags.
    ViewEnvironment,
    /// To write flags in an environment.
    UpdateFeatureState,
    /// To write what flags serve to segments in an environment.
    ManageSegmentOverrides,
    /// Both of the last two: one request writes what each is for, and its refusal does not tell which is missing.
    WriteWholeFlag,
    /// To see an environment's identities.
    ViewIdentities,
    /// To make identities in an environment.
    ManageIdentities,
    /// To change an environment's own fields.
    EnvironmentAdmin,
}

impl fmt::Display for Right {
    /// As Flagsmith's pages and its API call it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ViewProject => "the right VIEW_PROJECT on the project",
            Self::CreateFeature => "the right CREATE_FEATURE on the project",
            Self::DeleteFeature => "the right DELETE_FEATURE on the project",
            Self::ManageTags => "the right MANAGE_TAGS on the project",
            Self::Organisation => "to be a member of the organisation",
            Self::ManageSegments => "the right MANAGE_SEGMENTS on the project",
            Self::CreateEnvironment => "the right CREATE_ENVIRONMENT on the project",
            Self::CreateProject => "the right CREATE_PROJECT on the organisation",
            Self::ProjectAdmin => "to be administrator of the project",
            Self::ViewEnvironment => "the right VIEW_ENVIRONMENT on the environment",
            Self::UpdateFeatureState => "the right UPDATE_FEATURE_STATE on the environment",
            Self::ManageSegmentOverrides => "the right MANAGE_SEGMENT_OVERRIDES on the environment",
            Self::WriteWholeFlag => "the rights UPDATE_FEATURE_STATE and MANAGE_SEGMENT_OVERRIDES on the environment",
            Self::ViewIdentities => "the right VIEW_IDENTITIES on the environment",
            Self::ManageIdentities => "the right MANAGE_IDENTITIES on the environment",
            Self::EnvironmentAdmin => "to be administrator of the environment",
        })
    }
}
