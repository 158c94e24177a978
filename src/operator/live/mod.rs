//! What a flag's status says of what SDKs are served: the conditions Live and Verified, and its probes one by one.

pub mod lookout;
pub mod lookouts;
pub mod point;
pub mod probe;
pub mod vigil;

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use k8s_openapi::jiff::Timestamp;
use kube::{Resource as _, ResourceExt as _, runtime::reflector::ObjectRef};

use crate::operator::{
    connection::session::Session,
    ground::ProjectGround,
    obstacle::audience::listed,
    ownership::claim::Claims,
    road::{
        condition::{Word, find},
        managed::{Managed as _, Rooms},
    },
};
use crate::{
    crd::{ConditionType, FIELD_MANAGER, FeatureFlag, ProbeResult, Reason},
    flagsmith::{EnvironmentId, EnvironmentKey, EnvironmentName, Error},
    world::{Change, World, flag::DesiredFlag, served::Sight},
};
use lookout::Watcher;
use lookouts::Lookouts;
use point::{Matter, Point, Stand, points};
use vigil::{Look, Order, View};

/// What is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The conditions.
    pub words: Vec<Word>,
    /// The probes.
    pub probes: Vec<ProbeResult>,
}

/// What was seen of each point.
pub type Seen = Vec<(Point, Option<View>)>;

/// Says what is known by now, and has looked at what is not. It does not wait.
#[must_use]
pub fn report(flag: &FeatureFlag, project: &ProjectGround, (claims, desired): (&Claims, &DesiredFlag)) -> Report {
    let Some(lookouts) = project.session.lookouts() else { return Report::default() };
    let points = project.mirror.read(|world| points(flag, (claims, desired), world));
    let (object, uid) = (ObjectRef::from_obj(flag), flag.uid().unwrap_or_default());
    let watcher = Watcher { object, uid, project: project.project };
    let left = |world: &World| world.environments.iter().map(|one| one.id).collect();
    lookouts.keep(&watcher, &project.mirror.read(left));
    let seen = watch((flag, &watcher), lookouts, points);
    let probes = probe::results(flag, &seen);
    let live = live(&seen, find(conditions(flag), ConditionType::Live));
    let words = std::iter::once(live).chain(probe::verified(&probes)).collect();
    Report { words, probes: probes.into_iter().map(|(_, result)| result).collect() }
}

/// Takes note of a write before it is sent: what SDKs were seen to be served there counts no longer.
pub fn doubt(flag: &FeatureFlag, change: &Change, rooms: &Rooms) {
    let environment = match change {
        Change::SetState { environment, .. }
        | Change::RestoreState { environment, .. }
        | Change::SetIdentity { environment, .. }
        | Change::RemoveIdentity { environment, .. } => *environment,
        _ => return,
    };
    if let Some(lookouts) = session(flag, rooms).as_ref().and_then(|session| session.lookouts()) {
        lookouts.doubt(&flag.uid().unwrap_or_default(), environment);
    }
}

/// Asks nothing more on behalf of a flag that is on hold.
pub fn rest(flag: &FeatureFlag, rooms: &Rooms) {
    if let Some(lookouts) = session(flag, rooms).as_ref().and_then(|session| session.lookouts()) {
        lookouts.forget(&flag.uid().unwrap_or_default(), &[]);
    }
}

fn session(flag: &FeatureFlag, rooms: &Rooms) -> Option<Arc<Session>> {
    rooms.sessions.get(&flag.connection(rooms)?).ok()
}

/// Has each point watched that can be seen.
fn watch((flag, watcher): (&FeatureFlag, &Watcher), lookouts: &Lookouts, points: Vec<Point>) -> Seen {
    let mut seen: Seen = points.into_iter().map(|point| (point, None)).collect();
    let mut environments = Vec::new();
    while let Some((id, key)) = seen.iter().find_map(|(point, view)| place(point).filter(|_| view.is_none())) {
        let here = seen.iter_mut().filter(|(point, _)| place(point).is_some_and(|(at, _)| at == id));
        let (mut slots, mut orders) = (Vec::new(), Vec::new());
        for (point, view) in here {
            if let Some(order) = order(flag, point) {
                orders.push(order);
                slots.push(view);
            }
        }
        let views = lookouts.watch(watcher, (id, &key), orders);
        for (slot, view) in slots.into_iter().zip(views) {
            *slot = Some(view);
        }
        environments.push(id);
    }
    lookouts.forget(&watcher.uid, &environments);
    seen
}

fn place(point: &Point) -> Option<(EnvironmentId, EnvironmentKey)> {
    match &point.stand {
        Stand::Seen(id, key, _) => Some((*id, key.clone())),
        Stand::Blind(_) | Stand::Unwritten => None,
    }
}

fn order(flag: &FeatureFlag, point: &Point) -> Option<Order> {
    let Stand::Seen(_, _, aim) = &point.stand else { return None };
    let is_default = point.matter == Matter::Default;
    Some(Order {
        aim: aim.clone(),
        is_doubted: false,
        trusted: trusted(flag).filter(|_| is_default),
        recurs: !is_default,
        edited: edited(flag).filter(|_| is_default && !is_said(flag)),
    })
}

/// What is to be said of one default; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Overdue,
    Lagging,
    Failed,
    Served,
    Unseen,
}

fn verdict((point, view): &(Point, Option<View>)) -> Verdict {
    let (look, is_overdue) = match (&point.stand, view) {
        (Stand::Blind(_), _) => return Verdict::Unseen,
        (Stand::Unwritten, _) | (_, None) => return Verdict::Lagging,
        (Stand::Seen(..), Some(view)) => (&view.look, view.is_overdue),
    };
    match look {
        Look::Saw(Sight::Other(_) | Sight::Absent) if is_overdue => Verdict::Overdue,
        Look::Failed(_) => Verdict::Failed,
        Look::Awaited => Verdict::Lagging,
        Look::Saw(sight) | Look::Trusted(sight) => match sight {
            Sight::Met => Verdict::Served,
            Sight::Other(_) | Sight::Absent => Verdict::Lagging,
            Sight::Hidden | Sight::Unheeded => Verdict::Unseen,
        },
    }
}

/// What SDKs are served by default. Of several environments the worst is told, which what cannot be seen is not.
fn live(seen: &Seen, held: Option<&Condition>) -> Word {
    let defaults: Vec<_> = seen.iter().filter(|(point, _)| point.matter == Matter::Default).collect();
    let word = |holds, reason, message| Word { kind: ConditionType::Live, holds, reason, message };
    if let Some(held) = held.filter(|_| is_all_trusted(&defaults)) {
        let reason = if held.status == "True" { Reason::Served } else { Reason::NotObservable };
        return word(true, reason, held.message.clone());
    }
    let named = |meant: Verdict| -> Vec<&EnvironmentName> {
        let fitting = defaults.iter().filter(|one| verdict(one) == meant);
        fitting.map(|(point, _)| &point.environment).collect()
    };
    let worst = defaults.iter().map(|one| verdict(one)).min().unwrap_or(Verdict::Unseen);
    let of_worst = listed(&named(worst));
    match worst {
        Verdict::Overdue => {
            let message = format!("after two minutes SDKs were still not served what the spec enforces in {of_worst}");
            word(false, Reason::NotServed, message)
        }
        Verdict::Lagging => {
            let message = format!("SDKs are yet to be seen to be served what the spec enforces in {of_worst}");
            word(false, Reason::NotServedYet, message)
        }
        Verdict::Failed => word(false, Reason::Unanswered, unanswered(&defaults, &of_worst)),
        Verdict::Served => word(true, Reason::Served, told_served(&named(Verdict::Unseen))),
        Verdict::Unseen => word(false, Reason::NotObservable, unobservable(&defaults)),
    }
}

/// Whether nothing is known but what the status says already.
fn is_all_trusted(defaults: &[&(Point, Option<View>)]) -> bool {
    let is_trusted = |view: &View| matches!(view.look, Look::Trusted(_));
    let mut seen = defaults.iter().filter(|(point, _)| !matches!(point.stand, Stand::Blind(_))).peekable();
    seen.peek().is_some() && seen.all(|(_, view)| view.as_ref().is_some_and(is_trusted))
}

fn told_served(unseen: &[&EnvironmentName]) -> String {
    let told = "SDKs are served what the spec enforces";
    if unseen.is_empty() { told.to_owned() } else { format!("{told}; not to be seen in {}", listed(unseen)) }
}

fn unobservable(defaults: &[&(Point, Option<View>)]) -> String {
    let why = defaults.iter().find_map(|(point, _)| match &point.stand {
        Stand::Blind(why) => Some(*why),
        Stand::Unwritten | Stand::Seen(..) => None,
    });
    let hidden = "flags that are off are hidden from SDKs";
    let none = "the spec enforces no environment's enabled or value";
    let why = why.unwrap_or(if defaults.is_empty() { none } else { hidden });
    format!("not to be seen by the environments' keys: {why}")
}

fn unanswered(defaults: &[&(Point, Option<View>)], named: &str) -> String {
    let error = defaults.iter().find_map(|(_, view)| match &view.as_ref()?.look {
        Look::Failed(error) => Some(trouble(error)),
        Look::Awaited | Look::Trusted(_) | Look::Saw(_) => None,
    });
    format!("the SDKs' endpoint {}; asked for {named}", error.unwrap_or_default())
}

/// What is wrong with the SDKs' endpoint, in words that name neither times nor keys.
pub(in crate::operator) fn trouble(error: &Error) -> String {
    match error {
        Error::Unreachable { reason, .. } => format!("cannot be reached ({reason})"),
        Error::Timeout { .. } => "does not answer in time".to_owned(),
        Error::Throttled { .. } => "asks for fewer requests".to_owned(),
        Error::Server { status } => format!("fails ({status})"),
        Error::Refused { status, message } => format!("refuses the request ({status}: {message})"),
        Error::CredentialRefused { .. } | Error::Forbidden { .. } => "refuses the environment's key".to_owned(),
        Error::NotLeading(_) => "is not asked by this replica".to_owned(),
        Error::NotFound
        | Error::RouteMissing
        | Error::ChangeRequests
        | Error::BudgetSpent { .. }
        | Error::Withdrawn
        | Error::NotFlagsmith { .. }
        | Error::Shape { .. } => {
            "does not answer as Flagsmith's does (spec.sdkURL of the connection says where it is)".to_owned()
        }
    }
}

/// What the status says that was seen, where that is a last word for the spec as it is: it need not be asked for again.
fn trusted(flag: &FeatureFlag) -> Option<Sight> {
    let live = find(conditions(flag), ConditionType::Live)?;
    let reason = live.reason.as_str();
    let is_of_now = live.observed_generation == flag.meta().generation;
    let sight = match reason {
        _ if reason == Reason::Served.as_ref() => Sight::Met,
        _ if reason == Reason::NotObservable.as_ref() => Sight::Hidden,
        _ => return None,
    };
    is_of_now.then_some(sight)
}

/// Whether the status says anything of the spec as it is: then the way from its edit is no longer measured.
fn is_said(flag: &FeatureFlag) -> bool {
    let live = find(conditions(flag), ConditionType::Live);
    live.is_some_and(|live| live.observed_generation == flag.meta().generation && live.status == "True")
}

fn conditions(flag: &FeatureFlag) -> &[Condition] {
    flag.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default()
}

/// When somebody else than we last wrote the spec, as Kubernetes notes it.
fn edited(flag: &FeatureFlag) -> Option<Timestamp> {
    let fields = flag.meta().managed_fields.as_deref().unwrap_or_default();
    let others = fields.iter().filter(|one| one.manager.as_deref() != Some(FIELD_MANAGER) && one.subresource.is_none());
    others.filter_map(|one| one.time.as_ref()).map(|time| time.0).max()
}

#[cfg(test)]
mod tests;
