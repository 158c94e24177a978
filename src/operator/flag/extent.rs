//! What a `FeatureFlag` may write, and what it says there. Pure.

use serde_json::{Map, Value as Json};

use crate::operator::ownership::Extent;
use crate::{
    crd::FeatureFlag,
    world::{
        World,
        difference::{Field, Scope},
        flag::{self, DesiredFlag},
        flag_difference::only,
    },
};

/// The scopes of the flag that are this object's, and what it says in each.
#[must_use]
pub fn extents(flag: &FeatureFlag, desired: &DesiredFlag, world: &World) -> Vec<Extent> {
    let extent = |scope: Scope, content| {
        let is_seen = is_seen(desired, &scope, world);
        Extent { scope, content, is_seen }
    };
    // By its name a flag, or its environment, is found; it is no field of theirs.
    let content =
        |said: Map<String, Json>| said.into_iter().filter(|(field, _)| field != Field::Name.as_ref()).collect();
    let own = desired.definition.as_ref().map(|_| extent(Scope::Own, content(self::content(&flag.spec))));
    let owned = flag.spec.environments.iter().filter_map(|one| {
        let state = desired.states.iter().find(|state| state.environment.as_str() == one.name)?;
        Some(extent(Scope::Environment(state.environment.clone()), content(self::content(one))))
    });
    own.into_iter().chain(owned).collect()
}

/// Whether all that the flag says there was compared with what there is.
fn is_seen(desired: &DesiredFlag, scope: &Scope, world: &World) -> bool {
    let plan = flag::plan(&only(desired, scope), world);
    plan.unknown.is_empty() && plan.missing.is_empty() && world.definition(&desired.name).present().is_some()
}

/// What is said, field by field.
pub(in crate::operator) fn content(spec: &impl serde::Serialize) -> Map<String, Json> {
    match serde_json::to_value(spec) {
        Ok(Json::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    }
}
