//! Which environments are being switched to v2 feature versioning, and the project's own fields.

use super::{
    Clock, Health, Mirror, Transport,
    ledger::Ledger,
    stamp::{Source, Span},
    taken::Taken,
};
use crate::{
    flagsmith::{Environment, EnvironmentId, Error, Project},
    world::{Cell, Change, EnvironmentStep},
};

impl Ledger {
    /// Takes note of a switch that was asked for, or may have been; false where the change is none.
    pub(super) fn note_switch(&mut self, change: &Change) -> bool {
        let Change::MakeEnvironment(EnvironmentStep::Version { environment, .. }) = change else { return false };
        self.world.switching.insert(*environment);
        true
    }

    /// A switch that was asked for, and is not to be.
    pub(super) fn forget_switch(&mut self, change: &Change) {
        if let Change::MakeEnvironment(EnvironmentStep::Version { environment, .. }) = change {
            self.world.switching.remove(environment);
        }
    }

    /// Those that have versions by now are switched no more, nor are those that are gone.
    pub(super) fn note_switched(&mut self, list: &[Environment]) {
        let is_open = |id: &EnvironmentId| list.iter().any(|one| one.id == *id && !one.use_v2_feature_versioning);
        self.world.switching.retain(is_open);
    }

    /// Takes in the project's own fields.
    pub fn take_project(&mut self, at: Span, project: Project) -> Taken {
        let mut taken = Taken::default();
        let project = Some(project);
        if self.observe(&Cell::Project, at, Source::Direct) && self.world.project != project {
            self.world.project = project;
            taken.touched.push(Cell::Project);
        }
        taken
    }
}

impl<T: Transport, C: Clock> Mirror<T, C> {
    /// An environment is being switched to v2 feature versioning, as somebody knows from before this mirror was.
    pub fn is_switching(&self, environment: EnvironmentId) {
        let mut ledger = self.ledger();
        let live = ledger.world().environment_by_id(environment);
        if live.is_some_and(|live| !live.use_v2_feature_versioning) {
            ledger.world.switching.insert(environment);
        }
    }

    /// It was waited for long enough that an environment be switched: whoever wants it is to ask again.
    pub fn is_not_switching(&self, environment: EnvironmentId) {
        self.ledger().world.switching.remove(&environment);
    }

    /// Reads the flags of an environment that was created just now, for all who waited for it.
    pub(super) async fn read_created(&self, change: &Change) {
        let is_made = |one: &&Environment| match change {
            Change::CreateEnvironment(new) => one.key == new.key,
            Change::MakeEnvironment(EnvironmentStep::Clone { new, .. }) => one.name == new.name,
            _ => false,
        };
        let made = self.read(|world| world.environments.iter().find(is_made).cloned());
        if let Some(environment) = made {
            // Where it fails, each reads its own.
            let _ = self.read_document(&environment, &mut Health::default()).await;
        }
    }

    /// Reads the project's own fields, which are listed with all else that changes seldom.
    pub(super) async fn list_project(&self, news: &mut Taken) -> Result<(), Error> {
        let sent = self.clock.now();
        let project = self.transport.project().await?;
        news.add(self.ledger().take_project(self.since(sent), project));
        Ok(())
    }
}
