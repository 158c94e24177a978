//! What an environment is set to, besides its name and its description.

use serde::{Deserialize, Serialize};

/// What an environment is set to. `None` of a truth is a release that does not tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct EnvironmentSettings {
    /// What Flagsmith's pages show on top; none and the empty text show nothing.
    pub banner_text: Option<String>,
    /// The colour of it, as `#d32f2f`; Flagsmith takes any seven characters.
    pub banner_colour: Option<String>,
    /// Whether SDKs are told nothing of flags that are off; `None` is as the project says.
    pub hide_disabled_flags: Option<bool>,
    /// Whether SDKs are told nothing but what evaluating flags takes.
    pub hide_sensitive_data: Option<bool>,
    /// Whether clients that hold the client-side key may set traits.
    pub allow_client_traits: Option<bool>,
    /// Whether shares are drawn by a key that is the same in every SDK.
    pub use_identity_composite_key_for_hashing: Option<bool>,
    /// Whether the document for SDKs holds what identities are served.
    pub use_identity_overrides_in_local_eval: Option<bool>,
}

/// What to set of an environment; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SettingsPatch {
    /// The new text on top; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banner_text: Option<String>,
    /// The new colour of it; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banner_colour: Option<String>,
    /// Whether to hide flags that are off; an inner `None` is as the project says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide_disabled_flags: Option<Option<bool>>,
    /// Whether to hide what evaluating flags does not take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide_sensitive_data: Option<bool>,
    /// Whether clients may set traits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_client_traits: Option<bool>,
    /// Whether shares are to be the same in every SDK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_identity_composite_key_for_hashing: Option<bool>,
    /// Whether the document for SDKs is to hold what identities are served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_identity_overrides_in_local_eval: Option<bool>,
}

impl SettingsPatch {
    /// What of it the environment is not set to yet. No text and the empty text are one.
    #[must_use]
    pub fn against(&self, live: &EnvironmentSettings) -> Self {
        let Self {
            banner_text,
            banner_colour,
            hide_disabled_flags,
            hide_sensitive_data,
            allow_client_traits,
            use_identity_composite_key_for_hashing,
            use_identity_overrides_in_local_eval,
        } = self;
        let text = |wanted: &Option<String>, held: &Option<String>| {
            wanted.clone().filter(|wanted| wanted.as_str() != held.as_deref().unwrap_or_default())
        };
        let truth = |wanted: &Option<bool>, held: Option<bool>| wanted.filter(|_| *wanted != held);
        let hashing = live.use_identity_composite_key_for_hashing;
        Self {
            banner_text: text(banner_text, &live.banner_text),
            banner_colour: text(banner_colour, &live.banner_colour),
            hide_disabled_flags: hide_disabled_flags.filter(|wanted| *wanted != live.hide_disabled_flags),
            hide_sensitive_data: truth(hide_sensitive_data, live.hide_sensitive_data),
            allow_client_traits: truth(allow_client_traits, live.allow_client_traits),
            use_identity_composite_key_for_hashing: truth(use_identity_composite_key_for_hashing, hashing),
            use_identity_overrides_in_local_eval: truth(
                use_identity_overrides_in_local_eval,
                live.use_identity_overrides_in_local_eval,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Flagsmith sets an environment that nobody set.
    fn fresh() -> EnvironmentSettings {
        EnvironmentSettings {
            hide_sensitive_data: Some(false),
            allow_client_traits: Some(true),
            use_identity_composite_key_for_hashing: Some(true),
            use_identity_overrides_in_local_eval: Some(true),
            ..EnvironmentSettings::default()
        }
    }

    #[test]
    fn what_is_left_out_never_differs() {
        let set = EnvironmentSettings { banner_text: Some("a".to_owned()), hide_disabled_flags: Some(true), ..fresh() };
        assert_eq!(SettingsPatch::default().against(&set), SettingsPatch::default());
    }

    #[test]
    fn only_what_differs_is_sent_and_no_text_is_the_empty_text() {
        let wanted = SettingsPatch {
            banner_text: Some(String::new()),
            banner_colour: Some("#d32f2f".to_owned()),
            hide_disabled_flags: Some(None),
            hide_sensitive_data: Some(true),
            allow_client_traits: Some(true),
            use_identity_composite_key_for_hashing: Some(false),
            use_identity_overrides_in_local_eval: Some(true),
        };
        let sent = serde_json::to_string(&wanted.against(&fresh())).unwrap();
        let expected = r##"{"banner_colour":"#d32f2f","hide_sensitive_data":true,"use_identity_composite_key_for_hashing":false}"##;
        assert_eq!(sent, expected);
    }

    #[test]
    fn what_the_project_says_is_null_on_the_wire() {
        let hidden = EnvironmentSettings { hide_disabled_flags: Some(true), ..fresh() };
        let wanted = SettingsPatch { hide_disabled_flags: Some(None), ..SettingsPatch::default() };
        assert_eq!(serde_json::to_string(&wanted.against(&hidden)).unwrap(), r#"{"hide_disabled_flags":null}"#);
    }
}
