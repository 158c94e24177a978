//! Differences between what is desired and what is live, as data: those which the changes of a plan would undo.

use std::collections::BTreeSet;

use strum::{AsRefStr, EnumIter, IntoStaticStr};

use super::{Cell, Change, EnvironmentStep, ProjectStep, World, setting};
use crate::flagsmith::{EnvironmentId, EnvironmentName, EnvironmentPatch, FeaturePatch, SegmentPatch, StatePatch};

/// What belongs together, and has one owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// The thing's own fields.
    Own,
    /// A flag's state in that environment.
    Environment(EnvironmentName),
}

/// A field of a manifest, by its name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsRefStr, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "camelCase")]
pub enum Field {
    /// None: whether there is such a thing at all.
    Existence,
    /// Its name.
    Name,
    /// What people read beside it.
    Description,
    /// A feature's tags.
    Tags,
    /// A feature's owners.
    Owners,
    /// Whether only server-side keys are told of a feature.
    ServerKeyOnly,
    /// Whether a feature is archived.
    Archived,
    /// A feature's variants.
    Variants,
    /// The one feature that a segment is for.
    Feature,
    /// A segment's rules.
    Rules,
    /// Whether SDKs are told nothing of flags that are off.
    HideDisabledFlags,
    /// What Flagsmith's pages show on top of an environment.
    BannerText,
    /// The colour of that.
    BannerColour,
    /// Whether SDKs are told nothing but what evaluating flags takes.
    HideSensitiveData,
    /// Whether clients may set traits.
    AllowClientTraits,
    /// Whether shares are drawn by a key that is the same in every SDK.
    UseIdentityCompositeKeyForHashing,
    /// Whether SDKs are told what identities are served.
    UseIdentityOverridesInLocalEval,
    /// Whether flags of an environment have versions.
    FeatureVersioning,
    /// Whether features start disabled and without a value.
    PreventFlagDefaults,
    /// Whether pages offer lower-case names alone.
    OnlyAllowLowerCaseFeatureNames,
    /// What names of features must match.
    FeatureNameRegex,
    /// Whether each feature must have an owner.
    EnforceFeatureOwners,
    /// After how many days a flag is called stale.
    StaleFlagsLimitDays,
    /// Whether SDKs are told of changes at once.
    EnableRealtimeUpdates,
    /// Whether a flag is on.
    Enabled,
    /// What a flag serves.
    Value,
    /// The shares of its variants.
    Weights,
    /// What it serves to segments.
    SegmentOverrides,
    /// What it serves to identities.
    IdentityOverrides,
}

impl Field {
    /// Whether a version of a flag holds it, in environments where flags have versions: who published that may be told.
    #[must_use]
    pub fn is_in_versions(self) -> bool {
        matches!(self, Self::Enabled | Self::Value | Self::Weights | Self::SegmentOverrides)
    }
}

/// A field and where it is.
pub type Place = (Scope, Field);

/// One field that is not as desired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub scope: Scope,
    /// What.
    pub field: Field,
    /// The cells that would be written.
    pub cells: BTreeSet<Cell>,
    /// What the author wants, as people read it.
    pub desired: String,
    /// What there is, as people read it.
    pub live: String,
}

impl Difference {
    /// Which field it is, and where.
    #[must_use]
    pub fn place(&self) -> Place {
        (self.scope.clone(), self.field)
    }
}

/// The differences that those changes would undo, each once and in the order of scopes and fields; `say` tells what is desired
/// of a field, and what is live.
pub fn differences<'a>(
    changes: impl IntoIterator<Item = &'a Change>,
    world: &World,
    say: impl Fn(&Place) -> (String, String),
) -> Vec<Difference> {
    let mut found: std::collections::BTreeMap<Place, BTreeSet<Cell>> = std::collections::BTreeMap::new();
    for change in changes {
        let Some(scope) = scope(change, world) else { continue };
        for field in change.fields() {
            found.entry((scope.clone(), field)).or_default().insert(change.cell());
        }
    }
    let difference = |(place, cells)| {
        let (desired, live) = say(&place);
        let (scope, field) = place;
        Difference { scope, field, cells, desired, live }
    };
    found.into_iter().map(difference).collect()
}

/// What the change belongs to; an environment that is gone meanwhile has no differences.
fn scope(change: &Change, world: &World) -> Option<Scope> {
    let named =
        |id: EnvironmentId| world.environment_by_id(id).map(|environment| Scope::Environment(environment.name.clone()));
    match change {
        Change::SetState { environment, .. }
        | Change::SetIdentity { environment, .. }
        | Change::RemoveIdentity { environment, .. }
        | Change::RestoreState { environment, .. } => named(*environment),
        _ => Some(Scope::Own),
    }
}

impl Change {
    /// The fields that the change writes; a removal undoes no difference.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Self::ChooseKey
            | Self::CreateEnvironment(_)
            | Self::CreateFeature(_)
            | Self::CreateSegment(_)
            | Self::RestoreState { .. } => vec![Field::Existence],
            Self::ChooseNextKey
            | Self::RotateKey(..)
            | Self::CreateServerKey(_)
            | Self::DeleteServerKey(_)
            | Self::Project(ProjectStep::Delete { .. })
            | Self::MakeEnvironment(EnvironmentStep::Discard { .. })
            | Self::DeleteEnvironment(_)
            | Self::DeleteFeature(_)
            | Self::DeleteSegment(_) => Vec::new(),
            Self::UpdateEnvironment { environment: _, patch } => environment_fields(patch),
            Self::MakeEnvironment(EnvironmentStep::Clone { .. }) | Self::Project(ProjectStep::Create(_)) => {
                vec![Field::Existence]
            }
            Self::MakeEnvironment(EnvironmentStep::Version { .. }) => vec![Field::FeatureVersioning],
            Self::Project(ProjectStep::Update { project: _, patch }) => setting::fields(patch),
            Self::UpdateFeature { feature: _, patch } => feature_fields(patch),
            Self::CreateTag(_) => vec![Field::Tags],
            Self::ChangeOwners { .. } => vec![Field::Owners],
            Self::CreateVariant { .. } | Self::UpdateVariant { .. } | Self::DeleteVariant { .. } => {
                vec![Field::Variants]
            }
            Self::SetState { environment: _, feature: _, patch } => state_fields(patch),
            Self::SetIdentity { .. } | Self::RemoveIdentity { .. } => vec![Field::IdentityOverrides],
            Self::UpdateSegment { segment: _, patch } => segment_fields(patch),
        }
    }
}

fn named<const N: usize>(fields: [(bool, Field); N]) -> Vec<Field> {
    fields.into_iter().filter(|(is_named, _)| *is_named).map(|(_, field)| field).collect()
}

fn environment_fields(patch: &EnvironmentPatch) -> Vec<Field> {
    let EnvironmentPatch { name, description, settings } = patch;
    let mut fields = named([(name.is_some(), Field::Name), (description.is_some(), Field::Description)]);
    fields.extend(setting::fields(settings));
    fields
}

fn feature_fields(patch: &FeaturePatch) -> Vec<Field> {
    let FeaturePatch { description, is_archived, is_server_key_only, tags } = patch;
    named([
        (description.is_some(), Field::Description),
        (tags.is_some(), Field::Tags),
        (is_server_key_only.is_some(), Field::ServerKeyOnly),
        (is_archived.is_some(), Field::Archived),
    ])
}

fn segment_fields(patch: &SegmentPatch) -> Vec<Field> {
    let SegmentPatch { name, description, feature, rules } = patch;
    named([
        (name.is_some(), Field::Name),
        (description.is_some(), Field::Description),
        (feature.is_some(), Field::Feature),
        (rules.is_some(), Field::Rules),
    ])
}

fn state_fields(patch: &StatePatch) -> Vec<Field> {
    let StatePatch { enabled, value, weights, overrides } = patch;
    named([
        (enabled.is_some(), Field::Enabled),
        (value.is_some(), Field::Value),
        (weights.is_some(), Field::Weights),
        (overrides.is_some(), Field::SegmentOverrides),
    ])
}

/// What is said of a thing that shall be there, and is not.
#[must_use]
pub fn existence() -> (String, String) {
    ("present".to_owned(), "absent".to_owned())
}
