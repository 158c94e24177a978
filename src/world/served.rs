//! Whether SDKs are served what is wished. Pure.

use super::value::DesiredValue;
use crate::flagsmith::{FeatureName, Served, ServedFlag};

/// What SDKs are to be served of a flag. An absent field is not looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// The flag.
    pub feature: FeatureName,
    /// Whether it is on.
    pub enabled: Option<bool>,
    /// Its value.
    pub value: Option<DesiredValue>,
}

/// What an answer shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is served.
    Met,
    /// Something else is served.
    Other(ServedFlag),
    /// The flag is not served.
    Absent,
    /// The flag is not served, which is how a flag that is off looks where those are hidden.
    Hidden,
    /// Nothing, for not all that was said of the person was heeded.
    Unheeded,
}

impl Expected {
    /// What an answer shows of it.
    #[must_use]
    pub fn seen_in(&self, served: &Served) -> Sight {
        if !served.is_heeded {
            return Sight::Unheeded;
        }
        let Self { feature, enabled, value } = self;
        let Some(flag) = served.flags.get(feature) else {
            // Where one that is off is served, they are not hidden.
            let shows_off = served.flags.values().any(|flag| !flag.enabled);
            return if *enabled == Some(true) || shows_off { Sight::Absent } else { Sight::Hidden };
        };
        let is_value_met = |wanted: &DesiredValue| flag.value.as_ref().is_some_and(|live| wanted.is_met_by(live));
        let is_met = enabled.is_none_or(|wanted| wanted == flag.enabled) && value.as_ref().is_none_or(is_value_met);
        if is_met { Sight::Met } else { Sight::Other(flag.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flagsmith::Value;

    fn flag(enabled: bool, value: Value) -> ServedFlag {
        ServedFlag { enabled, value: Some(value) }
    }

    fn served(flags: &[(&str, ServedFlag)]) -> Served {
        let flags = flags.iter().map(|(name, flag)| ((*name).into(), flag.clone())).collect();
        Served { flags, is_heeded: true }
    }

    fn expected(enabled: Option<bool>, value: Option<DesiredValue>) -> Expected {
        Expected { feature: "checkout".into(), enabled, value }
    }

    #[test]
    fn only_what_is_wished_is_looked_at_and_json_by_its_meaning() {
        let text = Value::String(r#"{"limit": 10}"#.to_owned());
        let json = DesiredValue::Json([("limit".to_owned(), 10.into())].into_iter().collect());
        let answer = served(&[("checkout", flag(true, text))]);
        assert_eq!(expected(None, None).seen_in(&answer), Sight::Met);
        assert_eq!(expected(Some(true), Some(json)).seen_in(&answer), Sight::Met);
        assert!(matches!(expected(Some(false), None).seen_in(&answer), Sight::Other(_)));
        let other = Some(DesiredValue::Exactly(Value::Integer(10)));
        assert!(matches!(expected(Some(true), other).seen_in(&answer), Sight::Other(_)));
    }

    #[test]
    fn a_value_keeps_its_type() {
        let answer = served(&[("checkout", flag(true, Value::Integer(42)))]);
        let text = Some(DesiredValue::Exactly(Value::String("42".to_owned())));
        assert!(matches!(expected(None, text).seen_in(&answer), Sight::Other(_)));
        let unknown = served(&[("checkout", ServedFlag { enabled: true, value: None })]);
        let none = Some(DesiredValue::Exactly(Value::Null));
        assert!(matches!(expected(None, none).seen_in(&unknown), Sight::Other(_)));
    }

    #[test]
    fn an_absence_says_that_a_flag_is_hidden_only_where_no_flag_that_is_off_is_served() {
        let hiding = served(&[("banner", flag(true, Value::Null))]);
        let showing = served(&[("banner", flag(false, Value::Null))]);
        assert_eq!(expected(Some(false), None).seen_in(&hiding), Sight::Hidden);
        assert_eq!(expected(None, Some(DesiredValue::Exactly(Value::Null))).seen_in(&hiding), Sight::Hidden);
        assert_eq!(expected(Some(true), None).seen_in(&hiding), Sight::Absent);
        assert_eq!(expected(Some(false), None).seen_in(&showing), Sight::Absent);
    }

    #[test]
    fn nothing_is_believed_of_a_person_of_whom_not_all_was_heeded() {
        let answer = Served { is_heeded: false, ..served(&[("checkout", flag(true, Value::Null))]) };
        assert_eq!(expected(Some(true), None).seen_in(&answer), Sight::Unheeded);
    }
}
