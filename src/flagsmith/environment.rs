//! Environments.

use reqwest::Method;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use super::call::Call;
use super::{
    Client, EnvironmentId, EnvironmentKey, EnvironmentName, EnvironmentSettings, Error, ProjectId, Right,
    SettingsPatch, Uuid,
};

const ENVIRONMENTS: &str = "environments";
const ENVIRONMENT: &str = "environments/{key}";

/// An environment of a project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Environment {
    /// Its number.
    pub id: EnvironmentId,
    /// Its identity, which survives a rotation of the key (facts.md §3).
    pub uuid: Uuid,
    /// Its name.
    pub name: EnvironmentName,
    /// Its client-side key, by which most routes name it.
    #[serde(rename = "api_key")]
    pub key: EnvironmentKey,
    /// What people are told of it; Flagsmith keeps none and the empty text apart.
    pub description: Option<String>,
    /// The project it belongs to.
    pub project: ProjectId,
    /// Whether its flags have versions (facts.md §6); it can be switched. Releases before versioning do not tell.
    #[serde(default)]
    pub use_v2_feature_versioning: bool,
    /// How many people must approve a change of a flag; `None` where changes need no request (facts.md §11).
    #[serde(default)]
    pub minimum_change_request_approvals: Option<i32>,
    /// Whether a task of Flagsmith's still copies flags into it; what is written meanwhile is overwritten by the end of it.
    #[serde(default)]
    pub is_creating: bool,
    /// What it is set to.
    #[serde(flatten)]
    pub settings: EnvironmentSettings,
}

impl Environment {
    /// Whether flags are to be changed through change requests only; that may ask for no approval at all.
    #[must_use]
    pub fn asks_for_approvals(&self) -> bool {
        self.minimum_change_request_approvals.is_some()
    }
}

/// An environment to be made. Flagsmith makes it once for one `key`, and never again after it was deleted (facts.md §3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewEnvironment {
    /// Its name.
    pub name: EnvironmentName,
    /// The project it shall belong to.
    pub project: ProjectId,
    /// The key it shall have; choose it with [`EnvironmentKey::random`].
    #[serde(rename = "api_key", serialize_with = "exposed")]
    pub key: EnvironmentKey,
    /// What people are told of it; `None` sends nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it is set to; what is left out is Flagsmith's to choose.
    #[serde(flatten)]
    pub settings: SettingsPatch,
}

impl NewEnvironment {
    /// An environment of that name and key, with what Flagsmith chooses for all else.
    #[must_use]
    pub fn named(name: EnvironmentName, project: ProjectId, key: EnvironmentKey) -> Self {
        Self { name, project, key, description: None, settings: SettingsPatch::default() }
    }
}

/// What to change of an environment; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EnvironmentPatch {
    /// Its new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<EnvironmentName>,
    /// Its new description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What to set.
    #[serde(flatten)]
    pub settings: SettingsPatch,
}

/// A key shows itself nowhere else in JSON, hence no `Serialize` of its own.
fn exposed<S: Serializer>(key: &EnvironmentKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key.expose())
}

impl Client {
    /// All environments of a project that the credential sees.
    ///
    /// # Errors
    /// Any [`Error`]; a project that does not exist is [`Error::Refused`] with 400 (facts.md §3).
    pub async fn environments(&self, project: ProjectId) -> Result<Vec<Environment>, Error> {
        Ok(self.list(|| Call::get(ENVIRONMENTS).query("project", project)).await?.items)
    }

    /// One environment.
    ///
    /// # Errors
    /// Any [`Error`]; here, and not on the routes below an environment, [`Error::NotFound`] is gone and [`Error::Forbidden`]
    /// is forbidden (facts.md §1).
    pub async fn environment(&self, key: &EnvironmentKey) -> Result<Environment, Error> {
        self.ask(Call::get(ENVIRONMENT).needs(Right::ViewEnvironment).with_key(key)).await
    }

    /// Makes an environment.
    ///
    /// # Errors
    /// Any [`Error`]; a name or key that is taken is [`Error::Refused`], but [`Error::Server`] where two race or the key was
    /// a deleted environment's (facts.md §3).
    pub async fn create_environment(&self, new: &NewEnvironment) -> Result<Environment, Error> {
        self.ask(Call::new(Method::POST, ENVIRONMENTS).needs(Right::CreateEnvironment).secret(&new.key).json(new)?)
            .await
    }

    /// Changes an environment and gives it as it then is.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn update_environment(
        &self,
        key: &EnvironmentKey,
        patch: &EnvironmentPatch,
    ) -> Result<Environment, Error> {
        self.ask(Call::new(Method::PATCH, ENVIRONMENT).needs(Right::EnvironmentAdmin).with_key(key).json(patch)?).await
    }

    /// Deletes an environment, with the states of all features there. Its key stays taken for ever (facts.md §3).
    ///
    /// # Errors
    /// Any [`Error`]; one that is gone already is [`Error::NotFound`].
    pub async fn delete_environment(&self, key: &EnvironmentKey) -> Result<(), Error> {
        self.send(&Call::new(Method::DELETE, ENVIRONMENT).needs(Right::EnvironmentAdmin).with_key(key)).await?.nothing()
    }

    /// Gives an environment another key, and gives it as it then is. All else of it stays, its uuid too; whoever shows the
    /// former key is refused, at once or within a minute (facts.md §3).
    ///
    /// # Errors
    /// Any [`Error`]; a key that is taken is [`Error::Refused`].
    pub async fn rotate_key(&self, key: &EnvironmentKey, next: &EnvironmentKey) -> Result<Environment, Error> {
        let call = Call::new(Method::PATCH, ENVIRONMENT).needs(Right::EnvironmentAdmin).with_key(key).secret(next);
        self.ask(call.json(&json!({ "api_key": next.expose() }))?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_as_recorded_is_read() {
        let recorded = r#"{"id": 5, "uuid": "e669df34-ef58-47f7-b14a-c4c905b73494", "name": "development",
            "api_key": "fix1795530585-dev", "description": "made by operator", "project": 2, "allow_client_traits": true,
            "banner_text": null, "use_v2_feature_versioning": false, "metadata": [], "total_segment_overrides": 0}"#;
        let environment: Environment = serde_json::from_str(recorded).unwrap();
        let expected = Environment {
            id: EnvironmentId(5),
            uuid: "e669df34-ef58-47f7-b14a-c4c905b73494".into(),
            name: "development".into(),
            key: "fix1795530585-dev".into(),
            description: Some("made by operator".to_owned()),
            project: ProjectId(2),
            use_v2_feature_versioning: false,
            minimum_change_request_approvals: None,
            is_creating: false,
            settings: EnvironmentSettings { allow_client_traits: Some(true), ..EnvironmentSettings::default() },
        };
        assert_eq!(environment, expected);
        assert!(!format!("{environment:?}").contains("fix1795530585"), "the key shows");
    }

    #[test]
    fn a_new_environment_sends_its_key_and_nothing_that_is_left_out() {
        let new = NewEnvironment::named("a".into(), ProjectId(2), "k".into());
        assert_eq!(serde_json::to_string(&new).unwrap(), r#"{"name":"a","project":2,"api_key":"k"}"#);
        assert!(format!("{new:?}").contains("key: EnvironmentKey([redacted])"));
    }

    #[test]
    fn a_patch_sends_what_it_names() {
        let patch = EnvironmentPatch { description: Some(String::new()), ..EnvironmentPatch::default() };
        assert_eq!(serde_json::to_string(&patch).unwrap(), r#"{"description":""}"#);
    }
}
