//! Users and groups of an organisation, as far as they may own features.

use serde::Deserialize;

use super::call::Call;
use super::{Client, Error, GroupId, OrganisationId, Right, UserId};

const USERS: &str = "organisations/{organisation}/users";
/// The other list of groups shows to most only those that they lead.
const GROUPS: &str = "organisations/{organisation}/groups/summaries";

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct User {
    /// The user's number.
    pub id: UserId,
    /// The e-mail address by which people know the user.
    pub email: String,
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Group {
    /// The group's number.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// All who may own features.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// The users.
    pub users: Vec<User>,
    /// The groups.
    pub groups: Vec<Group>,
}

impl Client {
    /// All users and groups of an organisation, in two requests, whatever their number.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn people(&self, organisation: OrganisationId) -> Result<People, Error> {
        let groups = Call::get(GROUPS).needs(Right::Organisation).with(organisation);
        Ok(People { users: self.users(organisation).await?, groups: self.ask(groups).await? })
    }

    /// All users of an organisation, in one request.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn users(&self, organisation: OrganisationId) -> Result<Vec<User>, Error> {
        self.ask(Call::get(USERS).needs(Right::Organisation).with(organisation)).await
    }
}
