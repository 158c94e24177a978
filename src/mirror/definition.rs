//! The parts of a definition that have routes of their own: tags, owners, variants.

use super::{ledger::Ledger, stamp::Stamp, taken::Taken, transport::Answer};
use crate::{
    flagsmith::{Client, Error, FeatureName, NewTag, NewVariant, Owners, Percentage, ProjectId, Tag, Variant},
    world::{Cell, Change, FlagRef, Known},
};

/// Carries out a write of one of those parts.
pub(super) async fn write(client: &Client, project: ProjectId, change: &Change) -> Result<Answer, Error> {
    match change {
        Change::CreateTag(new) => create_tag(client, project, new).await,
        Change::ChangeOwners { feature, step } => {
            client.change_owners(project, feature.id, step).await.map(Answer::Owners)
        }
        Change::CreateVariant { feature, new } => {
            create_variant(client, project, (feature, new)).await.map(Answer::Variant)
        }
        Change::UpdateVariant { feature, variant, new } => {
            client.replace_variant(project, (feature.id, *variant), new).await.map(Answer::Variant)
        }
        Change::DeleteVariant { feature, variant } => {
            client.delete_variant(project, feature.id, *variant).await.map(|()| Answer::VariantGone(*variant))
        }
        _ => Err(Error::Refused { status: 0, message: format!("cannot {change}: it is no part of a definition") }),
    }
}

/// Flagsmith keeps no label unique, and another flag may have asked for this one a moment ago: in its turn, each looks first.
async fn create_tag(client: &Client, project: ProjectId, new: &NewTag) -> Result<Answer, Error> {
    let tags = client.tags(project).await?;
    let mut named = tags.into_iter().filter(|tag| tag.label == new.label && !tag.is_system_tag);
    match (named.next(), named.next()) {
        (None, _) => client.create_tag(project, new).await.map(Answer::Tag),
        (Some(tag), None) => Ok(Answer::Tag(tag)),
        (Some(_), Some(_)) => Ok(Answer::Unseen),
    }
}

/// Refused is also a weight for which some environment, or a version that nobody sees any more, has no room (facts.md §9).
/// Without a weight there always is, and the weight with which new environments start can be written after it.
async fn create_variant(
    client: &Client,
    project: ProjectId,
    (feature, new): (&FlagRef, &NewVariant),
) -> Result<Variant, Error> {
    match client.create_variant(project, feature.id, new).await {
        Err(Error::Refused { message, .. }) if is_too_heavy(&message) && new.weight > Percentage::ZERO => {
            let weightless = NewVariant { weight: Percentage::ZERO, ..new.clone() };
            client.create_variant(project, feature.id, &weightless).await
        }
        outcome => outcome,
    }
}

fn is_too_heavy(message: &str) -> bool {
    message.starts_with("default_percentage_allocation:")
}

impl Ledger {
    pub(super) fn settle_tag(&mut self, tag: Tag, taken: &mut Taken) {
        match self.world.tags.iter_mut().find(|one| one.id == tag.id) {
            Some(held) if *held == tag => return,
            Some(held) => *held = tag,
            None => self.world.tags.push(tag),
        }
        taken.touched.push(Cell::Tags);
    }

    /// Takes in the part of a definition that was answered whole; the rest is as it was seen before. Where nothing is held
    /// that it is a part of, the definition is unknown until it is read.
    pub(super) fn settle_part(&mut self, name: &FeatureName, part: Answer, taken: &mut Taken) {
        let cell = Cell::Definition(name.clone());
        let Some(Known::Present(feature)) = self.world.definitions.get_mut(name) else {
            return self.forget(&cell);
        };
        match part {
            Answer::Variant(variant) => match feature.variants.iter_mut().find(|one| one.id == variant.id) {
                Some(held) => *held = variant,
                None => feature.variants.push(variant),
            },
            Answer::VariantGone(gone) => feature.variants.retain(|one| one.id != gone),
            Answer::Owners(Owners { users, groups }) => (feature.owners, feature.group_owners) = (users, groups),
            _ => return self.forget(&cell),
        }
        taken.touched.push(cell);
    }

    /// What a write may have changed besides its cell is known no longer: a variant that comes or goes changes the weights
    /// in every environment.
    pub(super) fn unsettle(&mut self, now: Stamp, change: &Change) {
        let Some(feature) = change.reweighs() else { return };
        let environments: Vec<_> = self.world.environments.iter().map(|one| one.id).collect();
        for environment in environments {
            self.doubt(now, &Cell::State(environment, feature));
        }
    }
}
