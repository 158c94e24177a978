//! Where publications lie: the Secrets or the `ConfigMap`s of one namespace, written by server-side apply.

use kube::{
    Api, Client, ResourceExt as _,
    api::{DynamicObject, Patch, PatchParams},
};
use serde_json::Value;

use super::{Medium, field_manager::without};
use crate::operator::obstacle::{Obstacle, unpublished::Unpublished};

/// The version that no object ever has. What is applied with it is made where there is nothing, and refused where there is
/// anything, whatever it holds (tried on 1.36).
const NEVER: &str = "1";

/// The Secrets or the `ConfigMap`s of one namespace.
pub struct Shelf {
    /// The apiserver.
    pub client: Client,
    /// The namespace.
    pub namespace: String,
    /// Which of both.
    pub medium: Medium,
}

impl Shelf {
    /// All of them.
    #[must_use]
    pub fn api(&self) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &self.medium.resource())
    }

    /// Makes one, and touches none that is there: between a look and a creation somebody else's of that name may have come.
    ///
    /// # Errors
    /// [`Obstacle::Outdated`] where there is one; else as [`Self::apply`].
    pub async fn create(&self, name: &str, manifest: (Value, &str)) -> Result<DynamicObject, Obstacle> {
        let (manifest, manager) = manifest;
        self.send(name, at_version(manifest, NEVER), PatchParams::apply(manager)).await
    }

    /// Applies what is ours of one, as it was at that version if there is any.
    ///
    /// # Errors
    /// [`Obstacle::Outdated`] where it is of another version by now; [`Unpublished::Invalid`]; else as the apiserver.
    pub async fn apply(
        &self,
        name: &str,
        (manifest, manager): (Value, &str),
        version: Option<&str>,
    ) -> Result<DynamicObject, Obstacle> {
        let manifest = match version {
            Some(version) => at_version(manifest, version),
            None => manifest,
        };
        self.send(name, manifest, PatchParams::apply(manager).force()).await
    }

    async fn send(&self, name: &str, manifest: Value, parameters: PatchParams) -> Result<DynamicObject, Obstacle> {
        match self.api().patch(name, &parameters, &Patch::Apply(manifest)).await {
            Ok(applied) => Ok(applied),
            Err(kube::Error::Api(status)) if status.code == 422 => {
                let (kind, field, name) = (self.medium.kind(), self.medium.field(), name.to_owned());
                Err(Unpublished::Invalid { kind, field, name, reason: status.message.clone() }.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes out of one what that manager applied, and what would have it go with our object of that uid.
    ///
    /// # Errors
    /// As the apiserver.
    pub async fn take_out(&self, live: &DynamicObject, (manager, uid): (&str, &str)) -> Result<(), Obstacle> {
        let parameters = PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() };
        self.api().patch(&live.name_any(), &parameters, &Patch::Merge(without(live, (manager, uid)))).await?;
        Ok(())
    }
}

fn at_version(mut manifest: Value, version: &str) -> Value {
    if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("resourceVersion".to_owned(), version.into());
    }
    manifest
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::{Arc, Mutex},
        task::{Context, Poll},
    };

    use futures::future::BoxFuture;
    use kube::client::Body;
    use serde_json::json;

    use super::*;

    /// An apiserver that refuses whatever comes, and keeps it.
    #[derive(Clone, Default)]
    struct Refusing(Arc<Mutex<Vec<(String, Value)>>>);

    impl tower::Service<http::Request<Body>> for Refusing {
        type Response = http::Response<Body>;
        type Error = Infallible;
        type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: http::Request<Body>) -> Self::Future {
            let kept = Arc::clone(&self.0);
            Box::pin(async move {
                let path = format!("{} {}", request.method(), request.uri());
                let body = request.into_body().collect_bytes().await.unwrap();
                kept.lock().unwrap().push((path, serde_json::from_slice(&body).unwrap()));
                let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Conflict",
                    "message": "it is there", "code": 409});
                Ok(http::Response::builder().status(409).body(Body::from(status.to_string().into_bytes())).unwrap())
            })
        }
    }

    #[tokio::test]
    async fn what_came_first_is_left_alone_by_one_request_that_forces_nothing() {
        let apiserver = Refusing::default();
        let client = Client::new(apiserver.clone(), "shop");
        let shelf = Shelf { client, namespace: "shop".to_owned(), medium: Medium::Secret };
        let manifest =
            json!({"metadata": {"name": "keys", "ownerReferences": [{"uid": "ours"}]}, "data": {"a": "eA=="}});
        let refusal = shelf.create("keys", (manifest, "flagsmith-operator")).await.unwrap_err();
        assert_eq!(refusal, Obstacle::Outdated);
        let sent = apiserver.0.lock().unwrap().clone();
        let [(path, body)] = sent.as_slice() else { panic!("{sent:?}") };
        assert!(path.starts_with("PATCH /api/v1/namespaces/shop/secrets/keys?"), "{path}");
        assert!(!path.contains("force=true"), "{path}");
        assert_eq!(body["metadata"]["resourceVersion"], "1", "it is to be a creation");
    }
}
