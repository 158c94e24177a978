//! The laws of removal, over any project and whoever else has to do with it.

use proptest::prelude::*;

use super::*;
use crate::flagsmith::{Feature, FeatureId, ProjectId, Segment, SegmentId};

fn environment(id: i64) -> Environment {
    Environment {
        id: EnvironmentId(id),
        uuid: format!("e{id}").into(),
        // All of one name, which Flagsmith permits.
        name: "production".into(),
        key: format!("k{id}").into(),
        description: None,
        project: ProjectId(1),
        use_v2_feature_versioning: false,
        minimum_change_request_approvals: None,
        is_creating: false,
        settings: crate::flagsmith::EnvironmentSettings::default(),
    }
}

fn feature(id: i64) -> Feature {
    Feature {
        id: FeatureId(id),
        uuid: format!("f{id}").into(),
        name: format!("f{id}").as_str().into(),
        description: None,
        created_date: k8s_openapi::jiff::Timestamp::UNIX_EPOCH,
        initial_value: None,
        default_enabled: false,
        is_archived: false,
        is_server_key_only: false,
        tags: BTreeSet::new(),
        owners: Vec::new(),
        group_owners: Vec::new(),
        variants: Vec::new(),
    }
}

fn segment(id: i64) -> Segment {
    Segment {
        id: SegmentId(id),
        uuid: format!("s{id}").into(),
        created_at: None,
        name: "beta".into(),
        description: None,
        feature: None,
        rules: Vec::new(),
    }
}

fn world() -> impl Strategy<Value = World> {
    (0..4_i64, prop::collection::vec(any::<bool>(), 0..4), 0..3_i64).prop_map(|(environments, features, segments)| {
        World {
            environments: (0..environments).map(environment).collect(),
            definitions: (0..)
                .zip(features)
                .map(|(id, is_known)| {
                    let known = if is_known { Known::Present(feature(id)) } else { Known::Unknown };
                    (format!("f{id}").as_str().into(), known)
                })
                .collect(),
            segments: (0..segments).map(segment).collect(),
            ..World::default()
        }
    })
}

fn removal() -> impl Strategy<Value = Removal> {
    let made = prop::sample::subsequence(vec!["e0", "e1", "e2", "f0", "f1", "f2", "s0", "s1"], 4..=8);
    let names = || prop::collection::vec("FeatureFlag a/[a-c]", 0..2);
    (0..4, any::<bool>(), any::<bool>(), made, names(), names()).prop_map(
        |(at, is_ours, is_confirmed, made, named_by, before)| Removal {
            uuid: format!("e{at}").into(),
            is_ours,
            is_confirmed,
            made: made.into_iter().map(Into::into).collect(),
            named_by,
            before,
        },
    )
}

/// Whether the second word is needed.
fn is_free(removal: &Removal, mut held: impl Iterator<Item = Uuid>) -> bool {
    removal.is_ours
        && removal.named_by.is_empty()
        && removal.before.is_empty()
        && held.all(|uuid| removal.made.contains(&uuid))
}

fn features(world: &World) -> impl Iterator<Item = Uuid> {
    world.definitions.values().filter_map(|known| known.as_ref().present()).map(|one| one.uuid.clone())
}

proptest! {
    #[test]
    fn nothing_is_deleted_but_the_recorded_environment_and_never_what_is_not_ours_without_a_second_word(
        world in world(), removal in removal()
    ) {
        let plan = plan_environment(&removal, &world);
        let deleted: Vec<_> = plan.changes.iter().map(|change| match change {
            Change::DeleteEnvironment(gone) => world.environment_by_id(gone.id).unwrap().uuid.clone(),
            other => unreachable!("{other:?}"),
        }).collect();
        prop_assert!(deleted.iter().all(|uuid| *uuid == removal.uuid));
        if !deleted.is_empty() {
            prop_assert!(removal.is_confirmed || is_free(&removal, features(&world)));
            prop_assert!(plan.unknown.is_empty() && plan.missing.is_empty());
        }
        // It is deleted, or read for, or said to be held; only where it is gone nothing is left to do.
        let is_there = world.environment_by_uuid(&removal.uuid).is_some();
        prop_assert_eq!(is_there, !plan.is_quiet() || !plan.missing.is_empty());
    }

    #[test]
    fn a_project_is_free_to_be_deleted_only_where_all_in_it_is_ours_or_by_a_second_word(
        world in world(), removal in removal()
    ) {
        let plan = plan_project(&removal, ("shop", &world));
        prop_assert!(plan.changes.is_empty());
        let parts = world.environments.iter().map(|one| one.uuid.clone()).chain(features(&world));
        let parts = parts.chain(world.segments.iter().map(|one| one.uuid.clone()));
        if plan.unknown.is_empty() {
            let is_free = removal.is_confirmed || is_free(&removal, parts);
            prop_assert_eq!(is_free, plan.missing.is_empty());
        } else {
            prop_assert!(!removal.is_confirmed);
        }
    }
}

#[test]
fn at_most_three_are_named() {
    let world = World {
        environments: vec![environment(0)],
        definitions: (0..4).map(|id| (format!("f{id}").as_str().into(), Known::Present(feature(id)))).collect(),
        ..World::default()
    };
    let removal = Removal {
        uuid: "e0".into(),
        is_ours: true,
        is_confirmed: false,
        made: BTreeSet::new(),
        named_by: vec!["FeatureFlag a/b".to_owned()],
        before: Vec::new(),
    };
    let held = plan_environment(&removal, &world).missing;
    let holds = "FeatureFlag a/b, feature f0, feature f1, and 2 more".to_owned();
    assert_eq!(held, [Missing::Held(Held::Unconfirmed { what: "environment production".to_owned(), holds })]);
}
