//! Variants ("multivariate options") of a feature, and their default shares.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Errors, Field, Initially, Kind};
use crate::page;
use crate::right::{ADMIN, CREATE_FEATURE, VIEW_PROJECT};
use crate::route::Route;
use crate::store::Store;
use crate::value::{FlagValue, LIMIT};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/projects/{project}/features/{feature}/mv-options/", &[("GET", list), ("POST", create)]),
    Route::account(
        "/api/v1/projects/{project}/features/{feature}/mv-options/{variant}/",
        &[("GET", get), ("PUT", update), ("PATCH", update), ("DELETE", delete)],
    ),
];

const SHARE: &str = "default_percentage_allocation";

const FIELDS: &[Field] = &[
    Field::of("type", Kind::Choice(&["unicode", "int", "bool"]), Initially::Text("unicode")),
    Field::nullable("string_value", Kind::Text { max: LIMIT, blank: true }),
    Field::nullable("integer_value", Kind::Int32),
    Field::nullable("boolean_value", Kind::Boolean),
    Field::nullable("key", Kind::Text { max: 255, blank: false }),
    Field::of(SHARE, Kind::Percentage, Initially::Number(100)),
];

#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) id: u64,
    pub(crate) feature: u64,
    pub(crate) value: FlagValue,
    pub(crate) key: Option<String>,
    pub(crate) share: f64,
    uuid: Uuid,
}

impl Variant {
    pub(crate) fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "uuid": self.uuid,
            "default_percentage_allocation": self.share,
            "key": self.key,
        });
        field::extend(&mut json, &self.value.columns());
        json
    }

    fn own_json(&self) -> Value {
        let mut json = self.json();
        let feature = Attributes::from_iter([("feature".to_owned(), json!(self.feature))]);
        field::extend(&mut json, &feature);
        json
    }
}

/// A variant as a body describes it.
#[derive(Debug)]
pub(crate) struct VariantDraft {
    id: Option<u64>,
    taken: Attributes,
}

impl VariantDraft {
    pub(crate) fn share(&self) -> f64 {
        let share = self.taken.get(SHARE).and_then(Value::as_f64);
        share.unwrap_or(100.0)
    }

    fn key(&self) -> Option<String> {
        let key = self.taken.get("key").and_then(Value::as_str);
        key.map(str::to_owned)
    }
}

pub(crate) fn read(body: &Attributes) -> Result<VariantDraft, Errors> {
    let (taken, errors) = field::take(FIELDS, body, false);
    if !errors.is_empty() {
        return Err(errors);
    }
    let id = body.get("id").and_then(Value::as_u64);
    Ok(VariantDraft { id, taken })
}

impl Store {
    fn variants_of(&self, feature: u64) -> impl Iterator<Item = &Variant> {
        self.variants.values().filter(move |variant| variant.feature == feature)
    }

    /// Adds a variant, and its default share to every environment default of every version.
    pub(crate) fn add_variant(&mut self, feature: u64, draft: &VariantDraft) -> u64 {
        let id = self.next_id();
        let variant = Variant {
            id,
            feature,
            value: FlagValue::from_columns(&draft.taken),
            key: draft.key(),
            share: draft.share(),
            uuid: Uuid::new_v4(),
        };
        let states = self.states.values();
        let defaults: Vec<_> =
            states.filter(|state| state.feature == feature && state.is_default()).map(|state| state.id).collect();
        for state in defaults {
            let weight = self.new_weight(id, variant.share);
            if let Some(state) = self.states.get_mut(&state) {
                state.weights.push(weight);
            }
        }
        self.variants.insert(id, variant);
        self.set_kind(feature, "MULTIVARIATE");
        id
    }

    fn set_kind(&mut self, feature: u64, kind: &str) {
        if let Some(feature) = self.features.get_mut(&feature) {
            feature.attributes.insert("type".to_owned(), json!(kind));
        }
    }

    fn change_variant(&mut self, id: u64, draft: &VariantDraft) {
        if let Some(variant) = self.variants.get_mut(&id) {
            let mut columns = variant.value.columns();
            columns.extend(draft.taken.clone());
            variant.value = FlagValue::from_columns(&columns);
            variant.share = draft.share();
            if draft.taken.contains_key("key") {
                variant.key = draft.key();
            }
        }
    }

    fn remove_variant(&mut self, id: u64) {
        self.variants.remove(&id);
        for state in self.states.values_mut() {
            state.weights.retain(|weight| weight.variant != id);
        }
    }

    /// Makes a feature's variants those of a list: the ones it leaves out are deleted. Without any it stays multivariate.
    pub(crate) fn replace_variants(&mut self, feature: u64, drafts: Vec<VariantDraft>) {
        let listed: Vec<_> = drafts.iter().filter_map(|draft| draft.id).collect();
        let own: Vec<_> = self.variants_of(feature).map(|variant| variant.id).collect();
        for id in own.iter().filter(|id| !listed.contains(id)) {
            self.remove_variant(*id);
        }
        for draft in drafts {
            match draft.id.filter(|id| own.contains(id)) {
                Some(id) => self.change_variant(id, &draft),
                None => {
                    self.add_variant(feature, &draft);
                }
            }
        }
    }

    /// The feature in the path, of a project where the caller has a right, be it no right to see it.
    fn varied_feature(&self, call: &Call, right: &str) -> Result<u64, Answer> {
        let project = self.permitted_project(call, right)?;
        self.feature_of(call, project).map(|feature| feature.id)
    }

    fn variant(&self, call: &Call, right: &str) -> Result<&Variant, Answer> {
        let feature = self.varied_feature(call, right)?;
        self.variants
            .get(&call.id("variant"))
            .filter(|variant| variant.feature == feature)
            .ok_or_else(|| Answer::no_such("MultivariateFeatureOption"))
    }

    /// Reads a body for the variant `own` of a feature (0 for a new one), and checks that the shares still add up.
    fn variant_draft(&self, call: &Call, feature: u64, own: u64) -> Result<VariantDraft, Answer> {
        let body = call.object()?;
        if !call.partial() && !body.contains_key("feature") {
            return Err(Answer::invalid_field("feature", "This field is required."));
        }
        if !body.contains_key(SHARE) || !body.contains_key("feature") {
            return Err(Answer::server_error());
        }
        let draft = read(body).map_err(|errors| Answer::invalid(errors.into_value()))?;
        let siblings = || self.variants_of(feature).filter(|variant| variant.id != own);
        let defaults: f64 = siblings().map(|variant| variant.share).sum();
        // Superseded versions count too.
        let mut states = self.states.values();
        let overflow = own == 0
            && states.any(|state| {
                let total = state.total_share() + draft.share();
                state.feature == feature && state.is_default() && total > 100.0
            });
        if defaults + draft.share() > 100.0 || overflow {
            return Err(Answer::invalid_field(SHARE, "Invalid percentage allocation"));
        }
        let key = draft.key();
        check_key(key.as_deref())?;
        if key.is_some() && siblings().any(|variant| variant.key == key) {
            let message = "Multivariate option with this key already exists for the feature.";
            return Err(Answer::invalid_field("key", message));
        }
        Ok(draft)
    }
}

fn check_key(key: Option<&str>) -> Result<(), Answer> {
    let slug = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let complaint = match key {
        Some("control") => "\"control\" is a reserved variant key.",
        Some(key) if !key.chars().all(slug) => {
            "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."
        }
        Some(_) | None => return Ok(()),
    };
    Err(Answer::invalid_field("key", complaint))
}

fn list(store: &mut Store, call: &Call) -> Outcome {
    let feature = store.varied_feature(call, VIEW_PROJECT)?;
    page::fixed(call, store.variants_of(feature).map(Variant::own_json).collect())
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    let feature = store.varied_feature(call, CREATE_FEATURE)?;
    let draft = store.variant_draft(call, feature, 0)?;
    let id = store.add_variant(feature, &draft);
    store.touch_project(call.id("project"));
    let variant = store.variants.get(&id).ok_or_else(Answer::server_error)?;
    Ok(Answer::created(variant.own_json()))
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    Ok(Answer::ok(store.variant(call, ADMIN)?.own_json()))
}

fn update(store: &mut Store, call: &Call) -> Outcome {
    let (id, feature) = store.variant(call, CREATE_FEATURE).map(|each| (each.id, each.feature))?;
    let draft = store.variant_draft(call, feature, id)?;
    store.change_variant(id, &draft);
    store.touch_project(call.id("project"));
    let variant = store.variants.get(&id).ok_or_else(Answer::server_error)?;
    Ok(Answer::ok(variant.own_json()))
}

fn delete(store: &mut Store, call: &Call) -> Outcome {
    let (id, feature) = store.variant(call, CREATE_FEATURE).map(|each| (each.id, each.feature))?;
    store.remove_variant(id);
    if store.variants_of(feature).next().is_none() {
        store.set_kind(feature, "STANDARD");
    }
    store.touch_project(call.id("project"));
    Ok(Answer::no_content())
}
