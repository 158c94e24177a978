//! A flag's state is written and read by each route that a server may have, in both kinds of environment.

use flagsmith_operator::flagsmith::{
    Capabilities, Client, EnvironmentKey, Error, FeatureId, FlagState, StatePatch, Value,
};

use crate::support::{Case, MIDDLE, NEWEST, OLDEST, on};

/// One flag in one environment, by one capability.
struct Flag {
    case: Case,
    client: Client,
    key: EnvironmentKey,
    id: FeatureId,
}

impl Flag {
    async fn of(case: Case, capabilities: Capabilities, is_versioned: bool) -> Self {
        let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
        if is_versioned {
            case.version(&environment.key).await;
        }
        Self { client: case.client.knowing(capabilities), case, key: environment.key, id: feature.id }
    }

    async fn set(&self, enabled: Option<bool>, value: Option<Value>) -> Result<Option<FlagState>, Error> {
        self.client.set_state(&self.key, self.id, &StatePatch { enabled, value, ..StatePatch::default() }).await
    }

    /// What is written is what is answered, if it is, and what is read at once by each way to read.
    async fn is_written(&self, enabled: Option<bool>, value: Option<Value>, expected: FlagState) {
        let what = format!("{enabled:?} {value:?}");
        let answered = self.set(enabled, value).await.unwrap();
        assert!(answered.is_none_or(|state| state == expected), "{what}");
        self.is(&expected, &what).await;
    }

    async fn is(&self, expected: &FlagState, what: &str) {
        assert_eq!(self.client.state(&self.key, self.id).await.unwrap().as_ref(), Some(expected), "{what}");
        assert_eq!(self.case.documented(&self.key, self.id).await.as_ref(), Some(expected), "{what}");
        let states = self.client.states(&self.key).await.unwrap().states;
        assert_eq!(states, [(self.id, expected.clone())], "{what}");
    }
}

async fn every_value_is_written(flag: Flag) {
    let red = || Value::String("red".to_owned());
    let state = |value| FlagState { enabled: false, value, ..FlagState::default() };
    flag.is_written(Some(false), None, state(red())).await;
    for value in [
        Value::String("blue".to_owned()),
        Value::String("42".to_owned()),
        Value::String("true".to_owned()),
        Value::String("{\"a\": [1, \"é\"]}".to_owned()),
        Value::Integer(42),
        Value::Integer(i32::MIN),
        Value::Integer(i32::MAX),
        Value::Boolean(true),
        Value::Boolean(false),
        Value::String(String::new()),
        Value::Null,
        Value::Integer(0),
    ] {
        flag.is_written(None, Some(value.clone()), state(value)).await;
    }
    flag.is_written(
        Some(true),
        Some(Value::Null),
        FlagState { enabled: true, value: Value::Null, ..FlagState::default() },
    )
    .await;
    flag.is_written(Some(false), None, state(Value::Null)).await;
    flag.is_written(Some(true), Some(red()), on("red")).await;
    flag.is_written(None, Some(Value::String("\n padded\n".to_owned())), on("padded")).await;
    flag.case.agrees();
}

#[tokio::test]
async fn future_writes_every_value_in_an_unversioned_environment() {
    every_value_is_written(Flag::of(case!().await, NEWEST, false).await).await;
}

#[tokio::test]
async fn future_writes_every_value_in_a_versioned_environment() {
    every_value_is_written(Flag::of(case!().await, NEWEST, true).await).await;
}

#[tokio::test]
async fn update_flag_writes_every_value_in_an_unversioned_environment() {
    every_value_is_written(Flag::of(case!().await, MIDDLE, false).await).await;
}

#[tokio::test]
async fn update_flag_writes_every_value_in_a_versioned_environment() {
    every_value_is_written(Flag::of(case!().await, MIDDLE, true).await).await;
}

#[tokio::test]
async fn the_oldest_routes_write_every_value_in_an_unversioned_environment() {
    every_value_is_written(Flag::of(case!().await, OLDEST, false).await).await;
}

#[tokio::test]
async fn the_oldest_routes_write_every_value_in_a_versioned_environment() {
    every_value_is_written(Flag::of(case!().await, OLDEST, true).await).await;
}

/// What cannot be written is told, and leaves the flag as it is.
async fn what_cannot_be_is_refused(flag: Flag) {
    let text = |length| Some(Value::String("x".repeat(length)));
    let too_long = flag.set(None, text(20_001)).await.unwrap_err();
    assert!(matches!(too_long, Error::Refused { status: 400, .. } | Error::Server { status: 500 }), "{too_long:?}");
    flag.is(&on("red"), "what is too long").await;
    let nul = flag.set(None, Some(Value::String("a\0b".to_owned()))).await.unwrap_err();
    assert!(matches!(nul, Error::Refused { status: 400, .. }), "{nul:?}");
    flag.is(&on("red"), "what holds a NUL").await;
    flag.is_written(None, text(20_000), on("x".repeat(20_000))).await;
    let (nobody, blue) = (EnvironmentKey::from("nobody"), Some(Value::String("blue".to_owned())));
    let patch = StatePatch { enabled: Some(true), value: blue, ..StatePatch::default() };
    assert_eq!(flag.client.set_state(&flag.key, FeatureId(0), &patch).await, Err(Error::NotFound));
    assert_eq!(flag.client.set_state(&nobody, flag.id, &patch).await, Err(Error::NotFound));
    assert_eq!(flag.client.state(&nobody, flag.id).await, Err(Error::NotFound));
    flag.case.agrees();
}

#[tokio::test]
async fn future_refuses_what_cannot_be_in_an_unversioned_environment() {
    what_cannot_be_is_refused(Flag::of(case!().await, NEWEST, false).await).await;
}

#[tokio::test]
async fn future_refuses_what_cannot_be_in_a_versioned_environment() {
    what_cannot_be_is_refused(Flag::of(case!().await, NEWEST, true).await).await;
}

#[tokio::test]
async fn update_flag_refuses_what_cannot_be_in_an_unversioned_environment() {
    what_cannot_be_is_refused(Flag::of(case!().await, MIDDLE, false).await).await;
}

#[tokio::test]
async fn update_flag_refuses_what_cannot_be_in_a_versioned_environment() {
    what_cannot_be_is_refused(Flag::of(case!().await, MIDDLE, true).await).await;
}

#[tokio::test]
async fn update_flag_writes_the_half_of_what_it_cannot_write_in_an_unversioned_environment() {
    let flag = Flag::of(case!().await, MIDDLE, false).await;
    let failed = flag.set(Some(false), Some(Value::String("x".repeat(20_001)))).await.unwrap_err();
    assert!(failed.ambiguous(), "{failed:?}");
    flag.is(
        &FlagState { enabled: false, value: Value::String("red".to_owned()), ..FlagState::default() },
        "half of it",
    )
    .await;
    flag.case.agrees();
}

#[tokio::test]
async fn update_flag_writes_nothing_of_what_it_cannot_write_in_a_versioned_environment() {
    let flag = Flag::of(case!().await, MIDDLE, true).await;
    let failed = flag.set(Some(false), Some(Value::String("x".repeat(20_001)))).await.unwrap_err();
    assert!(failed.ambiguous(), "{failed:?}");
    flag.is(&on("red"), "nothing of it").await;
    flag.is_written(
        Some(false),
        None,
        FlagState { enabled: false, value: Value::String("red".to_owned()), ..FlagState::default() },
    )
    .await;
    flag.case.agrees();
}

#[tokio::test]
async fn the_oldest_routes_refuse_what_cannot_be_in_an_unversioned_environment() {
    what_cannot_be_is_refused(Flag::of(case!().await, OLDEST, false).await).await;
}

#[tokio::test]
async fn the_oldest_routes_refuse_what_cannot_be_in_a_versioned_environment() {
    what_cannot_be_is_refused(Flag::of(case!().await, OLDEST, true).await).await;
}
