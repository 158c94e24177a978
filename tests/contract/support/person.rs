//! Somebody in the test's organisation who may do what they are allowed, and nothing else.

use flagsmith_operator::flagsmith::{Client, Credential, EnvironmentKey};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value as Json, json};

use super::ask::{answer, in_environment};
use super::case::Case;

/// A user who is a member of the organisation.
#[derive(Clone, Debug)]
pub struct Person {
    pub token: String,
    pub password: String,
    pub id: i64,
}

impl Case {
    /// A member without any right.
    pub async fn member(&self) -> Person {
        // Of letters that are in no address: too close a password is refused.
        let password = "QZ7!QZ7!QZ7!QZ7!".to_owned();
        let email = format!("{}@example.com", self.run);
        let account = json!({"email": email, "password": password, "first_name": "A", "last_name": "Member"});
        let person = self
            .aside(async {
                let request = self.anonymous(Method::POST, "/api/v1/auth/users/").json(&account);
                let (status, made) = answer(request).await;
                assert_eq!(status, 201, "{made}");
                let token = made["key"].as_str().unwrap().to_owned();
                let links = format!("/api/v1/organisations/{}/invite-links/", self.organisation);
                let link = self.made(&links, json!({"role": "USER"})).await;
                let join = format!("/api/v1/users/join/link/{}/", link["hash"].as_str().unwrap());
                let request = self.anonymous(Method::POST, &join).header("authorization", format!("Token {token}"));
                let (status, joined) = answer(request.json(&json!({}))).await;
                assert_eq!(status, 200, "{joined}");
                Person { token, password, id: made["id"].as_i64().unwrap() }
            })
            .await;
        self.people.borrow_mut().push(person.clone());
        person
    }

    pub fn client_of(&self, person: &Person) -> Client {
        self.client_with(Credential::AccountToken(SecretString::from(person.token.as_str())))
    }

    /// Deletes a person's account, as they may themselves.
    pub async fn leave(&self, person: &Person) {
        let Person { token, password, .. } = person;
        self.aside(async {
            let request = self.anonymous(Method::DELETE, "/api/v1/auth/users/me/");
            let request = request.header("authorization", format!("Token {token}"));
            let (status, body) = answer(request.json(&json!({"current_password": password}))).await;
            assert_eq!(status, 204, "{body}");
        })
        .await;
        self.people.borrow_mut().retain(|one| one.token != *token);
    }

    /// Gives a person these rights in the project and no others; `ADMIN` makes them its administrator.
    pub async fn grant_project(&self, person: &Person, rights: &[&str]) {
        self.grant(&format!("/api/v1/projects/{}/user-permissions/", self.project), person, rights).await;
    }

    /// The same in an environment.
    pub async fn grant_environment(&self, person: &Person, key: &EnvironmentKey, rights: &[&str]) {
        self.grant(&in_environment(key, "user-permissions/"), person, rights).await;
    }

    async fn grant(&self, path: &str, person: &Person, rights: &[&str]) {
        let (admins, rights): (Vec<&str>, Vec<&str>) = rights.iter().partition(|right| **right == "ADMIN");
        let grant = json!({"user": person.id, "permissions": rights, "admin": !admins.is_empty()});
        self.aside(async {
            let grants = self.seen(path).await;
            let of_person = |grant: &&Json| grant["user"]["id"] == person.id || grant["user"] == person.id;
            let earlier = grants.as_array().unwrap().iter().find(of_person);
            let (status, body) = match earlier {
                Some(earlier) => self.put(&format!("{path}{}/", earlier["id"]), grant).await,
                None => self.post(path, grant).await,
            };
            assert!((200..300).contains(&status), "{status} {body}");
        })
        .await;
    }
}
