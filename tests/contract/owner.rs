//! Owners of features, and the people among whom they are found.

use flagsmith_operator::flagsmith::{Error, NewFeature, OwnerStep};
use serde_json::json;

#[tokio::test]
async fn whoever_makes_a_feature_owns_it_unless_others_are_named() {
    let case = case!().await;
    let people = case.client.people(case.organisation).await.unwrap();
    let me = people.users[0].clone();
    let made = case.client.create_feature(case.project, &NewFeature::named("mine".into())).await.unwrap();
    assert_eq!(made.owners, std::slice::from_ref(&me));
    let group = case.made(&format!("/api/v1/organisations/{}/groups/", case.organisation), json!({"name": "a"})).await;
    let people = case.client.people(case.organisation).await.unwrap();
    assert_eq!(people.groups.len(), 1);
    assert_eq!(json!(people.groups[0].id), group["id"]);
    let groups = [people.groups[0].id].into();
    let new = NewFeature { owners: [me.id].into(), group_owners: groups, ..NewFeature::named("ours".into()) };
    let made = case.client.create_feature(case.project, &new).await.unwrap();
    assert_eq!((made.owners, made.group_owners), (vec![me], people.groups));
    case.agrees();
}

#[tokio::test]
async fn owners_are_added_and_removed_and_what_is_so_already_is_fine() {
    let case = case!().await;
    case.made(&format!("/api/v1/organisations/{}/groups/", case.organisation), json!({"name": "a"})).await;
    let people = case.client.people(case.organisation).await.unwrap();
    let (me, group) = (people.users[0].id, people.groups[0].id);
    let feature = case.client.create_feature(case.project, &NewFeature::named("f".into())).await.unwrap().id;
    let change = async |step: OwnerStep| {
        let owners = case.client.change_owners(case.project, feature, &step).await.unwrap();
        (owners.users.len(), owners.groups.len())
    };
    assert_eq!(change(OwnerStep::AddGroups([group].into())).await, (1, 1));
    assert_eq!(change(OwnerStep::RemoveUsers([me].into())).await, (0, 1));
    assert_eq!(change(OwnerStep::RemoveUsers([me].into())).await, (0, 1));
    assert_eq!(change(OwnerStep::RemoveGroups([group].into())).await, (0, 0));
    assert_eq!(change(OwnerStep::AddUsers([me].into())).await, (1, 0));
    assert_eq!(change(OwnerStep::AddUsers([me].into())).await, (1, 0));
    case.agrees();
}

#[tokio::test]
async fn a_user_who_may_not_see_the_project_cannot_own_a_feature() {
    let case = case!().await;
    let person = case.member().await;
    let people = case.client_of(&person).people(case.organisation).await.unwrap();
    assert_eq!(people.users.len(), 2, "members see each other");
    let member = people.users.iter().find(|user| user.email.starts_with(&case.run)).unwrap().id;
    let feature = case.client.create_feature(case.project, &NewFeature::named("f".into())).await.unwrap().id;
    let step = OwnerStep::AddUsers([member].into());
    let refused = case.client.change_owners(case.project, feature, &step).await;
    assert!(matches!(refused, Err(Error::Refused { status: 400, .. })), "{refused:?}");
    case.grant_project(&person, &["VIEW_PROJECT"]).await;
    assert_eq!(case.client.change_owners(case.project, feature, &step).await.unwrap().users.len(), 2);
    case.agrees();
}
