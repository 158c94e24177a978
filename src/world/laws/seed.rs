//! Projects to begin with.

use std::collections::BTreeMap;

use super::carry_out::{Project, definition::Details};
use crate::{
    flagsmith::{
        EnvironmentId, FeatureId, FeatureName, FlagState, IdentityOverrides, NewEnvironment, NewFeature, Percentage,
        ProjectId, Segment, SegmentId, SegmentOverride, Weights,
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

/// All that there is.
#[derive(Clone, Debug)]
pub struct Seed {
    pub environments: Vec<&'static str>,
    /// Each with whether it is Flagsmith's own.
    pub tags: Vec<crate::flagsmith::Tag>,
    pub features: BTreeMap<FeatureName, (Option<String>, Details)>,
    /// By environment and feature.
    pub contents: Vec<Content>,
}

impl Project {
    pub fn new(seed: Seed) -> Self {
        let Seed { environments, tags, features, contents } = seed;
        let mut project = Self { truth: World::default(), known: World::default(), made: 0 };
        project.with_tags(tags);
        for name in environments {
            let key = format!("key {}", project.made).into();
            let new = NewEnvironment::named(name.into(), ProjectId(1), key);
            project.create_environment(new);
        }
        project.truth.segments = ["beta", "vip", "staff", "twin", "twin", "other"].map(segment).into();
        for (segment, id) in project.truth.segments.iter_mut().zip(1..) {
            segment.id = SegmentId(id);
        }
        for (name, (description, details)) in features {
            project.create_feature(NewFeature { description, ..NewFeature::named(name.clone()) });
            project.detail(&name, details);
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
        let weights = |shares: Vec<Percentage>| -> Weights {
            let shares = shares.into_iter().chain(std::iter::repeat(Percentage::ZERO));
            feature.variants.iter().map(|one| one.id).zip(shares).collect()
        };
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
    Segment {
        id: SegmentId(0),
        uuid: name.into(),
        created_at: None,
        name: name.into(),
        description: None,
        feature,
        rules: Vec::new(),
    }
}
