//! Paginated lists: 999 a page in production, or fewer where the endpoint lets the client choose.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use serde_json::{Value, json};

const PAGE_SIZE: usize = 999;

/// A page whose size the server fixes.
pub(crate) fn fixed(call: &Call, items: Vec<Value>) -> Outcome {
    page(call, items, PAGE_SIZE)
}

/// A page whose size the client may choose, up to 999.
pub(crate) fn sized(call: &Call, items: Vec<Value>) -> Outcome {
    let asked = call.query("page_size").and_then(|size| size.parse().ok());
    let size = asked.filter(|size| *size > 0).unwrap_or(PAGE_SIZE);
    page(call, items, size.min(PAGE_SIZE))
}

fn page(call: &Call, items: Vec<Value>, size: usize) -> Outcome {
    let count = items.len();
    let pages = count.div_ceil(size).max(1);
    let number = match call.query("page") {
        None => 1,
        Some("last") => pages,
        Some(page) => page.parse().unwrap_or(0),
    };
    if !(1..=pages).contains(&number) {
        return Err(Answer::detail(404, "Invalid page."));
    }
    let results: Vec<_> = items.into_iter().skip((number - 1) * size).take(size).collect();
    let next = (number < pages).then(|| link(call, number + 1));
    let previous = (number > 1).then(|| link(call, number - 1));
    Ok(Answer::ok(json!({ "count": count, "next": next, "previous": previous, "results": results })))
}

/// An absolute link, from the request's own Host header, its parameters in alphabetical order.
fn link(call: &Call, page: usize) -> String {
    let mut pairs: Vec<_> = call.query.iter().filter(|(key, _)| key != "page").cloned().collect();
    if page > 1 {
        pairs.push(("page".to_owned(), page.to_string()));
    }
    pairs.sort();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mark = if query.is_empty() { "" } else { "?" };
    let host = call.header("host").unwrap_or_default();
    format!("http://{host}{}{mark}{query}", call.path)
}
