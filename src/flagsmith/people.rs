//! Users and groups of an organisation, as far as they may own features.

use serde::Deserialize;

use super::{GroupId, UserId};

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
