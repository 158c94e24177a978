//! The chart's `ServiceAccount`, with the rights that the chart gives it and no others.

use std::{fs, path::PathBuf};

use k8s_openapi::api::{authentication::v1::TokenRequest, core::v1::ServiceAccount};
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use super::{
    plane::{Plane, plane},
    wait::{comes_to_hold, patience},
};

/// A `ServiceAccount`, as the chart names it.
#[derive(Clone, Debug)]
pub struct Account {
    pub namespace: String,
    pub name: String,
}

impl Account {
    /// The account of a Deployment's Pods.
    pub fn of(deployment: &Value) -> Self {
        let text = |pointer: &str| deployment.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
        Self { namespace: text("/metadata/namespace"), name: text("/spec/template/spec/serviceAccountName") }
    }

    /// Makes the account and its rights, of all that the chart makes, and waits until they hold.
    pub async fn grant(&self, client: &Client, documents: &[Value]) {
        for document in documents.iter().filter(|one| is_right(one)) {
            apply(client, document).await;
        }
        for role in documents.iter().filter(|one| one["kind"] == "Role") {
            self.until_granted(client, role).await;
        }
    }

    /// Waits until the apiserver has heard of a role and its binding: an operator that came before that would wait longer.
    async fn until_granted(&self, client: &Client, role: &Value) {
        let last = role["rules"].as_array().unwrap().last().unwrap();
        let attributes = json!({
            "namespace": role["metadata"]["namespace"],
            "group": last["apiGroups"][0],
            "resource": last["resources"][0],
            "name": last["resourceNames"][0],
            "verb": last["verbs"][0],
        });
        let user = format!("system:serviceaccount:{}:{}", self.namespace, self.name);
        let question = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "metadata": {},
            "spec": {"user": user, "resourceAttributes": attributes},
        });
        let question: DynamicObject = serde_json::from_value(question).unwrap();
        let kind = GroupVersionKind::gvk("authorization.k8s.io", "v1", "SubjectAccessReview");
        let reviews: Api<DynamicObject> = Api::all_with(client.clone(), &ApiResource::from_gvk(&kind));
        let is_granted =
            async || reviews.create(&PostParams::default(), &question).await.unwrap().data["status"]["allowed"] == true;
        assert!(comes_to_hold(patience(), is_granted).await, "{user} was to have {attributes}");
    }

    /// A kubeconfig for that control plane with a token of the account, such as its Pods have.
    pub async fn kubeconfig(&self, client: &Client, on: &Plane) -> PathBuf {
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), &self.namespace);
        let request = TokenRequest::default();
        let answer = accounts.create_token_request(&self.name, &PostParams::default(), &request).await.unwrap();
        let token = answer.status.unwrap().token;
        let mut kubeconfig = on.access();
        for user in kubeconfig["users"].as_array_mut().unwrap() {
            user["user"] = json!({"token": token});
        }
        let path = plane().directory.join(format!("{}.kubeconfig", self.namespace));
        // JSON is YAML.
        fs::write(&path, kubeconfig.to_string()).unwrap();
        path
    }
}

fn is_right(document: &Value) -> bool {
    let is_of_rbac = document["apiVersion"] == "rbac.authorization.k8s.io/v1";
    is_of_rbac || document["kind"] == "ServiceAccount"
}

async fn apply(client: &Client, document: &Value) {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap();
    let (group, version) = text("/apiVersion").split_once('/').unwrap_or(("", text("/apiVersion")));
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, text("/kind")));
    let api: Api<DynamicObject> = match document.pointer("/metadata/namespace").and_then(Value::as_str) {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &kind),
        None => Api::all_with(client.clone(), &kind),
    };
    api.patch(text("/metadata/name"), &PatchParams::apply("suite"), &Patch::Apply(document)).await.unwrap();
}
