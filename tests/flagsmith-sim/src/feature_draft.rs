//! What a body says of a feature, checked.

use crate::answer::Answer;
use crate::call::Call;
use crate::feature::FIELDS;
use crate::field::{self, Attributes, Errors, Field, Initially, Kind};
use crate::store::Store;
use crate::value::{LIMIT, python_text};
use crate::variant::{self, VariantDraft};
use regex::Regex;
use serde_json::{Value, json};

const NAME: Kind = Kind::Text { max: 2000, blank: false };

const VALUE: Kind = Kind::Text { max: LIMIT, blank: true };

const AT_CREATION: &[Field] = &[
    Field::required("name", NAME),
    Field::nullable("initial_value", VALUE),
    Field::of("default_enabled", Kind::Boolean, Initially::Bool(false)),
];

/// A feature to be made.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) initial_value: Option<String>,
    pub(crate) default_enabled: bool,
    pub(crate) tags: Vec<u64>,
    pub(crate) owners: Option<Vec<u64>>,
    pub(crate) group_owners: Vec<u64>,
    pub(crate) variants: Vec<VariantDraft>,
    pub(crate) taken: Attributes,
}

pub(crate) fn read(store: &Store, call: &Call, project: u64) -> Result<Draft, Answer> {
    let mut body = call.object()?.clone();
    // A value that is not text becomes Python's idea of it, unless it is "falsy".
    let loose = body.get("initial_value").filter(|value| truthy(value)).map(python_text);
    if let Some(text) = loose {
        body.insert("initial_value".to_owned(), Value::String(text));
    }
    let (fixed, mut errors) = field::take(AT_CREATION, &body, false);
    let (taken, more) = field::take(FIELDS, &body, false);
    if let Value::Object(more) = more.into_value() {
        more.into_iter().for_each(|(field, complaint)| errors.put(&field, complaint));
    }
    let name = field::string(&fixed, "name");
    if !name.is_empty() {
        check_name(store, project, (&name, call.horizon), &mut errors)?;
    }
    let variants = variants(&body, &mut errors);
    errors.finish()?;
    let group_owners = group_owners(store, &body, project)?;
    let owners = owners(store, &body, (project, group_owners.is_empty()))?;
    let initial_value = fixed.get("initial_value").and_then(Value::as_str);
    Ok(Draft {
        name,
        initial_value: initial_value.map(str::to_owned),
        default_enabled: field::is_true(&fixed, "default_enabled"),
        tags: tags(store, &body, project)?.unwrap_or_default(),
        owners,
        group_owners,
        variants: variants.unwrap_or_default(),
        taken,
    })
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

fn check_name(store: &Store, project: u64, (name, horizon): (&str, u64), errors: &mut Errors) -> Result<(), Answer> {
    let settings = store.projects.get(&project).map(|each| &each.attributes);
    let rule = settings.map(|each| field::string(each, "feature_name_regex"));
    let rule = rule.unwrap_or_default();
    let anchored = Regex::new(&format!("^(?:{rule})$")).ok();
    if !rule.is_empty() && !anchored.is_some_and(|anchored| anchored.is_match(name)) {
        errors.add("name", &format!("Feature name must match regex: {rule}"));
    } else if let Some(namesake) = store.feature_named(project, name) {
        // One that was made meanwhile is invisible to the check, but not to the database.
        if namesake.id > horizon {
            return Err(Answer::server_error());
        }
        errors.add(
            "name",
            "Feature with that name already exists for this project. Note that feature names are case insensitive.",
        );
    }
    Ok(())
}

fn ids(body: &Attributes, name: &str) -> Result<Option<Vec<u64>>, Answer> {
    let Some(given) = body.get(name) else {
        return Ok(None);
    };
    let items = given.as_array().ok_or_else(|| {
        let kind = crate::call::python_type(given);
        Answer::invalid_field(name, &format!("Expected a list of items but got type \"{kind}\"."))
    })?;
    let ids = items.iter().map(|item| item.as_u64().unwrap_or_default());
    Ok(Some(ids.collect()))
}

fn unknown(name: &str, id: u64) -> Answer {
    Answer::invalid_field(name, &format!("Invalid pk \"{id}\" - object does not exist."))
}

/// The tags that a body names, if it does.
pub(crate) fn tags(store: &Store, body: &Attributes, project: u64) -> Result<Option<Vec<u64>>, Answer> {
    let tags = ids(body, "tags")?;
    for id in tags.iter().flatten() {
        let tag = store.tags.get(id).ok_or_else(|| unknown("tags", *id))?;
        if tag.project != project {
            let message = "Selected Tags must be from the same Project as current Feature";
            return Err(Answer::invalid_field("non_field_errors", message));
        }
    }
    Ok(tags)
}

fn owners(store: &Store, body: &Attributes, (project, is_ungrouped): (u64, bool)) -> Result<Option<Vec<u64>>, Answer> {
    let owners = ids(body, "owners")?.filter(|owners| !owners.is_empty());
    for id in owners.iter().flatten() {
        store.users.get(id).ok_or_else(|| unknown("owners", *id))?;
        if !store.sees_project(*id, project) {
            let message = format!("Users with ids [{id}] do not have access to this project.");
            return Err(Answer::invalid_field("owners", &message));
        }
    }
    let settings = store.projects.get(&project);
    let wanted = settings.is_some_and(|project| project.is("enforce_feature_owners"));
    if wanted && owners.is_none() && is_ungrouped {
        let message = "This project requires at least one owner or group owner when creating a feature.";
        return Err(Answer::invalid_field("non_field_errors", message));
    }
    Ok(owners)
}

fn group_owners(store: &Store, body: &Attributes, project: u64) -> Result<Vec<u64>, Answer> {
    let organisation = store.projects.get(&project).map(|project| project.organisation);
    let groups = ids(body, "group_owners")?.unwrap_or_default();
    for id in &groups {
        let group = store.groups.get(id).ok_or_else(|| unknown("group_owners", *id))?;
        if Some(group.organisation) != organisation {
            let message = format!("Groups with ids [{id}] do not belong to this project's organisation.");
            return Err(Answer::invalid_field("group_owners", &message));
        }
    }
    Ok(groups)
}

/// The variants that a body lists, if it does.
pub(crate) fn variants(body: &Attributes, errors: &mut Errors) -> Option<Vec<VariantDraft>> {
    const NAME: &str = "multivariate_options";
    let given = body.get(NAME)?;
    let Some(items) = given.as_array() else {
        let kind = crate::call::python_type(given);
        let message = format!("Expected a list of items but got type \"{kind}\".");
        errors.put(NAME, json!({ "non_field_errors": [message] }));
        return None;
    };
    let mut drafts = Vec::new();
    for item in items {
        match variant::read(&item.as_object().cloned().unwrap_or_default()) {
            Ok(draft) => drafts.push(draft),
            Err(complaint) => errors.put(NAME, json!([complaint.into_value()])),
        }
    }
    if drafts.iter().map(VariantDraft::share).sum::<f64>() > 100.0 {
        errors.add(NAME, "Invalid percentage allocation");
    }
    Some(drafts)
}
