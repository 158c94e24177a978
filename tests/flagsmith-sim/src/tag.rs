//! A project's tags. Labels are not unique, and colours are not checked.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Field, Initially, Kind};
use crate::page;
use crate::right::{MANAGE_TAGS, VIEW_PROJECT};
use crate::route::Route;
use crate::store::Store;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/projects/{project}/tags/", &[("GET", list), ("POST", create)]),
    Route::account(
        "/api/v1/projects/{project}/tags/{tag}/",
        &[("GET", get), ("PUT", update), ("PATCH", update), ("DELETE", delete)],
    ),
];

const FIELDS: &[Field] = &[
    Field::required("label", Kind::Text { max: 100, blank: false }),
    Field::of("color", Kind::Text { max: 10, blank: false }, Initially::Text("#6837FC")),
    Field::nullable("description", Kind::Text { max: 512, blank: true }),
    Field::of("is_permanent", Kind::Boolean, Initially::Bool(false)),
];

#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) id: u64,
    pub(crate) project: u64,
    uuid: Uuid,
    attributes: Attributes,
}

impl Tag {
    fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "project": self.project,
            "uuid": self.uuid,
            "is_system_tag": false,
            "type": "NONE",
        });
        field::extend(&mut json, &self.attributes);
        json
    }
}

impl Store {
    /// The project in the path: the server breaks where it is missing.
    fn tagged_project(&self, call: &Call, right: &str) -> Result<u64, Answer> {
        let known = self.projects.contains_key(&call.id("project"));
        known.then_some(()).ok_or_else(Answer::server_error)?;
        self.permitted_project(call, right)
    }

    fn tag(&mut self, call: &Call) -> Result<&mut Tag, Answer> {
        let project = self.project(call, VIEW_PROJECT)?.id;
        // Even to see one asks for more than to list all.
        let permitted = self.project(call, MANAGE_TAGS).map(|_| ());
        let tag = self.tags.get_mut(&call.id("tag")).filter(|tag| tag.project == project);
        let tag = tag.ok_or_else(|| Answer::no_such("Tag"))?;
        permitted.map(|()| tag)
    }
}

fn list(store: &mut Store, call: &Call) -> Outcome {
    let project = store.tagged_project(call, VIEW_PROJECT)?;
    let tags = store.tags.values().filter(|tag| tag.project == project);
    page::fixed(call, tags.map(Tag::json).collect())
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    let project = store.tagged_project(call, MANAGE_TAGS)?;
    let (taken, errors) = field::take(FIELDS, call.object()?, false);
    errors.finish()?;
    let mut attributes = field::initial(FIELDS);
    attributes.extend(taken);
    let tag = Tag { id: store.next_id(), project, uuid: Uuid::new_v4(), attributes };
    let answer = Answer::created(tag.json());
    store.tags.insert(tag.id, tag);
    Ok(answer)
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    Ok(Answer::ok(store.tag(call)?.json()))
}

fn update(store: &mut Store, call: &Call) -> Outcome {
    let tag = store.tag(call)?;
    let (taken, errors) = field::take(FIELDS, call.object()?, call.partial());
    errors.finish()?;
    tag.attributes.extend(taken);
    Ok(Answer::ok(tag.json()))
}

fn delete(store: &mut Store, call: &Call) -> Outcome {
    let id = store.tag(call)?.id;
    store.tags.remove(&id);
    for feature in store.features.values_mut() {
        feature.tags.retain(|tag| *tag != id);
    }
    Ok(Answer::no_content())
}
