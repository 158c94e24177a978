//! Who owns a flag: Git, Flagsmith's pages after one write, or Flagsmith's pages alone; said here, or inherited.

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::support::{Case, Kind, Object, Served};

const MET: &str = "/metadata/annotations/flagsmith-operator.dev~1met";

fn on_blue(fields: Value) -> Value {
    let mut production = json!({"name": "production", "enabled": true, "value": {"string": "blue"}});
    production.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    production
}

/// The flag checkout, on and blue in production, owned so.
async fn apply_checkout(case: &Case, management: &str) {
    case.apply_flag("checkout", json!({"management": management, "environments": [on_blue(json!({}))]})).await;
}

async fn tolerated(case: &Case, reason: &str) -> Object {
    let tolerates = |flag: &Object| flag.tolerates(reason);
    case.until(Kind::Flag, "checkout", (&format!("ready, and not in sync: {reason}"), tolerates)).await
}

async fn synced(case: &Case) -> Object {
    case.until(Kind::Flag, "checkout", ("in sync", Object::is_synced)).await
}

async fn what_is_observed_is_shown_and_never_written(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    case.flagsmith.add_feature(json!({"name": "checkout", "initial_value": "grey", "description": "theirs"})).await;
    case.sim.clear_requests();
    let wish = json!({"management": "Observe", "description": "ours", "environments": [on_blue(json!({}))]});
    case.apply_flag("checkout", wish).await;
    let flag = tolerated(&case, "Observed").await;
    let shown = [
        ["description", "ours", "theirs", "Observed"],
        ["production enabled", "true", "false", "Observed"],
        ["production value", "blue", "grey", "Observed"],
    ];
    assert_eq!(flag.drift(), shown);
    let said = flag.at("/status/conditions").as_array().unwrap().iter().find(|one| one["type"] == "Synced").unwrap();
    assert_eq!(said["message"], "3 differences are left alone: description, production enabled, production value");
    assert_eq!(flag.owned(), ("Observe", "0s", false));
    case.until_documents_read(3).await;
    assert_eq!(case.writes(), Vec::<String>::new());

    case.flagsmith.edit_feature("checkout", json!({"description": "ours"})).await;
    case.flagsmith.write_state(&case.production, "checkout", (true, json!("blue"))).await;
    synced(&case).await;
}

#[tokio::test]
async fn what_is_observed_is_shown_and_never_written_without_versions() {
    what_is_observed_is_shown_and_never_written(false).await;
}

#[tokio::test]
async fn what_is_observed_is_shown_and_never_written_with_versions() {
    what_is_observed_is_shown_and_never_written(true).await;
}

#[tokio::test]
async fn an_observed_flag_is_waited_for_and_left_when_its_object_goes() {
    let case = Case::start().await;
    case.sim.clear_requests();
    let wish = json!({"management": "Observe", "tags": ["ours"], "deletionPolicy": "Delete", "environments": [on_blue(json!({}))]});
    case.apply_flag("checkout", wish).await;
    let flag = case.until_waiting(Kind::Flag, "checkout", "FeatureNotFound").await;
    assert!(flag.message().contains("this object is not to create"), "{}", flag.message());
    assert_eq!(flag.drift(), [["existence", "present", "absent", "Observed"]]);
    case.until_documents_read(3).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    case.flagsmith.add_feature(json!({"name": "checkout"})).await;
    let flag = tolerated(&case, "Observed").await;
    assert_eq!(flag.drift()[0], ["tags", "ours", "", "Observed"]);
    case.sim.clear_requests();
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(case.writes(), Vec::<String>::new());
}

async fn what_is_handed_over_is_written_once(versioned: bool) {
    let mut case = Case::plan().versioned(versioned).start().await;
    apply_checkout(&case, "InitialOnly").await;
    let is_marked = |flag: &Object| flag.is_synced() && flag.at(MET) == "true" && flag.owned().2;
    case.until(Kind::Flag, "checkout", ("in sync and marked", is_marked)).await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));

    case.flagsmith.write_state(&case.production, "checkout", (false, json!("red"))).await;
    case.sim.clear_requests();
    let flag = tolerated(&case, "HandedOver").await;
    assert_eq!(flag.drift()[0], ["production enabled", "true", "false", "HandedOver"]);
    // Nor is a later word of Git's.
    let green = on_blue(json!({"value": {"string": "green"}}));
    case.apply_flag("checkout", json!({"management": "InitialOnly", "environments": [green]})).await;
    let is_shown = |flag: &Object| flag.tolerates("HandedOver") && flag.drift()[1][1] == "green";
    case.until(Kind::Flag, "checkout", ("the new wish is shown", is_shown)).await;

    // A backup brings back the object without its status.
    case.operator.kill();
    let nothing = Patch::Merge(json!({"status": null}));
    case.cluster.api(Kind::Flag).patch_status("checkout", &PatchParams::default(), &nothing).await.unwrap();
    assert_eq!(case.cluster.read(Kind::Flag, "checkout").await.at("/status"), &Value::Null);
    case.operator.restart();
    let flag = tolerated(&case, "HandedOver").await;
    assert_eq!(flag.owned(), ("InitialOnly", "0s", true));
    case.until_documents_read(3).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert_eq!(case.served("checkout").await, Some(Served::off("red")));
}

#[tokio::test]
async fn what_is_handed_over_is_written_once_without_versions() {
    what_is_handed_over_is_written_once(false).await;
}

#[tokio::test]
async fn what_is_handed_over_is_written_once_with_versions() {
    what_is_handed_over_is_written_once(true).await;
}

async fn a_flag_that_is_there_is_written_once_and_handed_over(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    case.flagsmith.add_feature(json!({"name": "checkout", "initial_value": "grey"})).await;
    case.sim.clear_requests();
    apply_checkout(&case, "InitialOnly").await;
    synced(&case).await;
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    // What comes later is met by itself.
    let staging = case.flagsmith.add_environment("staging").await;
    case.flagsmith.write_state(&case.production, "checkout", (false, json!("red"))).await;
    tolerated(&case, "HandedOver").await;
    let environments = json!([on_blue(json!({})), on_blue(json!({"name": "staging"}))]);
    case.apply_flag("checkout", json!({"management": "InitialOnly", "environments": environments})).await;
    let is_met = |flag: &Object| flag.is_observed() && flag.at("/status/environments/1/met") == true;
    case.until(Kind::Flag, "checkout", ("staging is met", is_met)).await;
    assert_eq!(case.flagsmith.served(&staging, "checkout").await, Some(Served::on("blue")));
    assert_eq!(case.served("checkout").await, Some(Served::off("red")));
}

#[tokio::test]
async fn a_flag_that_is_there_is_written_once_and_handed_over_without_versions() {
    a_flag_that_is_there_is_written_once_and_handed_over(false).await;
}

#[tokio::test]
async fn a_flag_that_is_there_is_written_once_and_handed_over_with_versions() {
    a_flag_that_is_there_is_written_once_and_handed_over(true).await;
}

#[tokio::test]
async fn an_environment_has_its_own_word_on_who_owns_it() {
    let case = Case::start().await;
    let staging = case.flagsmith.add_environment("staging").await;
    case.flagsmith.add_feature(json!({"name": "checkout", "initial_value": "grey"})).await;
    let environments = json!([on_blue(json!({"management": "Enforce"})), on_blue(json!({"name": "staging"}))]);
    case.apply_flag("checkout", json!({"management": "Observe", "environments": environments})).await;
    let flag = tolerated(&case, "Observed").await;
    let places: Vec<_> = flag.drift().into_iter().map(|[place, ..]| place).collect();
    assert_eq!(places, ["staging enabled", "staging value"]);
    let managements = ["/status/environments/0/management", "/status/environments/1/management"];
    assert_eq!(managements.map(|at| flag.at(at).clone()), ["Enforce", "Observe"]);
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    assert_eq!(case.flagsmith.served(&staging, "checkout").await, Some(Served::off("grey")));
}

#[tokio::test]
async fn who_owns_it_is_inherited_and_may_change_at_any_time() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "checkout", "initial_value": "grey"})).await;
    case.apply_connection(json!({"management": "Observe", "driftGracePeriod": "2h"})).await;
    let is_so = |one: &Object| one.is_ready() && one.owned().0 == "Observe";
    case.until(Kind::Connection, "flagsmith", ("observing", is_so)).await;
    case.apply_flag("checkout", json!({"environments": [on_blue(json!({}))]})).await;
    let flag = tolerated(&case, "Observed").await;
    assert_eq!(flag.owned(), ("Observe", "2h", false));
    assert_eq!(case.served("checkout").await, Some(Served::off("grey")));

    let spec = json!({"connectionRef": {"name": "flagsmith"}, "management": "Enforce"});
    case.cluster.apply(Kind::Project, "shop", spec).await;
    let flag = synced(&case).await;
    assert_eq!(flag.owned(), ("Enforce", "2h", true));
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    let project = case.until_ready(Kind::Project, "shop").await;
    assert_eq!((project.owned().0, project.owned().1), ("Enforce", "2h"));

    case.cluster.apply(Kind::Project, "shop", json!({"connectionRef": {"name": "flagsmith"}})).await;
    let observes = |flag: &Object| flag.is_ready() && flag.owned().0 == "Observe";
    case.until(Kind::Flag, "checkout", ("observed again", observes)).await;
    case.flagsmith.write_state(&case.production, "checkout", (false, json!("blue"))).await;
    tolerated(&case, "Observed").await;
    assert_eq!(case.served("checkout").await, Some(Served::off("blue")));
}

#[tokio::test]
async fn what_approvals_hold_back_is_shown() {
    let case = Case::start().await;
    apply_checkout(&case, "Enforce").await;
    synced(&case).await;
    case.sim.require_approvals(&case.production, Some(0));
    // Else what nobody knows of yet is not respected: Flagsmith takes overrides of identities all the same.
    let asked = json!({"flagsmith-operator.dev/reconcile-requested-at": "now"});
    case.cluster.edit(Kind::Flag, "checkout", json!({"metadata": {"annotations": asked}})).await;
    let is_answered = |flag: &Object| flag.at("/status/lastHandledReconcileAt") == "now";
    case.until(Kind::Flag, "checkout", ("looked at anew", is_answered)).await;
    let jane = json!([{"identity": "jane", "enabled": false}]);
    let edited = on_blue(json!({"value": {"string": "red"}, "identityOverrides": jane}));
    case.apply_flag("checkout", json!({"environments": [edited]})).await;
    let tells = |flag: &Object| flag.is_stalled("ChangeRequestsRequired") && !flag.drift().is_empty();
    let flag = case.until(Kind::Flag, "checkout", ("stalled, and told what it would write", tells)).await;
    let shown = [
        ["production value", "red", "blue", "ChangeRequestsRequired"],
        ["production identityOverrides", "jane: off", "", "ChangeRequestsRequired"],
    ];
    assert_eq!(flag.drift(), shown);
    assert_eq!((flag.holds("Synced"), flag.reason("Synced")), (false, "ChangeRequestsRequired"));
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    // Whoever observes asks for nothing.
    case.apply_flag("checkout", json!({"management": "Observe", "environments": [on_blue(json!({"enabled": false}))]}))
        .await;
    tolerated(&case, "Observed").await;
}

async fn a_difference_that_stands_costs_nothing(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    apply_checkout(&case, "InitialOnly").await;
    synced(&case).await;
    case.flagsmith.write_state(&case.production, "checkout", (false, json!("red"))).await;
    let before = tolerated(&case, "HandedOver").await;
    case.until_documents_read(2).await;
    case.sim.clear_requests();
    case.until_documents_read(8).await;
    let singles: Vec<_> = case.sim.requests().into_iter().map(|one| one.path).collect();
    let is_single =
        |path: &String| path.contains("/features/") && path.contains("environments/") || path.contains("featurestates");
    assert_eq!(singles.iter().filter(|path| is_single(path)).count(), 0, "{singles:?}");
    assert_eq!(case.writes(), Vec::<String>::new());
    let after = case.cluster.read(Kind::Flag, "checkout").await;
    assert_eq!(after.resource_version(), before.resource_version());
}

#[tokio::test]
async fn a_difference_that_stands_costs_nothing_without_versions() {
    a_difference_that_stands_costs_nothing(false).await;
}

#[tokio::test]
async fn a_difference_that_stands_costs_nothing_with_versions() {
    a_difference_that_stands_costs_nothing(true).await;
}

#[tokio::test]
async fn what_is_handed_over_stays_so_while_another_environment_fails() {
    let case = Case::plan().resync("2s").start().await;
    let staging = case.flagsmith.add_environment("staging").await;
    let failing = format!("/api/__future__/environments/{staging}/");
    case.sim.inject(flagsmith_sim::Fault::on("*", &failing).html(500));
    let environments = json!([on_blue(json!({})), on_blue(json!({"name": "staging"}))]);
    case.apply_flag("checkout", json!({"management": "InitialOnly", "environments": environments})).await;
    let is_kept = |flag: &Object| flag.at("/status/environments/0/met") == true;
    case.until(Kind::Flag, "checkout", ("met in production", is_kept)).await;
    case.flagsmith.write_state(&case.production, "checkout", (false, json!("red"))).await;
    case.until_documents_read(3).await;
    case.sim.clear_faults();
    tolerated(&case, "HandedOver").await;
    assert_eq!(case.served("checkout").await, Some(Served::off("red")));
    assert_eq!(case.flagsmith.served(&staging, "checkout").await, Some(Served::on("blue")));
}

#[tokio::test]
async fn a_grace_that_is_none_is_refused_with_what_to_write() {
    let case = Case::plan().unconnected().start().await;
    for (grace, is_taken) in [("0s", true), ("720h", true), ("721h", false), ("tomorrow", false)] {
        let spec = json!({"projectRef": {"name": "shop"}, "driftGracePeriod": grace,
            "environments": [{"name": "production", "driftGracePeriod": grace}]});
        let manifest = case.cluster.manifest(Kind::Flag, "checkout", &spec);
        let answer = case.cluster.dry_run(Kind::Flag, &manifest).await;
        assert_eq!(answer.is_ok(), is_taken, "{grace}: {answer:?}");
    }
}

#[tokio::test]
async fn what_is_only_observed_holds_no_object_back() {
    let case = Case::start().await;
    let finalizers = |object: &crate::support::Object| object.at("/metadata/finalizers").is_null();
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    assert!(!finalizers(&case.until_ready(Kind::Flag, "checkout").await));
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"management": "Observe"}})).await;
    case.until(Kind::Flag, "checkout", ("without a finalizer", finalizers)).await;
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"management": "Enforce"}})).await;
    case.until(Kind::Flag, "checkout", ("with a finalizer", |object| !finalizers(object))).await;
}
