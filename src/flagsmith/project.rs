//! Projects.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Client, Error, OrganisationId, ProjectId, ProjectName, Right, Uuid};

const PROJECTS: &str = "projects";
const PROJECT: &str = "projects/{project}";

/// A project. Its name is unique in its organisation (facts.md §2).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Project {
    /// Its number.
    pub id: ProjectId,
    /// Its identity.
    pub uuid: Uuid,
    /// Its name.
    pub name: ProjectName,
    /// The organisation it belongs to.
    pub organisation: OrganisationId,
    /// What it is set to.
    #[serde(flatten)]
    pub settings: ProjectSettings,
}

/// What a project is set to. `None` of all but the rule for names is a release that does not tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ProjectSettings {
    /// Whether SDKs are told nothing of flags that are off.
    pub hide_disabled_flags: Option<bool>,
    /// Whether features start disabled and without a value, whatever their creation says.
    pub prevent_flag_defaults: Option<bool>,
    /// Whether Flagsmith's pages offer lower-case names alone; the API takes any.
    pub only_allow_lower_case_feature_names: Option<bool>,
    /// What the whole name of a feature must match; none and the empty text ask for nothing.
    pub feature_name_regex: Option<String>,
    /// Whether each feature must have an owner.
    pub enforce_feature_owners: Option<bool>,
    /// After how many days without a change a flag is called stale; only Enterprise keeps another number.
    pub stale_flags_limit_days: Option<i32>,
    /// Whether SDKs are told of changes at once; only Enterprise keeps it.
    pub enable_realtime_updates: Option<bool>,
}

/// A project to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewProject {
    /// Its name.
    pub name: ProjectName,
    /// The organisation it shall belong to.
    pub organisation: OrganisationId,
    /// What it is set to; what is left out is Flagsmith's to choose.
    #[serde(flatten)]
    pub settings: ProjectPatch,
}

/// What to change of a project; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProjectPatch {
    /// Its new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<ProjectName>,
    /// Whether to hide flags that are off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide_disabled_flags: Option<bool>,
    /// Whether features are to start disabled and without a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevent_flag_defaults: Option<bool>,
    /// Whether pages are to offer lower-case names alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_allow_lower_case_feature_names: Option<bool>,
    /// What names of features must match; empty for anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_name_regex: Option<String>,
    /// Whether each feature must have an owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforce_feature_owners: Option<bool>,
    /// After how many days a flag is called stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_flags_limit_days: Option<i32>,
    /// Whether SDKs are to be told of changes at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_realtime_updates: Option<bool>,
}

impl ProjectPatch {
    /// What of it the project is not like yet. No rule for names and the empty one are one.
    #[must_use]
    pub fn against(&self, live: &Project) -> Self {
        let Self {
            name,
            hide_disabled_flags,
            prevent_flag_defaults,
            only_allow_lower_case_feature_names,
            feature_name_regex,
            enforce_feature_owners,
            stale_flags_limit_days,
            enable_realtime_updates,
        } = self;
        let held = &live.settings;
        let rule = held.feature_name_regex.as_deref().unwrap_or_default();
        let lower_case = held.only_allow_lower_case_feature_names;
        Self {
            name: name.clone().filter(|wanted| *wanted != live.name),
            hide_disabled_flags: other(*hide_disabled_flags, held.hide_disabled_flags),
            prevent_flag_defaults: other(*prevent_flag_defaults, held.prevent_flag_defaults),
            only_allow_lower_case_feature_names: other(*only_allow_lower_case_feature_names, lower_case),
            feature_name_regex: feature_name_regex.clone().filter(|wanted| wanted != rule),
            enforce_feature_owners: other(*enforce_feature_owners, held.enforce_feature_owners),
            stale_flags_limit_days: other(*stale_flags_limit_days, held.stale_flags_limit_days),
            enable_realtime_updates: other(*enable_realtime_updates, held.enable_realtime_updates),
        }
    }
}

/// What is wanted, where another is held.
fn other<T: Copy + PartialEq>(wanted: Option<T>, held: Option<T>) -> Option<T> {
    wanted.filter(|_| wanted != held)
}

impl Client {
    /// The projects of an organisation, in one answer (facts.md §2). Those that the credential may not see are left out.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn projects(&self, organisation: OrganisationId) -> Result<Vec<Project>, Error> {
        self.ask(Call::get(PROJECTS).query("organisation", organisation)).await
    }

    /// One project.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] is gone or hidden.
    pub async fn project(&self, id: ProjectId) -> Result<Project, Error> {
        self.ask(Call::get(PROJECT).needs(Right::ViewProject).with(id)).await
    }

    /// Makes a project.
    ///
    /// # Errors
    /// Any [`Error`]; a name that is taken is [`Error::Refused`], a plan without room for another [`Error::Forbidden`], as any
    /// missing right is (facts.md §2).
    pub async fn create_project(&self, new: &NewProject) -> Result<Project, Error> {
        self.ask(Call::new(Method::POST, PROJECTS).needs(Right::CreateProject).json(new)?).await
    }

    /// Changes a project and gives it as it then is.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn update_project(&self, id: ProjectId, patch: &ProjectPatch) -> Result<Project, Error> {
        self.ask(Call::new(Method::PATCH, PROJECT).needs(Right::ProjectAdmin).with(id).json(patch)?).await
    }

    /// Deletes a project with all that is in it. It is off the list at once; its parts go in the server's own time.
    ///
    /// # Errors
    /// Any [`Error`]; one that is gone already, or hidden, is [`Error::NotFound`].
    pub async fn delete_project(&self, id: ProjectId) -> Result<(), Error> {
        self.send(&Call::new(Method::DELETE, PROJECT).needs(Right::ProjectAdmin).with(id)).await?.nothing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Project {
        let recorded = r#"{"id": 2, "uuid": "21a2566d-9305-4008-997b-74d53b648571", "name": "shop", "organisation": 2,
            "hide_disabled_flags": false, "feature_name_regex": null, "minimum_change_request_approvals": null}"#;
        serde_json::from_str(recorded).unwrap()
    }

    #[test]
    fn a_project_as_recorded_is_read() {
        let expected = Project {
            id: ProjectId(2),
            uuid: "21a2566d-9305-4008-997b-74d53b648571".into(),
            name: "shop".into(),
            organisation: OrganisationId(2),
            settings: ProjectSettings { hide_disabled_flags: Some(false), ..ProjectSettings::default() },
        };
        assert_eq!(shop(), expected);
    }

    #[test]
    fn only_what_differs_of_a_project_is_sent() {
        let wanted = ProjectPatch {
            name: Some("shop".into()),
            hide_disabled_flags: Some(true),
            feature_name_regex: Some(String::new()),
            ..ProjectPatch::default()
        };
        assert_eq!(serde_json::to_string(&wanted.against(&shop())).unwrap(), r#"{"hide_disabled_flags":true}"#);
        assert_eq!(ProjectPatch::default().against(&shop()), ProjectPatch::default());
    }
}
