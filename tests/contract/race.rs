//! Requests that overlap. What they answer differs from run to run; what is there afterwards does not.

use flagsmith_operator::flagsmith::{EnvironmentKey, Error, FlagState, NewEnvironment, NewFeature, StatePatch, Value};
use futures::future::{join, join_all};

use crate::support::{MIDDLE, NEWEST};

const AT_ONCE: usize = 8;

#[tokio::test]
async fn of_many_creations_with_one_key_one_makes_an_environment() {
    let case = case!().await;
    let key = EnvironmentKey::random();
    let new = NewEnvironment::named("production".into(), case.project, key.clone());
    let made = join_all((0..AT_ONCE).map(|_| case.client.create_environment(&new))).await;
    let (made, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, AT_ONCE - 1));
    for refused in refused {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, Error::Refused { status: 400, .. } | Error::Server { status: 500 }), "{refused:?}");
    }
    assert_eq!(case.client.environments(case.project).await.unwrap(), [made[0].clone().unwrap()]);
    case.ends_uncompared();
}

#[tokio::test]
async fn of_many_creations_of_one_feature_name_one_makes_a_feature() {
    let case = case!().await;
    let new = NewFeature::named("checkout".into());
    let made = join_all((0..AT_ONCE).map(|_| case.client.create_feature(case.project, &new))).await;
    let (made, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, AT_ONCE - 1));
    for refused in refused {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, Error::Refused { status: 400, .. } | Error::Server { status: 500 }), "{refused:?}");
    }
    assert_eq!(case.client.features(case.project).await.unwrap().features, [made[0].clone().unwrap()]);
    case.ends_uncompared();
}

#[tokio::test]
async fn two_disjoint_patches_at_once_are_both_kept_in_an_unversioned_environment() {
    let case = case!().await;
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    let client = case.client.knowing(NEWEST);
    for (enabled, value) in [(false, "blue"), (true, "red"), (false, "green"), (true, "blue")] {
        let enable = StatePatch { enabled: Some(enabled), value: None, ..StatePatch::default() };
        let paint = StatePatch { enabled: None, value: Some(Value::String(value.to_owned())), ..StatePatch::default() };
        let (one, other) = join(
            client.set_state(&environment.key, feature.id, &enable),
            client.set_state(&environment.key, feature.id, &paint),
        )
        .await;
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        let both = FlagState { enabled, value: Value::String(value.to_owned()), ..FlagState::default() };
        assert_eq!(case.documented(&environment.key, feature.id).await, Some(both));
    }
    case.ends_uncompared();
}

#[tokio::test]
async fn writes_of_many_flags_at_once_are_all_kept_in_both_kinds_of_environment() {
    let case = case!().await;
    let environment = case.environment("production").await;
    let mut made = vec![];
    for number in 0..AT_ONCE {
        made.push(case.feature(&format!("f{number}")).await);
    }
    for (is_versioned, capabilities) in [(false, NEWEST), (true, NEWEST), (true, MIDDLE)] {
        if is_versioned {
            case.version(&environment.key).await;
        }
        let client = case.client.knowing(capabilities);
        let value = Value::String(format!("{is_versioned} {capabilities:?}"));
        let patch = StatePatch { enabled: None, value: Some(value.clone()), ..StatePatch::default() };
        let writes = made.iter().map(|feature| client.set_state(&environment.key, feature.id, &patch));
        assert!(join_all(writes).await.iter().all(Result::is_ok));
        let flags = case.client.document(&environment.key).await.unwrap().flags;
        assert_eq!(flags.iter().filter(|flag| flag.state.value == value).count(), AT_ONCE);
    }
    case.ends_uncompared();
}
