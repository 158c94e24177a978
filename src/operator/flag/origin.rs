//! Whether a feature is one that we created, and what tells.

use crate::{
    crd::{FeatureFlagStatus, Origin},
    flagsmith::Feature,
    mirror::LiveMirror,
    world::{World, flag::DesiredFlag},
};

/// When the name was first seen free, for an intent to be kept: what was recorded with an intent that is still open, else now.
/// A creation of ours that was cut short came after the first sight.
#[must_use]
pub fn name_free_at(
    (held, id): (Option<Origin>, Option<i64>),
    recorded: Option<&String>,
    mirror: &LiveMirror,
) -> Option<String> {
    if held == Some(Origin::Created) && id.is_none() {
        return recorded.cloned();
    }
    mirror.health().listed_at.map(|time| time.to_string())
}

/// Created once the recorded intent is borne out by what was found: not made before the name was seen free, and as we sent it.
#[must_use]
pub fn origin(held: &FeatureFlagStatus, feature: &Feature, (desired, known): (Option<&DesiredFlag>, &World)) -> Origin {
    let Some(recorded) = held.origin else { return Origin::Adopted };
    if let Some(uuid) = &held.uuid {
        // Another feature of that name, made by somebody else after ours was deleted, is not ours.
        return if uuid == feature.uuid.as_str() { recorded } else { Origin::Adopted };
    }
    let free_at = held.name_free_at.as_deref().and_then(|time| time.parse().ok());
    let is_newer = free_at.is_some_and(|free_at: k8s_openapi::jiff::Timestamp| feature.created_date >= free_at);
    let sent = desired.and_then(|desired| desired.definition.as_ref());
    let is_as_sent = sent.is_some_and(|sent| sent.made(feature, known));
    if is_newer && is_as_sent { Origin::Created } else { Origin::Adopted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{flagsmith::FeatureId, world::definition::DesiredDefinition};

    fn feature() -> Feature {
        Feature {
            id: FeatureId(7),
            uuid: "uuid-7".into(),
            name: "checkout".into(),
            description: Some("The new checkout".to_owned()),
            created_date: "2026-11-24T14:00:01.5Z".parse().unwrap(),
            initial_value: Some("grey".to_owned()),
            default_enabled: false,
            is_archived: false,
            is_server_key_only: false,
            tags: [].into(),
            owners: Vec::new(),
            group_owners: Vec::new(),
            variants: Vec::new(),
        }
    }

    fn desired() -> DesiredFlag {
        let definition = DesiredDefinition {
            description: Some("The new checkout".to_owned()),
            initial_value: Some("grey".to_owned()),
            ..DesiredDefinition::default()
        };
        DesiredFlag { name: "checkout".into(), definition: Some(definition), states: Vec::new() }
    }

    fn intent(name_free_at: &str) -> FeatureFlagStatus {
        FeatureFlagStatus {
            origin: Some(Origin::Created),
            name_free_at: Some(name_free_at.to_owned()),
            ..FeatureFlagStatus::default()
        }
    }

    #[test]
    fn a_feature_without_a_record_of_ours_is_adopted() {
        assert_eq!(
            origin(&FeatureFlagStatus::default(), &feature(), (Some(&desired()), &World::default())),
            Origin::Adopted
        );
    }

    #[test]
    fn an_intent_is_borne_out_by_a_feature_made_after_the_name_was_seen_free() {
        assert_eq!(
            origin(&intent("2026-11-24T14:00:01Z"), &feature(), (Some(&desired()), &World::default())),
            Origin::Created
        );
    }

    #[test]
    fn a_feature_older_than_the_sight_of_its_free_name_is_not_ours() {
        assert_eq!(
            origin(&intent("2026-11-24T14:00:02Z"), &feature(), (Some(&desired()), &World::default())),
            Origin::Adopted
        );
    }

    #[test]
    fn a_feature_with_other_content_than_we_sent_is_not_ours() {
        let other = Feature { initial_value: Some("green".to_owned()), ..feature() };
        assert_eq!(
            origin(&intent("2026-11-24T14:00:01Z"), &other, (Some(&desired()), &World::default())),
            Origin::Adopted
        );
    }

    #[test]
    fn another_feature_of_the_recorded_name_is_not_ours() {
        let recorded = |uuid: &str| FeatureFlagStatus { uuid: Some(uuid.to_owned()), ..intent("2026-11-24T14:00:01Z") };
        assert_eq!(origin(&recorded("uuid-7"), &feature(), (Some(&desired()), &World::default())), Origin::Created);
        assert_eq!(origin(&recorded("uuid-6"), &feature(), (Some(&desired()), &World::default())), Origin::Adopted);
    }
}
