//! The creation of projects: where the server permits, and once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::flagsmith::{Error, NewProject, Project, ProjectName, Purpose, Uuid};
use crate::operator::{
    connection::session::Session,
    obstacle::{Obstacle, Unmade},
};

/// For so long a creation that was refused is not asked for again, unless it is another.
const RESPITE: Duration = Duration::from_secs(60);

/// What became of the creations that a session asked for.
#[derive(Debug, Default)]
pub struct Making {
    made: Mutex<Vec<Uuid>>,
    refused: Mutex<HashMap<ProjectName, (Refusal, Instant)>>,
}

/// A creation that was refused lately.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// What was asked for.
    pub asked: NewProject,
    /// Why it was refused.
    pub error: Error,
}

impl Making {
    /// Whether a project is one that the session was told it made.
    #[must_use]
    pub fn has_made(&self, project: &Uuid) -> bool {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(project)
    }

    /// The creation of that name which was refused lately, as of that time.
    #[must_use]
    pub fn refusal(&self, name: &ProjectName, now: Instant) -> Option<Refusal> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (refusal, at) = refused.get(name)?;
        (now.saturating_duration_since(*at) < RESPITE).then(|| refusal.clone())
    }

    /// Forgets what was refused: somebody asks for another try.
    pub fn forgive(&self, name: &ProjectName) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    fn note(&self, wanted: &NewProject, answer: Result<Project, Error>) -> Result<(), Error> {
        match answer {
            Ok(made) => self.made.lock().unwrap_or_else(PoisonError::into_inner).push(made.uuid),
            Err(error @ (Error::Forbidden { .. } | Error::Refused { .. })) => {
                let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                refused.retain(|_, (_, at)| at.elapsed() < RESPITE);
                refused.insert(wanted.name.clone(), (Refusal { asked: wanted.clone(), error }, Instant::now()));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Makes a project, unless there is one of that name by now: Flagsmith looks a name up and then inserts, so that two requests
/// at once may both find it free. A refusal is noted, and is no error: whoever wants the project finds it noted.
///
/// # Errors
/// As Flagsmith; after an ambiguous answer the list tells.
pub async fn make(session: &Session, wanted: &NewProject) -> Result<(), Obstacle> {
    let _turn = session.hold_projects().await;
    let client = session.client().with(Purpose::Converge);
    let projects = client.projects(session.organisation()).await?;
    if projects.iter().any(|one| one.name == wanted.name) {
        return Ok(());
    }
    let answer = client.create_project(wanted).await;
    Ok(session.making().note(wanted, answer)?)
}

/// What its author is told of a creation that was refused. A plan without room answers as a missing right does (facts.md §2).
#[must_use]
pub fn obstacle(wanted: &NewProject, refusal: Error) -> Obstacle {
    match refusal {
        Error::Forbidden { .. } => Unmade::ProjectForbidden { name: wanted.name.to_string() }.into(),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flagsmith::{OrganisationId, ProjectPatch},
        operator::project::found::{DesiredProject, Found, find, plan},
        world::Plan,
    };

    fn wanted() -> NewProject {
        NewProject { name: "shop".into(), organisation: OrganisationId(1), settings: ProjectPatch::default() }
    }

    #[test]
    fn a_creation_that_was_refused_is_planned_again_when_its_respite_was_over_at_the_look_and_not_within_a_turn() {
        let making = Making::default();
        making.note(&wanted(), Err(Error::Forbidden { message: String::new(), right: None })).unwrap();
        let desired = DesiredProject { wanted: wanted(), known: None, may_be_made: true };
        let seen = |now| find(&desired, (Vec::new(), making.refusal(&wanted().name, now))).unwrap();
        let found = seen(Instant::now());
        assert!(matches!(&found, Found::Absent(Some(refusal)) if refusal.asked == wanted()));
        // However long the turn takes, what was found is what is planned on.
        making.forgive(&wanted().name);
        assert_eq!(plan(&desired, Some(&found)), Plan::default());
        making.note(&wanted(), Err(Error::Forbidden { message: String::new(), right: None })).unwrap();
        assert_eq!(plan(&desired, Some(&seen(Instant::now() + RESPITE))).changes.len(), 1);
    }

    #[test]
    fn another_creation_of_that_name_is_another_matter() {
        let refusal = Refusal { asked: wanted(), error: Error::Forbidden { message: String::new(), right: None } };
        let settings = ProjectPatch { hide_disabled_flags: Some(true), ..ProjectPatch::default() };
        let wanted = NewProject { settings, ..wanted() };
        let desired = DesiredProject { wanted, known: None, may_be_made: true };
        assert_eq!(plan(&desired, Some(&Found::Absent(Some(refusal)))).changes.len(), 1);
    }
}
