//! What is to be published of an environment, as the Secret or `ConfigMap` that it comes to, and what must be done to one that is
//! there. Pure.

pub mod delivery;
pub mod field_manager;
pub mod keyring;
pub mod owned;
pub mod published;
pub mod publisher;
pub mod rotation;
pub mod shelf;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use kube::{
    Resource as _, ResourceExt as _,
    api::{ApiResource, DynamicObject},
};
use serde_json::{Value, json};

use crate::crd::{CHECKSUM, CreationPolicy, FIELD_MANAGER, FlagsmithEnvironment, OWNER, PUBLISHED, ROTATE_SERVER_KEYS};
use crate::operator::{digest, obstacle::unpublished::Unpublished};
use field_manager::{is_written_by, owned};
use owned::title;

/// What keys are published in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Medium {
    /// A Secret.
    Secret,
    /// A `ConfigMap`, for what is public.
    ConfigMap,
}

impl Medium {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Secret, Self::ConfigMap];

    /// As manifests write it.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
        }
    }

    /// The field of the spec that names it.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::ConfigMap => "configMap",
        }
    }

    /// Where the apiserver has it.
    #[must_use]
    pub fn resource(self) -> ApiResource {
        match self {
            Self::Secret => ApiResource::erase::<Secret>(&()),
            Self::ConfigMap => ApiResource::erase::<ConfigMap>(&()),
        }
    }

    fn encoded(self, text: &str) -> Value {
        match self {
            Self::Secret => json!(ByteString(text.as_bytes().to_vec())),
            Self::ConfigMap => json!(text),
        }
    }
}

/// What is to be published in one Secret or `ConfigMap`. It holds keys, and has no `Debug`.
pub struct Publication<'a> {
    /// The environment's object.
    pub owner: &'a FlagsmithEnvironment,
    /// What it is published in.
    pub medium: Medium,
    /// Its name.
    pub name: &'a str,
    /// Whose it is.
    pub policy: CreationPolicy,
    /// The Secret's type.
    pub r#type: Option<&'a str>,
    /// The author's labels.
    pub labels: Option<&'a BTreeMap<String, String>>,
    /// The author's annotations.
    pub annotations: Option<&'a BTreeMap<String, String>>,
    /// What it holds.
    pub entries: BTreeMap<String, String>,
    /// The request to replace server-side keys which its content answers.
    pub rotated: Option<&'a str>,
}

/// What must be done to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is made.
    Create,
    /// It is corrected.
    Correct,
    /// Nothing.
    Right,
}

impl Publication<'_> {
    /// By what our annotations end: nothing where all of it is ours, else the object's uid, for several may merge into one.
    fn suffix(&self) -> String {
        suffix(self.owner, self.policy)
    }

    /// The field manager that writes it.
    #[must_use]
    pub fn manager(&self) -> String {
        manager(self.owner, self.policy)
    }

    /// The field manager that wrote it under another policy.
    #[must_use]
    pub fn former_manager(&self) -> String {
        let other = if self.policy == CreationPolicy::Merge { CreationPolicy::Owner } else { CreationPolicy::Merge };
        manager(self.owner, other)
    }

    fn all_annotations(&self) -> BTreeMap<String, String> {
        let mut annotations = self.annotations.cloned().unwrap_or_default();
        let suffix = self.suffix();
        annotations.insert(format!("{CHECKSUM}{suffix}"), digest::of_entries(&self.entries));
        if let Some(rotated) = self.rotated {
            annotations.insert(format!("{ROTATE_SERVER_KEYS}{suffix}"), rotated.to_owned());
        }
        if self.policy != CreationPolicy::Merge {
            annotations.insert(OWNER.to_owned(), title(self.owner));
        }
        annotations
    }

    fn all_labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.labels.cloned().unwrap_or_default();
        labels.insert(PUBLISHED.to_owned(), "true".to_owned());
        labels
    }

    fn owner_reference(&self) -> Option<OwnerReference> {
        (self.policy == CreationPolicy::Owner).then(|| self.owner.controller_owner_ref(&())).flatten()
    }

    fn data(&self) -> BTreeMap<&str, Value> {
        self.entries.iter().map(|(key, text)| (key.as_str(), self.medium.encoded(text))).collect()
    }

    /// What is applied: all that is ours, and nothing else.
    #[must_use]
    pub fn manifest(&self) -> Value {
        let mut manifest = bare(self.owner, self.medium, self.name);
        let metadata = json!({
            "name": self.name,
            "namespace": self.owner.namespace(),
            "labels": self.all_labels(),
            "annotations": self.all_annotations(),
            "ownerReferences": self.owner_reference().into_iter().collect::<Vec<_>>(),
        });
        if let Some(fields) = manifest.as_object_mut() {
            fields.insert("metadata".to_owned(), metadata);
            fields.insert("data".to_owned(), json!(self.data()));
            if self.medium == Medium::Secret && self.policy != CreationPolicy::Merge {
                fields.insert("type".to_owned(), json!(self.wanted_type()));
            }
        }
        manifest
    }

    fn wanted_type(&self) -> &str {
        self.r#type.unwrap_or("Opaque")
    }

    /// What must be done to what is there.
    ///
    /// # Errors
    /// [`Unpublished`] where nothing may be.
    pub fn judge(&self, live: Option<&DynamicObject>) -> Result<Verdict, Unpublished> {
        let (kind, field, name) = (self.medium.kind(), self.medium.field(), self.name.to_owned());
        let merges = self.policy == CreationPolicy::Merge;
        let Some(live) = live else {
            return if merges { Err(Unpublished::Awaited { kind, field, name }) } else { Ok(Verdict::Create) };
        };
        if !merges {
            if live.annotations().get(OWNER) != Some(&title(self.owner)) {
                return Err(Unpublished::Conflict { kind, field, name });
            }
            let held = live.data.get("type").and_then(Value::as_str);
            if self.medium == Medium::Secret && held.is_some_and(|held| held != self.wanted_type()) {
                return Err(Unpublished::AnotherType { name });
            }
        }
        Ok(if self.is_right(live) { Verdict::Right } else { Verdict::Correct })
    }

    /// Whether all that is ours is there as it should be, and nothing of ours besides.
    fn is_right(&self, live: &DynamicObject) -> bool {
        let (labels, annotations, data) = (self.all_labels(), self.all_annotations(), self.data());
        let holds = labels.iter().all(|(name, value)| live.labels().get(name) == Some(value))
            && annotations.iter().all(|(name, value)| live.annotations().get(name) == Some(value))
            && data.iter().all(|(name, value)| live.data.get("data").and_then(|held| held.get(name)) == Some(value));
        let ours = self.owner.uid().unwrap_or_default();
        let mut references = live.owner_references().iter().filter(|one| one.uid == ours);
        let is_owned = match self.owner_reference() {
            Some(wanted) => references.any(|one| *one == wanted),
            None => references.next().is_none(),
        };
        let names = |keys: BTreeSet<&str>| keys.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        let manager = self.manager();
        let owns = |path: &[&str], wanted: BTreeSet<String>| owned(live, &manager, path) == wanted;
        holds
            && is_owned
            && owns(&["f:data"], names(data.keys().copied().collect()))
            && owns(&["f:metadata", "f:labels"], labels.into_keys().collect())
            && owns(&["f:metadata", "f:annotations"], annotations.into_keys().collect())
            && !is_written_by(live, &self.former_manager())
    }
}

/// Nothing but which one it is.
#[must_use]
pub fn bare(owner: &FlagsmithEnvironment, medium: Medium, name: &str) -> Value {
    let metadata = json!({"name": name, "namespace": owner.namespace()});
    json!({"apiVersion": "v1", "kind": medium.kind(), "metadata": metadata})
}

/// The field manager of an object's publications of that policy. Several objects may merge into one Secret, and what one of them
/// lists no more is not another's.
#[must_use]
pub fn manager(owner: &FlagsmithEnvironment, policy: CreationPolicy) -> String {
    format!("{FIELD_MANAGER}{}", suffix(owner, policy))
}

fn suffix(owner: &FlagsmithEnvironment, policy: CreationPolicy) -> String {
    match policy {
        CreationPolicy::Merge => format!(".{}", owner.uid().unwrap_or_default()),
        CreationPolicy::Owner | CreationPolicy::Orphan => String::new(),
    }
}

/// The annotation that says that an object merges into what bears it.
#[must_use]
pub fn merged(owner: &FlagsmithEnvironment) -> String {
    format!("{CHECKSUM}{}", suffix(owner, CreationPolicy::Merge))
}

/// The annotation that tells which request to replace server-side keys was answered.
#[must_use]
pub fn rotated(owner: &FlagsmithEnvironment, policy: CreationPolicy) -> String {
    format!("{ROTATE_SERVER_KEYS}{}", suffix(owner, policy))
}

#[cfg(test)]
mod tests;
