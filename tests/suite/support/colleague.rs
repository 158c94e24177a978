//! Somebody else who works in Flagsmith's pages.

use serde_json::{Value, json};

use super::flagsmith::{Flagsmith, id};

/// Of letters that are in no address: too close a password is refused.
const PASSWORD: &str = "QZ7!QZ7!QZ7!QZ7!";

/// An administrator of the organisation besides the one whose token the operator has.
pub struct Colleague {
    pub email: String,
    /// The same Flagsmith, as they meet it.
    pub flagsmith: Flagsmith,
    id: u64,
}

impl Flagsmith {
    /// Lets somebody join the organisation whose address begins so.
    pub async fn colleague(&self, name: &str) -> Colleague {
        let email = format!("{name}-{:016x}@example.com", rand::random::<u64>());
        let account = json!({"email": email, "password": PASSWORD, "first_name": "A", "last_name": "Member"});
        let request = self.http.post(format!("{}/api/v1/auth/users/", self.url)).json(&account);
        let made: Value = request.send().await.unwrap().json().await.unwrap();
        let flagsmith = Self { token: made["key"].as_str().unwrap().to_owned(), ..self.clone() };
        let links = format!("/api/v1/organisations/{}/invite-links/", self.organisation);
        let link = self.post(&links, json!({"role": "ADMIN"})).await;
        flagsmith.post(&format!("/api/v1/users/join/link/{}/", link["hash"].as_str().unwrap()), json!({})).await;
        Colleague { email, flagsmith, id: id(&made) }
    }

    /// Takes them out of the organisation.
    pub async fn dismiss(&self, colleague: &Colleague) {
        let path = format!("/api/v1/organisations/{}/remove-users/", self.organisation);
        self.post(&path, json!([{"id": colleague.id}])).await;
    }
}

impl Colleague {
    /// Deletes their account, which a real server keeps else.
    pub async fn leave(self) {
        self.flagsmith
            .send(reqwest::Method::DELETE, "/api/v1/auth/users/me/", Some(json!({"current_password": PASSWORD})))
            .await;
    }
}
