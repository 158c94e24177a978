//! What a number is the number of, by where it stands.

/// What is numbered below a segment of a path, such as `features` in `/features/4/`.
pub fn below(segment: &str) -> Option<&'static str> {
    Some(match segment {
        "organisations" => "organisation",
        "projects" => "project",
        "environments" => "environment",
        "features" => "feature",
        "featurestates" | "create-segment-override" => "state",
        "feature-segments" => "override",
        "identities" => "identity",
        "mv-options" => "variant",
        "segments" | "segment-overrides" => "segment",
        "users" => "user",
        "user-permissions" => "permission",
        "api-keys" | "master-api-keys" => "key",
        "invite-links" => "invitation",
        _ => return None,
    })
}

/// What the answer to a path is about: what its `id` numbers.
pub fn of_answer(path: &str) -> &'static str {
    let path = path.split('?').next().unwrap_or_default();
    path.rsplit('/').find_map(below).unwrap_or("thing")
}

/// What a member of JSON numbers; `parent` is the member around it, if there is one.
pub fn of_member(name: &str, parent: Option<&str>, answer: &'static str) -> Option<&'static str> {
    Some(match (name, parent) {
        ("user_ids" | "owners", _) => "owner",
        ("tags", _) => "tag",
        ("group_ids" | "group_owners", _) => "owning group",
        ("id", None | Some("results")) => answer,
        ("id", Some("variants" | "multivariate_options" | "multivariate_feature_option"))
        | ("multivariate_feature_option", _) => "variant",
        ("id", Some("multivariate_feature_state_values")) => "weight",
        ("django_id", Some("identity_overrides")) | ("id", Some("identity")) | ("identity", _) => "identity",
        ("id", Some("feature_states" | "environment_feature_state" | "feature_states_to_update"))
        | ("django_id" | "feature_state", _) => "state",
        ("id", Some("owners" | "owner" | "created_by" | "published_by" | "user"))
        | ("user" | "created_by" | "published_by", _) => "user",
        ("id", Some("project")) | ("project", _) => "project",
        ("id", Some("organisation")) | ("organisation", _) => "organisation",
        ("id", Some("environment")) | ("environment", _) => "environment",
        ("id", Some("feature")) | ("feature", _) => "feature",
        ("id", Some("segment")) | ("segment" | "version_of" | "segment_ids_to_delete_overrides", _) => "segment",
        ("id", Some("feature_segment")) | ("feature_segment", _) => "override",
        ("id", Some(_)) => "thing",
        _ => return None,
    })
}
