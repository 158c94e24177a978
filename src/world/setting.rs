//! The settings of environments and projects, field by field: which a change writes, how they read, and one left out.

use serde::Serialize;
use serde_json::{Map, Value};
use strum::IntoEnumIterator as _;

use super::difference::Field;
use crate::flagsmith::{ProjectPatch, SettingsPatch};

/// The fields that a patch writes.
#[must_use]
pub fn fields(patch: &impl Serialize) -> Vec<Field> {
    content(patch).keys().filter_map(|key| field(key)).collect()
}

/// What is desired of a field and what is live, as people read it.
#[must_use]
pub fn say(of: Field, desired: &impl Serialize, live: &impl Serialize) -> (String, String) {
    (text(of, &content(desired)), text(of, &content(live)))
}

/// Leaves a setting of an environment out.
pub fn leave_of_environment(settings: &mut SettingsPatch, of: Field) {
    match of {
        Field::BannerText => settings.banner_text = None,
        Field::BannerColour => settings.banner_colour = None,
        Field::HideDisabledFlags => settings.hide_disabled_flags = None,
        Field::HideSensitiveData => settings.hide_sensitive_data = None,
        Field::AllowClientTraits => settings.allow_client_traits = None,
        Field::UseIdentityCompositeKeyForHashing => settings.use_identity_composite_key_for_hashing = None,
        Field::UseIdentityOverridesInLocalEval => settings.use_identity_overrides_in_local_eval = None,
        _ => {}
    }
}

/// Leaves a setting of a project out.
pub fn leave_of_project(settings: &mut ProjectPatch, of: Field) {
    match of {
        Field::HideDisabledFlags => settings.hide_disabled_flags = None,
        Field::PreventFlagDefaults => settings.prevent_flag_defaults = None,
        Field::OnlyAllowLowerCaseFeatureNames => settings.only_allow_lower_case_feature_names = None,
        Field::FeatureNameRegex => settings.feature_name_regex = None,
        Field::EnforceFeatureOwners => settings.enforce_feature_owners = None,
        Field::StaleFlagsLimitDays => settings.stale_flags_limit_days = None,
        Field::EnableRealtimeUpdates => settings.enable_realtime_updates = None,
        _ => {}
    }
}

fn content(of: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(of) {
        Ok(Value::Object(content)) => content,
        _ => Map::new(),
    }
}

/// The field of a manifest that is called so on Flagsmith's wire.
fn field(key: &str) -> Option<Field> {
    let bare = key.replace('_', "");
    Field::iter().find(|field| field.as_ref().eq_ignore_ascii_case(&bare))
}

fn text(of: Field, content: &Map<String, Value>) -> String {
    let said = content.iter().find(|(key, _)| field(key) == Some(of));
    match said {
        None | Some((_, Value::Null)) => String::new(),
        Some((_, Value::String(text))) => text.clone(),
        Some((_, other)) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flagsmith::{EnvironmentSettings, ProjectSettings};

    fn of_environment() -> SettingsPatch {
        SettingsPatch {
            banner_text: Some("no".to_owned()),
            banner_colour: Some("#d32f2f".to_owned()),
            hide_disabled_flags: Some(None),
            hide_sensitive_data: Some(true),
            allow_client_traits: Some(true),
            use_identity_composite_key_for_hashing: Some(true),
            use_identity_overrides_in_local_eval: Some(true),
        }
    }

    fn of_project() -> ProjectPatch {
        ProjectPatch {
            name: None,
            hide_disabled_flags: Some(true),
            prevent_flag_defaults: Some(true),
            only_allow_lower_case_feature_names: Some(true),
            feature_name_regex: Some("x".to_owned()),
            enforce_feature_owners: Some(true),
            stale_flags_limit_days: Some(7),
            enable_realtime_updates: Some(true),
        }
    }

    #[test]
    fn each_setting_is_a_field_that_can_be_left_out() {
        let (mut environment, mut project) = (of_environment(), of_project());
        assert_eq!((fields(&environment).len(), fields(&project).len()), (7, 7));
        for field in fields(&environment) {
            leave_of_environment(&mut environment, field);
        }
        for field in fields(&project) {
            leave_of_project(&mut project, field);
        }
        assert_eq!((environment, project), (SettingsPatch::default(), ProjectPatch::default()));
    }

    #[test]
    fn what_differs_is_said_as_flagsmith_has_it() {
        let live = EnvironmentSettings { hide_sensitive_data: Some(false), ..EnvironmentSettings::default() };
        let said = |field| say(field, &of_environment(), &live);
        assert_eq!(said(Field::HideSensitiveData), ("true".to_owned(), "false".to_owned()));
        assert_eq!(said(Field::BannerText), ("no".to_owned(), String::new()));
        let days = say(Field::StaleFlagsLimitDays, &of_project(), &ProjectSettings::default());
        assert_eq!(days, ("7".to_owned(), String::new()));
    }
}
