//! Who wrote which fields of an object, as server-side apply keeps it. Pure.

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::{ResourceExt as _, api::DynamicObject};
use serde_json::{Value, json};

fn entries_of<'a>(live: &'a DynamicObject, manager: &'a str) -> impl Iterator<Item = &'a ManagedFieldsEntry> {
    let is_its = move |one: &&ManagedFieldsEntry| one.manager.as_deref() == Some(manager);
    live.metadata.managed_fields.iter().flatten().filter(is_its)
}

/// Whether that manager has a field there.
#[must_use]
pub fn is_written_by(live: &DynamicObject, manager: &str) -> bool {
    entries_of(live, manager).next().is_some()
}

/// The patch that takes out what that manager applied and nobody else did. By server-side apply of nothing, the last entry of
/// ours would take those with it that have no manager, as what was applied by `stringData` has none. Whoever wrote that it
/// belongs to our object of that uid, it does so no more: else it would go with that object.
#[must_use]
pub fn without(live: &DynamicObject, (manager, uid): (&str, &str)) -> Value {
    let others = || live.metadata.managed_fields.iter().flatten().filter(|one| one.manager.as_deref() != Some(manager));
    let nothing = |path: &[&str]| {
        let kept: BTreeSet<_> = others().flat_map(|one| names_below(one, path)).collect();
        let gone = owned(live, manager, path).into_iter().filter(|name| !kept.contains(name));
        gone.map(|name| (name, Value::Null)).collect::<serde_json::Map<_, _>>()
    };
    let (ours, theirs): (Vec<_>, Vec<_>) = live.owner_references().iter().partition(|one| one.uid == uid);
    let mut metadata = json!({
        "resourceVersion": live.resource_version(),
        "labels": nothing(&["f:metadata", "f:labels"]),
        "annotations": nothing(&["f:metadata", "f:annotations"]),
    });
    if let Some(metadata) = metadata.as_object_mut().filter(|_| !ours.is_empty()) {
        metadata.insert("ownerReferences".to_owned(), json!(theirs));
    }
    json!({"metadata": metadata, "data": nothing(&["f:data"])})
}

/// The names of the fields that the manager applied below a path.
#[must_use]
pub fn owned(live: &DynamicObject, manager: &str, path: &[&str]) -> BTreeSet<String> {
    let applied = entries_of(live, manager).filter(|one| one.operation.as_deref() == Some("Apply"));
    applied.flat_map(|one| names_below(one, path)).collect()
}

fn names_below(entry: &ManagedFieldsEntry, path: &[&str]) -> Vec<String> {
    let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
    let below = fields.and_then(|fields| path.iter().try_fold(fields, |fields, step| fields.get(*step)));
    let names = below.and_then(Value::as_object).into_iter().flat_map(|fields| fields.keys());
    names.filter_map(|name| name.strip_prefix("f:")).map(str::to_owned).collect()
}
