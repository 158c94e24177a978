//! What was last seen of each namespace, so that others hear of one only when there is news of it. Pure.
//!
//! A watch that breaks off lists all namespaces anew: what changed meanwhile is told by nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use kube::{ResourceExt as _, runtime::watcher};

use super::namespaces::Metadata;
use crate::operator::ownership::permission::Labels;

/// What of a namespace is anybody's business: its labels, and whether it is to go.
type Sight = (Labels, bool);

/// What was last seen of each.
#[derive(Debug, Default)]
pub struct Bulletin {
    seen: BTreeMap<String, Sight>,
    /// What is listed anew so far.
    listing: BTreeMap<String, Sight>,
    /// Whether all were listed once: before that nobody works by what was seen.
    is_filled: bool,
}

impl Bulletin {
    /// The namespaces of which the event brings news to a store that it was applied to.
    pub fn take(&mut self, event: watcher::Event<Metadata>) -> BTreeSet<String> {
        match event {
            watcher::Event::Init => self.listing.clear(),
            // The store takes in a listing when it is done.
            watcher::Event::InitApply(namespace) => {
                self.listing.insert(namespace.name_any(), sight(&namespace));
            }
            watcher::Event::InitDone => return self.compare(),
            watcher::Event::Apply(namespace) => {
                let (name, now) = (namespace.name_any(), sight(&namespace));
                let was = self.seen.insert(name.clone(), now.clone());
                return (was != Some(now)).then_some(name).into_iter().collect();
            }
            watcher::Event::Delete(namespace) => {
                return self.seen.remove(&namespace.name_any()).map(|_| namespace.name_any()).into_iter().collect();
            }
        }
        BTreeSet::new()
    }

    fn compare(&mut self) -> BTreeSet<String> {
        let former = mem::replace(&mut self.seen, mem::take(&mut self.listing));
        if !mem::replace(&mut self.is_filled, true) {
            return BTreeSet::new();
        }
        let names = former.keys().chain(self.seen.keys());
        names.filter(|name| former.get(*name) != self.seen.get(*name)).cloned().collect()
    }
}

fn sight(namespace: &Metadata) -> Sight {
    (namespace.labels().clone(), namespace.metadata.deletion_timestamp.is_some())
}

#[cfg(test)]
mod tests {
    use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
    use kube::core::{ObjectMeta, PartialObjectMetaExt as _};
    use watcher::Event;

    use super::*;

    fn namespace(name: &str, team: Option<&str>) -> Metadata {
        let labels = team.map(|team| BTreeMap::from([("team".to_owned(), team.to_owned())]));
        ObjectMeta { name: Some(name.to_owned()), labels, ..ObjectMeta::default() }.into_response_partial()
    }

    fn leaving(name: &str) -> Metadata {
        let metadata =
            ObjectMeta { deletion_timestamp: Some(Time(Timestamp::UNIX_EPOCH)), ..namespace(name, None).metadata };
        metadata.into_response_partial()
    }

    /// What each event brings, after a first listing of a namespace without a label and of one that is a team's.
    fn told(events: Vec<Event<Metadata>>) -> Vec<Vec<String>> {
        let mut bulletin = Bulletin::default();
        for event in listing(vec![namespace("plain", None), namespace("team", Some("shop"))]) {
            assert!(bulletin.take(event).is_empty(), "nobody works yet");
        }
        events.into_iter().map(|event| bulletin.take(event).into_iter().collect()).collect()
    }

    fn listing(all: Vec<Metadata>) -> Vec<Event<Metadata>> {
        [Event::Init].into_iter().chain(all.into_iter().map(Event::InitApply)).chain([Event::InitDone]).collect()
    }

    #[test]
    fn what_changed_while_the_watch_was_broken_is_told_when_all_are_listed_anew() {
        let none: [&str; 0] = [];
        let relabelled = listing(vec![namespace("plain", Some("shop")), namespace("team", Some("shop"))]);
        assert_eq!(told(relabelled), [&none[..], &none, &none, &["plain"]]);
        let withdrawn = listing(vec![namespace("plain", None), namespace("team", None)]);
        assert_eq!(told(withdrawn), [&none[..], &none, &none, &["team"]]);
        let terminating = listing(vec![leaving("plain"), namespace("team", Some("shop")), namespace("new", None)]);
        assert_eq!(told(terminating), [&none[..], &none, &none, &none, &["new", "plain"]]);
        assert_eq!(told(listing(vec![namespace("plain", None)])), [&none[..], &none, &["team"]]);
    }

    #[test]
    fn a_listing_that_was_cut_off_tells_nothing() {
        let mut events = vec![Event::Init, Event::InitApply(namespace("plain", Some("shop")))];
        events.extend(listing(vec![namespace("plain", None), namespace("team", Some("shop"))]));
        assert_eq!(told(events).concat(), Vec::<String>::new());
    }

    #[test]
    fn only_what_is_news_is_told() {
        let events = vec![
            Event::Apply(namespace("plain", None)),
            Event::Apply(namespace("plain", Some("shop"))),
            Event::Apply(namespace("plain", Some("shop"))),
            Event::Delete(namespace("team", Some("shop"))),
        ];
        assert_eq!(told(events), [vec![], vec!["plain"], vec![], vec!["team"]]);
    }
}
