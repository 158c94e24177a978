//! What is delivered of an environment to applications: its keys and the address of the SDK's API, in the Secret and the `ConfigMap`
//! that the spec names.

use std::collections::BTreeMap;

use kube::ResourceExt as _;

use super::{
    Medium, Publication,
    keyring::{Chosen, Hand, Keyring},
    published::Sight,
    publisher::Publisher,
    rotation,
};
use crate::operator::{
    ground::ProjectGround,
    obstacle::{InvalidSpec, Obstacle},
    road::managed::{Rooms, Settled},
};
use crate::{
    crd::{
        ConfigMapTarget, EnvironmentStatus, FlagsmithEnvironment, PublishedSource, ROTATE_SERVER_KEYS, SecretTarget,
    },
    flagsmith::{Environment, Purpose},
};

/// The entry that holds the environment's key, unless the spec lists others.
pub const KEY_ENTRY: &str = "FLAGSMITH_ENVIRONMENT_KEY";
/// The entry that holds the address of the SDK's API, unless the spec lists others.
pub const URL_ENTRY: &str = "FLAGSMITH_API_URL";

/// What is delivered from: an environment as it was last seen.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// The environment's object.
    pub owner: &'a FlagsmithEnvironment,
    /// The environment.
    pub live: &'a Environment,
    /// The project that it is in.
    pub project: &'a ProjectGround,
    /// Whether Flagsmith is never written: no key is made, replaced or deleted, and those that are there are delivered.
    pub is_observed: bool,
}

impl<'a> Delivery<'a> {
    /// Sees that the Secret and the `ConfigMap` hold what the spec says, that none is left which it named before, and that
    /// server-side keys are replaced and deleted when they are due.
    ///
    /// # Errors
    /// The first of what stands in the way; what it does not touch is done all the same.
    pub async fn bring(self, rooms: &'a Rooms, settled: &mut Settled<EnvironmentStatus>) -> Result<(), Obstacle> {
        let publisher = Publisher { owner: self.owner, rooms };
        let secret = self.bring_secret(&publisher).await;
        let config_map = self.bring_config_map(&publisher).await;
        let former = publisher.withdraw_former().await;
        // A key is deleted only once no Secret publishes it any more; a `ConfigMap` never does.
        let keys = match (secret, former) {
            (Ok(Some((ring, chosen))), Ok(())) => self.settle(ring, &chosen, settled).await,
            (secret, former) => secret.and(former),
        };
        keys.and(config_map)
    }

    async fn bring_secret(self, publisher: &Publisher<'a>) -> Result<Option<(Keyring<'a>, Chosen)>, Obstacle> {
        let purpose = if self.is_known() { Purpose::Edit } else { Purpose::Converge };
        let client = self.project.session.client().with(purpose);
        let (events, is_observed) = (&publisher.rooms.events, self.is_observed);
        let mut ring = Keyring::open(self.owner, (client, &self.live.key), Hand { events, is_observed }).await?;
        let mut chosen = Chosen::new();
        if let Some(target) = &self.owner.spec.secret {
            let mut publication = self.secret(target);
            let sight;
            if let Some(ring) = &mut ring {
                sight = publisher.sight(&publication).await?;
                publication.rotated = if self.is_observed {
                    sight.as_ref().and_then(|sight| sight.rotated.as_deref())
                } else {
                    rotation::asked(self.owner, ROTATE_SERVER_KEYS)
                };
                chosen = ring.choose(sight.as_ref(), self.is_rotation_asked(sight.as_ref())).await?;
            }
            publication.entries = self.secret_entries(target, &chosen);
            publisher.publish(&publication).await?;
        }
        Ok(ring.map(|ring| (ring, chosen)))
    }

    async fn settle(
        self,
        mut ring: Keyring<'_>,
        chosen: &Chosen,
        settled: &mut Settled<EnvironmentStatus>,
    ) -> Result<(), Obstacle> {
        let is_declined = self.is_observed && rotation::is_open(self.owner, ROTATE_SERVER_KEYS);
        let asked = rotation::asked(self.owner, ROTATE_SERVER_KEYS).filter(|_| !is_declined).map(str::to_owned);
        settled.status.handled_rotate_server_keys = asked.or(settled.status.handled_rotate_server_keys.take());
        let (told, wait) = ring.settle(chosen).await?;
        settled.status.server_keys = told;
        settled.recheck = Some(settled.recheck.map_or(wait, |other| other.min(wait)));
        let mut wanted = self.owner.spec.server_keys.iter().flatten().peekable();
        if is_declined && wanted.peek().is_some() {
            return Err(InvalidSpec::RotationOfObserved { annotation: ROTATE_SERVER_KEYS }.into());
        }
        if self.is_observed && wanted.any(|spec| !chosen.contains_key(&spec.name)) {
            return Err(InvalidSpec::KeysOfObserved.into());
        }
        Ok(())
    }

    async fn bring_config_map(self, publisher: &Publisher<'_>) -> Result<(), Obstacle> {
        let Some(target) = &self.owner.spec.config_map else { return Ok(()) };
        publisher.publish(&self.config_map(target)).await
    }

    fn is_known(self) -> bool {
        self.owner.status.as_ref().is_some_and(|status| status.uuid.is_some())
    }

    /// What was published in answer to a request says so itself, for the status may not have been written since.
    fn is_rotation_asked(self, sight: Option<&Sight>) -> bool {
        let asked = rotation::asked(self.owner, ROTATE_SERVER_KEYS);
        let answered = sight.and_then(|sight| sight.rotated.as_deref());
        rotation::is_open(self.owner, ROTATE_SERVER_KEYS) && asked != answered
    }

    fn secret(self, target: &'a SecretTarget) -> Publication<'a> {
        let SecretTarget { name, creation_policy, r#type, labels, annotations, keys: _ } = target;
        Publication {
            owner: self.owner,
            medium: Medium::Secret,
            name,
            policy: creation_policy.unwrap_or_default(),
            r#type: r#type.as_deref(),
            labels: labels.as_ref(),
            annotations: annotations.as_ref(),
            entries: BTreeMap::new(),
            rotated: None,
        }
    }

    fn config_map(self, target: &'a ConfigMapTarget) -> Publication<'a> {
        let ConfigMapTarget { name, creation_policy, labels, annotations, keys } = target;
        let listed = keys.iter().flatten().map(|entry| (entry.key.clone(), entry.from, None));
        Publication {
            owner: self.owner,
            medium: Medium::ConfigMap,
            name,
            policy: creation_policy.unwrap_or_default(),
            r#type: None,
            labels: labels.as_ref(),
            annotations: annotations.as_ref(),
            entries: self.entries(keys.is_some(), listed, &Chosen::new()),
            rotated: None,
        }
    }

    fn secret_entries(self, target: &SecretTarget, chosen: &Chosen) -> BTreeMap<String, String> {
        let listed = target.keys.iter().flatten();
        let listed = listed.map(|entry| (entry.key.clone(), entry.from, entry.name.as_deref()));
        self.entries(target.keys.is_some(), listed, chosen)
    }

    fn entries<'b>(
        self,
        is_listed: bool,
        listed: impl Iterator<Item = (String, PublishedSource, Option<&'b str>)>,
        chosen: &Chosen,
    ) -> BTreeMap<String, String> {
        if !is_listed {
            let both = [(KEY_ENTRY, PublishedSource::EnvironmentKey), (URL_ENTRY, PublishedSource::ApiUrl)];
            let both = both.map(|(key, source)| (key.to_owned(), source, None));
            return self.entries(true, both.into_iter(), chosen);
        }
        listed.filter_map(|(key, source, name)| Some((key, self.text(source, name, chosen)?))).collect()
    }

    fn text(self, source: PublishedSource, name: Option<&str>, chosen: &Chosen) -> Option<String> {
        Some(match source {
            PublishedSource::EnvironmentKey => self.live.key.expose().to_owned(),
            PublishedSource::ApiUrl => self.project.session.terms().sdk_url.clone(),
            PublishedSource::EnvironmentName => self.live.name.to_string(),
            PublishedSource::ProjectName => self.project.name.clone(),
            PublishedSource::ServerKey => chosen.get(name?)?.1.expose().to_owned(),
        })
    }
}

impl std::fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("owner", &self.owner.name_any()).finish_non_exhaustive()
    }
}
