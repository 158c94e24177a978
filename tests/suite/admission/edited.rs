//! What cannot be changed once it is there.

use serde_json::{Value, json};

use crate::support::{Cluster, Kind};

/// Applies the first spec and sees the second one refused.
pub(super) async fn assert_edit_refused(kind: Kind, (before, after): (Value, Value), part: &str) {
    let cluster = Cluster::new().await;
    cluster.apply(kind, "kept", before.clone()).await;
    let refusal = cluster.try_apply(kind, &cluster.manifest(kind, "kept", &after)).await;
    let message = refusal.expect_err(&format!("{before} became {after}"));
    assert!(message.contains(part), "{message}");
    cluster.apply(kind, "kept", before).await;
}

const PROJECT: &str = "projectRef cannot be changed: delete the object and apply it anew";
const NAME: &str = "name cannot be changed, added or removed";

#[tokio::test]
async fn a_flags_project_stays() {
    let specs = (json!({"projectRef": {"name": "shop"}}), json!({"projectRef": {"name": "other"}}));
    assert_edit_refused(Kind::Flag, specs, PROJECT).await;
}

#[tokio::test]
async fn an_environments_project_stays() {
    let specs = (json!({"projectRef": {"name": "shop"}}), json!({"projectRef": {"name": "other"}}));
    assert_edit_refused(Kind::Environment, specs, PROJECT).await;
}

#[tokio::test]
async fn a_flags_name_stays() {
    let (absent, one) = (json!({"projectRef": {"name": "shop"}}), json!({"projectRef": {"name": "shop"}, "name": "a"}));
    let another = json!({"projectRef": {"name": "shop"}, "name": "b"});
    assert_edit_refused(Kind::Flag, (absent.clone(), one.clone()), NAME).await;
    assert_edit_refused(Kind::Flag, (one.clone(), absent), NAME).await;
    assert_edit_refused(Kind::Flag, (one, another), NAME).await;
}

#[tokio::test]
async fn what_may_change_does() {
    let cluster = Cluster::new().await;
    for (name, suspend) in [("Production", false), ("Live", true)] {
        let spec = json!({"projectRef": {"name": "shop"}, "name": name, "secret": {"name": name.to_lowercase()}, "suspend": suspend});
        cluster.apply(Kind::Environment, "production", spec).await;
    }
    for connection in ["flagsmith", "other"] {
        cluster.apply(Kind::Project, "shop", json!({"connectionRef": {"name": connection}, "name": connection})).await;
    }
}
