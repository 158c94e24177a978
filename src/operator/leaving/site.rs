//! Where references lead: a project of a server, as far as it was found out.

use kube::runtime::reflector::ObjectRef;

use super::exit;
use crate::crd::{FlagsmithProject, ServerIdentity};
use crate::operator::{ground::Reference, road::managed::Rooms};

/// A project of a server, as far as it was found out.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its object.
    pub object: ObjectRef<FlagsmithProject>,
    /// The server, and the project's id there, once it was found.
    pub found: Option<(ServerIdentity, i64)>,
}

impl Site {
    /// Whether both are the same project. Of one that was not found nothing is known but its object.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (&self.found, &other.found) {
            (Some(one), Some(other)) => one == other,
            _ => self.object == other.object,
        }
    }
}

impl Reference<'_> {
    /// Where the reference leads; nowhere, where it may not be used. What is to go may go where its project was last known to be.
    #[must_use]
    pub fn site(&self, rooms: &Rooms) -> Option<Site> {
        let project = self.known(rooms)?;
        // One that its connection does not let in, any more, claims nothing there.
        if exit::is_shut_out(&project, rooms) {
            return None;
        }
        let object = self.target();
        let before = || rooms.stores.whereabouts.recall(&object).filter(|_| self.is_leaving);
        let found = found(&project).or_else(|| found(before()?.as_ref()));
        Some(Site { object, found })
    }

    /// Whether the reference leads there.
    #[must_use]
    pub fn is_at(&self, site: Option<&Site>, rooms: &Rooms) -> bool {
        site.is_some_and(|site| self.site(rooms).is_some_and(|own| own.is(site)))
    }
}

fn found(project: &FlagsmithProject) -> Option<(ServerIdentity, i64)> {
    let status = project.status.as_ref()?;
    Some((status.server.clone()?, status.id?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(object: &str, id: Option<i64>) -> Site {
        let server = ServerIdentity { url: "https://flagsmith.example.com".to_owned(), organisation_id: 1 };
        Site { object: ObjectRef::new(object).within("default"), found: id.map(|id| (server, id)) }
    }

    #[test]
    fn two_objects_of_one_project_are_one_site() {
        assert!(site("shop", Some(1)).is(&site("store", Some(1))));
        assert!(!site("shop", Some(1)).is(&site("shop", Some(2))), "it was found to be another since");
    }

    #[test]
    fn of_what_was_not_found_only_its_own_object_is_the_same() {
        assert!(!site("shop", None).is(&site("store", None)));
        assert!(!site("shop", Some(1)).is(&site("store", None)));
        assert!(site("shop", None).is(&site("shop", Some(1))));
    }
}
