//! What the status of a `FlagsmithProject` says, and what is told where there is none.

use std::sync::Arc;

use kube::runtime::reflector::ObjectRef;

use super::{Ground, connected, found::Found, making};
use crate::operator::{
    connection::session::Session,
    leaving::{exit, sweep},
    obstacle::Obstacle,
    ownership::adoption::{self, Named, Thing},
    road::managed::{Rooms, Settled},
};
use crate::{
    crd::{FlagsmithProject, Origin, ProjectCreation, ProjectStatus},
    flagsmith::{Project, ProjectPatch},
};

impl FlagsmithProject {
    /// The connection in use; of an object that is to go, perhaps the last that was.
    ///
    /// # Errors
    /// Where the connection is absent, does not let the project in, or does not work.
    pub fn session(&self, rooms: &Rooms) -> Result<Arc<Session>, Obstacle> {
        sweep::leave(self, rooms);
        if self.metadata.deletion_timestamp.is_some() {
            return exit::session(self, rooms);
        }
        let connection = connected(self, rooms).inspect_err(|obstacle| {
            let is_shut_out = matches!(obstacle, Obstacle::Denied(_)) && exit::is_shut_out(self, rooms);
            if is_shut_out {
                sweep::close(&ObjectRef::from_obj(self), rooms);
                rooms.stores.whereabouts.forget(self);
            }
        })?;
        rooms.stores.whereabouts.remember(Arc::new(self.clone()));
        rooms.session(&connection)
    }

    /// The status as far as it means something here: what was recorded for another server or organisation is left out.
    #[must_use]
    pub fn recorded(&self, ground: &Ground) -> ProjectStatus {
        let held = self.status.clone().unwrap_or_default();
        if held.server.as_ref() == Some(&ground.session.identity()) {
            return held;
        }
        let ProjectStatus { observed_generation, conditions, .. } = held;
        ProjectStatus { observed_generation, conditions, ..ProjectStatus::default() }
    }

    /// The status of an object whose project was found.
    #[must_use]
    pub fn seen(&self, project: &Project, ground: &Ground) -> ProjectStatus {
        let held = self.recorded(ground);
        ProjectStatus {
            name: Some(project.name.to_string()),
            id: Some(project.id.0),
            uuid: Some(project.uuid.to_string()),
            server: Some(ground.session.identity()),
            origin: Some(self.origin(&held, project, &ground.session)),
            creation: None,
            ..held
        }
    }

    /// What was recorded stays. Else it is created where its creation was answered so, or asked for by one whose answer
    /// nobody saw, and it is as that would have left it.
    pub(in crate::operator) fn origin(&self, held: &ProjectStatus, project: &Project, session: &Session) -> Origin {
        let is_as_sent = || self.wanted(session.organisation()).settings.against(project) == ProjectPatch::default();
        match held.origin {
            _ if session.making().has_made(&project.uuid) => Origin::Created,
            Some(origin) if held.uuid.as_deref() == Some(project.uuid.as_str()) => origin,
            _ if held.creation == Some(ProjectCreation::Asked) && is_as_sent() => Origin::Created,
            _ => Origin::Adopted,
        }
    }

    /// Whether the policy lets the object have the project that is there, or make one.
    ///
    /// # Errors
    /// What the policy forbids.
    pub fn may_have(&self, found: &Found, ground: &Ground) -> Result<(), Obstacle> {
        let origin = match found {
            Found::Unknown(_) => return Ok(()),
            Found::Absent(_) => None,
            Found::Present(project) => Some(self.origin(&self.recorded(ground), project, &ground.session)),
        };
        let named = Named { thing: Thing::Project, name: self.flagsmith_name().to_owned() };
        Ok(adoption::judge(self.spec.adoption_policy, origin, named)?)
    }

    /// What is told where there is no project, and none may be made.
    #[must_use]
    pub fn unmade(&self, ground: &Ground) -> Settled<ProjectStatus> {
        let wanted = self.wanted(ground.session.organisation());
        let refusal = ground.refusal().filter(|refusal| refusal.asked == wanted);
        let creation = refusal.map(|_| ProjectCreation::Refused);
        let status = ProjectStatus { creation, ..self.recorded(ground) };
        let missing = || Obstacle::ProjectNotFound { name: wanted.name.to_string() };
        let obstacle = refusal.map_or_else(missing, |refusal| making::obstacle(&wanted, refusal.error.clone()));
        Settled { status, extra: Vec::new(), obstacles: vec![obstacle], recheck: None }
    }
}
