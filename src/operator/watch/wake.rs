//! The queues by which objects are woken, and what a mirror's word means for them.

use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use kube::{
    Resource,
    runtime::reflector::{ObjectRef, Store},
};

use super::stores::Stores;
use crate::{
    crd::{FeatureFlag, FlagsmithConnection, FlagsmithEnvironment, FlagsmithProject, FlagsmithSegment},
    flagsmith::ProjectId,
    mirror::{Listener, Touch},
};

/// The queue of one kind.
#[derive(Debug)]
pub struct Queue<K: Resource<DynamicType = ()>>(UnboundedSender<ObjectRef<K>>);

impl<K: Resource<DynamicType = ()>> Clone for Queue<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Resource<DynamicType = ()> + Clone + 'static> Queue<K> {
    /// Has an object reconciled soon. What is queued twice is reconciled once.
    pub fn wake(&self, object: ObjectRef<K>) {
        // Nobody listens any more only when the operator stops.
        let _ = self.0.unbounded_send(object);
    }

    /// Wakes each object of the store that fits.
    pub fn wake_all(&self, store: &Store<K>, fits: impl Fn(&K) -> bool) {
        for object in store.state_filter(fits) {
            self.wake(ObjectRef::from_obj(object.as_ref()));
        }
    }
}

/// The queues of all kinds.
#[derive(Clone, Debug)]
pub struct Wakes {
    /// Of connections.
    pub connections: Queue<FlagsmithConnection>,
    /// Of projects.
    pub projects: Queue<FlagsmithProject>,
    /// Of environments.
    pub environments: Queue<FlagsmithEnvironment>,
    /// Of segments.
    pub segments: Queue<FlagsmithSegment>,
    /// Of flags.
    pub flags: Queue<FeatureFlag>,
}

/// The other ends of the queues.
#[derive(Debug)]
pub struct Woken {
    /// Of connections.
    pub connections: UnboundedReceiver<ObjectRef<FlagsmithConnection>>,
    /// Of projects.
    pub projects: UnboundedReceiver<ObjectRef<FlagsmithProject>>,
    /// Of environments.
    pub environments: UnboundedReceiver<ObjectRef<FlagsmithEnvironment>>,
    /// Of segments.
    pub segments: UnboundedReceiver<ObjectRef<FlagsmithSegment>>,
    /// Of flags.
    pub flags: UnboundedReceiver<ObjectRef<FeatureFlag>>,
}

impl Wakes {
    /// New queues and their other ends.
    #[must_use]
    pub fn new() -> (Self, Woken) {
        let (connections, woken_connections) = mpsc::unbounded();
        let (projects, woken_projects) = mpsc::unbounded();
        let (environments, woken_environments) = mpsc::unbounded();
        let (segments, woken_segments) = mpsc::unbounded();
        let (flags, woken_flags) = mpsc::unbounded();
        let wakes = Self {
            connections: Queue(connections),
            projects: Queue(projects),
            environments: Queue(environments),
            segments: Queue(segments),
            flags: Queue(flags),
        };
        let woken = Woken {
            connections: woken_connections,
            projects: woken_projects,
            environments: woken_environments,
            segments: woken_segments,
            flags: woken_flags,
        };
        (wakes, woken)
    }
}

/// Turns what the mirrors of one connection say into wakes.
#[derive(Debug)]
pub struct Messenger {
    /// The connection.
    pub connection: ObjectRef<FlagsmithConnection>,
    /// The stores, to find whom it concerns.
    pub stores: Stores,
    /// The queues.
    pub wakes: Wakes,
}

impl Listener for Messenger {
    fn touched(&self, project: ProjectId, touch: Touch) {
        if touch == Touch::Connection {
            self.wakes.connections.wake(self.connection.clone());
            return;
        }
        for object in self.projects(project) {
            self.wake(&object, &touch);
        }
        // What kept it may be gone.
        if matches!(touch, Touch::Feature(_) | Touch::Segment(_)) {
            self.stores.wake_leaving(&self.wakes);
        }
    }
}

impl Messenger {
    fn projects(&self, id: ProjectId) -> Vec<ObjectRef<FlagsmithProject>> {
        let mut through = self.stores.projects_through(&self.connection);
        through.retain(|project| {
            let object = self.stores.projects.get(project).or_else(|| self.stores.whereabouts.recall(project));
            // One whose id is not in its status yet may be this one: better woken in vain than not at all.
            object.is_some_and(|object| object.recorded_id().is_none_or(|recorded| recorded == id))
        });
        through
    }

    fn wake(&self, project: &ObjectRef<FlagsmithProject>, touch: &Touch) {
        let is_flag_here = |flag: &FeatureFlag| flag.reference().target() == *project;
        let is_environment_here = |one: &FlagsmithEnvironment| one.reference().target() == *project;
        let is_segment_here = |one: &FlagsmithSegment| one.reference().target() == *project;
        let Wakes { connections: _, projects: _, environments: _, segments, flags } = &self.wakes;
        match touch {
            Touch::Feature(name) => {
                flags.wake_all(&self.stores.flags, |one| is_flag_here(one) && one.flagsmith_name() == name.as_str());
                segments.wake_all(&self.stores.segments, |one| is_segment_here(one) && one.waits_for(name.as_str()));
            }
            Touch::Segment(name) => {
                segments.wake_all(&self.stores.segments, |one| is_segment_here(one) && one.is_called(name.as_str()));
                // Any of them may have an override for it.
                flags.wake_all(&self.stores.flags, is_flag_here);
            }
            Touch::Everything => {
                self.wakes.projects.wake(project.clone());
                self.wakes.environments.wake_all(&self.stores.environments, is_environment_here);
                segments.wake_all(&self.stores.segments, is_segment_here);
                flags.wake_all(&self.stores.flags, is_flag_here);
            }
            Touch::Project => self.wakes.projects.wake(project.clone()),
            Touch::Connection => {}
        }
    }
}
