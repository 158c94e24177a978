//! Writes what is to be published of one environment, and takes back what is published no more.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use kube::{
    Resource, ResourceExt as _,
    api::{DeleteParams, DynamicObject, Preconditions},
    core::{NamespaceResourceScope, PartialObjectMeta},
    runtime::reflector::{ObjectRef, Store},
};
use serde_json::Value;

use super::{
    Medium, Publication, Verdict, bare, field_manager::is_written_by, manager, merged, owned::title, published::Sight,
    rotated, shelf::Shelf,
};
use crate::crd::{CreationPolicy, FlagsmithEnvironment, OWNER, PUBLISHED};
use crate::operator::{digest, obstacle::Obstacle, road::managed::Rooms};

/// Publishes for one environment's object.
pub struct Publisher<'a> {
    /// The object.
    pub owner: &'a FlagsmithEnvironment,
    /// What it may lean on.
    pub rooms: &'a Rooms,
}

/// One of ours that the spec names no more.
struct Former {
    name: String,
    /// Whether it goes with the object: else it is somebody's to keep.
    is_owned: bool,
    /// Whether it is merged into.
    is_merged: bool,
}

impl Publisher<'_> {
    /// What is there now; none where it is yet to be made. It is read only where it is not as it was last seen.
    ///
    /// # Errors
    /// [`Unpublished`](crate::operator::obstacle::unpublished::Unpublished) where nothing may be written there; else as the apiserver.
    pub async fn sight(&self, publication: &Publication<'_>) -> Result<Option<Sight>, Obstacle> {
        if let Some(sight) = self.recall(publication) {
            return Ok(Some(sight));
        }
        let live = self.read(publication).await?;
        publication.judge(live.as_ref())?;
        Ok(live.map(|live| self.seen(publication, &live)))
    }

    /// Sees that all of it is there.
    ///
    /// # Errors
    /// As [`Self::sight`]; [`Obstacle::Outdated`] where it changed meanwhile.
    pub async fn publish(&self, publication: &Publication<'_>) -> Result<(), Obstacle> {
        let manifest = publication.manifest();
        let wanted = digest::of_text(&manifest.to_string());
        if self.recall(publication).is_some_and(|sight| sight.publication.as_ref() == Some(&wanted)) {
            return Ok(());
        }
        let live = self.read(publication).await?;
        let held = match publication.judge(live.as_ref())? {
            Verdict::Right => live,
            Verdict::Create => Some(self.create(publication, manifest).await?),
            Verdict::Correct => Some(self.correct(publication, (manifest, live.as_ref())).await?),
        };
        if let Some(held) = held {
            let sight = Sight { publication: Some(wanted), ..self.seen(publication, &held) };
            // Something was written or read, which is seldom: the time to forget objects that are gone.
            let objects = self.rooms.stores.environments.state();
            self.rooms.published.keep(&objects.iter().filter_map(|one| one.uid()).collect());
            self.rooms.published.remember((&self.uid(), publication.medium), sight);
        }
        Ok(())
    }

    /// Takes back what was published under names that the spec says no more.
    ///
    /// # Errors
    /// As the apiserver.
    pub async fn withdraw_former(&self) -> Result<(), Obstacle> {
        for medium in Medium::ALL {
            let former = match medium {
                Medium::Secret => self.former(medium, &self.rooms.stores.secrets),
                Medium::ConfigMap => self.former(medium, &self.rooms.stores.config_maps),
            };
            for one in former {
                self.withdraw(medium, &one).await?;
            }
        }
        Ok(())
    }

    async fn create(&self, publication: &Publication<'_>, manifest: Value) -> Result<DynamicObject, Obstacle> {
        let Publication { medium, name, .. } = publication;
        let made = self.shelf(*medium).create(name, (manifest, &publication.manager())).await?;
        self.log("created", publication);
        Ok(made)
    }

    async fn correct(
        &self,
        publication: &Publication<'_>,
        (manifest, live): (Value, Option<&DynamicObject>),
    ) -> Result<DynamicObject, Obstacle> {
        let Publication { medium, name, .. } = publication;
        // What was judged is what is written.
        let version = live.and_then(kube::ResourceExt::resource_version);
        let place = self.shelf(*medium);
        let written = place.apply(name, (manifest, &publication.manager()), version.as_deref()).await?;
        self.log("corrected", publication);
        let former = publication.former_manager();
        if !is_written_by(&written, &former) {
            return Ok(written);
        }
        // What was ours under another policy, and is not under this one.
        place.apply(name, (bare(self.owner, *medium, name), &former), None).await
    }

    fn log(&self, what: &str, publication: &Publication<'_>) {
        let (namespace, kind) = (self.owner.namespace(), publication.medium.kind());
        tracing::info!(namespace, name = publication.name, "{what} {kind}");
    }

    async fn read(&self, publication: &Publication<'_>) -> Result<Option<DynamicObject>, Obstacle> {
        Ok(self.shelf(publication.medium).api().get_opt(publication.name).await?)
    }

    fn shelf(&self, medium: Medium) -> Shelf {
        Shelf { client: self.rooms.client.clone(), namespace: self.owner.namespace().unwrap_or_default(), medium }
    }

    fn uid(&self) -> String {
        self.owner.uid().unwrap_or_default()
    }

    fn recall(&self, publication: &Publication<'_>) -> Option<Sight> {
        let (medium, name) = (publication.medium, publication.name);
        let version = match medium {
            Medium::Secret => version(&self.rooms.stores.secrets, self.owner, name),
            Medium::ConfigMap => version(&self.rooms.stores.config_maps, self.owner, name),
        }?;
        self.rooms.published.recall((&self.uid(), medium), (name, &version))
    }

    fn seen(&self, publication: &Publication<'_>, live: &DynamicObject) -> Sight {
        let data = live.data.get("data").cloned().unwrap_or_default();
        let entries = match publication.medium {
            Medium::Secret => serde_json::from_value::<BTreeMap<String, ByteString>>(data)
                .map(|data| data.into_iter().map(|(key, bytes)| (key, text(&bytes.0))).collect()),
            Medium::ConfigMap => serde_json::from_value::<BTreeMap<String, String>>(data),
        };
        let entries = entries.unwrap_or_default().into_iter().map(|(key, text)| (key, digest::of_text(&text)));
        Sight {
            name: publication.name.to_owned(),
            resource_version: live.resource_version().unwrap_or_default(),
            entries: entries.collect(),
            rotated: live.annotations().get(&rotated(self.owner, publication.policy)).cloned(),
            publication: None,
        }
    }

    fn former<K>(&self, medium: Medium, store: &Store<PartialObjectMeta<K>>) -> Vec<Former>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + 'static,
    {
        let (name, policy) = target(self.owner, medium).unzip();
        let merges = policy == Some(CreationPolicy::Merge);
        let (title, marker, uid) = (title(self.owner), merged(self.owner), self.uid());
        let ours = store.state_filter(|one| {
            let annotations = one.annotations();
            let is_named = name == Some(one.name_any().as_str());
            let is_ours = annotations.get(OWNER) == Some(&title) && !is_named;
            let is_merged = annotations.contains_key(&marker) && !(is_named && merges);
            one.namespace() == self.owner.namespace() && one.labels().contains_key(PUBLISHED) && (is_ours || is_merged)
        });
        let former = ours.into_iter().map(|one| Former {
            name: one.name_any(),
            is_owned: one.owner_references().iter().any(|reference| reference.uid == uid)
                && name != Some(one.name_any().as_str()),
            is_merged: one.annotations().contains_key(&marker),
        });
        former.collect()
    }

    async fn withdraw(&self, medium: Medium, former: &Former) -> Result<(), Obstacle> {
        let Former { name, is_owned, is_merged } = former;
        let place = self.shelf(medium);
        let api = place.api();
        // Read live, for what the store holds may be older than somebody's edit of it.
        let Some(live) = api.get_opt(name).await? else { return Ok(()) };
        if *is_owned && live.annotations().get(OWNER) == Some(&title(self.owner)) {
            let preconditions = Some(Preconditions { uid: live.uid(), resource_version: live.resource_version() });
            let parameters = DeleteParams { preconditions, ..DeleteParams::default() };
            api.delete(name, &parameters).await?;
        } else if *is_merged {
            place.take_out(&live, (&manager(self.owner, CreationPolicy::Merge), &self.uid())).await?;
        }
        Ok(())
    }
}

/// The name and the policy that the spec has for a medium.
fn target(owner: &FlagsmithEnvironment, medium: Medium) -> Option<(&str, CreationPolicy)> {
    match medium {
        Medium::Secret => {
            owner.spec.secret.as_ref().map(|to| (to.name.as_str(), to.creation_policy.unwrap_or_default()))
        }
        Medium::ConfigMap => {
            owner.spec.config_map.as_ref().map(|to| (to.name.as_str(), to.creation_policy.unwrap_or_default()))
        }
    }
}

fn version<K>(store: &Store<PartialObjectMeta<K>>, owner: &FlagsmithEnvironment, name: &str) -> Option<String>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + 'static,
{
    let reference = ObjectRef::new(name).within(&owner.namespace().unwrap_or_default());
    store.get(&reference)?.resource_version()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
