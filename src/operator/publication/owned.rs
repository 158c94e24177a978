//! Secrets that are ours: how they say so, and whose they are.

use std::collections::BTreeMap;

use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{
    Api, Client, Resource as _, ResourceExt as _,
    api::{Patch, PatchParams, PostParams},
    core::ObjectMeta,
};

use crate::crd::{FIELD_MANAGER, FlagsmithEnvironment, OWNER};
use crate::operator::obstacle::Obstacle;

/// A Secret of an environment's object, in its namespace, which goes when the object goes.
#[derive(Debug)]
pub struct OwnedSecret<'a> {
    /// The object.
    pub owner: &'a FlagsmithEnvironment,
    /// The Secret's name.
    pub name: &'a str,
}

impl OwnedSecret<'_> {
    /// The Secret as it is now; read live, not from a store.
    ///
    /// # Errors
    /// [`Obstacle::SecretConflict`] where it is not ours; else as the apiserver.
    pub async fn read(&self, client: &Client) -> Result<Option<Secret>, Obstacle> {
        let held = self.api(client).get_opt(self.name).await?;
        match held {
            Some(secret) if !self.is_ours(&secret) => Err(Obstacle::SecretConflict { name: self.name.to_owned() }),
            held => Ok(held),
        }
    }

    /// Creates the Secret.
    ///
    /// # Errors
    /// [`Obstacle::Outdated`] where one of that name came first; else as the apiserver.
    pub async fn create(&self, client: &Client, data: BTreeMap<String, ByteString>) -> Result<(), Obstacle> {
        let parameters = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        self.api(client).create(&parameters, &self.secret(data, None)).await?;
        Ok(())
    }

    /// Puts our part of the Secret right; others' labels, annotations and keys stay.
    ///
    /// # Errors
    /// [`Obstacle::Outdated`] where it changed since it was read; else as the apiserver.
    pub async fn correct(
        &self,
        client: &Client,
        held: &Secret,
        data: BTreeMap<String, ByteString>,
    ) -> Result<(), Obstacle> {
        let secret = self.secret(data, held.resource_version());
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        self.api(client).patch(self.name, &parameters, &Patch::Apply(secret)).await?;
        Ok(())
    }

    /// Whether the Secret belongs to the object: the annotation names it.
    #[must_use]
    pub fn is_ours(&self, secret: &Secret) -> bool {
        secret.annotations().get(OWNER) == Some(&title(self.owner))
    }

    fn api(&self, client: &Client) -> Api<Secret> {
        Api::namespaced(client.clone(), &self.owner.namespace().unwrap_or_default())
    }

    fn secret(&self, data: BTreeMap<String, ByteString>, resource_version: Option<String>) -> Secret {
        Secret {
            metadata: ObjectMeta {
                name: Some(self.name.to_owned()),
                namespace: self.owner.namespace(),
                resource_version,
                annotations: Some(BTreeMap::from([(OWNER.to_owned(), title(self.owner))])),
                owner_references: self.owner.controller_owner_ref(&()).map(|reference| vec![reference]),
                ..ObjectMeta::default()
            },
            data: Some(data),
            ..Secret::default()
        }
    }
}

/// How an object is named in the annotation of what it owns.
#[must_use]
pub fn title(owner: &FlagsmithEnvironment) -> String {
    format!("FlagsmithEnvironment/{}/{}", owner.namespace().unwrap_or_default(), owner.name_any())
}
