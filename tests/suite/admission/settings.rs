//! What environments and projects cannot be set to.

use serde_json::{Value, json};

use super::refused::assert_refused;
use crate::support::Kind;

fn environment(fields: Value) -> Value {
    let mut spec = fields;
    spec["projectRef"] = json!({"name": "shop"});
    spec
}

fn project(fields: Value) -> Value {
    let mut spec = fields;
    spec["connectionRef"] = json!({"name": "flagsmith"});
    spec
}

#[tokio::test]
async fn settings_of_environments() {
    let colour: &[&str] = &["spec.bannerColour", "a colour is # and six hexadecimal digits"];
    let itself: &[&str] = &["cloneFrom names the environment itself"];
    assert_refused(
        Kind::Environment,
        &[
            (environment(json!({"bannerColour": "red"})), colour),
            (environment(json!({"bannerColour": "#d32f2g"})), colour),
            (environment(json!({"bannerText": "x".repeat(256)})), &["spec.bannerText", "255"]),
            (environment(json!({"bannerText": " live"})), &["around a text: leave them out"]),
            (environment(json!({"hideDisabledFlags": true})), &["spec.hideDisabledFlags"]),
            (
                environment(json!({"hideDisabledFlags": "Never"})),
                &["spec.hideDisabledFlags", "Inherit", "Hide", "Show"],
            ),
            (environment(json!({"featureVersioning": "V1"})), &["spec.featureVersioning", "V2"]),
            (environment(json!({"hideSensitiveData": "yes"})), &["spec.hideSensitiveData"]),
            (environment(json!({"cloneFrom": ""})), &["spec.cloneFrom"]),
            (environment(json!({"cloneFrom": " a"})), &["does not start or end with a blank"]),
            (environment(json!({"cloneFrom": "refused"})), itself),
            (environment(json!({"cloneFrom": "Live", "name": "Live"})), itself),
        ],
    )
    .await;
}

#[tokio::test]
async fn settings_of_projects() {
    assert_refused(
        Kind::Project,
        &[
            (project(json!({"featureNameRegex": "x".repeat(256)})), &["spec.featureNameRegex", "255"]),
            (project(json!({"featureNameRegex": "[a-z]+ "})), &["around a text: leave them out"]),
            (project(json!({"staleFlagsLimitDays": 0})), &["spec.staleFlagsLimitDays", "1"]),
            (project(json!({"hideDisabledFlags": "Hide"})), &["spec.hideDisabledFlags"]),
        ],
    )
    .await;
}
