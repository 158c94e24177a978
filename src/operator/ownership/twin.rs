//! Who names what: gathers, from the stores, the claims that objects of one kind have on one thing.

use kube::{Resource, ResourceExt as _};

use super::{
    claim::{Barred, Claimant, Claims},
    permission::Crossing,
};
use crate::crd::{FeatureFlag, FlagsmithEnvironment, FlagsmithSegment};
use crate::operator::{leaving::tie::title, obstacle::Obstacle, road::managed::Rooms};

/// Refuses an environment that an older object names too.
///
/// # Errors
/// [`Obstacle::Conflict`].
pub fn refuse(environment: &FlagsmithEnvironment, rooms: &Rooms) -> Result<(), Obstacle> {
    let name = environment.flagsmith_name();
    let site = environment.reference().site(rooms);
    let rivals = rooms.stores.environments.state_filter(|other| {
        is_rival(environment, other) && other.flagsmith_name() == name && other.reference().is_at(site.as_ref(), rooms)
    });
    let claims = Claims {
        own: claimant(environment, true, Vec::new()),
        others: rivals.iter().map(|other| claimant(other.as_ref(), true, Vec::new())).collect(),
        barred: Vec::new(),
    };
    if claims.owns_definition() {
        return Ok(());
    }
    let owner = claims.definition().title.clone();
    Err(Obstacle::Conflict { what: format!("environment {name}"), owner })
}

/// All objects that name the segment.
#[must_use]
pub fn segment_claims(segment: &FlagsmithSegment, rooms: &Rooms) -> Claims {
    let name = segment.flagsmith_name();
    let site = segment.reference().site(rooms);
    let uuid = |one: &FlagsmithSegment| one.status.as_ref().and_then(|status| status.uuid.clone());
    let own = uuid(segment).filter(|_| segment.metadata.deletion_timestamp.is_some());
    let rivals = rooms.stores.segments.state_filter(|other| {
        // What is to go is kept by whoever has it recorded too, also where nobody remembers the way to that one's project.
        let is_same = own.is_some() && uuid(other) == own;
        let is_named = other.flagsmith_name() == name && other.reference().is_at(site.as_ref(), rooms);
        is_rival(segment, other) && (is_named || is_same)
    });
    Claims {
        own: claimant(segment, true, Vec::new()),
        others: rivals.iter().map(|other| claimant(other.as_ref(), true, Vec::new())).collect(),
        barred: Vec::new(),
    }
}

/// All objects that name the flag.
#[must_use]
pub fn claims(flag: &FeatureFlag, rooms: &Rooms) -> Claims {
    let name = flag.flagsmith_name();
    let site = flag.reference().site(rooms);
    let uuid = |one: &FeatureFlag| one.status.as_ref().and_then(|status| status.uuid.clone());
    let own = uuid(flag).filter(|_| flag.metadata.deletion_timestamp.is_some());
    let rivals = rooms.stores.flags.state_filter(|other| {
        let is_same = own.is_some() && uuid(other) == own;
        let is_named = other.flagsmith_name() == name && other.reference().is_at(site.as_ref(), rooms);
        is_rival(flag, other) && (is_named || is_same)
    });
    let others = rivals.iter().map(|other| flag_claimant(other, &barred(other, rooms))).collect();
    let barred = barred(flag, rooms);
    Claims { own: flag_claimant(flag, &barred), others, barred }
}

/// The environments that a flag names and whose owners do not let it in. An environment without an object, or whose object says
/// nothing, lets in whoever may use the project.
fn barred(flag: &FeatureFlag, rooms: &Rooms) -> Vec<Barred> {
    let (site, from) = (flag.reference().site(rooms), flag.namespace().unwrap_or_default());
    let is_concerned = |environment: &FlagsmithEnvironment| {
        flag.spec.environments.iter().any(|one| one.name == environment.flagsmith_name())
            && environment.reference().is_at(site.as_ref(), rooms)
    };
    let admit = |environment: &FlagsmithEnvironment| {
        if environment.spec.allowed_namespaces.is_none() {
            return Ok(());
        }
        let (namespace, name) = (environment.namespace().unwrap_or_default(), environment.name_any());
        let crossing = Crossing { from: &from, kind: "FlagsmithEnvironment", to: (&namespace, &name) };
        let labels = |name: &str| rooms.stores.namespaces.labels(name);
        crossing.admit(environment.spec.allowed_namespaces.as_ref(), labels)
    };
    let mut named = rooms.stores.environments.state_filter(is_concerned);
    // Of several objects for one environment only the owner, which is the oldest, has a say.
    named.sort_by_key(|one| (one.flagsmith_name().to_owned(), one.creation_timestamp().map(|time| time.0), one.uid()));
    named.dedup_by(|one, before| one.flagsmith_name() == before.flagsmith_name());
    let refused = named.iter().filter_map(|one| {
        let denial = admit(one).err()?;
        Some(Barred { environment: one.flagsmith_name().to_owned(), denial })
    });
    refused.collect()
}

/// An object that is on its way out claims nothing.
fn is_rival<K: Resource>(one: &K, other: &K) -> bool {
    other.meta().uid != one.meta().uid && other.meta().deletion_timestamp.is_none()
}

fn flag_claimant(flag: &FeatureFlag, barred: &[Barred]) -> Claimant {
    // Who is not let in keeps nobody else out.
    let is_open = |name: &str| !barred.iter().any(|one| one.environment == name);
    let names = flag.spec.environments.iter().map(|one| one.name.clone());
    let environments = names.filter(|name| is_open(name)).collect();
    claimant(flag, flag.defines(), environments)
}

fn claimant<K: Resource<DynamicType = ()>>(object: &K, defines: bool, environments: Vec<String>) -> Claimant {
    Claimant {
        created: object.creation_timestamp().map(|time| time.0),
        uid: object.uid().unwrap_or_default(),
        title: title(object),
        defines,
        environments,
    }
}
