//! What a `FlagsmithEnvironment` sets, in the words of Flagsmith. Pure.

use crate::{
    crd::{EnvironmentSettingsSpec, HideDisabledFlags},
    flagsmith::SettingsPatch,
};

/// What the spec sets; what it leaves out is left out.
#[must_use]
pub fn wanted(spec: &EnvironmentSettingsSpec) -> SettingsPatch {
    let EnvironmentSettingsSpec {
        clone_from: _,
        feature_versioning: _,
        banner_text,
        banner_colour,
        hide_disabled_flags,
        hide_sensitive_data,
        allow_client_traits,
        use_identity_composite_key_for_hashing,
        use_identity_overrides_in_local_eval,
    } = spec;
    let hidden = |word: &HideDisabledFlags| match word {
        HideDisabledFlags::Inherit => None,
        HideDisabledFlags::Hide => Some(true),
        HideDisabledFlags::Show => Some(false),
    };
    SettingsPatch {
        banner_text: banner_text.clone(),
        banner_colour: banner_colour.clone(),
        hide_disabled_flags: hide_disabled_flags.as_ref().map(hidden),
        hide_sensitive_data: *hide_sensitive_data,
        allow_client_traits: *allow_client_traits,
        use_identity_composite_key_for_hashing: *use_identity_composite_key_for_hashing,
        use_identity_overrides_in_local_eval: *use_identity_overrides_in_local_eval,
    }
}
