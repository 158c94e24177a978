//! The creation of projects: where the server permits, and once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    obstacle::{Obstacle, Unmade},
    session::Session,
};
use crate::flagsmith::{Error, NewProject, Project, ProjectName, Purpose, Uuid};

/// For so long a creation that was refused is not asked for again, unless it is another.
const RESPITE: Duration = Duration::from_secs(60);

/// What became of the creations that a session asked for.
#[derive(Debug, Default)]
pub struct Making {
    made: Mutex<Vec<Uuid>>,
    refused: Mutex<HashMap<ProjectName, (NewProject, Error, Instant)>>,
}

impl Making {
    /// Whether a project is one that the session was told it made.
    #[must_use]
    pub fn has_made(&self, project: &Uuid) -> bool {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(project)
    }

    /// Why that very creation was refused lately, if it was.
    #[must_use]
    pub fn refusal(&self, wanted: &NewProject) -> Option<Error> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, error, at) = refused.get(&wanted.name)?;
        (asked == wanted && at.elapsed() < RESPITE).then(|| error.clone())
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
                refused.retain(|_, (_, _, at)| at.elapsed() < RESPITE);
                refused.insert(wanted.name.clone(), (wanted.clone(), error, Instant::now()));
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
