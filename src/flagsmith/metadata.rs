//! What things bear of an organisation's own fields: any change of an environment, a feature or a segment that does not send them
//! back takes them from it (seen on 2.265.0).

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{
    Client, Environment, EnvironmentKey, EnvironmentPatch, Error, Feature, FeatureId, FeaturePatch, ProjectId, Right,
    Segment, SegmentId, SegmentPatch,
};

const ENVIRONMENT: &str = "environments/{key}";
const FEATURE: &str = "projects/{project}/features/{feature}";
const SEGMENT: &str = "projects/{project}/segments/{segment}";

/// An organisation's own fields as a thing bears them, to be sent back as they are.
#[derive(Deserialize)]
struct Borne {
    #[serde(default)]
    metadata: Vec<serde_json::Value>,
}

/// A change with what it would otherwise take away.
#[derive(Serialize)]
struct Keeping<'a, P> {
    #[serde(flatten)]
    patch: &'a P,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metadata: Vec<serde_json::Value>,
}

impl Client {
    /// Changes an environment, keeps what it bears of an organisation's own fields, and gives it as it then is.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn amend_environment(
        &self,
        key: &EnvironmentKey,
        patch: &EnvironmentPatch,
    ) -> Result<Environment, Error> {
        let read = Call::get(ENVIRONMENT).needs(Right::ViewEnvironment).with_key(key);
        let Borne { metadata } = self.ask(read).await?;
        let body = Keeping { patch, metadata };
        self.ask(Call::new(Method::PATCH, ENVIRONMENT).needs(Right::EnvironmentAdmin).with_key(key).json(&body)?).await
    }

    /// Changes a feature's definition, keeps what it bears of an organisation's own fields, and gives it as it then is.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn amend_feature(
        &self,
        project: ProjectId,
        id: FeatureId,
        patch: &FeaturePatch,
    ) -> Result<Feature, Error> {
        let read = Call::get(FEATURE).needs(Right::ViewProject).with(project).with(id);
        let Borne { metadata } = self.ask(read).await?;
        let body = Keeping { patch, metadata };
        self.ask(Call::new(Method::PATCH, FEATURE).needs(Right::CreateFeature).with(project).with(id).json(&body)?)
            .await
    }

    /// Changes a segment, keeps what it bears of an organisation's own fields, and gives it as it then is.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] where it is gone.
    pub async fn amend_segment(
        &self,
        project: ProjectId,
        id: SegmentId,
        patch: &SegmentPatch,
    ) -> Result<Segment, Error> {
        let read = Call::get(SEGMENT).needs(Right::ViewProject).with(project).with(id);
        let Borne { metadata } = self.ask(read).await?;
        let body = Keeping { patch, metadata };
        self.ask(Call::new(Method::PATCH, SEGMENT).needs(Right::ManageSegments).with(project).with(id).json(&body)?)
            .await
    }
}
