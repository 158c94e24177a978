//! Accounts, and what they may do, as a test sets them up.

use crate::engine::lock;
use crate::grant::Target;
use crate::membership::Role;
use crate::sim::Sim;

impl Sim {
    /// Adds a user who is in no organisation, and gives their account token.
    ///
    /// # Panics
    /// In front of a real server.
    #[must_use]
    pub fn add_user(&self, email: &str) -> String {
        lock(self.own_store()).add_user(email, false).1
    }

    /// Adds a user who is a member of an organisation, sees it, and has no right in it; gives their account token.
    ///
    /// # Panics
    /// In front of a real server.
    #[must_use]
    pub fn add_member(&self, organisation: u64, email: &str) -> String {
        let mut store = lock(self.own_store());
        let (user, token) = store.add_user(email, false);
        store.add_membership(user, organisation, Role::Member);
        token
    }

    /// Grants a user these rights in a project, and no others; `ADMIN` is that of its administrators.
    ///
    /// # Panics
    /// Where the token is no user's, and in front of a real server.
    pub fn grant_project(&self, token: &str, project: u64, rights: &[&str]) {
        self.grant(token, Target::Project(project), rights);
    }

    /// Grants a user these rights in an environment, and no others; `ADMIN` is that of its administrators.
    ///
    /// # Panics
    /// Where the token is no user's, or the key no environment's, and in front of a real server.
    #[expect(clippy::expect_used, reason = "a test that names nothing is wrong")]
    pub fn grant_environment(&self, token: &str, environment_key: &str, rights: &[&str]) {
        let environment = lock(self.own_store()).environment_with_key(environment_key).map(|each| each.id);
        self.grant(token, Target::Environment(environment.expect("an environment with this key")), rights);
    }

    #[expect(clippy::expect_used, reason = "a test that names nobody is wrong")]
    fn grant(&self, token: &str, target: Target, rights: &[&str]) {
        let mut store = lock(self.own_store());
        let user = store.users.values().find(|user| user.token == token).map(|user| user.id);
        store.grant(user.expect("a user with this token"), target, rights);
    }

    /// Adds an Api-Key to an organisation, and gives it.
    ///
    /// # Panics
    /// In front of a real server.
    #[must_use]
    pub fn api_key(&self, organisation: u64) -> String {
        lock(self.own_store()).add_organisation_key(organisation, "test")
    }

    /// Makes an account token, or an Api-Key, invalid from now on.
    ///
    /// # Panics
    /// In front of a real server.
    pub fn revoke(&self, token: &str) {
        lock(self.own_store()).revoke(token);
    }

    /// Lets the flags of an environment change by change requests alone, which need so many approvals (0 is a number
    /// too), or directly again.
    ///
    /// # Panics
    /// Where the key is no environment's, and in front of a real server.
    #[expect(clippy::expect_used, reason = "a test that names no environment is wrong")]
    pub fn require_approvals(&self, environment_key: &str, approvals: Option<u32>) {
        let mut store = lock(self.own_store());
        let mut present = store.environments.values_mut().filter(|each| !each.deleted);
        let environment = present.find(|each| each.key == environment_key);
        environment.expect("an environment with this key").approvals = approvals;
    }
}
