//! What an id in a body or a path is the id of, by where it stands.

/// The kind of thing a collection in a path holds.
pub fn of_collection(segment: &str) -> Option<&'static str> {
    Some(match segment {
        "organisations" => "organisation",
        "master-api-keys" => "key",
        "projects" => "project",
        "environments" | "clone" | "document" | "environment-document" => "environment",
        "api-keys" => "server key",
        "tags" => "tag",
        "features" => "feature",
        "mv-options" => "variant",
        "segments" | "segment-overrides" => "segment",
        "featurestates" | "flags" => "state",
        "identities" => "identity",
        "versions" => "version",
        "feature-segments" => "link",
        "me" => "user",
        _ => return None,
    })
}

/// The kind of the thing that an answer to a path is, or lists.
pub fn of_answer(path: &str) -> &'static str {
    let path = path.split('?').next().unwrap();
    let mut segments = path.split('/').rev();
    segments.find_map(of_collection).unwrap_or("thing")
}

/// The kind of the id at the end of a trail of names; none where there is no id.
pub fn of_leaf(trail: &[String], answer: &'static str) -> Option<&'static str> {
    let mut names = trail.iter().rev().map(String::as_str);
    let leaf = names.next()?;
    let parent = names.find(|name| *name != "results").unwrap_or_default();
    Some(match leaf {
        "id" => of_parent(parent).unwrap_or(answer),
        "django_id" if parent == "identity_overrides" => "identity",
        "django_id" => "state",
        "project" => "project",
        "organisation" => "organisation",
        "environment" => "environment",
        "feature" | "server_key_only_feature_ids" => "feature",
        "segment" | "segment_id" | "version_of" => "segment",
        "multivariate_feature_option" => "variant",
        "feature_segment" => "link",
        "identity" => "identity",
        "tags" => "tag",
        "created_by" | "published_by" => "user",
        "uuid" | "environment_feature_version" | "featurestate_uuid" | "mv_fs_value_uuid" => "uuid",
        "key" | "api_key" | "prefix" => "key",
        _ => return None,
    })
}

fn of_parent(parent: &str) -> Option<&'static str> {
    Some(match parent {
        "project" => "project",
        "organisation" => "organisation",
        "subscription" => "subscription",
        "segment" | "segments" => "segment",
        "feature" => "feature",
        "rules" => "rule",
        "conditions" => "condition",
        "multivariate_options" | "variants" | "multivariate_feature_option" => "variant",
        "multivariate_feature_state_values" => "weight",
        "owners" => "user",
        "traits" => "trait",
        "flags" | "environment_feature_state" => "state",
        "identity" => "identity",
        _ => return None,
    })
}

/// Whether a name is that of a time, which no two servers share.
pub fn is_time(name: &str) -> bool {
    let times = ["created", "live_from", "last_login", "date_joined"];
    times.contains(&name) || name.ends_with("_at") || name.ends_with("_date")
}
