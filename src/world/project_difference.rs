//! What of an environment or a segment differs, as people read it, and one of which some fields are left alone.

use std::collections::BTreeSet;

use super::{
    Change, World,
    difference::{self, Difference, Field, Place, Scope, existence},
    environment::{self, DesiredEnvironment},
    segment::{self, DesiredSegment},
    setting,
};
use crate::flagsmith::{NewProject, Project, Rule};

/// The differences of an environment that those changes would undo.
#[must_use]
pub fn of_environment<'a>(
    desired: &DesiredEnvironment,
    changes: impl IntoIterator<Item = &'a Change>,
    world: &World,
) -> Vec<Difference> {
    let live = environment::find(desired, world).ok().flatten();
    difference::differences(changes, world, |(_, field)| match (field, live) {
        (Field::Name, Some(live)) => (desired.name.to_string(), live.name.to_string()),
        (Field::Description, Some(live)) => said(desired.description.as_ref(), live.description.as_ref()),
        (Field::Existence, _) | (_, None) => existence(),
        (Field::FeatureVersioning, Some(live)) => {
            ("V2".to_owned(), if live.use_v2_feature_versioning { "V2" } else { "" }.to_owned())
        }
        (field, Some(live)) => setting::say(*field, &desired.settings, &live.settings),
    })
}

/// The differences of a project that those changes would undo.
#[must_use]
pub fn of_project<'a>(
    desired: &NewProject,
    changes: impl IntoIterator<Item = &'a Change>,
    live: Option<&Project>,
) -> Vec<Difference> {
    difference::differences(changes, &World::default(), |(_, field)| match (field, live) {
        (Field::Existence, _) | (_, None) => existence(),
        (Field::Name, Some(live)) => (desired.name.to_string(), live.name.to_string()),
        (field, Some(live)) => setting::say(*field, &desired.settings, &live.settings),
    })
}

/// The differences of a segment that those changes would undo.
#[must_use]
pub fn of_segment<'a>(
    desired: &DesiredSegment,
    changes: impl IntoIterator<Item = &'a Change>,
    world: &World,
) -> Vec<Difference> {
    let live = segment::find(desired, world).ok().flatten();
    difference::differences(changes, world, |(_, field)| match (field, live) {
        (Field::Name, Some(live)) => (desired.name.to_string(), live.name.to_string()),
        (Field::Description, Some(live)) => said(desired.description.as_ref(), live.description.as_ref()),
        (Field::Feature, Some(live)) => {
            let mut features = world.definitions.values().filter_map(|known| known.as_ref().present());
            let named = features.find(|one| Some(one.id) == live.feature).map(|one| one.name.to_string());
            said(desired.feature.as_ref(), named.as_ref())
        }
        (Field::Rules, Some(live)) => {
            let wanted: Vec<_> = desired.rules.iter().flatten().map(|rule| rule.wire(&live.rules)).collect();
            (rules(&wanted), rules(&live.rules))
        }
        _ => existence(),
    })
}

/// The same environment, without what is at those places: what has another name keeps it, what is absent is waited for.
#[must_use]
pub fn narrowed_environment(desired: &DesiredEnvironment, left: &BTreeSet<Place>, world: &World) -> DesiredEnvironment {
    let live = environment::find(desired, world).ok().flatten();
    let mut narrowed = desired.clone();
    for (_, field) in left.iter().filter(|(scope, _)| *scope == Scope::Own) {
        match field {
            Field::Existence => narrowed.may_be_made = false,
            Field::Name => narrowed.name = live.map_or(narrowed.name, |live| live.name.clone()),
            Field::Description => narrowed.description = None,
            Field::FeatureVersioning => narrowed.versioning = None,
            field => setting::leave_of_environment(&mut narrowed.settings, *field),
        }
    }
    narrowed
}

/// The same project, without what is at those places: what has another name keeps it.
#[must_use]
pub fn narrowed_project(desired: &NewProject, left: &BTreeSet<Place>, live: Option<&Project>) -> NewProject {
    let mut narrowed = desired.clone();
    for (_, field) in left.iter().filter(|(scope, _)| *scope == Scope::Own) {
        match field {
            Field::Name => narrowed.name = live.map_or(narrowed.name, |live| live.name.clone()),
            field => setting::leave_of_project(&mut narrowed.settings, *field),
        }
    }
    narrowed
}

/// The same segment, without what is at those places: what has another name keeps it, what is absent is waited for.
#[must_use]
pub fn narrowed_segment(desired: &DesiredSegment, left: &BTreeSet<Place>, world: &World) -> DesiredSegment {
    let live = segment::find(desired, world).ok().flatten();
    let mut narrowed = desired.clone();
    for (_, field) in left.iter().filter(|(scope, _)| *scope == Scope::Own) {
        match field {
            Field::Existence => narrowed.may_be_made = false,
            Field::Name => narrowed.name = live.map_or(narrowed.name, |live| live.name.clone()),
            Field::Description => narrowed.description = None,
            Field::Feature => narrowed.feature = None,
            Field::Rules => narrowed.rules = None,
            _ => {}
        }
    }
    narrowed
}

fn said(desired: Option<impl ToString>, live: Option<impl ToString>) -> (String, String) {
    let text = |said: Option<String>| said.unwrap_or_default();
    (text(desired.map(|one| one.to_string())), text(live.map(|one| one.to_string())))
}

/// Rules in a line, in a way that people of Flagsmith read.
fn rules(rules: &[Rule]) -> String {
    let rule = |rule: &Rule| {
        let Rule { r#type, rules: inner, conditions } = rule;
        let conditions = conditions.iter().map(|one| {
            let parts = [one.property.as_deref(), Some(one.operator.as_str()), one.value.as_deref()];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        let inner = Some(self::rules(inner)).filter(|inner| !inner.is_empty());
        format!("{:?}({})", r#type, inner.into_iter().chain(conditions).collect::<Vec<_>>().join(", "))
    };
    rules.iter().map(rule).collect::<Vec<_>>().join(", ")
}
