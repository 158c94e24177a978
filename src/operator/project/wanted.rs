//! What a `FlagsmithProject` asks for, in the words of Flagsmith. Pure.

use crate::{
    crd::{FlagsmithProject, ProjectSettingsSpec},
    flagsmith::{NewProject, OrganisationId, ProjectPatch},
};

impl FlagsmithProject {
    /// The project as it is to be made.
    #[must_use]
    pub fn wanted(&self, organisation: OrganisationId) -> NewProject {
        let ProjectSettingsSpec {
            hide_disabled_flags,
            prevent_flag_defaults,
            only_allow_lower_case_feature_names,
            feature_name_regex,
            enforce_feature_owners,
            stale_flags_limit_days,
            enable_realtime_updates,
        } = self.spec.settings.clone();
        let settings = ProjectPatch {
            name: None,
            hide_disabled_flags,
            prevent_flag_defaults,
            only_allow_lower_case_feature_names,
            feature_name_regex,
            enforce_feature_owners,
            stale_flags_limit_days,
            enable_realtime_updates,
        };
        NewProject { name: self.flagsmith_name().into(), organisation, settings }
    }
}
