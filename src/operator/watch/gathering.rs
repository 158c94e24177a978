//! The watches of several namespaces, gathered into one that a store can be filled from.
//!
//! A store takes a listing for the whole of what there is, so that the listing of one namespace would sweep out all others.
//! Hence the first listings are handed on together, when the last is done; a later one is handed on as what it changes.
//!
//! A namespace that is deleted takes the operator's Role with it for ever. So one that may not be listed does not keep the
//! others waiting: it counts as empty until it may.

use std::{
    collections::{HashMap, HashSet},
    mem,
};

use kube::{
    Resource, ResourceExt as _,
    runtime::{
        reflector::{ObjectRef, Store},
        watcher::Event,
    },
};

/// So often in a row a first listing is refused before it is waited for no more: some six seconds, for rights that were
/// given just now are heard of late.
const REFUSALS: u32 = 4;

/// The objects of one watch, by what names them.
type Objects<K> = HashMap<ObjectRef<K>, K>;

/// What is known of the watches of one kind.
pub struct Gathering<K: Resource<DynamicType = ()> + Clone + 'static> {
    store: Store<K>,
    /// One for each watch.
    watches: Vec<Watch<K>>,
    /// Whether the store was filled.
    is_filled: bool,
}

/// What is known of one watch.
struct Watch<K: Resource<DynamicType = ()>> {
    /// Its namespace; none is all.
    namespace: Option<String>,
    /// Whether it has listed all that it sees.
    is_listed: bool,
    /// How often in a row it was not allowed to list.
    refusals: u32,
    /// What it sees, until the store is filled.
    objects: Objects<K>,
    /// What it has listed anew so far, once the store is filled.
    relisted: HashSet<ObjectRef<K>>,
}

impl<K: Resource<DynamicType = ()> + Clone + 'static> Gathering<K> {
    /// Watches of those namespaces, which are to fill that store.
    pub fn new(store: Store<K>, namespaces: &[Option<String>]) -> Self {
        let watch = |namespace: &Option<String>| Watch {
            namespace: namespace.clone(),
            is_listed: false,
            refusals: 0,
            objects: HashMap::new(),
            relisted: HashSet::new(),
        };
        Self { store, watches: namespaces.iter().map(watch).collect(), is_filled: false }
    }

    /// What the store is to be told when the watch at that place says something.
    pub fn take(&mut self, place: usize, event: Event<K>) -> Vec<Event<K>> {
        let Some(watch) = self.watches.get_mut(place) else {
            return Vec::new();
        };
        if self.is_filled {
            return watch.change(event, &self.store);
        }
        watch.learn(event);
        self.fill()
    }

    /// What the store is to be told when the watch at that place was not allowed to list.
    pub fn refuse(&mut self, place: usize) -> Vec<Event<K>> {
        let Some(watch) = self.watches.get_mut(place) else {
            return Vec::new();
        };
        watch.refusals = watch.refusals.saturating_add(1);
        if self.is_filled { Vec::new() } else { self.fill() }
    }

    /// All that was listed, once nothing more is waited for.
    fn fill(&mut self) -> Vec<Event<K>> {
        let is_done = |watch: &Watch<K>| watch.is_listed || watch.refusals >= REFUSALS;
        // Where nothing at all may be listed somebody must act, and the store stays as it is: not ready.
        let is_any_listed = self.watches.iter().any(|watch| watch.is_listed);
        if !is_any_listed || !self.watches.iter().all(is_done) {
            return Vec::new();
        }
        self.is_filled = true;
        let objects = self.watches.iter_mut().flat_map(|watch| mem::take(&mut watch.objects).into_values());
        let mut events = vec![Event::Init];
        events.extend(objects.map(Event::InitApply));
        events.push(Event::InitDone);
        events
    }
}

impl<K: Resource<DynamicType = ()> + Clone + 'static> Watch<K> {
    /// Keeps in mind what the watch says before the store is filled.
    fn learn(&mut self, event: Event<K>) {
        match event {
            Event::Init => {
                self.is_listed = false;
                self.objects.clear();
            }
            Event::InitApply(object) | Event::Apply(object) => {
                self.objects.insert(ObjectRef::from_obj(&object), object);
            }
            Event::Delete(object) => {
                self.objects.remove(&ObjectRef::from_obj(&object));
            }
            Event::InitDone => {
                self.is_listed = true;
                self.refusals = 0;
            }
        }
    }

    /// What the watch's word changes in a store that is filled.
    fn change(&mut self, event: Event<K>, store: &Store<K>) -> Vec<Event<K>> {
        match event {
            Event::Init => {
                self.relisted.clear();
                Vec::new()
            }
            Event::InitApply(object) => {
                self.relisted.insert(ObjectRef::from_obj(&object));
                vec![Event::Apply(object)]
            }
            Event::InitDone => {
                let relisted = mem::take(&mut self.relisted);
                let is_ours = |object: &K| self.namespace.is_none() || object.namespace() == self.namespace;
                let is_gone = |object: &K| is_ours(object) && !relisted.contains(&ObjectRef::from_obj(object));
                store.state_filter(is_gone).into_iter().map(|object| Event::Delete(object.as_ref().clone())).collect()
            }
            event @ (Event::Apply(_) | Event::Delete(_)) => vec![event],
        }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::{core::ObjectMeta, runtime::reflector};

    use super::*;

    /// A gathering of the watches of two namespaces, and the store that it fills.
    struct Filled {
        gathering: Gathering<ConfigMap>,
        writer: reflector::store::Writer<ConfigMap>,
    }

    const NAMESPACES: [&str; 2] = ["a", "b"];

    impl Filled {
        fn new() -> Self {
            let (reader, writer) = reflector::store();
            Self { gathering: Gathering::new(reader, &NAMESPACES.map(|name| Some(name.to_owned()))), writer }
        }

        /// One namespace is not allowed to list.
        fn refuse(&mut self, namespace: &str) {
            for event in self.gathering.refuse(place(namespace)) {
                self.writer.apply_watcher_event(&event);
            }
        }

        /// Takes events of one namespace, and gives the names of what was deleted of it.
        fn take(&mut self, namespace: &str, events: Vec<Event<ConfigMap>>) -> Vec<String> {
            let place = place(namespace);
            let mut gone = Vec::new();
            for event in events.into_iter().flat_map(|event| self.gathering.take(place, event)) {
                self.writer.apply_watcher_event(&event);
                if let Event::Delete(object) = event {
                    gone.push(object.name_any());
                }
            }
            gone
        }

        /// What the store holds, as namespace and name.
        fn held(&self) -> Vec<String> {
            let title = |object: &ConfigMap| format!("{}/{}", object.namespace().unwrap(), object.name_any());
            let mut held: Vec<_> = self.writer.as_reader().state().iter().map(|object| title(object)).collect();
            held.sort();
            held
        }
    }

    fn place(namespace: &str) -> usize {
        NAMESPACES.iter().position(|one| *one == namespace).unwrap()
    }

    fn object(namespace: &str, name: &str) -> ConfigMap {
        let (namespace, name) = (Some(namespace.to_owned()), Some(name.to_owned()));
        ConfigMap { metadata: ObjectMeta { namespace, name, ..ObjectMeta::default() }, ..ConfigMap::default() }
    }

    fn listing(namespace: &str, names: &[&str]) -> Vec<Event<ConfigMap>> {
        let mut events = vec![Event::Init];
        events.extend(names.iter().map(|name| Event::InitApply(object(namespace, name))));
        events.push(Event::InitDone);
        events
    }

    #[test]
    fn the_store_is_filled_when_all_namespaces_are_listed() {
        let mut filled = Filled::new();
        filled.take("a", listing("a", &["one", "two"]));
        assert!(filled.held().is_empty());
        filled.take("b", listing("b", &["one"]));
        assert_eq!(filled.held(), ["a/one", "a/two", "b/one"]);
    }

    #[test]
    fn what_happens_before_the_last_listing_counts() {
        let mut filled = Filled::new();
        filled.take("a", listing("a", &["one", "two"]));
        filled.take("a", vec![Event::Delete(object("a", "one")), Event::Apply(object("a", "three"))]);
        filled.take("b", listing("b", &[]));
        assert_eq!(filled.held(), ["a/three", "a/two"]);
    }

    #[test]
    fn a_first_listing_that_was_cut_off_begins_anew() {
        let mut filled = Filled::new();
        filled.take("b", listing("b", &["one"]));
        filled.take("a", vec![Event::Init, Event::InitApply(object("a", "old"))]);
        filled.take("a", listing("a", &["new"]));
        assert_eq!(filled.held(), ["a/new", "b/one"]);
    }

    #[test]
    fn a_namespace_that_may_not_be_listed_keeps_no_other_waiting_and_is_taken_up_when_it_may() {
        let mut filled = Filled::new();
        filled.take("b", listing("b", &["one"]));
        for _ in 1..REFUSALS {
            filled.refuse("a");
            assert!(filled.held().is_empty(), "it may be allowed in a moment");
        }
        filled.refuse("a");
        assert_eq!(filled.held(), ["b/one"]);
        filled.refuse("a");
        filled.take("a", listing("a", &["one"]));
        assert_eq!(filled.held(), ["a/one", "b/one"]);
    }

    #[test]
    fn where_no_namespace_may_be_listed_the_store_is_not_filled() {
        let mut filled = Filled::new();
        for _ in 0..=REFUSALS {
            filled.refuse("a");
            filled.refuse("b");
        }
        filled.take("a", listing("a", &["one"]));
        assert_eq!(filled.held(), ["a/one"]);
    }

    #[test]
    fn a_later_listing_says_what_is_gone_of_its_namespace_alone() {
        let mut filled = Filled::new();
        filled.take("a", listing("a", &["one", "two"]));
        filled.take("b", listing("b", &["one"]));
        let gone = filled.take("a", listing("a", &["two", "three"]));
        assert_eq!(gone, ["one"]);
        assert_eq!(filled.held(), ["a/three", "a/two", "b/one"]);
    }
}
