//! Who may say what of a thing that several objects name. Pure.
//!
//! Claims are per cell: one for the definition, one for each environment. The oldest object wins; ties are decided by uid.
//! An object that sets anything of the definition claims it before one that sets nothing of it.

use k8s_openapi::jiff::Timestamp;

use super::permission::Denial;

/// An object that names the thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimant {
    /// When it was created; absent counts as before all others.
    pub created: Option<Timestamp>,
    /// Its uid.
    pub uid: String,
    /// How people know it: kind and namespace/name.
    pub title: String,
    /// Whether it sets anything of the definition.
    pub defines: bool,
    /// The environments that it sets anything in.
    pub environments: Vec<String>,
}

impl Claimant {
    fn seniority(&self) -> (Option<Timestamp>, &str) {
        (self.created, &self.uid)
    }
}

/// All objects that name one thing, from the point of view of one of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// The object itself.
    pub own: Claimant,
    /// The others.
    pub others: Vec<Claimant>,
    /// The environments that the object names and whose owners do not let it in.
    pub barred: Vec<Barred>,
}

/// An environment that does not let an object in.
#[derive(Clone, Debug, PartialEq)]
pub struct Barred {
    /// Its name.
    pub environment: String,
    /// Why.
    pub denial: Denial,
}

impl Claims {
    /// Who owns the definition.
    #[must_use]
    pub fn definition(&self) -> &Claimant {
        let better =
            |one: &Claimant, than: &Claimant| (!one.defines, one.seniority()) < (!than.defines, than.seniority());
        self.best(better, |_| true)
    }

    /// Who owns an environment.
    #[must_use]
    pub fn environment(&self, name: &str) -> &Claimant {
        self.best(|one, than| one.seniority() < than.seniority(), |one| one.environments.iter().any(|at| at == name))
    }

    /// Whether the object may write an environment, and does so alone.
    #[must_use]
    pub fn owns_environment(&self, name: &str) -> bool {
        let is_barred = self.barred.iter().any(|one| one.environment == name);
        !is_barred && self.environment(name).uid == self.own.uid
    }

    /// Whether the object owns the definition.
    #[must_use]
    pub fn owns_definition(&self) -> bool {
        self.definition().uid == self.own.uid
    }

    /// Whether no other object names the thing.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.others.is_empty()
    }

    fn best(&self, better: impl Fn(&Claimant, &Claimant) -> bool, claims: impl Fn(&Claimant) -> bool) -> &Claimant {
        let rivals = self.others.iter().filter(|other| claims(other));
        rivals.fold(&self.own, |best, other| if better(other, best) { other } else { best })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claimants() -> impl Strategy<Value = Vec<Claimant>> {
        let environments = proptest::collection::vec("[ab]", 0..3);
        let one = (0i64..3, any::<bool>(), environments);
        proptest::collection::vec(one, 1..5).prop_map(|all| {
            let numbered = all.into_iter().enumerate();
            let claimants = numbered.map(|(number, (created, defines, environments))| Claimant {
                created: Timestamp::from_second(created).ok(),
                uid: number.to_string(),
                title: number.to_string(),
                defines,
                environments,
            });
            claimants.collect()
        })
    }

    /// The claims from each claimant's own point of view.
    fn views(all: &[Claimant]) -> Vec<Claims> {
        let view = |own: &Claimant| Claims {
            own: own.clone(),
            others: all.iter().filter(|other| other.uid != own.uid).cloned().collect(),
            barred: Vec::new(),
        };
        all.iter().map(view).collect()
    }

    proptest! {
        #[test]
        fn exactly_one_owns_the_definition(all in claimants()) {
            let owners = views(&all).iter().filter(|claims| claims.owns_definition()).count();
            prop_assert_eq!(owners, 1);
        }

        #[test]
        fn each_environment_has_one_owner_among_those_that_name_it(all in claimants()) {
            for name in ["a", "b"] {
                let naming: Vec<_> =
                    views(&all).into_iter().filter(|one| one.own.environments.iter().any(|at| at == name)).collect();
                let owners = naming.iter().filter(|one| one.environment(name).uid == one.own.uid).count();
                prop_assert_eq!(owners, usize::from(!naming.is_empty()));
            }
        }

        #[test]
        fn one_that_defines_is_never_beaten_by_one_that_does_not(all in claimants()) {
            let defines = all.iter().any(|one| one.defines);
            for claims in views(&all) {
                prop_assert_eq!(claims.definition().defines, defines);
            }
        }
    }
}
