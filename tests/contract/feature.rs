//! Features: what is kept of them, what is ignored, and which names are taken.

use flagsmith_operator::flagsmith::{Error, FeatureId, FeaturePatch, NewFeature};
use serde_json::json;

use crate::support::on;

fn new(name: &str) -> NewFeature {
    NewFeature::named(name.into())
}

#[tokio::test]
async fn a_feature_is_made_read_and_listed_as_it_was_asked_for() {
    let case = case!().await;
    let full = NewFeature {
        description: Some("the new checkout".to_owned()),
        default_enabled: Some(true),
        initial_value: Some("red".to_owned()),
        ..new("checkout")
    };
    let made = case.client.create_feature(case.project, &full).await.unwrap();
    assert_eq!((made.name.as_str(), made.description.as_deref()), ("checkout", Some("the new checkout")));
    assert_eq!((made.initial_value.as_deref(), made.default_enabled, made.is_archived), (Some("red"), true, false));
    let bare = case.client.create_feature(case.project, &new("banner")).await.unwrap();
    assert_eq!((bare.description.as_deref(), bare.initial_value.as_deref(), bare.default_enabled), (None, None, false));
    assert_eq!(case.client.feature(case.project, made.id).await.unwrap(), made);
    let list = case.client.features(case.project).await.unwrap();
    let mut listed: Vec<_> = list.features;
    listed.sort_by_key(|feature| feature.id);
    assert_eq!(listed, [made.clone(), bare]);
    // Whether a feature is older than a list is judged by these two.
    assert!(list.date.unwrap().as_second() >= made.created_date.as_second());
    case.agrees();
}

#[tokio::test]
async fn a_feature_s_definition_is_changed_and_the_rest_of_it_stays() {
    let case = case!().await;
    let made = case.feature("checkout").await;
    for description in ["the new checkout", ""] {
        let patch = FeaturePatch { description: Some(description.to_owned()), ..FeaturePatch::default() };
        let changed = case.client.update_feature(case.project, made.id, &patch).await.unwrap();
        assert_eq!(changed.description.as_deref(), Some(description));
        assert_eq!((changed.id, &changed.uuid, changed.created_date), (made.id, &made.uuid, made.created_date));
        assert_eq!(case.client.feature(case.project, made.id).await.unwrap(), changed);
    }
    for archived in [true, false] {
        let patch = FeaturePatch { is_archived: Some(archived), ..FeaturePatch::default() };
        let changed = case.client.update_feature(case.project, made.id, &patch).await.unwrap();
        assert_eq!((changed.is_archived, changed.description.as_deref()), (archived, Some("")));
    }
    case.agrees();
}

#[tokio::test]
async fn a_deleted_feature_is_gone_and_its_name_makes_another() {
    let case = case!().await;
    let (environment, made) = (case.environment("production").await, case.feature("checkout").await);
    assert_eq!(case.client.delete_feature(case.project, made.id).await, Ok(()));
    assert_eq!(case.client.feature(case.project, made.id).await, Err(Error::NotFound));
    assert_eq!(case.client.delete_feature(case.project, made.id).await, Err(Error::NotFound));
    let patch = FeaturePatch { is_archived: Some(true), ..FeaturePatch::default() };
    assert_eq!(case.client.update_feature(case.project, made.id, &patch).await, Err(Error::NotFound));
    assert_eq!(case.client.features(case.project).await.unwrap().features, []);
    assert_eq!(case.client.states(&environment.key).await.unwrap().states, []);
    assert_eq!(case.documented(&environment.key, made.id).await, None);
    let again = case.feature("checkout").await;
    assert_ne!((again.id, &again.uuid), (made.id, &made.uuid));
    case.agrees();
}

#[tokio::test]
async fn an_unknown_feature_is_not_found() {
    let case = case!().await;
    let (unknown, patch) = (FeatureId(0), FeaturePatch::default());
    assert_eq!(case.client.feature(case.project, unknown).await, Err(Error::NotFound));
    assert_eq!(case.client.update_feature(case.project, unknown, &patch).await, Err(Error::NotFound));
    assert_eq!(case.client.delete_feature(case.project, unknown).await, Err(Error::NotFound));
    case.agrees();
}

#[tokio::test]
async fn names_that_differ_in_case_alone_are_one() {
    let case = case!().await;
    case.feature("checkout").await;
    for twin in ["checkout", "Checkout", " CHECKOUT "] {
        let refused = case.client.create_feature(case.project, &new(twin)).await;
        assert!(matches!(refused, Err(Error::Refused { status: 400, .. })), "{twin}: {refused:?}");
    }
    assert_eq!(case.client.features(case.project).await.unwrap().features.len(), 1);
    case.agrees();
}

#[tokio::test]
async fn a_name_is_any_text_of_1_to_2000_characters_without_blanks_around_it() {
    let case = case!().await;
    for name in [String::new(), "  ".to_owned(), "x".repeat(2001)] {
        let refused = case.client.create_feature(case.project, &new(&name)).await;
        assert!(matches!(refused, Err(Error::Refused { status: 400, .. })), "{refused:?}");
    }
    for (name, kept) in [(" a b ", "a b"), ("é/ü?#%", "é/ü?#%"), (&"x".repeat(2000), &"x".repeat(2000))] {
        let made = case.client.create_feature(case.project, &new(name)).await.unwrap();
        assert_eq!(made.name.as_str(), kept);
    }
    case.agrees();
}

#[tokio::test]
async fn a_project_s_rule_for_names_is_enforced_whole() {
    let case = case!().await;
    let rule = json!({"name": case.run, "organisation": case.organisation, "feature_name_regex": "[a-z_]+"});
    assert_eq!(case.put(&format!("/api/v1/projects/{}/", case.project), rule).await.0, 200);
    for name in ["Checkout", "checkout2", "check out"] {
        let refused = case.client.create_feature(case.project, &new(name)).await;
        assert!(matches!(refused, Err(Error::Refused { status: 400, .. })), "{name}: {refused:?}");
    }
    assert_eq!(case.feature("check_out").await.name.as_str(), "check_out");
    case.agrees();
}

#[tokio::test]
async fn a_feature_s_name_value_and_default_are_ignored_after_it_is_made() {
    let case = case!().await;
    let (environment, made) = (case.environment("production").await, case.feature("checkout").await);
    let one = format!("{}{}/", case.features_path(), made.id);
    for ignored in [
        json!({"name": "payment"}),
        json!({"initial_value": "blue"}),
        json!({"default_enabled": false}),
        json!({"uuid": "00000000-0000-4000-8000-000000000000", "created_date": "2020-01-01T00:00:00Z"}),
        json!({"project": 0}),
        json!({"colour": "red"}),
        json!({}),
    ] {
        let (status, body) = case.patch(&one, ignored.clone()).await;
        assert_eq!(status, 200, "{ignored}: {body}");
    }
    assert_eq!(case.client.feature(case.project, made.id).await.unwrap(), made);
    assert_eq!(case.documented(&environment.key, made.id).await, Some(on("red")));
    case.agrees();
}

#[tokio::test]
async fn blanks_around_a_feature_s_texts_are_dropped() {
    let case = case!().await;
    let padded = NewFeature {
        description: Some(" the new\ncheckout\n".to_owned()),
        initial_value: Some("\n red ".to_owned()),
        ..new("checkout")
    };
    let made = case.client.create_feature(case.project, &padded).await.unwrap();
    assert_eq!(made.description.as_deref(), Some("the new\ncheckout"));
    assert_eq!(made.initial_value.as_deref(), Some("red"));
    let patch = FeaturePatch { description: Some(" d ".to_owned()), ..FeaturePatch::default() };
    let changed = case.client.update_feature(case.project, made.id, &patch).await.unwrap();
    assert_eq!(changed.description.as_deref(), Some("d"));
    case.agrees();
}

#[tokio::test]
async fn a_list_has_pages_and_beyond_the_last_there_is_none() {
    let case = case!().await;
    for name in ["a", "b", "c"] {
        case.feature(name).await;
    }
    let page = async |query: &str| case.get(&format!("{}?{query}", case.features_path())).await;
    let (_, first) = page("page_size=2").await;
    assert_eq!((&first["count"], first["results"].as_array().unwrap().len()), (&json!(3), 2));
    let (_, second) = page("page_size=2&page=2").await;
    assert_eq!((&second["count"], second["results"].as_array().unwrap().len()), (&json!(3), 1));
    assert_eq!(page("page_size=2&page=3").await, (404, json!({"detail": "Invalid page."})));
    assert_eq!(page("page_size=999&page=2").await, (404, json!({"detail": "Invalid page."})));
    case.agrees();
}

#[tokio::test]
async fn an_environment_guesses_the_type_of_an_initial_value() {
    let case = case!().await;
    let before = case.environment("before").await;
    let guesses = [
        (json!("red"), json!("red")),
        (json!("42"), json!(42)),
        (json!(42), json!(42)),
        (json!("-7"), json!(-7)),
        (json!("1_000"), json!(1000)),
        (json!("2147483646"), json!(2_147_483_646)),
        (json!("2147483647"), json!("2147483647")),
        (json!("-2147483646"), json!(-2_147_483_646)),
        (json!("-2147483647"), json!("-2147483647")),
        (json!("true"), json!(true)),
        (json!("False"), json!(false)),
        (json!("1.5"), json!("1.5")),
        (json!(""), json!("")),
        (json!(null), json!(null)),
    ];
    for (number, (value, _)) in guesses.iter().enumerate() {
        case.made(&case.features_path(), json!({"name": format!("f{number}"), "initial_value": value})).await;
    }
    let after = case.environment("after").await;
    for environment in [before, after] {
        let flags = case.client.document(&environment.key).await.unwrap().flags;
        for (number, (value, guess)) in guesses.iter().enumerate() {
            let flag = flags.iter().find(|flag| flag.name.as_str() == format!("f{number}")).unwrap();
            assert_eq!(&serde_json::to_value(&flag.state.value).unwrap(), guess, "{value}");
        }
    }
    case.agrees();
}

#[tokio::test]
async fn a_value_of_20000_characters_is_the_longest_that_a_feature_starts_with() {
    let case = case!().await;
    let long = |length| NewFeature { initial_value: Some("x".repeat(length)), ..new("checkout") };
    let refused = case.client.create_feature(case.project, &long(20_001)).await;
    assert!(matches!(refused, Err(Error::Refused { status: 400, .. })), "{refused:?}");
    let made = case.client.create_feature(case.project, &long(20_000)).await.unwrap();
    assert_eq!(made.initial_value.unwrap().len(), 20_000);
    case.agrees();
}

#[tokio::test]
async fn an_initial_value_that_is_no_text_and_no_number_is_refused() {
    let case = case!().await;
    for (number, value) in [json!(false), json!(true), json!({"a": 1}), json!(["a"])].into_iter().enumerate() {
        let feature = json!({"name": format!("f{number}"), "initial_value": value});
        case.post(&case.features_path(), feature).await;
    }
    case.agrees();
}
