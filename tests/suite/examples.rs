//! Every example is taken by the apiserver as it stands.

use std::{fs, path::PathBuf};

use crate::support::{plane, root};

fn manifests(directory: PathBuf, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            manifests(path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn every_example_is_taken() {
    let mut found = Vec::new();
    manifests(root().join("examples"), &mut found);
    assert!(!found.is_empty(), "examples/ holds manifests");
    for manifest in found {
        let manifest = manifest.to_str().unwrap();
        let (_, stderr) = plane().kubectl(&["apply", "--dry-run=server", "--validate=strict", "-f", manifest]);
        assert_eq!(stderr, "", "{manifest}");
    }
}
