//! Shares of a hundred.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::VariantId;

/// How many parts a percent has: a manifest says at most six decimals.
const PARTS: i64 = 1_000_000;

/// A share, in millionths of a percent, so that it is compared exactly. On the wire it is a number of percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentage(i64);

/// The shares of a flag's variants. What is left of a hundred is served the flag's own value.
pub type Weights = BTreeMap<VariantId, Percentage>;

/// A text that is no percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no percentage from 0 to 100 with at most 6 decimals")]
pub struct InvalidPercentage;

impl Percentage {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// All.
    pub const WHOLE: Self = Self(100 * PARTS);

    /// The sum of several, which may be more than [`Percentage::WHOLE`].
    pub fn sum(shares: impl IntoIterator<Item = Self>) -> Self {
        Self(shares.into_iter().map(|share| share.0).sum())
    }
}

impl FromStr for Percentage {
    type Err = InvalidPercentage;

    fn from_str(text: &str) -> Result<Self, InvalidPercentage> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(decimals) || decimals.len() > 6 {
            return Err(InvalidPercentage);
        }
        let whole: i64 = whole.parse().map_err(|_| InvalidPercentage)?;
        let parts: i64 = format!("{decimals:0<6}").parse().map_err(|_| InvalidPercentage)?;
        let share = whole.checked_mul(PARTS).and_then(|whole| whole.checked_add(parts)).map(Self);
        share.filter(|share| *share <= Self::WHOLE).ok_or(InvalidPercentage)
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, parts) = (self.0 / PARTS, self.0 % PARTS);
        if parts == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{parts:06}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most 10^8, far below 2^53")]
impl Serialize for Percentage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / PARTS as f64)
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "`as` saturates; no share is so great"
)]
impl<'de> Deserialize<'de> for Percentage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let percent = f64::deserialize(deserializer)?;
        Ok(Self((percent * PARTS as f64).round() as i64))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_percentage_is_read_as_a_person_writes_it() {
        for (text, said) in [("0", "0"), ("100", "100"), ("12.5", "12.5"), ("33.333333", "33.333333"), ("07.10", "7.1")]
        {
            assert_eq!(text.parse::<Percentage>().unwrap().to_string(), said);
        }
        for text in ["", ".", "5.", ".5", "-1", "+1", "100.000001", "1e2", "0.1234567", "99999999999999999999", "5%"] {
            assert_eq!(text.parse::<Percentage>(), Err(InvalidPercentage), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_percentage_survives_the_wire_and_the_page(parts in 0..=100 * PARTS) {
            let share = Percentage(parts);
            let wire = serde_json::to_string(&share).unwrap();
            prop_assert_eq!(serde_json::from_str::<Percentage>(&wire).unwrap(), share);
            prop_assert_eq!(share.to_string().parse::<Percentage>().unwrap(), share);
        }
    }
}
