//! The environment document: a whole environment in one answer, for administrators and for SDKs.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::environment::Environment;
use crate::feature::Feature;
use crate::project::Project;
use crate::right::VIEW_ENVIRONMENT;
use crate::route::Route;
use crate::rule::Rule;
use crate::state::{FlagState, Holder};
use crate::store::{Store, document_stamp};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[Route::account("/api/v1/environments/{environment}/document/", &[("GET", get)])];

impl Store {
    pub(crate) fn document(&self, environment: &Environment) -> Result<Value, Answer> {
        let project = self.any_project(environment.project);
        let project = project.ok_or_else(Answer::server_error)?;
        let live = self.live_states(environment.id);
        // Weights above 100 in all, which only versions can write, break the whole document.
        if live.iter().any(|state| state.total_share() > 100.0) {
            return Err(Answer::server_error());
        }
        let first = self.first_states(environment.id);
        let mut defaults: Vec<_> = live.iter().filter(|state| state.is_default()).collect();
        defaults.sort_by_key(|state| first.get(&state.feature).copied());
        let defaults: Vec<_> = defaults.into_iter().map(|state| self.document_state(state)).collect();
        let tells = environment.is("use_identity_overrides_in_local_eval");
        let overrides = if tells { self.identity_overrides(environment, &live) } else { Vec::new() };
        Ok(json!({
            "id": environment.id,
            "api_key": environment.key,
            "name": environment.name(),
            "updated_at": document_stamp(environment.updated),
            "allow_client_traits": environment.is("allow_client_traits"),
            "hide_sensitive_data": environment.is("hide_sensitive_data"),
            "hide_disabled_flags": environment.attributes.get("hide_disabled_flags"),
            "use_identity_composite_key_for_hashing":
                environment.is("use_identity_composite_key_for_hashing"),
            "use_identity_overrides_in_local_eval":
                environment.is("use_identity_overrides_in_local_eval"),
            "project": self.document_project(project, &live),
            "feature_states": defaults,
            "identity_overrides": overrides,
        }))
    }

    fn document_project(&self, project: &Project, live: &[&FlagState]) -> Value {
        let organisation = self.organisations.get(&project.organisation);
        let defaults = live.iter().filter(|state| state.is_default());
        let server_only = defaults.filter(|state| self.server_only(state)).map(|state| state.feature);
        json!({
            "id": project.id,
            "name": project.name(),
            "organisation": {
                "id": project.organisation,
                "name": organisation.map(|each| each.name.as_str()),
                "feature_analytics": false,
                "stop_serving_flags": false,
                "persist_trait_data": true,
            },
            "hide_disabled_flags": project.is("hide_disabled_flags"),
            "enable_realtime_updates": false,
            "server_key_only_feature_ids": server_only.collect::<Vec<_>>(),
            "segments": self.document_segments(project, live),
        })
    }

    fn document_segments(&self, project: &Project, live: &[&FlagState]) -> Vec<Value> {
        let segments = self.segments.values().filter(|each| each.project == project.id);
        let shown = segments.filter_map(|segment| {
            let own = live.iter().filter(|state| state.segment() == Some(segment.id));
            let states: Vec<_> = own.map(|state| self.document_state(state)).collect();
            let rules: Vec<_> = segment.rules.iter().map(Rule::document).collect();
            // One made for a feature has no business where it overrides nothing.
            (segment.feature().is_none() || !states.is_empty()).then(|| {
                json!({
                    "id": segment.id,
                    "name": segment.name(),
                    "rules": rules,
                    "feature_states": states,
                })
            })
        });
        shown.collect()
    }

    fn document_state(&self, state: &FlagState) -> Value {
        let feature = self.features.get(&state.feature);
        let priority = match state.holder {
            Holder::Segment { priority, .. } => json!({ "priority": priority }),
            Holder::Environment | Holder::Identity(_) => Value::Null,
        };
        let weights = state.weights.iter().map(|weight| {
            let variant = self.variants.get(&weight.variant);
            json!({
                "id": weight.id,
                "mv_fs_value_uuid": weight.uuid,
                "percentage_allocation": weight.share,
                "multivariate_feature_option": {
                    "id": weight.variant,
                    "key": variant.and_then(|each| each.key.as_deref()),
                    "value": variant.map(|each| each.value.plain()),
                },
            })
        });
        json!({
            "feature": {
                "id": state.feature,
                "name": feature.map(|each| each.name.as_str()),
                "type": feature.map(Feature::kind),
            },
            "enabled": state.enabled,
            "django_id": state.seed,
            "feature_segment": priority,
            "featurestate_uuid": state.uuid,
            "feature_state_value": state.value.plain(),
            "multivariate_feature_state_values": weights.collect::<Vec<_>>(),
        })
    }

    fn identity_overrides(&self, environment: &Environment, live: &[&FlagState]) -> Vec<Value> {
        let all = self.identities.values();
        let own = all.filter(|identity| identity.environment == environment.id);
        let shown = own.filter_map(|identity| {
            let states = live.iter().filter(|state| state.identity() == Some(identity.id));
            let states: Vec<_> = states.map(|state| self.document_state(state)).collect();
            (!states.is_empty()).then(|| {
                json!({
                    "django_id": identity.id,
                    "identifier": identity.identifier,
                    "environment_api_key": environment.key,
                    "created_date": document_stamp(identity.created),
                    "identity_features": states,
                    "identity_traits": [],
                    // Another one each time, as in Flagsmith.
                    "identity_uuid": Uuid::new_v4(),
                    "dashboard_alias": null,
                    "composite_key": format!("{}_{}", environment.key, identity.identifier),
                })
            })
        });
        shown.collect()
    }
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.environment(call, VIEW_ENVIRONMENT)?;
    store.served_document(environment).map(Answer::ok)
}
