//! The request budgets of all credentials: what Flagsmith counts by.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::terms::Terms;
use crate::flagsmith::{Budget, Credential};

/// The budgets in use, one a credential and server.
#[derive(Debug, Default)]
pub struct Allowances(Mutex<Vec<Allowance>>);

/// The budget of one credential, as long as any client draws on it.
#[derive(Debug)]
struct Allowance {
    server: String,
    credential: Credential,
    per_minute: u32,
    budget: Weak<Budget>,
}

impl Allowances {
    /// The budget of a credential: connections that share one share its budget, and the least of their limits holds.
    #[must_use]
    pub fn of(&self, terms: &Terms) -> Arc<Budget> {
        let per_minute = u32::try_from(terms.requests_per_minute).unwrap_or_default();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.budget.strong_count() > 0);
        let shared = all.iter().find_map(|one| {
            let Allowance { server, credential, per_minute: limit, budget } = one;
            let is_its = server == terms.endpoint.server() && *credential == terms.credential && *limit <= per_minute;
            is_its.then(|| budget.upgrade()).flatten()
        });
        shared.unwrap_or_else(|| {
            let budget = Arc::new(Budget::new(per_minute));
            let (server, credential) = (terms.endpoint.server().to_owned(), terms.credential.clone());
            all.push(Allowance { server, credential, per_minute, budget: Arc::downgrade(&budget) });
            budget
        })
    }
}
