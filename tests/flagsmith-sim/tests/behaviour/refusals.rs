//! What a real 2.265.0 said to the same bodies.

use crate::project::Project;
use serde_json::{Value, json};

/// Posts or patches what is wrong, and compares the 400.
async fn refused(project: &Project, (method, path): (&str, &str), cases: &[(Value, Value)]) {
    for (body, complaint) in cases {
        let reply = project.client.call(method, path, body.clone()).await;
        assert_eq!((reply.status, reply.json()), (400, complaint.clone()), "{method} {path} {body}");
    }
}

#[tokio::test]
async fn environments_are_refused_in_flagsmiths_words() {
    let project = Project::new().await;
    let id = project.id;
    let cases = [
        (json!({ "project": id }), json!({ "name": ["This field is required."] })),
        (json!({ "project": id, "name": null }), json!({ "name": ["This field may not be null."] })),
        (json!({ "project": id, "name": " " }), json!({ "name": ["This field may not be blank."] })),
        (
            json!({ "project": id, "name": "x", "api_key": "k".repeat(101) }),
            json!({ "api_key": ["Ensure this field has no more than 100 characters."] }),
        ),
        (
            json!({ "project": id, "name": "x", "allow_client_traits": "zz" }),
            json!({ "allow_client_traits": ["Must be a valid boolean."] }),
        ),
        (
            json!({ "project": id, "name": "production" }),
            json!({ "non_field_errors": ["An environment with this name already exists."] }),
        ),
    ];
    refused(&project, ("POST", "/api/v1/environments/"), &cases).await;
}

#[tokio::test]
async fn segments_are_refused_in_flagsmiths_words() {
    let project = Project::new().await;
    let rules = |rules: Value| json!({ "name": "x", "rules": rules });
    let deep = json!([{ "type": "ALL", "rules": [{ "type": "ALL", "rules": [{ "type": "ALL" }] }] }]);
    let many = vec![json!({ "property": "a", "operator": "EQUAL", "value": "b" }); 101];
    let cases = [
        (json!({ "name": "x" }), json!({ "rules": ["This field is required."] })),
        (rules(json!([{}])), json!({ "rules": [{ "type": ["This field is required."] }] })),
        (
            rules(json!([{ "type": "ALL", "rules": [{ "type": "BAD" }] }, { "type": "ALL" }])),
            json!({ "rules": [{ "rules": [{ "type": ["\"BAD\" is not a valid choice."] }] }, {}] }),
        ),
        (rules(deep), json!({ "segment": ["Rules must not be nested more than 2 levels deep."] })),
        (
            rules(json!([{ "type": "ALL", "conditions": many }])),
            json!({ "segment": ["The segment has 101 conditions, which exceeds the maximum condition count of 100."] }),
        ),
    ];
    refused(&project, ("POST", &format!("/api/v1/projects/{}/segments/", project.id)), &cases).await;
}

#[tokio::test]
async fn changes_of_a_flag_are_refused_in_flagsmiths_words() {
    let project = Project::new().await;
    let segment = project.add_segment("s", json!({ "property": "a", "operator": "IS_SET" })).await;
    let default = |change: Value| json!({ "environment_default": change });
    let overrides = |list: Value| json!({ "segment_overrides": list });
    let wrong_default = |complaint: Value| json!({ "environment_default": complaint });
    let wrong_overrides = |complaint: Value| json!({ "segment_overrides": complaint });
    let cases = [
        (json!(["x"]), json!(["Expected an object."])),
        (default(json!({ "enabled": null })), wrong_default(json!({ "enabled": ["This field may not be null."] }))),
        (
            default(json!({ "value": { "type": "string", "value": true } })),
            wrong_default(json!({ "value": { "value": ["Not a valid string."] } })),
        ),
        (
            default(json!({ "value": { "type": "integer", "value": "1.5" } })),
            wrong_default(json!({ "value": ["'1.5' is not a valid integer"] })),
        ),
        (default(json!({ "variants": [] })), wrong_default(json!({ "variants": ["Feature is not multivariate."] }))),
        (overrides(json!([{}])), wrong_overrides(json!([{ "segment": ["This field is required."] }]))),
        (
            overrides(json!([{ "segment": { "id": segment } }, { "segment": {}, "priority": -1 }])),
            wrong_overrides(json!([{}, {
                "segment": { "id": ["This field is required."] },
                "priority": ["Ensure this value is greater than or equal to 0."],
            }])),
        ),
        (
            overrides(json!([{ "segment": { "id": segment } }, { "segment": { "id": segment } }])),
            wrong_overrides(json!([format!("Duplicate segment: {segment}.")])),
        ),
    ];
    refused(&project, ("PATCH", &project.flag_path()), &cases).await;
}

#[tokio::test]
async fn variants_are_refused_in_flagsmiths_words() {
    let project = Project::new().await;
    let path = format!("{}{}/mv-options/", project.features_path(), project.feature);
    let variant = |share: Value, key: &str| json!({ "feature": project.feature, "default_percentage_allocation": share, "key": key });
    let cases = [
        (json!({ "default_percentage_allocation": 1 }), json!({ "feature": ["This field is required."] })),
        (variant(json!("a"), "k"), json!({ "default_percentage_allocation": ["A valid number is required."] })),
        (variant(json!(1), "control"), json!({ "key": ["\"control\" is a reserved variant key."] })),
        (
            variant(json!(1), "a b"),
            json!({ "key": ["Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."] }),
        ),
    ];
    refused(&project, ("POST", &path), &cases).await;
    let reply = project.client.call("POST", &path, json!({ "feature": project.feature })).await;
    assert_eq!(reply.status, 500);
}
