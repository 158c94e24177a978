//! Who may refer to what across namespaces: the word of the object that is referred to, as in the Gateway API. Pure.

use std::collections::BTreeMap;

use kube::core::{Selector, SelectorExt as _};

use crate::crd::{AllowedNamespaces, NamespacesFrom, Reason};

/// The labels of a namespace.
pub type Labels = BTreeMap<String, String>;

/// Why a reference into another namespace does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The object does not let it in, or is not there.
    #[error(
        "{what} does not let in namespace {from}, or does not exist: whoever owns it allows that by its spec.allowedNamespaces"
    )]
    NotPermitted {
        /// What is referred to, as kind and namespace/name.
        what: String,
        /// The namespace of the object that refers to it.
        from: String,
    },
    /// The object lets in namespaces by their labels, which are hidden from us.
    #[error(
        "{what} lets in namespaces by their labels, which this operator may not see, for it watches some namespaces only: use \
         from: All or from: Same in its spec.allowedNamespaces"
    )]
    SelectorUnsupported {
        /// What is referred to, as kind and namespace/name.
        what: String,
    },
}

impl Denial {
    /// The reason that conditions give.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::NotPermitted { .. } => Reason::NotPermitted,
            Self::SelectorUnsupported { .. } => Reason::Unsupported,
        }
    }
}

/// A reference from one namespace to an object, maybe in another.
#[derive(Clone, Copy, Debug)]
pub struct Crossing<'a> {
    /// The namespace of the object that refers.
    pub from: &'a str,
    /// The kind of the object that it refers to.
    pub kind: &'static str,
    /// That object's namespace and name.
    pub to: (&'a str, &'a str),
}

impl Crossing<'_> {
    /// Whether the object lets it in. `labels` gives those of the namespace that it comes from, or nothing where no namespace
    /// may be seen.
    ///
    /// # Errors
    /// [`Denial::NotPermitted`]; [`Denial::SelectorUnsupported`] where labels are asked for and cannot be had.
    pub fn admit(
        &self,
        allowed: Option<&AllowedNamespaces>,
        labels: impl FnOnce(&str) -> Option<Labels>,
    ) -> Result<(), Denial> {
        let is_admitted = match allowed {
            _ if self.from == self.to.0 => true,
            None | Some(AllowedNamespaces { from: NamespacesFrom::Same, .. }) => false,
            Some(AllowedNamespaces { from: NamespacesFrom::All, .. }) => true,
            Some(AllowedNamespaces { from: NamespacesFrom::Selector, selector }) => {
                let labels = labels(self.from).ok_or_else(|| self.unsupported())?;
                let selector = selector.clone().and_then(|selector| Selector::try_from(selector).ok());
                // A selector that means nothing lets nobody in.
                selector.is_some_and(|selector| selector.matches(&labels))
            }
        };
        if is_admitted { Ok(()) } else { Err(self.refusal()) }
    }

    /// That it is not let in. It says the same of an object that does not exist: nobody learns of others' objects by asking.
    #[must_use]
    pub fn refusal(&self) -> Denial {
        Denial::NotPermitted { what: self.title(), from: self.from.to_owned() }
    }

    fn unsupported(&self) -> Denial {
        Denial::SelectorUnsupported { what: self.title() }
    }

    fn title(&self) -> String {
        format!("{} {}/{}", self.kind, self.to.0, self.to.1)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CROSSING: Crossing<'_> = Crossing { from: "team", kind: "FlagsmithProject", to: ("platform", "shop") };

    fn allowed(value: serde_json::Value) -> AllowedNamespaces {
        serde_json::from_value(value).unwrap()
    }

    fn admit(allowed: Option<&AllowedNamespaces>, labels: Option<&[(&str, &str)]>) -> Result<(), Denial> {
        let owned = |labels: &[(&str, &str)]| {
            labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Labels>()
        };
        CROSSING.admit(allowed, |_| labels.map(owned))
    }

    fn selector() -> AllowedNamespaces {
        allowed(json!({"from": "Selector", "selector": {"matchLabels": {"team": "shop"}}}))
    }

    #[test]
    fn an_object_that_says_nothing_lets_nobody_in_but_its_own_namespace() {
        assert_eq!(admit(None, None), Err(CROSSING.refusal()));
        assert_eq!(admit(Some(&allowed(json!({"from": "Same"}))), None), Err(CROSSING.refusal()));
        let at_home = Crossing { from: "platform", ..CROSSING };
        assert_eq!(at_home.admit(None, |_| None), Ok(()));
        assert_eq!(at_home.admit(Some(&selector()), |_| None), Ok(()));
    }

    #[test]
    fn all_means_all() {
        assert_eq!(admit(Some(&allowed(json!({"from": "All"}))), None), Ok(()));
    }

    #[test]
    fn a_selector_lets_in_the_namespaces_with_its_labels() {
        assert_eq!(admit(Some(&selector()), Some(&[("team", "shop"), ("x", "y")])), Ok(()));
        assert_eq!(admit(Some(&selector()), Some(&[("team", "other")])), Err(CROSSING.refusal()));
        assert_eq!(admit(Some(&selector()), Some(&[])), Err(CROSSING.refusal()));
    }

    #[test]
    fn a_selector_that_means_nothing_lets_nobody_in() {
        let odd = json!({"from": "Selector", "selector": {"matchExpressions": [{"key": "team", "operator": "Like"}]}});
        assert_eq!(admit(Some(&allowed(odd)), Some(&[("team", "shop")])), Err(CROSSING.refusal()));
        assert_eq!(admit(Some(&allowed(json!({"from": "Selector"}))), Some(&[])), Err(CROSSING.refusal()));
    }

    #[test]
    fn labels_that_cannot_be_seen_are_said_to_be_so() {
        let what = "FlagsmithProject platform/shop".to_owned();
        assert_eq!(admit(Some(&selector()), None), Err(Denial::SelectorUnsupported { what }));
    }
}
