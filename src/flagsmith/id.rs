//! What things are called: numbers and names that cannot be mistaken for one another.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number that Flagsmith gave to something; good only on the server that gave it.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                Self(number)
            }
        }
    };
}

/// A text that is compared exactly as written.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text as Flagsmith has it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    };
}

number!(
    /// An organisation's number.
    OrganisationId
);
number!(
    /// A project's number.
    ProjectId
);
number!(
    /// An environment's number. Most routes want its [`EnvironmentKey`](super::EnvironmentKey) instead.
    EnvironmentId
);
number!(
    /// A feature's number; a feature made again under the same name has another (facts.md §4).
    FeatureId
);
number!(
    /// A variant's number; the same in all environments.
    VariantId
);
number!(
    /// A segment's number, which its revisions do not change.
    SegmentId
);
number!(
    /// A tag's number.
    TagId
);
number!(
    /// A user's number.
    UserId
);
number!(
    /// The number of a group of users.
    GroupId
);
number!(
    /// An identity's number; good only in its environment.
    IdentityId
);
number!(
    /// The number of a server-side key.
    ServerKeyId
);

text!(
    /// The identity of a thing that survives a rename and a rotation of keys (facts.md §3).
    Uuid
);
text!(
    /// An organisation's name; several may share one (facts.md §2).
    OrganisationName
);
text!(
    /// A project's name, unique in its organisation (facts.md §2).
    ProjectName
);
text!(
    /// An environment's name; unique in its project save for races, and case matters (facts.md §3).
    EnvironmentName
);
text!(
    /// A feature's name as Flagsmith keeps it. Flagsmith refuses two that differ only in case (facts.md §4), but this type
    /// compares exactly.
    FeatureName
);
text!(
    /// A segment's name. Several segments may share one (facts.md §7).
    SegmentName
);
text!(
    /// By what an application names one of its users to Flagsmith.
    Identifier
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_and_a_name_are_bare_on_the_wire() {
        assert_eq!(serde_json::to_string(&FeatureId(4)).unwrap(), "4");
        assert_eq!(serde_json::from_str::<ProjectId>("2").unwrap(), ProjectId(2));
        assert_eq!(serde_json::to_string(&FeatureName::from("checkout")).unwrap(), "\"checkout\"");
        assert_eq!(EnvironmentName::from("Production".to_owned()).to_string(), "Production");
    }
}
