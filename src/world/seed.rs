//! Projects to begin with.

use std::collections::BTreeMap;

use super::carry_out::Project;
use crate::{
    flagsmith::{
        EnvironmentId, FeatureId, FeatureName, FlagState, IdentityOverrides, NewEnvironment, NewFeature, Percentage,
        ProjectId, Segment, SegmentId, SegmentOverride, Value, Variant, VariantId, Weights,
    },
    world::{Known, World},
};

/// A default with the shares of variants, by their places.
type Share = (FlagState, Vec<Percentage>);

/// What a feature serves in an environment.
#[derive(Clone, Debug)]
pub struct Content {
    /// Its default, and its overrides of segments by their places; `None` where it has no state there.
    pub state: Option<(Share, Vec<(usize, Share)>)>,
    /// What it serves to identities.
    pub identities: IdentityOverrides,
}

impl Project {
    pub fn new(
        environments: &[&str],
        features: BTreeMap<FeatureName, (Option<String>, usize)>,
        contents: Vec<Content>,
    ) -> Self {
        let mut project = Self { truth: World::default(), known: World::default(), made: 0 };
        for name in environments {
            let key = format!("key {}", project.made).into();
            let new = NewEnvironment { name: (*name).into(), project: ProjectId(1), key, description: None };
            project.create_environment(new);
        }
        project.truth.segments = ["beta", "vip", "staff", "twin", "twin", "other"].map(segment).into();
        for (segment, id) in project.truth.segments.iter_mut().zip(1..) {
            segment.id = SegmentId(id);
        }
        for (name, (description, variants)) in features {
            let new = NewFeature { name: name.clone(), description, default_enabled: None, initial_value: None };
            project.create_feature(new);
            project.feature(&name).variants = ["a", "b", ""].into_iter().take(variants).zip(1..).map(variant).collect();
        }
        let mut places: Vec<_> = project.truth.states.keys().copied().collect();
        places.sort_unstable();
        for (place, content) in places.into_iter().zip(contents) {
            project.fill(place, content);
        }
        project.known = project.truth.clone();
        project
    }

    fn fill(&mut self, place: (EnvironmentId, FeatureId), content: Content) {
        let feature = self.features().into_iter().find(|one| one.id == place.1).unwrap();
        let weights =
            |shares: Vec<Percentage>| -> Weights { feature.variants.iter().map(|one| one.id).zip(shares).collect() };
        let state = content.state.map(|((default, shares), overrides)| {
            let overrides = overrides.into_iter().map(|(at, (state, shares))| {
                let FlagState { enabled, value, .. } = state;
                SegmentOverride { segment: self.truth.segments[at].id, enabled, value, weights: weights(shares) }
            });
            FlagState { weights: weights(shares), overrides: overrides.collect(), ..default }
        });
        self.truth.states.insert(place, state.map_or(Known::Absent, Known::Present));
        self.truth.identities.insert(place, Known::Present(content.identities));
    }
}

/// One that is called other is for a feature that nobody wishes for.
fn segment(name: &str) -> Segment {
    let feature = (name == "other").then_some(FeatureId(0));
    Segment { id: SegmentId(0), name: name.into(), description: None, feature, rules: Vec::new() }
}

fn variant((key, id): (&str, i64)) -> Variant {
    let key = Some(key.to_owned()).filter(|key| !key.is_empty());
    let weight = if id == 1 { "20".parse().unwrap() } else { Percentage::ZERO };
    Variant { id: VariantId(id), key, value: Value::Integer(1), weight }
}
