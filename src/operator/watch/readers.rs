//! Who is concerned when something happens to a Secret or a `ConfigMap`: whoever reads it, and whoever writes it.

use kube::{Resource, ResourceExt as _, runtime::reflector::ObjectRef};

use super::{
    stores::{ConfigMapMetadata, SecretMetadata, Stores},
    wake::Wakes,
};
use crate::crd::{OWNER, PUBLISHED};
use crate::operator::publication::{merged, owned::title};

impl Stores {
    /// Wakes whoever names a Secret.
    pub(in crate::operator) fn wake_secret_users(&self, secret: &ObjectRef<SecretMetadata>, wakes: &Wakes) {
        wakes.connections.wake_all(&self.connections, |one| {
            one.namespace() == secret.namespace && one.credential().is_some_and(|(_, key)| key.name == secret.name)
        });
        wakes.environments.wake_all(&self.environments, |one| {
            one.namespace() == secret.namespace && one.spec.secret.as_ref().is_some_and(|to| to.name == secret.name)
        });
    }

    /// Wakes whoever names a `ConfigMap`.
    pub(in crate::operator) fn wake_config_map_users(&self, map: &ObjectRef<ConfigMapMetadata>, wakes: &Wakes) {
        wakes.environments.wake_all(&self.environments, |one| {
            one.namespace() == map.namespace && one.spec.config_map.as_ref().is_some_and(|to| to.name == map.name)
        });
    }

    /// Wakes whoever wrote there, for it may be named no more, and is to be taken back then.
    pub(in crate::operator) fn wake_writers<K>(&self, written: Option<&K>, wakes: &Wakes)
    where
        K: Resource,
    {
        let Some(written) = written.filter(|one| one.labels().contains_key(PUBLISHED)) else { return };
        let annotations = written.annotations();
        wakes.environments.wake_all(&self.environments, |one| {
            let is_here = one.namespace() == written.namespace();
            is_here && (annotations.get(OWNER) == Some(&title(one)) || annotations.contains_key(&merged(one)))
        });
    }
}
