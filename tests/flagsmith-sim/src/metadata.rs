//! An organisation's own fields, which things may bear: only so much of them as environments, features and segments bear.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Field, Initially, Kind};
use crate::route::Route;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/metadata/fields/", &[("POST", create_field)]),
    Route::account("/api/v1/organisations/{organisation}/metadata-model-fields/", &[("POST", create_model_field)]),
    Route::account(
        "/api/v1/organisations/{organisation}/metadata-model-fields/supported-content-types/",
        &[("GET", content_types)],
    ),
];

const FIELD: &[Field] = &[
    Field::required("name", Kind::Text { max: 255, blank: false }),
    Field::required("type", Kind::Choice(&["int", "str", "bool", "url", "multiline_str"])),
    Field::nullable("description", Kind::Text { max: 20_000, blank: true }),
    Field::required("organisation", Kind::Integer),
];

const MODEL_FIELD: &[Field] = &[
    Field::required("field", Kind::Integer),
    Field::required("content_type", Kind::Integer),
    Field::of("is_required_for", Kind::Anything, Initially::EmptyList),
];

/// The things that may bear fields, by their number, their application and their model.
const MODELS: [(u64, &str, &str); 5] = [
    (27, "organisations", "organisation"),
    (43, "projects", "project"),
    (46, "environments", "environment"),
    (55, "features", "feature"),
    (89, "segments", "segment"),
];

impl Store {
    /// What a thing bears after a request: what it was sent, and nothing where it was sent nothing.
    pub(crate) fn bear(&mut self, taken: &mut Attributes) {
        let sent = taken.remove("metadata");
        let entries = sent.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
        let borne = entries.into_iter().map(|entry| {
            let given = |field: &str| entry.get(field).cloned();
            json!({"id": self.next_id(), "model_field": given("model_field"), "field_value": given("field_value")})
        });
        let borne = borne.collect();
        taken.insert("metadata".to_owned(), borne);
    }
}

fn made(store: &mut Store, call: &Call, fields: &[Field]) -> Result<Attributes, Answer> {
    let (taken, errors) = field::take(fields, call.object()?, false);
    errors.finish()?;
    let mut made = Attributes::new();
    made.insert("id".to_owned(), json!(store.next_id()));
    made.extend(field::initial(fields));
    made.extend(taken);
    Ok(made)
}

fn create_field(store: &mut Store, call: &Call) -> Outcome {
    let mut made = made(store, call, FIELD)?;
    made.insert("project".to_owned(), Value::Null);
    made.insert("model_fields".to_owned(), json!([]));
    Ok(Answer::created(Value::Object(made)))
}

fn create_model_field(store: &mut Store, call: &Call) -> Outcome {
    Ok(Answer::created(Value::Object(made(store, call, MODEL_FIELD)?)))
}

#[expect(clippy::unnecessary_wraps, reason = "every handler may refuse; this one does not")]
fn content_types(_store: &mut Store, _call: &Call) -> Outcome {
    let one = |(id, label, model): (u64, &str, &str)| json!({"id": id, "app_label": label, "model": model});
    Ok(Answer::ok(MODELS.map(one).into_iter().collect()))
}
