//! Every method and route that the client can send, read from its source: what is not sent by any test shall be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use flagsmith_sim::Regex;

fn room() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/flagsmith")
}

/// The code of each file of the room, without its tests.
fn sources() -> Vec<String> {
    let module = std::fs::read_to_string(room().join("mod.rs")).unwrap();
    let files = std::fs::read_dir(room()).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap();
        // call.rs makes no call: it says what one is.
        let is_built = name != "call" && module.contains(&format!("\nmod {name};"));
        is_built && !module.contains(&format!("#[cfg(test)]\nmod {name};"))
    });
    let texts = files.map(|path| std::fs::read_to_string(path).unwrap());
    texts.map(|text| text.split("#[cfg(test)]").next().unwrap().to_owned()).collect()
}

/// Method and template of each.
pub fn all() -> BTreeSet<(String, String)> {
    sources().iter().flat_map(|source| of(source)).collect()
}

fn of(source: &str) -> BTreeSet<(String, String)> {
    let named = Regex::new(r#"const (\w+): &str = "([^"]*)";"#).unwrap();
    let named = named.captures_iter(source).map(|found| (found[1].to_owned(), found[2].to_owned()));
    let named: BTreeMap<_, _> = named.collect();
    let call = Regex::new(r#"Call::(?:get\(|new\((?:Method::(\w+)|\w+), )("[^"]*"|\w+)\)"#).unwrap();
    let calls: Vec<_> = call.captures_iter(source).collect();
    let all = source.matches("Call::new(").count() + source.matches("Call::get(").count();
    assert_eq!(calls.len(), all, "a call is made in a way that is not understood here");
    // Where a call takes its method or its route from a function's caller, those are meant that some caller gives.
    let given = Regex::new(r"[a-z]\((?:Method::(\w+), \w+|([A-Z_]+)\))").unwrap();
    let given: Vec<_> = given.captures_iter(source).collect();
    let of =
        |group: usize| given.iter().filter_map(move |found| found.get(group)).map(|found| found.as_str().to_owned());
    let mut routes = BTreeSet::new();
    for found in calls {
        let is_get = found[0].starts_with("Call::get");
        let method = found.get(1).map(|method| method.as_str().to_owned()).or(is_get.then(|| "GET".to_owned()));
        let methods = method.map_or_else(|| of(1).collect(), |method| vec![method]);
        let route = match found[2].strip_prefix('"') {
            Some(literal) => Some(literal.trim_end_matches('"').to_owned()),
            None => named.get(&found[2]).cloned(),
        };
        let templates =
            route.map_or_else(|| of(2).filter_map(|name| named.get(&name).cloned()).collect(), |one| vec![one]);
        routes.extend(methods.iter().flat_map(|method| templates.iter().map(|route| (method.clone(), route.clone()))));
    }
    routes
}
