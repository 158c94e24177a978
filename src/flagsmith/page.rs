//! Lists that come by the page.

use k8s_openapi::jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::{Client, Error};

#[derive(Deserialize)]
struct Page<T> {
    count: usize,
    results: Vec<T>,
}

/// A whole list, with what its first page's headers said.
pub(super) struct Listing<T> {
    pub items: Vec<T>,
    pub date: Option<Timestamp>,
    pub version: Option<String>,
}

impl Client {
    /// All pages of a list. They are counted here: `next` is built from the Host header, which a proxy may have changed
    /// (facts.md §4). A list that changes meanwhile may lack an item, so that an absence is no proof.
    pub(super) async fn list<T: DeserializeOwned>(&self, call: impl Fn() -> Call) -> Result<Listing<T>, Error> {
        let first = call();
        let reply = self.send(&first).await?;
        let Page { mut count, results: mut items } = reply.json(&first)?;
        for number in 2_u32.. {
            if items.len() >= count {
                break;
            }
            match self.ask::<Page<T>>(call().query("page", number)).await {
                Ok(page) if page.results.is_empty() => break,
                Ok(page) => {
                    count = page.count;
                    items.extend(page.results);
                }
                // "Invalid page." is the end of a list that has shrunk (facts.md §4).
                Err(Error::NotFound) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Listing { items, date: reply.date(), version: reply.version() })
    }
}
