use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry};

use super::{field_manager::without, *};
use crate::crd::FlagsmithEnvironmentSpec;

fn owner() -> FlagsmithEnvironment {
    let spec = json!({"projectRef": {"name": "shop"}});
    let spec: FlagsmithEnvironmentSpec = serde_json::from_value(spec).unwrap();
    let mut owner = FlagsmithEnvironment::new("production", spec);
    owner.metadata.namespace = Some("shop".to_owned());
    owner.metadata.uid = Some("uid-1".to_owned());
    owner
}

fn publication(owner: &FlagsmithEnvironment, policy: CreationPolicy) -> Publication<'_> {
    Publication {
        owner,
        medium: Medium::Secret,
        name: "keys",
        policy,
        r#type: None,
        labels: None,
        annotations: None,
        entries: BTreeMap::from([("KEY".to_owned(), "text".to_owned())]),
        rotated: None,
    }
}

/// What the apiserver makes of a manifest that is applied.
fn applied(manifest: Value, manager: &str) -> DynamicObject {
    let fields = |value: &Value| -> Value {
        let names = value.as_object().into_iter().flatten();
        names.map(|(name, _)| (format!("f:{name}"), json!({}))).collect::<serde_json::Map<_, _>>().into()
    };
    let metadata = &manifest["metadata"];
    let fields = json!({
        "f:data": fields(&manifest["data"]),
        "f:metadata": {"f:labels": fields(&metadata["labels"]), "f:annotations": fields(&metadata["annotations"])},
    });
    let mut live: DynamicObject = serde_json::from_value(manifest).unwrap();
    live.metadata.resource_version = Some("1".to_owned());
    live.metadata.managed_fields = Some(vec![entry(manager, fields)]);
    live
}

fn entry(manager: &str, fields: Value) -> ManagedFieldsEntry {
    ManagedFieldsEntry {
        manager: Some(manager.to_owned()),
        operation: Some("Apply".to_owned()),
        fields_v1: Some(FieldsV1(fields)),
        ..ManagedFieldsEntry::default()
    }
}

#[test]
fn what_was_applied_is_right_until_any_of_it_is_touched() {
    let owner = owner();
    for policy in [CreationPolicy::Owner, CreationPolicy::Orphan, CreationPolicy::Merge] {
        let publication = publication(&owner, policy);
        let live = applied(publication.manifest(), &publication.manager());
        assert_eq!(publication.judge(Some(&live)), Ok(Verdict::Right), "{policy:?}");
        let mut stale = live.clone();
        stale.data["data"]["KEY"] = json!("b3RoZXI=");
        assert_eq!(publication.judge(Some(&stale)), Ok(Verdict::Correct));
        let mut bare = live.clone();
        bare.metadata.labels = None;
        assert_eq!(publication.judge(Some(&bare)), Ok(Verdict::Correct));
        let wider = Publication { entries: BTreeMap::new(), ..self::publication(&owner, policy) };
        assert_eq!(wider.judge(Some(&live)), Ok(Verdict::Correct), "an entry too many");
    }
}

#[test]
fn what_is_somebody_elses_is_written_to_only_where_it_is_merged_into() {
    let owner = owner();
    let theirs = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "data": {}});
    let live = applied(theirs, "theirs");
    let verdict = |policy, live| publication(&owner, policy).judge(live);
    for policy in [CreationPolicy::Owner, CreationPolicy::Orphan] {
        assert!(matches!(verdict(policy, Some(&live)), Err(Unpublished::Conflict { .. })));
        assert_eq!(verdict(policy, None), Ok(Verdict::Create));
    }
    assert_eq!(verdict(CreationPolicy::Merge, Some(&live)), Ok(Verdict::Correct));
    assert!(matches!(verdict(CreationPolicy::Merge, None), Err(Unpublished::Awaited { .. })));
}

#[test]
fn what_is_taken_out_is_ours_alone() {
    let owner = owner();
    let publication = publication(&owner, CreationPolicy::Merge);
    let (ours, other) = (publication.manager(), "flagsmith-operator.uid-2");
    let mut live = applied(publication.manifest(), &ours);
    let theirs = json!({"f:data": {"f:OTHER": {}}, "f:metadata": {"f:labels": {format!("f:{PUBLISHED}"): {}}}});
    live.metadata.managed_fields.as_mut().unwrap().push(entry(other, theirs));
    let patch = without(&live, (&ours, "uid-1"));
    assert_eq!((&patch["data"], &patch["metadata"]["labels"]), (&json!({"KEY": null}), &json!({})));
    assert_eq!(patch["metadata"]["annotations"], json!({format!("{CHECKSUM}.uid-1"): null}));
    assert_eq!(patch["metadata"]["resourceVersion"], "1");
}

#[test]
fn a_type_that_is_another_is_told() {
    let owner = owner();
    let publication = publication(&owner, CreationPolicy::Owner);
    let mut live = applied(publication.manifest(), FIELD_MANAGER);
    live.data["type"] = json!("example.com/flags");
    assert!(matches!(publication.judge(Some(&live)), Err(Unpublished::AnotherType { .. })));
}

#[test]
fn what_is_taken_out_goes_with_our_object_no_more_and_with_others_as_before() {
    let owner = owner();
    let publication = publication(&owner, CreationPolicy::Owner);
    let mut live = applied(publication.manifest(), &publication.manager());
    let ours = live.owner_references().to_vec();
    assert_eq!(ours.len(), 1);
    let theirs = OwnerReference { uid: "uid-2".to_owned(), controller: None, ..ours[0].clone() };
    live.metadata.owner_references = Some(ours.into_iter().chain([theirs.clone()]).collect());
    let patch = without(&live, (&publication.manager(), "uid-1"));
    assert_eq!(patch["metadata"]["ownerReferences"], json!([theirs]));
    live.metadata.owner_references = Some(vec![theirs]);
    let patch = without(&live, (&publication.manager(), "uid-1"));
    assert_eq!(patch["metadata"].get("ownerReferences"), None, "what is not ours is not written");
}
