//! The custom resource definitions: those committed are those of the code, and the apiserver has nothing to say of them.

use std::{fs, process::Command};

use crate::support::{plane, root};

const COMMITTED: &str = "crds/flagsmith-operator.yaml";
const MEND: &str = "make generate";

#[test]
fn the_committed_crds_are_those_of_the_code() {
    let output = Command::new(env!("CARGO_BIN_EXE_flagsmith-operator")).arg("crds").output().unwrap();
    assert!(output.status.success());
    let committed = fs::read_to_string(root().join(COMMITTED)).unwrap_or_default();
    let is_same = committed.as_bytes() == output.stdout;
    assert!(is_same, "{COMMITTED} is not what the code says; mend it with: {MEND}");
}

#[test]
fn the_apiserver_takes_the_crds_without_a_warning() {
    let crds = root().join(COMMITTED);
    let crds = crds.to_str().unwrap();
    let (_, stderr) = plane().kubectl(&["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", crds]);
    assert_eq!(stderr, "");
}

#[test]
fn every_kind_is_listed_by_its_category_and_its_short_name() {
    let (listed, _) = plane().kubectl(&["api-resources", "--categories=flagsmith", "--no-headers"]);
    let short_names: Vec<_> = listed.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(short_names, ["fsflag", "fsconn", "fsenv", "fsproj", "fsseg"]);
}
