//! Who may do what: superusers and an organisation's administrators everything in it, its other members what they were
//! granted in a project or an environment. A right in an environment needs none in its project.

use crate::caller::Caller;
use crate::environment::Environment;
use crate::grant::Target;
use crate::membership::Role;
use crate::project::Project;
use crate::store::Store;

pub(crate) const VIEW_PROJECT: &str = "VIEW_PROJECT";
pub(crate) const CREATE_FEATURE: &str = "CREATE_FEATURE";
pub(crate) const DELETE_FEATURE: &str = "DELETE_FEATURE";
pub(crate) const CREATE_ENVIRONMENT: &str = "CREATE_ENVIRONMENT";
pub(crate) const MANAGE_SEGMENTS: &str = "MANAGE_SEGMENTS";
pub(crate) const MANAGE_TAGS: &str = "MANAGE_TAGS";

pub(crate) const VIEW_ENVIRONMENT: &str = "VIEW_ENVIRONMENT";
pub(crate) const UPDATE_FEATURE_STATE: &str = "UPDATE_FEATURE_STATE";
pub(crate) const MANAGE_SEGMENT_OVERRIDES: &str = "MANAGE_SEGMENT_OVERRIDES";
pub(crate) const VIEW_IDENTITIES: &str = "VIEW_IDENTITIES";
pub(crate) const MANAGE_IDENTITIES: &str = "MANAGE_IDENTITIES";

/// An administrator's, who has every other.
pub(crate) const ADMIN: &str = "ADMIN";

impl Store {
    pub(crate) fn administers(&self, caller: Caller, organisation: u64) -> bool {
        match caller {
            Caller::Nobody => false,
            Caller::User { superuser: true, .. } => true,
            Caller::User { id, .. } => self.role(id, organisation) == Some(Role::Administrator),
            Caller::OrganisationKey { organisation: own } => own == organisation,
        }
    }

    /// Whether a caller knows an organisation at all.
    pub(crate) fn belongs(&self, caller: Caller, organisation: u64) -> bool {
        let member = caller.user().is_some_and(|user| self.role(user, organisation).is_some());
        member || self.administers(caller, organisation)
    }

    /// Whether a caller has a right in a project.
    pub(crate) fn may(&self, caller: Caller, project: &Project, right: &str) -> bool {
        let organisation = project.organisation;
        self.administers(caller, organisation)
            || (self.belongs(caller, organisation) && self.granted(caller.user(), Target::Project(project.id), right))
    }

    /// Whether a caller has a right in an environment.
    pub(crate) fn may_in(&self, caller: Caller, environment: &Environment, right: &str) -> bool {
        let Some(project) = self.any_project(environment.project) else {
            return false;
        };
        let granted = || self.granted(caller.user(), Target::Environment(environment.id), right);
        self.may(caller, project, ADMIN) || (self.belongs(caller, project.organisation) && granted())
    }
}
