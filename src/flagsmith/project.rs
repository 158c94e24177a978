//! Projects.

use reqwest::Method;
use serde::Deserialize;

use super::call::Call;
use super::{Client, Error, OrganisationId, ProjectId, ProjectName, Right, Uuid};

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
}

impl Client {
    /// The projects of an organisation, in one answer (facts.md §2). Those that the credential may not see are left out.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn projects(&self, organisation: OrganisationId) -> Result<Vec<Project>, Error> {
        self.ask(Call::get("projects").query("organisation", organisation)).await
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

    #[test]
    fn a_project_as_recorded_is_read() {
        let recorded = r#"[{"id": 2, "uuid": "21a2566d-9305-4008-997b-74d53b648571", "name": "shop", "organisation": 2,
            "hide_disabled_flags": false, "feature_name_regex": null, "minimum_change_request_approvals": null}]"#;
        let projects: Vec<Project> = serde_json::from_str(recorded).unwrap();
        let shop = Project {
            id: ProjectId(2),
            uuid: "21a2566d-9305-4008-997b-74d53b648571".into(),
            name: "shop".into(),
            organisation: OrganisationId(2),
        };
        assert_eq!(projects, [shop]);
    }
}
