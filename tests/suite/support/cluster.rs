//! A namespace of a test, and how objects in it are written and read.

use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use super::{
    object::{Kind, Object},
    plane::{Plane, plane},
};

/// A namespace, and the way to it.
#[derive(Clone)]
pub struct Cluster {
    pub plane: &'static Plane,
    pub client: Client,
    pub namespace: String,
}

impl Cluster {
    /// A new namespace of the control plane that all tests share, named after the test.
    pub async fn new() -> Self {
        Self::on(plane()).await
    }

    /// A new namespace of a control plane.
    pub async fn on(plane: &'static Plane) -> Self {
        let client = plane.client().await;
        let thread = std::thread::current();
        let test = thread.name().and_then(|name| name.rsplit("::").next()).unwrap_or("test");
        let mut namespace: String = test.replace('_', "-").chars().take(50).collect();
        namespace = format!("{}-{:06x}", namespace.trim_end_matches('-'), rand::random_range(0..0x100_0000));
        let manifest = serde_json::from_value(json!({"metadata": {"name": namespace}})).unwrap();
        Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &manifest).await.unwrap();
        Self { plane, client, namespace }
    }

    pub fn api(&self, kind: Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &kind.resource())
    }

    /// A manifest with that spec.
    pub fn manifest(&self, kind: Kind, name: &str, spec: &Value) -> Value {
        let metadata = json!({"name": name, "namespace": self.namespace});
        json!({"apiVersion": kind.api_version(), "kind": kind.name(), "metadata": metadata, "spec": spec})
    }

    /// What `kubectl apply --server-side` does, validating strictly.
    ///
    /// # Errors
    /// The apiserver's refusal, in its words.
    pub async fn try_apply(&self, kind: Kind, manifest: &Value) -> Result<Object, String> {
        self.send(kind, manifest, PatchParams::apply("suite").force().validation_strict()).await
    }

    /// The same, without keeping it.
    ///
    /// # Errors
    /// As [`Self::try_apply`].
    pub async fn dry_run(&self, kind: Kind, manifest: &Value) -> Result<Object, String> {
        self.send(kind, manifest, PatchParams::apply("suite").force().validation_strict().dry_run()).await
    }

    async fn send(&self, kind: Kind, manifest: &Value, parameters: PatchParams) -> Result<Object, String> {
        let name = manifest["metadata"]["name"].as_str().unwrap();
        let applied = self.api(kind).patch(name, &parameters, &Patch::Apply(manifest)).await;
        match applied {
            Ok(object) => Ok(Object::from(&object)),
            Err(kube::Error::Api(refusal)) => Err(refusal.message),
            Err(error) => panic!("the apiserver failed: {error}"),
        }
    }

    /// Applies an object with that spec.
    pub async fn apply(&self, kind: Kind, name: &str, spec: Value) -> Object {
        self.try_apply(kind, &self.manifest(kind, name, &spec)).await.unwrap()
    }

    /// Puts text into a Secret.
    pub async fn apply_secret(&self, name: &str, content: Value) -> Object {
        let mut manifest = self.manifest(Kind::Secret, name, &Value::Null);
        manifest.as_object_mut().unwrap().remove("spec");
        manifest["stringData"] = content;
        self.try_apply(Kind::Secret, &manifest).await.unwrap()
    }

    /// Merges a patch into an object.
    pub async fn edit(&self, kind: Kind, name: &str, patch: Value) -> Object {
        let edited = self.api(kind).patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
        Object::from(&edited)
    }

    /// Says that an object is to go and its thing in Flagsmith to stay.
    pub async fn release(&self, kind: Kind, name: &str) -> Object {
        self.edit(kind, name, json!({"metadata": {"annotations": {"flagsmith-operator.dev/release": "true"}}})).await
    }

    /// Asks for an object's deletion.
    pub async fn delete(&self, kind: Kind, name: &str) {
        self.api(kind).delete(name, &DeleteParams::default()).await.unwrap();
    }

    pub async fn find(&self, kind: Kind, name: &str) -> Option<Object> {
        self.api(kind).get_opt(name).await.unwrap().as_ref().map(Object::from)
    }

    pub async fn read(&self, kind: Kind, name: &str) -> Object {
        self.find(kind, name).await.unwrap_or_else(|| panic!("there is no {} {name}", kind.name()))
    }

    pub async fn list(&self, kind: Kind) -> Vec<Object> {
        self.api(kind).list(&ListParams::default()).await.unwrap().items.iter().map(Object::from).collect()
    }

    /// An entry of a Secret, as text.
    pub async fn secret_entry(&self, name: &str, entry: &str) -> Option<String> {
        let api: Api<k8s_openapi::api::core::v1::Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        let bytes = api.get_opt(name).await.unwrap()?.data?.remove(entry)?;
        Some(String::from_utf8(bytes.0).unwrap())
    }
}
