//! The rules of a segment, and when those that Flagsmith holds mean the same.
//!
//! All, any or none of what a rule holds must hold, so that the order has no meaning, and Flagsmith promises none. How often
//! something stands there is compared, though nothing depends on it.

use serde_json::Value as Json;
use strum::IntoStaticStr;

use crate::flagsmith::{Condition, Percentage, Rule, RuleType};

/// A rule as its author wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredRule {
    /// How many of what it holds must hold.
    pub r#type: RuleType,
    /// Rules one level below; none below those.
    pub rules: Vec<DesiredRule>,
    /// Its own conditions.
    pub conditions: Vec<DesiredCondition>,
}

/// A condition as its author wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredCondition {
    /// The trait, or a path such as `$.identity.identifier`; none is the identity itself, for a split alone.
    pub property: Option<String>,
    /// What is asked of it.
    pub test: Test,
    /// What people read beside it. Absent: never written.
    pub description: Option<String>,
}

/// What is asked of a trait.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// How it compares with a text.
    Compare(Comparison, String),
    /// Whether it is one of those.
    In(Vec<String>),
    /// Whether it falls, once hashed, into that share of all.
    Split(Percentage),
    /// Whether there is one.
    IsSet,
    /// Whether there is none.
    IsNotSet,
}

/// How a trait is compared with a text; the names are Flagsmith's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Comparison {
    /// The same.
    Equal,
    /// Another.
    NotEqual,
    /// Greater.
    GreaterThan,
    /// Greater, or the same.
    GreaterThanInclusive,
    /// Less.
    LessThan,
    /// Less, or the same.
    LessThanInclusive,
    /// Holds the text.
    Contains,
    /// Does not hold the text.
    NotContains,
    /// The text is a regular expression.
    Regex,
    /// The text is a divisor and a remainder.
    Modulo,
}

/// Whether rules mean what is wanted.
#[must_use]
pub fn are_met(wanted: &[DesiredRule], live: &[Rule]) -> bool {
    all_paired(wanted, live, &DesiredRule::is_met_by)
}

impl DesiredRule {
    fn is_met_by(&self, live: &Rule) -> bool {
        let Self { r#type, rules, conditions } = self;
        *r#type == live.r#type
            && are_met(rules, &live.rules)
            && all_paired(conditions, &live.conditions, &DesiredCondition::is_met_by)
    }

    /// The rule as Flagsmith takes it. A condition that was there keeps the description that its author leaves out.
    #[must_use]
    pub fn wire(&self, before: &[Rule]) -> Rule {
        let Self { r#type, rules, conditions } = self;
        Rule {
            r#type: *r#type,
            rules: rules.iter().map(|rule| rule.wire(before)).collect(),
            conditions: conditions.iter().map(|condition| condition.wire(before)).collect(),
        }
    }
}

impl DesiredCondition {
    fn is_met_by(&self, live: &Condition) -> bool {
        let described = |wanted: &String| *wanted == live.description.clone().unwrap_or_default();
        self.asks_the_same(live) && self.description.as_ref().is_none_or(described)
    }

    fn asks_the_same(&self, live: &Condition) -> bool {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        text(&self.property) == text(&live.property)
            && self.test.operator() == live.operator
            && self.test.is_met_by(live.value.as_deref().unwrap_or_default())
    }

    fn wire(&self, before: &[Rule]) -> Condition {
        let Self { property, test, description } = self;
        let kept = || conditions(before).into_iter().find(|one| self.asks_the_same(one))?.description.clone();
        Condition {
            operator: test.operator().to_owned(),
            property: property.clone(),
            value: Some(test.value()),
            description: description.clone().or_else(kept),
        }
    }
}

impl Test {
    fn operator(&self) -> &'static str {
        match self {
            Self::Compare(comparison, _) => comparison.into(),
            Self::In(_) => "IN",
            Self::Split(_) => "PERCENTAGE_SPLIT",
            Self::IsSet => "IS_SET",
            Self::IsNotSet => "IS_NOT_SET",
        }
    }

    fn is_met_by(&self, live: &str) -> bool {
        match self {
            Self::Compare(_, text) => text == live,
            Self::In(wanted) => is_same_set(wanted, &members(live)),
            Self::Split(share) => live.parse() == Ok(*share),
            // Nobody asks what it is compared with.
            Self::IsSet | Self::IsNotSet => true,
        }
    }

    /// What Flagsmith is to hold. Never nothing, of which it makes the text `None` (seen on 2.265.0).
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::Compare(_, text) => text.clone(),
            Self::In(values) => list(values),
            Self::Split(share) => share.to_string(),
            Self::IsSet | Self::IsNotSet => String::new(),
        }
    }
}

/// Texts as an SDK reads them out of one: between commas, which every release knows, else as JSON.
fn list(values: &[String]) -> String {
    let joined = values.join(",");
    let is_plain = joined.trim() == joined && members(&joined) == values;
    if is_plain { joined } else { Json::from(values.to_vec()).to_string() }
}

/// The texts of an `IN`, read as Flagsmith's engine does.
fn members(text: &str) -> Vec<String> {
    let json = text.starts_with('[').then(|| serde_json::from_str::<Vec<Json>>(text).ok()).flatten();
    match json {
        Some(members) => members.iter().map(member).collect(),
        None => text.split(',').map(str::to_owned).collect(),
    }
}

/// As Python writes it.
fn member(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Null => "None".to_owned(),
        other => other.to_string(),
    }
}

fn is_same_set(one: &[String], other: &[String]) -> bool {
    one.iter().all(|text| other.contains(text)) && other.iter().all(|text| one.contains(text))
}

fn conditions(rules: &[Rule]) -> Vec<&Condition> {
    rules.iter().flat_map(|rule| rule.conditions.iter().chain(conditions(&rule.rules))).collect()
}

/// Whether each that is wanted can be paired with one that is live, and none is left over.
fn all_paired<W, L>(wanted: &[W], live: &[L], meets: &impl Fn(&W, &L) -> bool) -> bool {
    let fits: Vec<Vec<bool>> = wanted.iter().map(|one| live.iter().map(|other| meets(one, other)).collect()).collect();
    let mut pairs = vec![None; live.len()];
    wanted.len() == live.len()
        && (0..wanted.len()).all(|one| pair(one, &fits, (&mut pairs, &mut vec![false; live.len()])))
}

/// Finds a partner, if need be by finding another for whoever has it.
fn pair(one: usize, fits: &[Vec<bool>], (pairs, asked): (&mut [Option<usize>], &mut [bool])) -> bool {
    let partners = fits.get(one).into_iter().flatten().enumerate().filter(|(_, fits)| **fits);
    for (place, _) in partners {
        match asked.get_mut(place) {
            Some(asked) if !*asked => *asked = true,
            _ => continue,
        }
        let held = pairs.get(place).copied().flatten();
        if held.is_none_or(|held| pair(held, fits, (&mut *pairs, &mut *asked))) {
            if let Some(partner) = pairs.get_mut(place) {
                *partner = Some(one);
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn a_list_is_written_between_commas_wherever_that_reads_as_the_same_list() {
        for (values, text) in [
            (&["a"][..], "a"),
            (&["a", "b c"], "a,b c"),
            (&["a,b", "c"], r#"["a,b","c"]"#),
            (&["[a"], "[a"),
            (&["[1]"], r#"["[1]"]"#),
            (&[" a", "b"], r#"[" a","b"]"#),
            (&[], "[]"),
        ] {
            assert_eq!(list(&texts(values)), text);
            assert_eq!(members(text), values);
        }
    }

    #[test]
    fn a_list_is_a_set() {
        let test = Test::In(texts(&["a", "b"]));
        assert!(test.is_met_by("b,a") && test.is_met_by("a,b,a") && test.is_met_by(r#"["b","a"]"#));
        assert!(!test.is_met_by("a") && !test.is_met_by("a,b,c") && !test.is_met_by("a, b") && !test.is_met_by(""));
        assert!(Test::In(texts(&["1", "True"])).is_met_by("[1, true]"));
    }

    #[test]
    fn a_share_is_a_number_and_a_text_is_not() {
        let share = Test::Split("25".parse().unwrap());
        assert!(share.is_met_by("25") && share.is_met_by("25.0") && !share.is_met_by("2.5") && !share.is_met_by("abc"));
        let text = Test::Compare(Comparison::GreaterThan, "18".to_owned());
        assert!(text.is_met_by("18") && !text.is_met_by("18.0"));
    }

    #[test]
    fn what_a_trait_that_is_set_is_compared_with_does_not_count() {
        assert!(Test::IsSet.is_met_by("None") && Test::IsNotSet.is_met_by(""));
        assert_eq!(Test::IsSet.value(), "");
    }

    #[test]
    fn every_comparison_is_called_as_flagsmith_calls_it() {
        assert_eq!(Test::Compare(Comparison::LessThanInclusive, String::new()).operator(), "LESS_THAN_INCLUSIVE");
        assert_eq!(Test::Compare(Comparison::NotContains, String::new()).operator(), "NOT_CONTAINS");
    }

    #[test]
    fn pairs_are_found_whatever_order_they_are_looked_for_in() {
        // The first may have either partner and takes the first; the second can have that one alone.
        assert!(all_paired(&[&[1, 2][..], &[1]], &[1, 2], &|wanted: &&[i32], live: &i32| wanted.contains(live)));
        assert!(!all_paired(&[&[1][..], &[1]], &[1, 2], &|wanted: &&[i32], live: &i32| wanted.contains(live)));
    }
}
