//! The server-side keys of one environment that are ours, and what is done to them.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::Time,
    jiff::{SignedDuration, Timestamp},
};
use kube::ResourceExt as _;

use super::published::Sight;
use crate::operator::{
    digest,
    obstacle::Obstacle,
    road::event::{Events, Happening},
};
use crate::{
    crd::{FlagsmithEnvironment, ServerKeySpec, ServerKeyStatus},
    flagsmith::{self, Client, EnvironmentKey, ServerKey, ServerKeyId},
    world::{
        Change,
        server_key::{DEFAULT_OVERLAP, Kept, Rotation, Standing, Step, plan},
    },
};

/// By what the names of our keys begin, so that people know them in Flagsmith's pages.
const PREFIX: &str = "flagsmith-operator";
/// How often the keys are looked at though nothing is due: somebody may have deleted one in Flagsmith's pages.
const LOOK: Duration = Duration::from_secs(300);
/// Creating one and publishing it, noting that, and deleting a few.
const STEPS: usize = 32;

/// The keys as Flagsmith lists them, by the name that the spec has for them.
pub struct Keyring<'a> {
    owner: &'a FlagsmithEnvironment,
    client: Client,
    environment: &'a EnvironmentKey,
    hand: Hand<'a>,
    keys: BTreeMap<String, Vec<(Kept, EnvironmentKey)>>,
    now: Timestamp,
}

/// What may be done to the keys, and where that is told.
#[derive(Clone, Copy)]
pub struct Hand<'a> {
    /// Where it is told.
    pub events: &'a Events,
    /// True: none is made, replaced or deleted.
    pub is_observed: bool,
}

/// What was chosen to be published, by name.
pub type Chosen = BTreeMap<String, (ServerKeyId, EnvironmentKey)>;

impl<'a> Keyring<'a> {
    /// The keys of an environment. None where the object asks for none and never had one, so that nothing is read for it.
    ///
    /// # Errors
    /// As the client.
    pub async fn open(
        owner: &'a FlagsmithEnvironment,
        (client, environment): (Client, &'a EnvironmentKey),
        hand: Hand<'a>,
    ) -> Result<Option<Self>, Obstacle> {
        let had_some = owner.status.as_ref().is_some_and(|status| !status.server_keys.is_empty());
        if specs(owner).is_empty() && !had_some {
            return Ok(None);
        }
        let list = client.server_keys(environment).await?;
        // Its own clock says how old a key is; without one, ours must do.
        let now = list.date.unwrap_or_else(Timestamp::now);
        let mut ring = Self { owner, client, environment, hand, keys: BTreeMap::new(), now };
        for key in list.keys {
            ring.add(key);
        }
        Ok(Some(ring))
    }

    fn prefix(&self) -> String {
        format!("{PREFIX}/{}/", self.owner.uid().unwrap_or_default())
    }

    /// Takes in a key, if its name says that it is ours.
    fn add(&mut self, key: ServerKey) {
        let ServerKey { id, name, key, created_at } = key;
        let Some((name, number)) = name.strip_prefix(&self.prefix()).and_then(|rest| rest.rsplit_once('/')) else {
            return;
        };
        let Ok(number) = number.parse() else { return };
        self.keys.entry(name.to_owned()).or_default().push((Kept { id, number, created_at }, key));
    }

    fn kept(&self, name: &str) -> Vec<Kept> {
        self.keys.get(name).into_iter().flatten().map(|(kept, _)| *kept).collect()
    }

    fn key(&self, name: &str, id: ServerKeyId) -> Option<EnvironmentKey> {
        let mut all = self.keys.get(name).into_iter().flatten();
        all.find(|(kept, _)| kept.id == id).map(|(_, key)| key.clone())
    }

    /// The key of that name that is published, if Flagsmith lists it.
    fn published(&self, name: &str, sight: Option<&Sight>) -> Option<ServerKeyId> {
        let entries = self.owner.spec.secret.iter().flat_map(|secret| secret.keys.iter().flatten());
        let mut entries = entries.filter(|entry| entry.name.as_deref() == Some(name));
        let held = sight?.entries.get(&entries.next()?.key)?;
        let mut all = self.keys.get(name).into_iter().flatten();
        all.find(|(_, key)| digest::of_text(key.expose()) == *held).map(|(kept, _)| kept.id)
    }

    /// Makes what is to be made, and chooses for each name which key is to be published.
    ///
    /// # Errors
    /// As the client. Whether an answer that was lost made a key is read when this is tried again.
    pub async fn choose(&mut self, sight: Option<&Sight>, is_asked: bool) -> Result<Chosen, Obstacle> {
        let mut chosen = Chosen::new();
        for spec in specs(self.owner) {
            let published = self.published(&spec.name, sight);
            let is_asked = is_asked && !self.hand.is_observed;
            let standing = Standing { published, since: None, is_asked, now: self.now };
            let mut step = self.next(spec, standing);
            if let (Step::Create { number }, false) = (step, self.hand.is_observed) {
                self.make(&spec.name, number).await?;
                step = self.next(spec, standing);
            }
            let id = if let Step::Publish(id) = step { Some(id) } else { published };
            if let Some((id, key)) = id.and_then(|id| Some((id, self.key(&spec.name, id)?))) {
                chosen.insert(spec.name.clone(), (id, key));
            }
        }
        Ok(chosen)
    }

    fn next(&self, spec: &ServerKeySpec, standing: Standing) -> Step {
        // Since when it is published is known by the status alone: where that was lost, it is from now on.
        let since = self.held(&spec.name).map(|held| (ServerKeyId(held.id), held.published_at.0));
        plan(self.rotation(spec), &self.kept(&spec.name), Standing { since: standing.since.or(since), ..standing })
    }

    fn held(&self, name: &str) -> Option<&ServerKeyStatus> {
        self.owner.status.as_ref()?.server_keys.iter().find(|held| held.name == name)
    }

    async fn make(&mut self, name: &str, number: u64) -> Result<(), Obstacle> {
        let full = format!("{}{name}/{number}", self.prefix());
        let made = self.client.create_server_key(self.environment, &full).await?;
        self.tell(&Change::CreateServerKey(name.to_owned()));
        self.add(made);
        Ok(())
    }

    /// Once what was chosen is published: deletes what is needed no longer, and says what the status is to tell and when the
    /// next step is due.
    ///
    /// # Errors
    /// As the client.
    pub async fn settle(&mut self, chosen: &Chosen) -> Result<(Vec<ServerKeyStatus>, Duration), Obstacle> {
        let owner = self.owner;
        let dropped = self.keys.keys().filter(|name| specs(owner).iter().all(|spec| spec.name != **name));
        let dropped: Vec<_> = dropped.cloned().collect();
        let (mut told, mut wait) = (Vec::new(), LOOK);
        for name in dropped {
            if self.hand.is_observed {
                // Once it is managed again it is deleted: until then it is remembered.
                told.extend(self.held(&name).cloned());
                continue;
            }
            for kept in self.kept(&name) {
                self.delete(&name, kept.id).await?;
            }
        }
        for spec in specs(owner) {
            let Some((id, _)) = chosen.get(&spec.name) else { continue };
            let (since, until) = self.bring_to_rest(spec, *id).await?;
            let until = until.map(|until| Duration::try_from(until.duration_since(self.now)).unwrap_or_default());
            wait = wait.min(until.unwrap_or(LOOK));
            told.extend(self.tell_of(spec, (*id, since)));
        }
        // The clock that decides tells whole seconds.
        Ok((told, wait.max(Duration::from_secs(1))))
    }

    async fn bring_to_rest(
        &mut self,
        spec: &ServerKeySpec,
        id: ServerKeyId,
    ) -> Result<(Timestamp, Option<Timestamp>), Obstacle> {
        let mut standing = Standing { published: Some(id), since: None, is_asked: false, now: self.now };
        for _ in 0..STEPS {
            match self.next(spec, standing) {
                Step::Note(id) => standing.since = Some((id, self.now)),
                Step::Delete(_) if self.hand.is_observed => return Ok((self.since(spec, standing), None)),
                Step::Delete(former) => self.delete(&spec.name, former).await?,
                Step::Rest { until } => return Ok((self.since(spec, standing), until)),
                // It fell due since it was chosen.
                Step::Create { .. } | Step::Publish(_) => return Ok((self.since(spec, standing), Some(self.now))),
            }
        }
        Ok((self.since(spec, standing), Some(self.now)))
    }

    fn since(&self, spec: &ServerKeySpec, standing: Standing) -> Timestamp {
        let held = self.held(&spec.name).filter(|held| Some(ServerKeyId(held.id)) == standing.published);
        standing.since.map(|(_, since)| since).or(held.map(|held| held.published_at.0)).unwrap_or(self.now)
    }

    fn tell_of(&self, spec: &ServerKeySpec, (id, since): (ServerKeyId, Timestamp)) -> Option<ServerKeyStatus> {
        let kept = self.kept(&spec.name).into_iter().find(|kept| kept.id == id)?;
        let next = self.rotation(spec).every.and_then(|every| kept.created_at.checked_add(every).ok());
        Some(ServerKeyStatus {
            name: spec.name.clone(),
            id: id.0,
            created_at: whole(kept.created_at),
            published_at: whole(since),
            next_rotation: next.map(whole),
        })
    }

    async fn delete(&mut self, name: &str, id: ServerKeyId) -> Result<(), Obstacle> {
        match self.client.delete_server_key(self.environment, id).await {
            Ok(()) | Err(flagsmith::Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
        self.tell(&Change::DeleteServerKey(name.to_owned()));
        if let Some(keys) = self.keys.get_mut(name) {
            keys.retain(|(kept, _)| kept.id != id);
        }
        Ok(())
    }

    fn tell(&self, change: &Change) {
        tracing::info!(namespace = self.owner.namespace(), name = self.owner.name_any(), "{change}");
        self.hand.events.tell(self.owner, &Happening::Wrote(change));
    }

    /// What is only observed is never replaced by its age.
    fn rotation(&self, spec: &ServerKeySpec) -> Rotation {
        let rotation = rotation(spec);
        if self.hand.is_observed { Rotation { every: None, ..rotation } } else { rotation }
    }
}

fn specs(owner: &FlagsmithEnvironment) -> &[ServerKeySpec] {
    owner.spec.server_keys.as_deref().unwrap_or_default()
}

/// What the schema lets through is a duration; where an older object holds another text, nothing is rotated by it.
fn rotation(spec: &ServerKeySpec) -> Rotation {
    let Some(rotation) = &spec.rotation else { return Rotation { every: None, overlap: DEFAULT_OVERLAP } };
    let every = duration(&rotation.every);
    Rotation { every, overlap: duration(&rotation.overlap).unwrap_or(DEFAULT_OVERLAP) }
}

fn duration(text: &str) -> Option<SignedDuration> {
    let parsed: kube::core::Duration = text.parse().ok()?;
    SignedDuration::try_from(Duration::from(parsed)).ok()
}

/// As the apiserver keeps it: to the second.
fn whole(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}
