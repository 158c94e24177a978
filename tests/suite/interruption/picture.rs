//! A world as it is at the end of a run, without what is another in each run.

use std::{collections::BTreeMap, sync::LazyLock};

use flagsmith_sim::Regex;
use serde_json::{Value, json};

use super::world::World;
use crate::support::{Case, Flagsmith, Kind, Object, masked};

/// What a world is described by: texts by the names of things.
type Described = BTreeMap<String, Value>;

/// All that is in both servers, and what each object says of itself.
#[derive(Debug, PartialEq)]
pub struct Picture(Described);

impl Picture {
    pub async fn of(world: &World) -> Self {
        let case = &world.case;
        let names = Names::of(case).await;
        let mut things = names.environments.clone();
        things.extend(features(&case.flagsmith).await);
        for kind in Kind::OURS.into_iter().chain([Kind::Secret, Kind::ConfigMap]) {
            for object in case.cluster.list(kind).await {
                let name = masked(object.at("/metadata/name").as_str().unwrap());
                if !["flagsmith-token", "kube-root-ca.crt"].contains(&name.as_str()) {
                    things.insert(format!("{} {name}", kind.name()), described(kind, &object));
                }
            }
        }
        let mask = |value: Value| serde_json::from_str(&names.mask(&value.to_string())).unwrap();
        Self(things.into_iter().map(|(name, value)| (name, mask(value))).collect())
    }

    /// What is otherwise here than there, a line for each thing.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let names = self.0.keys().chain(other.0.keys().filter(|name| !self.0.contains_key(*name)));
        let unlike = names.filter(|name| self.0.get(*name) != other.0.get(*name));
        let line = |name: &String| {
            let show = |one: &Self| one.0.get(name).map_or("nothing".to_owned(), ToString::to_string);
            format!("{name}\n  it is       {}\n  it is to be {}", show(self), show(other))
        };
        unlike.map(line).collect()
    }
}

/// The environments, and how what is another in each run is called.
struct Names {
    environments: Described,
    known: Vec<(String, String)>,
}

impl Names {
    async fn of(case: &Case) -> Self {
        let path = format!("/api/v1/environments/?project={}", case.flagsmith.project);
        let (mut environments, mut known) = (BTreeMap::new(), Vec::new());
        let page = case.flagsmith.get(&path).await;
        for one in page["results"].as_array().unwrap() {
            let text = |field: &str| one[field].as_str().unwrap();
            let (name, key) = (text("name"), text("api_key"));
            known.push((key.to_owned(), format!("<key of {name}>")));
            known.push((text("uuid").to_owned(), format!("<uuid of environment {name}>")));
            let keys = case.flagsmith.server_keys(key).await;
            for (at, one) in keys.iter().enumerate() {
                known.push((one["key"].as_str().unwrap().to_owned(), format!("<server key {at} of {name}>")));
            }
            let keys: Vec<_> = keys.iter().map(|one| masked(one["name"].as_str().unwrap())).collect();
            let served = case.flagsmith.served(key, "checkout").await.map(|flag| json!([flag.enabled, flag.value]));
            let described = json!({"server keys": keys, "checkout": served, "description": one["description"]});
            // Two of one name are two.
            let times = environments.keys().filter(|other: &&String| other.contains(&format!(" {name}"))).count();
            let twin = if times == 0 { String::new() } else { format!(", number {}", times + 1) };
            environments.insert(format!("environment {name}{twin}"), described);
        }
        for feature in case.flagsmith.features("checkout").await {
            known.push((feature["uuid"].as_str().unwrap().to_owned(), "<uuid of feature checkout>".to_owned()));
        }
        known.push((case.cluster.namespace.clone(), "<namespace>".to_owned()));
        Self { environments, known }
    }

    fn mask(&self, text: &str) -> String {
        static TIME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\dT[0-9:.]+Z").unwrap());
        static DIGEST: LazyLock<Regex> = LazyLock::new(|| Regex::new("[0-9a-f]{32,}").unwrap());
        static PORT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"127\.0\.0\.1:\d+").unwrap());
        let named = self.known.iter().fold(text.to_owned(), |text, (known, name)| text.replace(known, name));
        let bare = PORT.replace_all(&named, "<address>");
        let bare = TIME.replace_all(&bare, "<time>");
        masked(&DIGEST.replace_all(&bare, "<digest>"))
    }
}

async fn features(flagsmith: &Flagsmith) -> Described {
    let path = format!("/api/v1/projects/{}/features/?page_size=999", flagsmith.project);
    let page = flagsmith.get(&path).await;
    let all = page["results"].as_array().unwrap().iter();
    all.map(|one| (format!("feature {}", one["name"]), json!([one["description"], one["is_archived"]]))).collect()
}

/// What an object says of itself, or holds.
fn described(kind: Kind, object: &Object) -> Value {
    let mut metadata = json!({});
    for field in ["labels", "annotations", "finalizers", "deletionTimestamp"] {
        metadata[field] = object.at(&format!("/metadata/{field}")).clone();
    }
    let mut status = object.at("/status").clone();
    forget_numbers(&mut status);
    let data = match kind {
        Kind::Secret => decoded(object),
        Kind::ConfigMap => object.at("/data").clone(),
        _ => Value::Null,
    };
    json!({"metadata": metadata, "status": status, "data": data})
}

fn decoded(secret: &Object) -> Value {
    let data = secret.at("/data").clone();
    let data: BTreeMap<String, k8s_openapi::ByteString> = serde_json::from_value(data).unwrap_or_default();
    data.into_iter().map(|(key, bytes)| (key, Value::from(String::from_utf8(bytes.0).unwrap()))).collect()
}

/// Leaves out the numbers that Flagsmith gives.
fn forget_numbers(status: &mut Value) {
    match status {
        Value::Object(fields) => {
            fields.remove("id");
            fields.values_mut().for_each(forget_numbers);
        }
        Value::Array(all) => all.iter_mut().for_each(forget_numbers),
        _ => {}
    }
}
