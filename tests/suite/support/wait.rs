//! Waiting: until a condition holds, or a deadline passes; then a panic with all that may tell why.

use std::time::Duration;

use kube::{api::DynamicObject, runtime::wait::await_condition};

use serde_json::json;

use super::{
    case::Case,
    object::{Kind, Object},
    server::real,
};

/// Generous: the machine may be compiling something. A real server is slower, its task processor the more so, and the operator
/// spares it: fifty times what a document takes lie between two polls.
pub fn patience() -> Duration {
    Duration::from_secs(if real().is_some() { 180 } else { 90 })
}

/// Between two looks at what cannot be watched.
pub const BETWEEN_LOOKS: Duration = Duration::from_millis(25);

/// Whether something that cannot be watched comes to hold within that time.
pub async fn comes_to_hold(within: Duration, mut holds: impl AsyncFnMut() -> bool) -> bool {
    let looks = async {
        while !holds().await {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    };
    tokio::time::timeout(within, looks).await.is_ok()
}

impl Case {
    /// Waits until an object is as is said, and gives it as it then is.
    pub async fn until(&self, kind: Kind, name: &str, (what, holds): (&str, impl Fn(&Object) -> bool)) -> Object {
        let condition = |object: Option<&DynamicObject>| object.map(Object::from).is_some_and(|object| holds(&object));
        let waiting = await_condition(self.cluster.api(kind), name, condition);
        match tokio::time::timeout(patience(), waiting).await {
            Ok(Ok(Some(object))) => Object::from(&object),
            _ => panic!("{} {name} was to be {what}\n{}", kind.name(), self.diagnosis(Some((kind, name))).await),
        }
    }

    pub async fn until_ready(&self, kind: Kind, name: &str) -> Object {
        self.until(kind, name, ("ready", Object::is_ready)).await
    }

    pub async fn until_stalled(&self, kind: Kind, name: &str, reason: &str) -> Object {
        self.until(kind, name, (&format!("Stalled, {reason}"), |object| object.is_stalled(reason))).await
    }

    pub async fn until_waiting(&self, kind: Kind, name: &str, reason: &str) -> Object {
        self.until(kind, name, (&format!("waiting, {reason}"), |object| object.is_waiting(reason))).await
    }

    /// Waits until the object of that name, or that of it which is meant, is gone.
    pub async fn until_gone(&self, kind: Kind, name: &str) {
        let waiting = await_condition(self.cluster.api(kind), name, |object: Option<&DynamicObject>| object.is_none());
        let is_gone = matches!(tokio::time::timeout(patience(), waiting).await, Ok(Ok(_)));
        assert!(is_gone, "{} {name} was to be gone\n{}", kind.name(), self.diagnosis(Some((kind, name))).await);
    }

    /// Waits until something that cannot be watched holds.
    pub async fn eventually(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let is_so = comes_to_hold(patience(), holds).await;
        assert!(is_so, "it was to be that {what}\n{}", self.diagnosis(None).await);
    }

    /// Waits until what is created next is younger than an object, also by the seconds that timestamps show.
    pub async fn until_older(&self, object: &Object) {
        let created = |object: &Object| object.at("/metadata/creationTimestamp").as_str().unwrap().to_owned();
        let probe = self.cluster.manifest(Kind::Project, "probe", &json!({"connectionRef": {"name": "flagsmith"}}));
        let is_older = async || created(&self.cluster.dry_run(Kind::Project, &probe).await.unwrap()) > created(object);
        self.eventually("a second passes", is_older).await;
    }

    /// Waits until so many further documents were read, each of which was asked for after this.
    pub async fn until_documents_read(&self, further: usize) {
        let before = self.documents_read();
        // Each has its own deadline: a slow server is read more seldom.
        for more in 0..=further {
            self.eventually("documents are read", async || self.documents_read() > before + more).await;
        }
    }

    /// How many documents were asked for since the requests were last forgotten.
    pub fn documents_read(&self) -> usize {
        let requests = self.sim.requests();
        requests.iter().filter(|request| request.path.ends_with("/document/")).count()
    }

    /// All that may tell why something did not happen.
    pub async fn diagnosis(&self, about: Option<(Kind, &str)>) -> String {
        let mut told = Vec::new();
        let kinds = Kind::OURS.iter().chain(&[Kind::Event]);
        for kind in kinds {
            for object in self.cluster.list(*kind).await {
                let is_meant = about.is_none_or(|(meant, name)| meant == *kind && object.at("/metadata/name") == name);
                let text = if is_meant { yaml(&object) } else { brief(&object) };
                told.push(format!("--- {} {text}", kind.name()));
            }
        }
        told.push("--- the last requests to Flagsmith".to_owned());
        let requests = self.sim.requests();
        for request in requests.iter().rev().take(25).rev() {
            let body = request.body.as_ref().map(ToString::to_string).unwrap_or_default();
            let status = request.status.map_or("-".to_owned(), |status| status.to_string());
            told.push(format!("{} {} {status} {body:.300}", request.method, request.path));
        }
        told.push("--- the operator's log".to_owned());
        let log = self.operator.log();
        let lines: Vec<_> = log.lines().collect();
        told.extend(lines[lines.len().saturating_sub(40)..].iter().map(|line| (*line).to_owned()));
        told.join("\n")
    }
}

fn yaml(object: &Object) -> String {
    let mut object = object.0.clone();
    object["metadata"].as_object_mut().unwrap().remove("managedFields");
    serde_saphyr::to_string(&object).unwrap()
}

fn brief(object: &Object) -> String {
    if let (Some(reason), Some(message)) = (object.at("/reason").as_str(), object.at("/message").as_str()) {
        return format!("{}: {reason} {message}", object.at("/involvedObject/name"));
    }
    format!("{}: {} {}", object.at("/metadata/name"), object.reason("Ready"), object.message())
}
