//! Tags: made by label, which nobody keeps unique.

use flagsmith_operator::flagsmith::{Error, FeaturePatch, NewFeature, NewTag, TagId};

#[tokio::test]
async fn a_tag_is_made_also_where_there_is_one_of_its_label() {
    let case = case!().await;
    let first = case.client.create_tag(case.project, &NewTag::labelled("checkout")).await.unwrap();
    let second = case.client.create_tag(case.project, &NewTag::labelled(" checkout ")).await.unwrap();
    assert_eq!((first.label.as_str(), second.label.as_str()), ("checkout", "checkout"));
    assert!(!first.is_system_tag && first.id != second.id);
    assert_eq!(case.client.tags(case.project).await.unwrap(), [first, second]);
    let long = case.client.create_tag(case.project, &NewTag::labelled(&"x".repeat(101))).await;
    assert!(matches!(long, Err(Error::Refused { status: 400, .. })), "{long:?}");
    case.agrees();
}

#[tokio::test]
async fn a_feature_s_tags_and_marks_are_given_at_once_and_replaced_at_once() {
    let case = case!().await;
    let tag = case.client.create_tag(case.project, &NewTag::labelled("checkout")).await.unwrap().id;
    let new = NewFeature {
        tags: Some([tag].into()),
        is_server_key_only: Some(true),
        is_archived: Some(true),
        ..NewFeature::named("checkout".into())
    };
    let made = case.client.create_feature(case.project, &new).await.unwrap();
    assert_eq!((&made.tags, made.is_server_key_only, made.is_archived), (&[tag].into(), true, true));
    let patch = FeaturePatch { tags: Some([].into()), is_server_key_only: Some(false), ..FeaturePatch::default() };
    let changed = case.client.update_feature(case.project, made.id, &patch).await.unwrap();
    assert_eq!((changed.tags.len(), changed.is_server_key_only, changed.is_archived), (0, false, true));
    let gone = FeaturePatch { tags: Some([TagId(999_999_999)].into()), ..FeaturePatch::default() };
    let refused = case.client.update_feature(case.project, made.id, &gone).await;
    assert!(matches!(refused, Err(Error::Refused { status: 400, .. })), "{refused:?}");
    case.agrees();
}
