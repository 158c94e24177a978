//! The environment document: every flag's default state in one answer.

use serde::Deserialize;

use super::call::Call;
use super::{Client, EnvironmentId, EnvironmentKey, Error, FeatureId, FeatureName, FlagState, Right, Value};

/// An environment's flags as one answer told them, archived ones too. A feature without a default state there is absent
/// (facts.md §15).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Document {
    /// The environment it is of.
    pub environment: EnvironmentId,
    /// Its flags, in no promised order.
    pub flags: Vec<DocumentFlag>,
}

/// One flag of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFlag {
    /// The feature.
    pub id: FeatureId,
    /// Its name.
    pub name: FeatureName,
    /// Its default state.
    pub state: FlagState,
}

#[derive(Deserialize)]
struct Wire {
    id: EnvironmentId,
    feature_states: Vec<WireState>,
}

#[derive(Deserialize)]
struct WireState {
    feature: WireFeature,
    enabled: bool,
    feature_state_value: Value,
}

#[derive(Deserialize)]
struct WireFeature {
    id: FeatureId,
    name: FeatureName,
}

impl From<WireState> for DocumentFlag {
    fn from(state: WireState) -> Self {
        let WireState { feature: WireFeature { id, name }, enabled, feature_state_value: value } = state;
        Self { id, name, state: FlagState { enabled, value } }
    }
}

impl From<Wire> for Document {
    fn from(wire: Wire) -> Self {
        let Wire { id, feature_states } = wire;
        Self { environment: id, flags: feature_states.into_iter().map(DocumentFlag::from).collect() }
    }
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
        "project": {"id": 2, "segments": [{"id": 4, "feature_states": [{"feature": {"id": 5, "name": "banner_text"},
            "enabled": true, "feature_segment": {"priority": 0}, "feature_state_value": "ov"}]}]},
        "feature_states": [
          {"feature": {"id": 5, "name": "banner_text", "type": "STANDARD"}, "enabled": true, "django_id": 50,
           "feature_segment": null, "feature_state_value": "hello", "multivariate_feature_state_values": []},
          {"feature": {"id": 6, "name": "button_colour", "type": "MULTIVARIATE"}, "enabled": false, "django_id": 53,
           "feature_segment": null, "feature_state_value": 3, "multivariate_feature_state_values": [
             {"multivariate_feature_option": {"value": "red", "id": 4, "key": null}, "percentage_allocation": 12.5}]}],
        "identity_overrides": [], "name": "development", "updated_at": "2026-11-24T14:30:01.537379+00:00"}"#;

    #[test]
    fn a_document_as_recorded_gives_the_default_states_only() {
        let document: Document = serde_json::from_str(RECORDED).unwrap();
        let flag = |id, name: &str, enabled, value| DocumentFlag {
            id: FeatureId(id),
            name: name.into(),
            state: FlagState { enabled, value },
        };
        let flags = vec![
            flag(5, "banner_text", true, Value::String("hello".to_owned())),
            flag(6, "button_colour", false, Value::Integer(3)),
        ];
        assert_eq!(document, Document { environment: EnvironmentId(5), flags });
    }
}
