//! What environments and projects are set to, and how they are made otherwise than by a request of their own fields.

use flagsmith_operator::flagsmith::{
    EnvironmentKey, EnvironmentPatch, EnvironmentSettings, Error, NewClone, NewEnvironment, NewProject, ProjectId,
    ProjectPatch, Right, SettingsPatch, Uuid,
};

use crate::support::Case;

/// Each other than what Flagsmith chooses.
fn settings() -> SettingsPatch {
    SettingsPatch {
        banner_text: Some("live".to_owned()),
        banner_colour: Some("#d32f2f".to_owned()),
        hide_disabled_flags: Some(Some(true)),
        hide_sensitive_data: Some(true),
        allow_client_traits: Some(false),
        use_identity_composite_key_for_hashing: Some(false),
        use_identity_overrides_in_local_eval: Some(false),
    }
}

fn set() -> EnvironmentSettings {
    EnvironmentSettings {
        banner_text: Some("live".to_owned()),
        banner_colour: Some("#d32f2f".to_owned()),
        hide_disabled_flags: Some(true),
        hide_sensitive_data: Some(true),
        allow_client_traits: Some(false),
        use_identity_composite_key_for_hashing: Some(false),
        use_identity_overrides_in_local_eval: Some(false),
    }
}

fn named(name: &str) -> NewClone {
    NewClone { name: name.into() }
}

async fn amend(case: &Case, key: &EnvironmentKey, settings: SettingsPatch) -> EnvironmentSettings {
    let patch = EnvironmentPatch { settings, ..EnvironmentPatch::default() };
    let amended = case.client.amend_environment(key, &patch).await.unwrap();
    assert_eq!(case.client.environments(case.project).await.unwrap(), std::slice::from_ref(&amended));
    amended.settings
}

#[tokio::test]
async fn an_environment_is_set_when_it_is_made_and_each_setting_is_changed_and_listed() {
    let case = case!().await;
    let new = NewEnvironment {
        settings: settings(),
        ..NewEnvironment::named("production".into(), case.project, EnvironmentKey::random())
    };
    let made = case.client.create_environment(&new).await.unwrap();
    assert_eq!(made.settings, set());
    let inherit = SettingsPatch { hide_disabled_flags: Some(None), ..SettingsPatch::default() };
    let expected = EnvironmentSettings { hide_disabled_flags: None, ..set() };
    assert_eq!(amend(&case, &made.key, inherit).await, expected);
    let bare = SettingsPatch {
        banner_text: Some(String::new()),
        banner_colour: Some(String::new()),
        hide_disabled_flags: Some(Some(false)),
        hide_sensitive_data: Some(false),
        allow_client_traits: Some(true),
        use_identity_composite_key_for_hashing: Some(true),
        use_identity_overrides_in_local_eval: Some(true),
    };
    let amended = amend(&case, &made.key, bare.clone()).await;
    assert_eq!(bare.against(&amended), SettingsPatch::default(), "{amended:?}");
    case.agrees();
}

#[tokio::test]
async fn an_environment_is_copied_as_often_as_it_is_asked_with_its_settings_and_its_flags() {
    let case = case!().await;
    let (source, feature) = (case.environment("production").await, case.feature("checkout").await);
    amend(&case, &source.key, settings()).await;
    let mut keys = Vec::new();
    for _ in 0..2 {
        keys.push(case.client.clone_environment(&source.key, &named("staging")).await.unwrap());
    }
    assert_ne!(keys[0], keys[1]);
    let copies = case.client.environments(case.project).await.unwrap();
    assert_eq!(copies.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["production", "staging", "staging"]);
    let copy = case.client.environment(&keys[0]).await.unwrap();
    assert!(!copy.is_creating && copy.settings == set() && copy.uuid != source.uuid, "{copy:?}");
    let state = case.documented(&source.key, feature.id).await;
    assert_eq!(case.documented(&keys[0], feature.id).await.map(|one| one.value), state.map(|one| one.value));
    let rename = |name: &str| EnvironmentPatch { name: Some(name.into()), ..EnvironmentPatch::default() };
    let taken = case.client.amend_environment(&keys[1], &rename("production")).await;
    assert!(matches!(taken, Err(Error::Refused { status: 400, .. })), "a name that is taken: {taken:?}");
    let own = case.client.amend_environment(&keys[1], &rename("staging")).await;
    assert!(own.is_ok(), "its own name, that another bears too: {own:?}");

    assert_eq!(case.client.delete_environment(&keys[1]).await, Ok(()));
    assert_eq!(case.client.delete_environment(&keys[1]).await, Err(Error::NotFound));
    let unknown = case.client.clone_environment(&keys[1], &named("other")).await;
    assert_eq!(unknown, Err(Error::NotFound));
    case.agrees();
}

#[tokio::test]
async fn versions_are_asked_for_and_come_in_the_server_s_own_time() {
    let case = case!().await;
    let made = case.environment("production").await;
    case.client.enable_versioning(&made.key).await.unwrap();
    // A busy server may lose it, and is asked again.
    let versioned = case.version(&made.key).await;
    assert!(versioned.use_v2_feature_versioning);
    let twice = case.client.enable_versioning(&made.key).await;
    let message = "Environment already using v2 versioning.".to_owned();
    assert_eq!(twice, Err(Error::Refused { status: 400, message }));
    let copy = case.client.clone_environment(&made.key, &named("staging")).await.unwrap();
    assert!(case.client.environment(&copy).await.unwrap().use_v2_feature_versioning);
    case.agrees();
}

#[tokio::test]
async fn an_environment_that_is_gone_and_one_that_is_hidden_are_told_apart_by_the_uuid() {
    let case = case!().await;
    let made = case.environment("production").await;
    assert_eq!(case.client.environment_by_uuid(&made.uuid).await, Ok(made.clone()));
    let member = case.member().await;
    let hidden = case.client_of(&member).environment_by_uuid(&made.uuid).await;
    assert!(matches!(hidden, Err(Error::Forbidden { right: Some(Right::ViewEnvironment), .. })), "{hidden:?}");
    case.client.delete_environment(&made.key).await.unwrap();
    assert_eq!(case.client.environment_by_uuid(&made.uuid).await, Err(Error::NotFound));
    let never: Uuid = "00000000-0000-4000-8000-000000000000".into();
    assert_eq!(case.client.environment_by_uuid(&never).await, Err(Error::NotFound));
    case.agrees();
}

#[tokio::test]
async fn a_project_is_set_and_what_its_plan_lacks_is_ignored() {
    let case = case!().await;
    let kept = ProjectPatch {
        name: Some(format!("{} renamed", case.run).into()),
        hide_disabled_flags: Some(true),
        prevent_flag_defaults: Some(true),
        only_allow_lower_case_feature_names: Some(false),
        feature_name_regex: Some("[a-z]+".to_owned()),
        enforce_feature_owners: Some(true),
        ..ProjectPatch::default()
    };
    let changed = case.client.update_project(case.project, &kept).await.unwrap();
    assert_eq!(kept.against(&changed), ProjectPatch::default(), "{changed:?}");
    assert_eq!(case.client.project(case.project).await, Ok(changed.clone()));
    assert_eq!(case.client.projects(case.organisation).await, Ok(vec![changed.clone()]));
    let bare = ProjectPatch { feature_name_regex: Some(String::new()), ..ProjectPatch::default() };
    let bared = case.client.update_project(case.project, &bare).await.unwrap();
    assert_eq!(bare.against(&bared), ProjectPatch::default(), "{bared:?}");
    let ignored = ProjectPatch {
        stale_flags_limit_days: Some(7),
        enable_realtime_updates: Some(true),
        ..ProjectPatch::default()
    };
    let unchanged = case.client.update_project(case.project, &ignored).await.unwrap();
    assert_eq!(ignored.against(&unchanged), ignored);
    case.agrees();
}

#[tokio::test]
async fn a_project_is_made_in_an_organisation_that_has_none_and_no_other_beside_it() {
    let case = case!().await;
    case.delete(&format!("/api/v1/projects/{}/", case.project)).await;
    assert_eq!(case.client.project(case.project).await, Err(Error::NotFound));
    assert_eq!(case.client.project(ProjectId(0)).await, Err(Error::NotFound));
    let settings = ProjectPatch { hide_disabled_flags: Some(true), ..ProjectPatch::default() };
    let new = NewProject { name: "shop".into(), organisation: case.organisation, settings };
    let made = case.client.create_project(&new).await.unwrap();
    assert_eq!((made.name.as_str(), made.settings.hide_disabled_flags), ("shop", Some(true)));
    assert_eq!(case.client.projects(case.organisation).await, Ok(vec![made]));
    let other = NewProject { name: "outlet".into(), ..new.clone() };
    for refused in [other, new] {
        let refused = case.client.create_project(&refused).await;
        assert!(matches!(refused, Err(Error::Forbidden { right: Some(Right::CreateProject), .. })), "{refused:?}");
    }
    case.agrees();
}
