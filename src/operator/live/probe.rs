//! What came of a flag's probes. Pure.

use super::{
    Seen,
    point::{Matter, Stand},
    trouble,
    vigil::{Look, View},
};
use crate::operator::road::condition::{Word, find};
use crate::{
    crd::{ConditionType, FeatureFlag, IdentityProbe, Passed, ProbeResult, Reason},
    flagsmith::ServedFlag,
    world::served::Sight,
};

/// In characters, of a value in a message.
const LONGEST: usize = 60;

/// What came of each probe, in the order of the spec, and why nothing is known, where nothing is.
#[must_use]
pub fn results(flag: &FeatureFlag, seen: &Seen) -> Vec<(Reason, ProbeResult)> {
    let probes: Vec<_> = flag.spec.verify.iter().flat_map(|verify| &verify.identities).collect();
    let judged = seen.iter().filter_map(|(point, view)| match point.matter {
        Matter::Default => None,
        Matter::Probe(place) => Some((*probes.get(place)?, &point.stand, view.as_ref())),
    });
    let result = |(probe, stand, view): (&IdentityProbe, &Stand, Option<&View>)| {
        let (passed, reason, message) = judge(stand, view);
        let IdentityProbe { identity, environment, .. } = probe;
        let result = ProbeResult { identity: identity.clone(), environment: environment.clone(), passed, message };
        match before(flag, probe).filter(|_| reason == Reason::Awaited) {
            Some(before) => before,
            None => (reason, result),
        }
    };
    judged.map(result).collect()
}

/// What came of it the last time for the spec as it is, which stands until it was asked again.
fn before(flag: &FeatureFlag, probe: &IdentityProbe) -> Option<(Reason, ProbeResult)> {
    let status = flag.status.as_ref()?;
    let verified = find(&status.conditions, ConditionType::Verified)?;
    let is_its = |one: &&ProbeResult| one.identity == probe.identity && one.environment == probe.environment;
    let held =
        status.probes.iter().find(is_its).filter(|_| verified.observed_generation == flag.metadata.generation)?;
    let reason = match held.passed {
        Passed::True => Reason::Passed,
        Passed::False => Reason::Failed,
        Passed::Unknown => return None,
    };
    Some((reason, held.clone()))
}

fn judge(stand: &Stand, view: Option<&View>) -> (Passed, Reason, String) {
    let unknown = |reason, message: &str| (Passed::Unknown, reason, message.to_owned());
    let look = match (stand, view) {
        (Stand::Blind(why), _) => return unknown(Reason::NotObservable, why),
        (Stand::Unwritten, _) => return unknown(Reason::Awaited, "waiting for the flag to be in that environment"),
        (Stand::Seen(..), None) => &Look::Awaited,
        (Stand::Seen(..), Some(view)) => &view.look,
    };
    match look {
        Look::Awaited | Look::Trusted(_) => unknown(Reason::Awaited, "the SDKs' endpoint is yet to be asked"),
        Look::Failed(error) => unknown(Reason::Unanswered, &format!("the SDKs' endpoint {}", trouble(error))),
        Look::Saw(Sight::Met) => (Passed::True, Reason::Passed, "it was served what is expected".to_owned()),
        Look::Saw(Sight::Other(flag)) => (Passed::False, Reason::Failed, format!("it was served {}", told(flag))),
        Look::Saw(Sight::Absent) => (Passed::False, Reason::Failed, "it was not served the flag".to_owned()),
        Look::Saw(Sight::Hidden) => {
            unknown(Reason::NotObservable, "it was not served the flag, as where those that are off are hidden")
        }
        Look::Saw(Sight::Unheeded) => {
            unknown(Reason::NotObservable, "the environment takes no traits from client-side keys, or hides them")
        }
    }
}

fn told(flag: &ServedFlag) -> String {
    let state = if flag.enabled { "on" } else { "off" };
    let value = flag.value.as_ref().map(|value| serde_json::to_string(value).unwrap_or_default());
    let value = value.unwrap_or_else(|| "a value of an unknown kind".to_owned());
    if value.chars().count() <= LONGEST {
        return format!("{state}, {value}");
    }
    let cut: String = value.chars().take(LONGEST).collect();
    format!("{state}, {cut}…")
}

/// What all of them come to; nothing where there is none. The worst is told.
#[must_use]
pub fn verified(results: &[(Reason, ProbeResult)]) -> Option<Word> {
    let all = results.len();
    let count = |passed| results.iter().filter(|(_, result)| result.passed == passed).count();
    let first = |passed| results.iter().find(|(_, result)| result.passed == passed);
    let word = |holds, reason, message| Some(Word { kind: ConditionType::Verified, holds, reason, message });
    let named = |result: &ProbeResult| {
        let ProbeResult { identity, environment, passed: _, message } = result;
        let identity: String = identity.chars().take(LONGEST).collect();
        format!("{identity} in {environment}: {message}")
    };
    match (first(Passed::False), first(Passed::Unknown)) {
        _ if results.is_empty() => None,
        (Some((_, result)), _) => {
            let failed = count(Passed::False);
            word(false, Reason::Failed, format!("{failed} of {all} probes failed; {}", named(result)))
        }
        (None, Some((reason, result))) => {
            let unknown = count(Passed::Unknown);
            word(false, *reason, format!("{unknown} of {all} probes could not be judged; {}", named(result)))
        }
        (None, None) => word(true, Reason::Passed, format!("{all} of {all} probes passed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flagsmith::{Error, Value};

    fn result(passed: Passed) -> (Reason, ProbeResult) {
        let reason = match passed {
            Passed::True => Reason::Passed,
            Passed::False => Reason::Failed,
            Passed::Unknown => Reason::Unanswered,
        };
        let (identity, environment, message) = ("jane".to_owned(), "production".to_owned(), "why".to_owned());
        (reason, ProbeResult { identity, environment, passed, message })
    }

    #[test]
    fn one_that_fails_is_told_before_one_that_could_not_be_judged() {
        let all = [Passed::True, Passed::Unknown, Passed::False].map(result);
        let word = verified(&all).unwrap();
        assert_eq!((word.holds, word.reason), (false, Reason::Failed));
        assert_eq!(word.message, "1 of 3 probes failed; jane in production: why");
        let word = verified(&all[..2]).unwrap();
        assert_eq!((word.holds, word.reason), (false, Reason::Unanswered));
        let word = verified(&all[..1]).unwrap();
        assert_eq!((word.holds, word.reason), (true, Reason::Passed));
        assert_eq!(verified(&[]), None);
    }

    #[test]
    fn a_long_value_is_cut_in_a_message() {
        let flag = ServedFlag { enabled: true, value: Some(Value::String("é".repeat(20_000))) };
        assert!(told(&flag).chars().count() < 70);
        assert_eq!(told(&ServedFlag { enabled: false, value: Some(Value::Null) }), "off, null");
    }

    #[test]
    fn what_could_not_be_seen_neither_passed_nor_failed() {
        let expected = crate::world::served::Expected { feature: "f".into(), enabled: Some(true), value: None };
        let aim = super::super::vigil::Aim { person: None, expected, ground: 0 };
        let stand = Stand::Seen(crate::flagsmith::EnvironmentId(1), "k3y".into(), aim);
        let failed = Look::Failed(Error::Forbidden { message: "k3y".to_owned(), right: None });
        for look in [Look::Awaited, failed, Look::Saw(Sight::Hidden), Look::Saw(Sight::Unheeded)] {
            let (passed, reason, message) = judge(&stand, Some(&View { look, is_overdue: false }));
            assert_eq!(passed, Passed::Unknown);
            assert!(reason.leaves_open() && !message.contains("k3y"), "{message}");
        }
        assert_eq!(judge(&Stand::Blind("why"), None).0, Passed::Unknown);
        assert_eq!(judge(&Stand::Unwritten, None).0, Passed::Unknown);
    }
}
