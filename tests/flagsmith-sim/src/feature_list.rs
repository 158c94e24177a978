//! The features list: its filters, and the state that it embeds for one environment.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::feature::Feature;
use crate::field::{Attributes, Errors};
use crate::page;
use crate::right::VIEW_PROJECT;
use crate::state::FlagState;
use crate::store::{Store, document_stamp};
use crate::value::FlagValue;
use serde_json::{Value, json};

pub(crate) fn list(store: &mut Store, call: &Call) -> Outcome {
    let project = store.project(call, VIEW_PROJECT)?.id;
    check(call)?;
    let environment = call.query_id("environment");
    let by_state = call.query("value_search").is_some() || call.query("is_enabled").is_some();
    if by_state && environment.is_none() {
        let message = "Environment is required in order to filter by state search or by state enabled";
        return Err(Answer::invalid(json!([message])));
    }
    let view = environment.map(|id| View::new(store, call, id)).transpose()?;
    let features = store.features.values();
    let mut found: Vec<_> = features
        .filter(|feature| feature.project == project && matches(feature, call))
        .filter(|feature| view.as_ref().is_none_or(|view| view.matches(feature.id, call)))
        .collect();
    if call.query("sort_field") == Some("name") {
        found.sort_by(|one, other| one.name.cmp(&other.name));
    }
    if call.query("sort_direction") == Some("DESC") {
        found.reverse();
    }
    if let Some(view) = &view {
        // Those with an override for the segment asked for come first.
        found.sort_by_key(|feature| view.in_segment(feature.id).is_none());
    }
    let shown = found.into_iter().map(|feature| {
        let mut json = store.feature_json(feature);
        if let (Some(view), Value::Object(members)) = (&view, &mut json) {
            view.embed(feature.id, members);
        }
        json
    });
    page::sized(call, shown.collect())
}

/// Refuses parameters that make no sense.
fn check(call: &Call) -> Result<(), Answer> {
    let mut errors = Errors::default();
    for (name, choices) in [
        ("sort_field", ["created_date", "name"]),
        ("sort_direction", ["ASC", "DESC"]),
        ("tag_strategy", ["UNION", "INTERSECTION"]),
        ("type", ["STANDARD", "MULTIVARIATE"]),
    ] {
        if let Some(given) = call.query(name).filter(|given| !choices.contains(given)) {
            errors.add(name, &format!("\"{given}\" is not a valid choice."));
        }
    }
    for name in ["environment", "segment"] {
        if call.query_id(name) == Some(0) {
            errors.add(name, "A valid integer is required.");
        }
    }
    for (name, what) in [("tags", "Tag"), ("owners", "Owner")] {
        let ids = call.query(name).unwrap_or("0");
        if ids.split(',').any(|id| id.trim().parse::<u64>().is_err()) {
            errors.add(name, &format!("{what} IDs must be integers."));
        }
    }
    errors.finish()
}

fn matches(feature: &Feature, call: &Call) -> bool {
    let search = call.query("search").map(str::to_lowercase);
    let archived = call.query_flag("is_archived");
    search.is_none_or(|part| feature.name.to_lowercase().contains(&part))
        && archived.is_none_or(|wanted| feature.is("is_archived") == wanted)
        && call.query("type").is_none_or(|kind| feature.kind() == kind)
        && has(call, "tags", &feature.tags)
        && has(call, "owners", &feature.owners)
}

/// Whether a feature has the ids that a parameter lists: all of its tags (or any, by `tag_strategy`), any of its owners.
fn has(call: &Call, name: &str, ids: &[u64]) -> bool {
    let Some(wanted) = call.query(name) else {
        return true;
    };
    let mut wanted = wanted.split(',').map(|id| id.trim().parse().unwrap_or(0));
    if name == "owners" || call.query("tag_strategy") == Some("UNION") {
        wanted.any(|id| ids.contains(&id))
    } else {
        wanted.all(|id| ids.contains(&id))
    }
}

/// The states of one environment.
struct View {
    states: Vec<FlagState>,
    segment: Option<u64>,
    modified: Vec<(u64, Value)>,
}

impl View {
    fn new(store: &Store, call: &Call, environment: u64) -> Result<Self, Answer> {
        let known = store.environments.get(&environment).filter(|each| !each.deleted);
        known.ok_or_else(Answer::server_error)?;
        let versions = store.versions.values().rev();
        let own = versions.filter(|version| version.environment == environment && version.published);
        Ok(Self {
            states: store.live_states(environment).into_iter().cloned().collect(),
            segment: call.query_id("segment"),
            modified: own.map(|each| (each.feature, document_stamp(each.created))).collect(),
        })
    }

    fn of(&self, feature: u64) -> impl Iterator<Item = &FlagState> {
        self.states.iter().filter(move |state| state.feature == feature)
    }

    fn in_segment(&self, feature: u64) -> Option<&FlagState> {
        let segment = self.segment?;
        self.of(feature).find(|state| state.segment() == Some(segment))
    }

    fn matches(&self, feature: u64, call: &Call) -> bool {
        let enabled = call.query_flag("is_enabled");
        let search = call.query("value_search").map(str::to_lowercase);
        if enabled.is_none() && search.is_none() {
            return true;
        }
        self.of(feature).filter(|state| state.is_default()).any(|state| {
            let text = match &state.value {
                FlagValue::Text(text) => text.clone().unwrap_or_default().to_lowercase(),
                other => other.plain().to_string(),
            };
            let is_text = matches!(state.value, FlagValue::Text(Some(_)));
            enabled.is_none_or(|wanted| state.enabled == wanted)
                && search.as_ref().is_none_or(|part| text == *part || (is_text && text.contains(part)))
        })
    }

    fn embed(&self, feature: u64, members: &mut Attributes) {
        let default = self.of(feature).find(|state| state.is_default());
        let in_segment = self.in_segment(feature);
        let overrides = self.of(feature).filter(|state| state.link().is_some()).count();
        let identities = self.of(feature).filter(|state| state.identity().is_some()).count();
        let modified = self.modified.iter().find(|(id, _)| *id == feature);
        let embedded = json!({
            "environment_feature_state": default.map(FlagState::small_json),
            "segment_feature_state": in_segment.map(FlagState::small_json),
            "num_segment_overrides": overrides,
            "num_identity_overrides": (identities > 0).then_some(identities),
            "last_modified_in_current_environment": modified.map(|(_, time)| time),
        });
        members.extend(embedded.as_object().cloned().unwrap_or_default());
    }
}
