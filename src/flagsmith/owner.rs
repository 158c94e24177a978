//! Owners of a feature: whom people ask about it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Client, Error, FeatureId, Group, GroupId, ProjectId, Right, User, UserId};

const ADD_USERS: &str = "projects/{project}/features/{feature}/add-owners";
const ADD_GROUPS: &str = "projects/{project}/features/{feature}/add-group-owners";
const REMOVE_USERS: &str = "projects/{project}/features/{feature}/remove-owners";
const REMOVE_GROUPS: &str = "projects/{project}/features/{feature}/remove-group-owners";

/// Whom to make owners of a feature, or owners no longer. Flagsmith has a route for each; neither minds what is so already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerStep {
    /// Users who own it too.
    AddUsers(BTreeSet<UserId>),
    /// Groups that own it too.
    AddGroups(BTreeSet<GroupId>),
    /// Users who own it no longer.
    RemoveUsers(BTreeSet<UserId>),
    /// Groups that own it no longer.
    RemoveGroups(BTreeSet<GroupId>),
}

/// All owners of a feature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Owners {
    /// The users.
    #[serde(rename = "owners")]
    pub users: Vec<User>,
    /// The groups.
    #[serde(rename = "group_owners")]
    pub groups: Vec<Group>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Ids<'a> {
    UserIds(&'a BTreeSet<UserId>),
    GroupIds(&'a BTreeSet<GroupId>),
}

impl OwnerStep {
    fn ids(&self) -> Ids<'_> {
        match self {
            Self::AddUsers(users) | Self::RemoveUsers(users) => Ids::UserIds(users),
            Self::AddGroups(groups) | Self::RemoveGroups(groups) => Ids::GroupIds(groups),
        }
    }
}

impl Client {
    /// Changes who owns a feature, and gives all who then do.
    ///
    /// # Errors
    /// Any [`Error`]; a user who may not see the project, or does not exist, is [`Error::Refused`].
    pub async fn change_owners(
        &self,
        project: ProjectId,
        feature: FeatureId,
        step: &OwnerStep,
    ) -> Result<Owners, Error> {
        let post = |route| Call::new(Method::POST, route).needs(Right::CreateFeature).with(project).with(feature);
        let call = match step {
            OwnerStep::AddUsers(_) => post(ADD_USERS),
            OwnerStep::AddGroups(_) => post(ADD_GROUPS),
            OwnerStep::RemoveUsers(_) => post(REMOVE_USERS),
            OwnerStep::RemoveGroups(_) => post(REMOVE_GROUPS),
        };
        self.ask(call.json(&step.ids())?).await
    }
}
