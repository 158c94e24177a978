//! Copies of environments.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::environment::NAME;
use crate::field::{self, Field, Initially, Kind};
use crate::grant::Target;
use crate::right::CREATE_ENVIRONMENT;
use crate::route::Route;
use crate::store::{Store, random_word};
use serde_json::json;

pub(crate) const ROUTES: &[Route] = &[Route::account("/api/v1/environments/{environment}/clone/", &[("POST", clone)])];

const IN_BACKGROUND: Field = Field::of("clone_feature_states_async", Kind::Boolean, Initially::Bool(false));

/// Copies an environment with its states; the key cannot be chosen, and the name may be taken.
fn clone(store: &mut Store, call: &Call) -> Outcome {
    let source = store.environment_with_key(call.param("environment"));
    let source = source.ok_or_else(|| Answer::no_such("Environment"))?;
    let project = store.projects.get(&source.project);
    let project = project.filter(|project| store.may(call.caller, project, CREATE_ENVIRONMENT));
    project.ok_or_else(Answer::denied)?;
    let (from, project, versioned, approvals) = (source.id, source.project, source.versioned, source.approvals);
    let mut attributes = source.attributes.clone();
    let (mut name, errors) = field::take(&[NAME, IN_BACKGROUND], call.object()?, false);
    errors.finish()?;
    let in_background = name.remove(IN_BACKGROUND.name).is_some_and(|given| given == true);
    attributes.extend(name.clone());
    attributes.insert("metadata".to_owned(), json!([]));
    let key = random_word(22);
    let id = store.add_environment(project, key.clone(), attributes);
    store.grant_to_maker(call, Target::Environment(id));
    if let Some(clone) = store.environments.get_mut(&id) {
        (clone.approvals, clone.versioned, clone.creating) = (approvals, versioned, true);
    }
    store.copy_environment((from, id), in_background);
    Ok(Answer::ok(json!({ "id": id, "name": name.get("name"), "api_key": key, "project": project })))
}
