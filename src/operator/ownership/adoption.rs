//! Whether an object may create its thing, or take one that is there. Pure.

use std::fmt;

use crate::crd::{AdoptionPolicy, Origin, Reason};
use crate::operator::obstacle::Remedy;

/// Which kind of thing is adopted or created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Thing {
    /// A project.
    Project,
    /// An environment.
    Environment,
    /// A segment.
    Segment,
    /// A feature.
    Feature,
}

/// A thing by its kind and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What it is.
    pub thing: Thing,
    /// Its name in Flagsmith.
    pub name: String,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.thing, self.name)
    }
}

/// What an object's policy forbids.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// It would have to be adopted.
    #[error(
        "{0} is there already, and this object did not create it: delete it in Flagsmith, choose another spec.name, or let \
         spec.adoptionPolicy be AdoptOrCreate"
    )]
    Adopting(Named),
    /// It would have to be created.
    #[error("waiting for {0}: spec.adoptionPolicy is AdoptOnly, so that somebody else is to create it")]
    Creating(Named),
}

impl Forbidden {
    /// Who must act.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Adopting(_) => Remedy::Author,
            Self::Creating(_) => Remedy::Object,
        }
    }

    /// The reason that conditions give.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Adopting(_) => Reason::AlreadyExists,
            Self::Creating(Named { thing: Thing::Project, name: _ }) => Reason::ProjectNotFound,
            Self::Creating(Named { thing: Thing::Environment, name: _ }) => Reason::EnvironmentNotFound,
            Self::Creating(Named { thing: Thing::Segment, name: _ }) => Reason::SegmentNotFound,
            Self::Creating(Named { thing: Thing::Feature, name: _ }) => Reason::FeatureNotFound,
        }
    }
}

/// Whether the policy lets the object go on with what was found: nothing, or a thing of that origin.
///
/// # Errors
/// [`Forbidden`].
pub fn judge(policy: Option<AdoptionPolicy>, found: Option<Origin>, named: Named) -> Result<(), Forbidden> {
    match (policy.unwrap_or_default(), found) {
        (AdoptionPolicy::CreateOnly, Some(Origin::Adopted)) => Err(Forbidden::Adopting(named)),
        (AdoptionPolicy::AdoptOnly, None) => Err(Forbidden::Creating(named)),
        (AdoptionPolicy::AdoptOrCreate | AdoptionPolicy::CreateOnly | AdoptionPolicy::AdoptOnly, _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_lets_in_what_it_says() {
        let named = || Named { thing: Thing::Feature, name: "checkout".to_owned() };
        let all = [None, Some(Origin::Created), Some(Origin::Adopted)];
        let verdicts = |policy| all.map(|found| judge(policy, found, named()).map_err(|forbidden| forbidden.reason()));
        assert_eq!(verdicts(None), [Ok(()); 3]);
        assert_eq!(verdicts(Some(AdoptionPolicy::AdoptOrCreate)), [Ok(()); 3]);
        let create_only = [Ok(()), Ok(()), Err(Reason::AlreadyExists)];
        assert_eq!(verdicts(Some(AdoptionPolicy::CreateOnly)), create_only);
        assert_eq!(verdicts(Some(AdoptionPolicy::AdoptOnly)), [Err(Reason::FeatureNotFound), Ok(()), Ok(())]);
    }
}
