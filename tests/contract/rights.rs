//! What somebody is told who may not do all: not in one way.

use flagsmith_operator::flagsmith::{
    Client, Environment, EnvironmentKey, EnvironmentPatch, Error, Feature, FeaturePatch, FlagState, NewEnvironment,
    NewFeature, Right, StatePatch,
};

use crate::support::{Case, MIDDLE, NEWEST, OLDEST};

/// What somebody meets who tries each call.
struct Tried {
    case: Case,
    client: Client,
    environment: Environment,
    feature: Feature,
}

fn forbidden<T>(outcome: Result<T, Error>) -> Option<Right> {
    match outcome {
        Err(Error::Forbidden { right, .. }) => right,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it is allowed"),
    }
}

impl Tried {
    async fn create_environment(&self, name: &str) -> Result<Environment, Error> {
        let key = EnvironmentKey::random();
        let new = NewEnvironment::named(name.into(), self.case.project, key);
        self.client.create_environment(&new).await
    }

    async fn rename(&self, name: &str) -> Result<Environment, Error> {
        let patch = EnvironmentPatch { name: Some(name.into()), ..EnvironmentPatch::default() };
        self.client.update_environment(&self.environment.key, &patch).await
    }

    async fn create_feature(&self, name: &str) -> Result<Feature, Error> {
        let new = NewFeature::named(name.into());
        self.client.create_feature(self.case.project, &new).await
    }

    async fn describe(&self) -> Result<Feature, Error> {
        let patch = FeaturePatch { description: Some("d".to_owned()), ..FeaturePatch::default() };
        self.client.update_feature(self.case.project, self.feature.id, &patch).await
    }

    async fn turn_off(&self) -> [Result<Option<FlagState>, Error>; 3] {
        let (key, off) =
            (&self.environment.key, StatePatch { enabled: Some(false), value: None, ..StatePatch::default() });
        let [oldest, middle, newest] = [OLDEST, MIDDLE, NEWEST].map(|known| self.client.knowing(known));
        let id = self.feature.id;
        [
            oldest.set_state(key, id, &off).await,
            middle.set_state(key, id, &off).await,
            newest.set_state(key, id, &off).await,
        ]
    }
}

async fn tried(case: Case) -> (Tried, crate::support::Person) {
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    let person = case.member().await;
    let client = case.client_of(&person);
    (Tried { case, client, environment, feature }, person)
}

#[tokio::test]
async fn a_member_without_rights_sees_the_organisation_and_nothing_in_it() {
    let (tried, _) = tried(case!().await).await;
    let Tried { case, client, environment, feature } = &tried;
    let organisations = client.organisations().await.unwrap().organisations;
    assert_eq!(organisations.iter().map(|one| one.id).collect::<Vec<_>>(), [case.organisation]);
    assert_eq!(client.projects(case.organisation).await, Ok(vec![]));
    assert_eq!(client.environments(case.project).await, Ok(vec![]));
    assert_eq!(client.features(case.project).await, Err(Error::NotFound));
    assert_eq!(client.feature(case.project, feature.id).await, Err(Error::NotFound));
    assert_eq!(forbidden(client.environment(&environment.key).await), Some(Right::ViewEnvironment));
    assert_eq!(forbidden(client.document(&environment.key).await), Some(Right::ViewEnvironment));
    assert_eq!(forbidden(client.states(&environment.key).await), Some(Right::ViewEnvironment));
    let newest = client.knowing(NEWEST);
    assert_eq!(forbidden(newest.state(&environment.key, feature.id).await), Some(Right::ViewEnvironment));
    assert_eq!(forbidden(tried.create_environment("staging").await), Some(Right::CreateEnvironment));
    assert_eq!(forbidden(tried.rename("live").await), Some(Right::EnvironmentAdmin));
    for refused in tried.turn_off().await {
        assert_eq!(forbidden(refused), Some(Right::ViewEnvironment));
    }
    let _ = (tried.create_feature("banner").await.unwrap_err(), tried.describe().await.unwrap_err());
    assert!(client.delete_feature(case.project, feature.id).await.is_err());
    tried.case.agrees();
}

#[tokio::test]
async fn rights_in_a_project_open_what_they_are_named_for() {
    let (tried, person) = tried(case!().await).await;
    let Tried { case, client, feature, .. } = &tried;
    case.grant_project(&person, &["VIEW_PROJECT"]).await;
    assert_eq!(client.projects(case.organisation).await.unwrap()[0].id, case.project);
    assert_eq!(client.environments(case.project).await, Ok(vec![]));
    assert_eq!(client.features(case.project).await.unwrap().features, std::slice::from_ref(feature));
    assert_eq!(client.feature(case.project, feature.id).await, Ok(feature.clone()));
    assert_eq!(forbidden(tried.create_feature("banner").await), Some(Right::CreateFeature));
    assert_eq!(forbidden(tried.describe().await), Some(Right::CreateFeature));
    assert_eq!(forbidden(client.delete_feature(case.project, feature.id).await), Some(Right::DeleteFeature));
    assert_eq!(forbidden(tried.create_environment("staging").await), Some(Right::CreateEnvironment));
    case.grant_project(&person, &["VIEW_PROJECT", "CREATE_FEATURE"]).await;
    assert!(tried.create_feature("banner").await.is_ok() && tried.describe().await.is_ok());
    assert_eq!(forbidden(client.delete_feature(case.project, feature.id).await), Some(Right::DeleteFeature));
    case.grant_project(&person, &["VIEW_PROJECT", "DELETE_FEATURE"]).await;
    assert_eq!(client.delete_feature(case.project, feature.id).await, Ok(()));
    case.grant_project(&person, &["VIEW_PROJECT", "CREATE_ENVIRONMENT"]).await;
    let made = tried.create_environment("staging").await.unwrap();
    // Who makes an environment is its administrator.
    let patch = EnvironmentPatch { name: Some("testing".into()), ..EnvironmentPatch::default() };
    assert_eq!(client.update_environment(&made.key, &patch).await.unwrap().name.as_str(), "testing");
    assert_eq!(client.environments(case.project).await.unwrap().len(), 1);
    tried.case.agrees();
}

async fn rights_in_an_environment(is_versioned: bool, case: Case) {
    let (tried, person) = tried(case).await;
    let Tried { case, client, environment, feature } = &tried;
    let key = &environment.key;
    if is_versioned {
        case.version(key).await;
    }
    case.grant_project(&person, &["VIEW_PROJECT"]).await;
    case.grant_environment(&person, key, &["VIEW_ENVIRONMENT"]).await;
    assert_eq!(client.environment(key).await.unwrap().id, environment.id);
    assert_eq!(client.environments(case.project).await.unwrap().len(), 1);
    assert_eq!(client.document(key).await.unwrap().flags.len(), 1);
    assert_eq!(client.states(key).await.unwrap().states.len(), 1);
    client.state(key, feature.id).await.unwrap().unwrap();
    client.knowing(NEWEST).state(key, feature.id).await.unwrap().unwrap();
    for refused in tried.turn_off().await {
        assert_eq!(forbidden(refused), Some(Right::UpdateFeatureState));
    }
    assert_eq!(forbidden(tried.rename("live").await), Some(Right::EnvironmentAdmin));
    case.grant_environment(&person, key, &["VIEW_ENVIRONMENT", "UPDATE_FEATURE_STATE"]).await;
    for written in tried.turn_off().await {
        assert!(written.is_ok(), "{written:?}");
    }
    assert_eq!(forbidden(tried.rename("live").await), Some(Right::EnvironmentAdmin));
    case.grant_environment(&person, key, &["ADMIN"]).await;
    assert!(tried.rename("live").await.is_ok());
    tried.case.agrees();
}

#[tokio::test]
async fn rights_in_an_unversioned_environment_open_what_they_are_named_for() {
    rights_in_an_environment(false, case!().await).await;
}

#[tokio::test]
async fn rights_in_a_versioned_environment_open_what_they_are_named_for() {
    rights_in_an_environment(true, case!().await).await;
}
