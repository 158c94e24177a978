//! The environment document: all flags of an environment, and the segments, in one answer.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::call::Call;
use super::{
    Client, EnvironmentId, EnvironmentKey, Error, FeatureId, FeatureName, FlagState, Identifier, IdentityOverride,
    IdentityOverrides, Percentage, Right, Rule, SegmentId, SegmentName, SegmentOverride, Value, VariantId, Weights,
};

/// An environment's flags as one answer told them, archived ones too. A feature without a default state there is absent
/// (facts.md §15).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Document {
    /// The environment it is of.
    pub environment: EnvironmentId,
    /// Its flags, in no promised order.
    pub flags: Vec<DocumentFlag>,
    /// The project's segments; of those that are for one feature only the ones that are in use here.
    pub segments: Vec<ShownSegment>,
    /// What is served to identities, by feature; one without any is left out. `None` where the environment's settings keep
    /// it from the document (seen on 2.265.0).
    pub identities: Option<BTreeMap<FeatureId, IdentityOverrides>>,
}

/// One flag of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFlag {
    /// The feature.
    pub id: FeatureId,
    /// Its name.
    pub name: FeatureName,
    /// What it serves.
    pub state: FlagState,
}

/// A segment of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownSegment {
    /// Its number.
    pub id: SegmentId,
    /// Its name.
    pub name: SegmentName,
    /// Its rules.
    pub rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Wire {
    id: EnvironmentId,
    #[serde(default)]
    project: WireProject,
    feature_states: Vec<WireState>,
    /// Releases that do not tell show none either.
    #[serde(default)]
    use_identity_overrides_in_local_eval: bool,
    #[serde(default)]
    identity_overrides: Vec<WireIdentity>,
}

#[derive(Deserialize)]
struct WireIdentity {
    identifier: Identifier,
    identity_features: Vec<WireState>,
}

#[derive(Default, Deserialize)]
struct WireProject {
    #[serde(default)]
    segments: Vec<WireSegment>,
}

#[derive(Deserialize)]
struct WireSegment {
    id: SegmentId,
    name: SegmentName,
    rules: Vec<Rule>,
    #[serde(default)]
    feature_states: Vec<WireState>,
}

#[derive(Deserialize)]
struct WireState {
    feature: WireFeature,
    enabled: bool,
    feature_state_value: Value,
    #[serde(default)]
    feature_segment: Option<WirePriority>,
    #[serde(default)]
    multivariate_feature_state_values: Vec<WireWeight>,
}

#[derive(Deserialize)]
struct WirePriority {
    #[serde(default)]
    priority: Option<i64>,
}

#[derive(Deserialize)]
struct WireWeight {
    multivariate_feature_option: WireVariant,
    percentage_allocation: Percentage,
}

#[derive(Deserialize)]
struct WireVariant {
    id: VariantId,
}

#[derive(Deserialize)]
struct WireFeature {
    id: FeatureId,
    name: FeatureName,
}

/// An override with the feature that it is of and the priority that it has.
type Shown = (FeatureId, (i64, SegmentOverride));

impl WireState {
    fn weights(&self) -> Weights {
        let weights = self.multivariate_feature_state_values.iter();
        weights.map(|one| (one.multivariate_feature_option.id, one.percentage_allocation)).collect()
    }

    fn overrides(self, segment: SegmentId) -> Shown {
        let weights = self.weights();
        let Self { feature, enabled, feature_state_value: value, feature_segment, .. } = self;
        let priority = feature_segment.and_then(|segment| segment.priority).unwrap_or_default();
        (feature.id, (priority, SegmentOverride { segment, enabled, value, weights }))
    }

    fn flag(self, overrides: &mut HashMap<FeatureId, Vec<(i64, SegmentOverride)>>) -> DocumentFlag {
        let weights = self.weights();
        let Self { feature: WireFeature { id, name }, enabled, feature_state_value: value, .. } = self;
        let mut own = overrides.remove(&id).unwrap_or_default();
        own.sort_by_key(|(priority, one)| (*priority, one.segment));
        let overrides = own.into_iter().map(|(_, one)| one).collect();
        DocumentFlag { id, name, state: FlagState { enabled, value, weights, overrides } }
    }
}

impl From<Wire> for Document {
    fn from(wire: Wire) -> Self {
        let Wire { id: environment, project: WireProject { segments: shown }, feature_states, .. } = wire;
        let identities = wire.use_identity_overrides_in_local_eval.then(|| identity_overrides(wire.identity_overrides));
        let mut overrides: HashMap<_, Vec<_>> = HashMap::new();
        let mut segments = Vec::new();
        for WireSegment { id, name, rules, feature_states } in shown {
            for state in feature_states {
                let (feature, one) = state.overrides(id);
                overrides.entry(feature).or_default().push(one);
            }
            segments.push(ShownSegment { id, name, rules });
        }
        let flags = feature_states.into_iter().map(|state| state.flag(&mut overrides)).collect();
        Self { environment, flags, segments, identities }
    }
}

fn identity_overrides(shown: Vec<WireIdentity>) -> BTreeMap<FeatureId, IdentityOverrides> {
    let mut overrides: BTreeMap<_, IdentityOverrides> = BTreeMap::new();
    for WireIdentity { identifier, identity_features } in shown {
        for WireState { feature, enabled, feature_state_value: value, .. } in identity_features {
            let of_feature = overrides.entry(feature.id).or_default();
            of_feature.insert(identifier.clone(), IdentityOverride { enabled, value });
        }
    }
    overrides
}

impl Client {
    /// An environment's document: whole, in one request, cheap (facts.md §15).
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Server`] for all flags where one flag's weights exceed 100 (facts.md §6). An environment that is
    /// gone is [`Error::NotFound`], one that is forbidden [`Error::Forbidden`].
    pub async fn document(&self, key: &EnvironmentKey) -> Result<Document, Error> {
        self.ask(Call::get("environments/{key}/document").needs(Right::ViewEnvironment).with_key(key)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &str = r#"{"id": 5, "api_key": "fix1795530585-dev",
        "project": {"id": 2, "segments": [
          {"id": 4, "name": "gold",
           "rules": [{"type": "ALL", "rules": [{"type": "ANY", "rules": [], "conditions": [
             {"operator": "EQUAL", "value": "gold", "property_": "plan"}]}], "conditions": []}],
           "feature_states": [{"feature": {"id": 5, "name": "banner_text"},
             "enabled": true, "feature_segment": {"priority": 1}, "feature_state_value": "ov"}]},
          {"id": 7, "name": "silver", "rules": [],
           "feature_states": [{"feature": {"id": 5, "name": "banner_text"},
             "enabled": false, "feature_segment": {"priority": 0}, "feature_state_value": 3}]}]},
        "feature_states": [
          {"feature": {"id": 5, "name": "banner_text", "type": "STANDARD"}, "enabled": true, "django_id": 50,
           "feature_segment": null, "feature_state_value": "hello", "multivariate_feature_state_values": []},
          {"feature": {"id": 6, "name": "button_colour", "type": "MULTIVARIATE"}, "enabled": false, "django_id": 53,
           "feature_segment": null, "feature_state_value": 3, "multivariate_feature_state_values": [
             {"multivariate_feature_option": {"value": "red", "id": 4, "key": null}, "percentage_allocation": 12.5}]}],
        "identity_overrides": [], "name": "development", "updated_at": "2026-11-24T14:30:01.537379+00:00"}"#;

    fn document() -> Document {
        serde_json::from_str(RECORDED).unwrap()
    }

    #[test]
    fn a_document_as_recorded_gives_each_flag_with_its_weights() {
        let flags: Vec<_> =
            document().flags.into_iter().map(|one| (one.id.0, one.name.to_string(), one.state)).collect();
        let [banner, button] = flags.as_slice() else { panic!("{flags:?}") };
        assert_eq!((banner.0, banner.1.as_str(), banner.2.enabled), (5, "banner_text", true));
        assert_eq!(banner.2.value, Value::String("hello".to_owned()));
        let weights = [(VariantId(4), "12.5".parse().unwrap())].into();
        let state = FlagState { enabled: false, value: Value::Integer(3), weights, overrides: Vec::new() };
        assert_eq!(*button, (6, "button_colour".to_owned(), state));
    }

    #[test]
    fn overrides_come_in_the_order_of_their_priorities() {
        let first = SegmentOverride {
            segment: SegmentId(7),
            enabled: false,
            value: Value::Integer(3),
            weights: Weights::new(),
        };
        let value = Value::String("ov".to_owned());
        let second = SegmentOverride { segment: SegmentId(4), enabled: true, value, weights: Weights::new() };
        assert_eq!(document().flags[0].state.overrides, [first, second]);
    }

    #[test]
    fn a_document_shows_the_rules_of_segments() {
        let shown = document().segments;
        assert_eq!((shown[0].id, shown[0].name.as_str()), (SegmentId(4), "gold"));
        assert_eq!(shown[0].rules[0].rules[0].conditions[0].property.as_deref(), Some("plan"));
    }
}
