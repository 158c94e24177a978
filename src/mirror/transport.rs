//! How the mirror reaches Flagsmith: a few reads and one write.

use std::{collections::BTreeMap, future::Future};

use super::{definition, making};
use crate::{
    flagsmith::{
        Client, Document, Environment, EnvironmentId, EnvironmentKey, Error, Feature, FeatureId, FeatureList,
        FlagState, IdentityOverrides, OrganisationId, Owners, People, Project, ProjectId, Purpose, Segment, StateList,
        Tag, User, UserId, Variant, VariantId,
    },
    world::{Change, ProjectStep},
};

/// What a write was answered with.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The whole environment.
    Environment(Environment),
    /// The project's own fields.
    Project(Project),
    /// The whole feature.
    Feature(Feature),
    /// The whole state.
    State(FlagState),
    /// The whole tag.
    Tag(Tag),
    /// The whole variant of a feature.
    Variant(Variant),
    /// The variant is gone.
    VariantGone(VariantId),
    /// All owners of a feature.
    Owners(Owners),
    /// The whole segment.
    Segment(Segment),
    /// It is done; what came of it must be read.
    Unseen,
    /// The environment, the feature, or the segment, is gone.
    Gone,
}

/// A write with all that it needs to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// What to write.
    pub change: &'a Change,
    /// The key of the environment that the change names, where it names one.
    pub key: Option<&'a EnvironmentKey>,
    /// What the write is for, which decides the share of the request budget.
    pub purpose: Purpose,
}

/// The project as the mirror reaches it. Each method fails as the client does, and neither waits nor tries again.
pub trait Transport: Send + Sync + 'static {
    /// Reads the project's own fields.
    fn project(&self) -> impl Future<Output = Result<Project, Error>> + Send;
    /// Lists the environments that the credential sees.
    fn environments(&self) -> impl Future<Output = Result<Vec<Environment>, Error>> + Send;
    /// Lists the features.
    fn features(&self) -> impl Future<Output = Result<FeatureList, Error>> + Send;
    /// Lists the segments.
    fn segments(&self) -> impl Future<Output = Result<Vec<Segment>, Error>> + Send;
    /// Lists the tags.
    fn tags(&self) -> impl Future<Output = Result<Vec<Tag>, Error>> + Send;
    /// Lists who may own features.
    fn people(&self) -> impl Future<Output = Result<People, Error>> + Send;
    /// Reads a whole environment in one request.
    fn document(&self, key: &EnvironmentKey) -> impl Future<Output = Result<Document, Error>> + Send;
    /// Lists the states of an environment.
    fn states(&self, key: &EnvironmentKey) -> impl Future<Output = Result<StateList, Error>> + Send;
    /// Reads one flag in one environment; `None` where the feature is there and has no state. A feature that is gone is
    /// [`Error::NotFound`].
    fn state(
        &self,
        key: &EnvironmentKey,
        feature: FeatureId,
    ) -> impl Future<Output = Result<Option<FlagState>, Error>> + Send;
    /// Reads what is served to identities, of all features or of one; a feature that serves them nothing is left out.
    fn identities(
        &self,
        key: &EnvironmentKey,
        feature: Option<FeatureId>,
    ) -> impl Future<Output = Result<BTreeMap<FeatureId, IdentityOverrides>, Error>> + Send;
    /// Asks who published what a flag serves there; none where Flagsmith names nobody.
    fn publisher(
        &self,
        environment: EnvironmentId,
        feature: FeatureId,
    ) -> impl Future<Output = Result<Option<UserId>, Error>> + Send;
    /// Lists the users of the organisation, to name one of them.
    fn users(&self) -> impl Future<Output = Result<Vec<User>, Error>> + Send;
    /// Carries out one write.
    fn write(&self, write: Write<'_>) -> impl Future<Output = Result<Answer, Error>> + Send;
}

/// A project behind the real client.
#[derive(Clone, Debug)]
pub struct ProjectClient {
    client: Client,
    organisation: OrganisationId,
    project: ProjectId,
}

impl ProjectClient {
    /// The project of that id in that organisation, through that client.
    #[must_use]
    pub fn new(client: Client, organisation: OrganisationId, project: ProjectId) -> Self {
        Self { client, organisation, project }
    }

    /// Whether the project is on the list of its organisation's.
    ///
    /// # Errors
    /// As the client.
    pub async fn is_there(&self) -> Result<bool, Error> {
        let projects = self.client.projects(self.organisation).await?;
        Ok(projects.iter().any(|one| one.id == self.project))
    }

    async fn write_feature(&self, client: &Client, change: &Change) -> Result<Answer, Error> {
        match change {
            Change::CreateFeature(new) => client.create_feature(self.project, new).await.map(Answer::Feature),
            Change::UpdateFeature { feature, patch } => {
                client.amend_feature(self.project, feature.id, patch).await.map(Answer::Feature)
            }
            Change::DeleteFeature(feature) => match client.delete_feature(self.project, feature.id).await {
                Ok(()) => Ok(Answer::Gone),
                Err(error) => Err(error),
            },
            Change::CreateTag(_)
            | Change::ChangeOwners { .. }
            | Change::CreateVariant { .. }
            | Change::UpdateVariant { .. }
            | Change::DeleteVariant { .. } => definition::write(client, self.project, change).await,
            _ => Err(misdirected(change)),
        }
    }

    async fn write_segment(&self, client: &Client, change: &Change) -> Result<Answer, Error> {
        match change {
            Change::CreateSegment(new) => client.create_segment(self.project, new).await.map(Answer::Segment),
            Change::UpdateSegment { segment, patch } => {
                client.amend_segment(self.project, segment.id, patch).await.map(Answer::Segment)
            }
            Change::DeleteSegment(segment) => {
                client.delete_segment(self.project, segment.id).await.map(|()| Answer::Gone)
            }
            other => self.write_feature(client, other).await,
        }
    }
}

impl Transport for ProjectClient {
    async fn project(&self) -> Result<Project, Error> {
        self.client.project(self.project).await
    }

    async fn environments(&self) -> Result<Vec<Environment>, Error> {
        self.client.environments(self.project).await
    }

    async fn features(&self) -> Result<FeatureList, Error> {
        self.client.features(self.project).await
    }

    async fn segments(&self) -> Result<Vec<Segment>, Error> {
        self.client.segments(self.project).await
    }

    async fn tags(&self) -> Result<Vec<Tag>, Error> {
        self.client.tags(self.project).await
    }

    async fn people(&self) -> Result<People, Error> {
        self.client.people(self.organisation).await
    }

    async fn document(&self, key: &EnvironmentKey) -> Result<Document, Error> {
        self.client.document(key).await
    }

    async fn states(&self, key: &EnvironmentKey) -> Result<StateList, Error> {
        self.client.states(key).await
    }

    async fn state(&self, key: &EnvironmentKey, feature: FeatureId) -> Result<Option<FlagState>, Error> {
        match self.client.state(key, feature).await? {
            Some(state) => Ok(Some(state)),
            // A feature that is gone has none either.
            None => self.client.feature(self.project, feature).await.map(|_| None),
        }
    }

    async fn identities(
        &self,
        key: &EnvironmentKey,
        feature: Option<FeatureId>,
    ) -> Result<BTreeMap<FeatureId, IdentityOverrides>, Error> {
        self.client.identity_overrides(key, feature).await
    }

    // What nobody waits for takes nothing from those who do.
    async fn publisher(&self, environment: EnvironmentId, feature: FeatureId) -> Result<Option<UserId>, Error> {
        self.client.with(Purpose::Converge).publisher(environment, feature).await
    }

    async fn users(&self) -> Result<Vec<User>, Error> {
        self.client.with(Purpose::Converge).users(self.organisation).await
    }

    async fn write(&self, write: Write<'_>) -> Result<Answer, Error> {
        let Write { change, key, purpose } = write;
        let client = self.client.with(purpose);
        match (change, key) {
            (Change::CreateEnvironment(new), _) => client.create_environment(new).await.map(Answer::Environment),
            (Change::UpdateEnvironment { patch, .. }, Some(key)) => {
                client.amend_environment(key, patch).await.map(Answer::Environment)
            }
            (Change::MakeEnvironment(step), Some(key)) => making::write(&client, key, step).await,
            (Change::Project(ProjectStep::Update { patch, .. }), _) => {
                client.update_project(self.project, patch).await.map(Answer::Project)
            }
            (Change::DeleteEnvironment(_), Some(key)) => client.delete_environment(key).await.map(|()| Answer::Gone),
            (Change::RotateKey(_, next), Some(key)) => client.rotate_key(key, next).await.map(Answer::Environment),
            (Change::SetState { feature, patch, .. }, Some(key)) => {
                let written = client.set_state(key, feature.id, patch).await?;
                Ok(written.map_or(Answer::Unseen, Answer::State))
            }
            (Change::RestoreState { feature, state, .. }, Some(key)) => {
                match client.restore_state(key, feature.id, state).await {
                    Ok(()) => Ok(Answer::Unseen),
                    // So it answers for a feature that is gone, too.
                    Err(error @ (Error::Forbidden { .. } | Error::Server { .. })) => {
                        client.feature(self.project, feature.id).await?;
                        Err(error)
                    }
                    Err(error) => Err(error),
                }
            }
            (Change::SetIdentity { feature, identity, patch, .. }, Some(key)) => {
                client.set_identity((key, feature.id), identity, patch).await.map(|()| Answer::Unseen)
            }
            (Change::RemoveIdentity { feature, identity, .. }, Some(key)) => {
                client.remove_identity((key, feature.id), identity).await.map(|()| Answer::Unseen)
            }
            (change, _) => self.write_segment(&client, change).await,
        }
    }
}

/// A change that cannot be sent as it stands: its environment left the world since it was planned.
fn misdirected(change: &Change) -> Error {
    Error::Refused { status: 0, message: format!("cannot {change}: its environment is no longer known") }
}
