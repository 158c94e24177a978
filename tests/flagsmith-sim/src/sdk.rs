//! What SDKs call, by an environment's key: its flags, someone's flags, its document.

use crate::answer::{Answer, Content, Outcome};
use crate::call::Call;
use crate::environment::Environment;
use crate::feature::Feature;
use crate::person_flags;
use crate::route::Route;
use crate::state::FlagState;
use crate::store::{Store, stamp};
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::sdk("/api/v1/flags/", &[("GET", flags)]),
    Route::sdk("/api/v1/identities/", &[("GET", person_flags::get), ("POST", person_flags::identify)]),
    Route::sdk("/api/v1/environment-document/", &[("GET", document)]),
];

const UPDATED_AT: &str = "x-flagsmith-document-updated-at";

/// An environment, as one of its keys opened it.
pub(crate) struct Opened<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) by_client: bool,
}

impl Store {
    /// Opens an environment by the key in the request. A server key that is not active, or expired, still opens it.
    pub(crate) fn open(&self, call: &Call, server_only: bool) -> Result<Opened<'_>, Answer> {
        let key = call.header("x-environment-key").unwrap_or_default();
        if key.is_empty() || (server_only && !key.starts_with("ser.")) {
            return Err(Answer::detail(403, "Invalid or missing Environment key"));
        }
        let mut server_keys = self.server_keys.values();
        let server_key = server_keys.find(|each| each.key == key);
        let environment = match server_key {
            Some(server_key) => self.environments.get(&server_key.environment),
            None => self.environment_with_key(key),
        };
        environment
            .map(|environment| Opened { environment, by_client: server_key.is_none() })
            .ok_or_else(|| Answer::detail(403, "Invalid or missing Environment Key"))
    }

    pub(crate) fn hides_disabled(&self, environment: &Environment) -> bool {
        let own = environment.attributes.get("hide_disabled_flags");
        own.and_then(Value::as_bool).unwrap_or_else(|| {
            let project = self.any_project(environment.project);
            project.is_some_and(|project| project.is("hide_disabled_flags"))
        })
    }

    pub(crate) fn server_only(&self, state: &FlagState) -> bool {
        let feature = self.features.get(&state.feature);
        feature.is_some_and(|feature| feature.is("is_server_key_only"))
    }

    /// A state as SDKs see it, with the value that is served; sensitive parts go where the environment hides them.
    pub(crate) fn sdk_flag(&self, state: &FlagState, value: &Value, hide: bool) -> Value {
        let feature = self.features.get(&state.feature);
        let seen = |value: Value| if hide { Value::Null } else { value };
        let description = feature.and_then(|each| each.attributes.get("description"));
        let initial = feature.and_then(|each| each.initial_value.as_deref());
        json!({
            "id": seen(json!(state.id)),
            "feature": {
                "id": state.feature,
                "name": feature.map(|each| each.name.as_str()),
                "type": feature.map(Feature::kind),
                "created_date": seen(json!(feature.map(|each| stamp(each.created)))),
                "description": seen(json!(description)),
                "initial_value": seen(json!(initial)),
                "default_enabled": seen(json!(feature.map(|each| each.default_enabled))),
            },
            "feature_state_value": value,
            "environment": seen(json!(state.environment)),
            "identity": seen(json!(state.identity())),
            "feature_segment": seen(json!(state.link())),
            "enabled": state.enabled,
        })
    }
}

/// Says when the environment last changed.
pub(crate) fn dated(answer: Answer, environment: &Environment) -> Answer {
    let seconds = environment.updated.as_second();
    let micros = environment.updated.subsec_microsecond();
    answer.with(UPDATED_AT, format!("{seconds}.{micros:06}"))
}

fn flags(store: &mut Store, call: &Call) -> Outcome {
    let Opened { environment, by_client } = store.open(call, false)?;
    let hides = store.hides_disabled(environment);
    let live = store.live_states(environment.id);
    // Where disabled flags are hidden, server-only ones are not: a bug of Flagsmith's.
    let shown = live.into_iter().filter(|state| {
        let visible = if hides { state.enabled } else { !by_client || !store.server_only(state) };
        state.is_default() && visible
    });
    let hide = environment.is("hide_sensitive_data");
    let mut shown = shown.map(|state| store.sdk_flag(state, &state.value.plain(), hide));
    let Some(name) = call.query("feature") else {
        let (flags, answered) = (shown.collect(), dated(Answer::ok(Value::Null), environment));
        let key = call.header("x-environment-key").unwrap_or_default();
        return Ok(Answer { content: Content::Json(store.cached_flags(key, flags)), ..answered });
    };
    shown.find(|flag| is_named(flag, name)).map_or_else(no_feature, |flag| Ok(Answer::ok(flag)))
}

pub(crate) fn is_named(flag: &Value, name: &str) -> bool {
    flag.pointer("/feature/name").and_then(Value::as_str) == Some(name)
}

pub(crate) fn no_feature() -> Outcome {
    Err(Answer::detail(404, "Given feature not found"))
}

fn document(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.open(call, true)?.environment;
    let modified = DateTimePrinter::new().timestamp_to_rfc9110_string(&environment.updated);
    let modified = modified.unwrap_or_default();
    if since(call).is_some_and(|since| environment.updated.as_second() <= since.as_second()) {
        return Ok(Answer::empty(304).with("last-modified", modified));
    }
    let answer = Answer::ok(store.served_document(environment)?);
    Ok(dated(answer, environment).with("last-modified", modified))
}

fn since(call: &Call) -> Option<Timestamp> {
    let given = call.header("if-modified-since")?;
    DateTimeParser::new().parse_timestamp(given).ok()
}
