//! The chart as it is rendered: what is committed is what it says, and values that cannot be are refused in a user's words.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;

use crate::support::{chart, documents, helm, render, root};

/// What mends every file that is generated.
const MEND: &str = "make generate";

fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// Runs a script of the repository and gives what it prints.
fn script(path: &str, arguments: &[&Path]) -> String {
    let output = Command::new(root().join(path)).args(arguments).output().unwrap();
    assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The names of the files in a directory.
fn names(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_is_committed_is_what_the_chart_renders() {
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rendered");
    let _ = fs::remove_dir_all(&fresh);
    script("tests/chart/render", &[&fresh]);
    let committed = root().join("tests/chart/rendered");
    assert_eq!(names(&committed), names(&fresh), "mend it with: {MEND}");
    for name in names(&fresh) {
        let (committed, fresh) = (text(committed.join(&name)), text(fresh.join(&name)));
        let line = committed.lines().zip(fresh.lines()).find(|(committed, fresh)| committed != fresh);
        assert!(committed == fresh, "tests/chart/rendered/{name} differs: {line:?}; mend it with: {MEND}");
    }
}

#[test]
fn the_chart_has_no_lint() {
    for values in names(&root().join("tests/chart/values")) {
        let values = root().join("tests/chart/values").join(values);
        let linted = helm(&["lint", "--strict", chart().to_str().unwrap(), "--values", values.to_str().unwrap()]);
        linted.unwrap_or_else(|said| panic!("{}: {said}", values.display()));
    }
}

#[test]
fn the_chart_is_of_the_operators_version() {
    let chart: Value = serde_saphyr::from_str(&text(chart().join("Chart.yaml"))).unwrap();
    let version: Value = env!("CARGO_PKG_VERSION").into();
    assert_eq!((&chart["version"], &chart["appVersion"]), (&version, &version));
}

#[test]
fn the_charts_crds_are_those_of_the_code() {
    let (ours, charts) = ("crds/flagsmith-operator.yaml", "charts/flagsmith-operator/files/crds.yaml");
    assert!(text(root().join(ours)) == text(root().join(charts)), "{charts} is not {ours}; mend it with: {MEND}");
}

#[test]
fn the_crds_are_rendered_as_they_are_with_the_annotation_that_keeps_them() {
    let rendered =
        helm(&["template", "x", chart().to_str().unwrap(), "--set", "crds.annotations.helm\\.sh/resource-policy=none"]);
    let rendered = documents(&rendered.unwrap()).into_iter().filter(|one| one["kind"] == "CustomResourceDefinition");
    let mut definitions = documents(&text(root().join("crds/flagsmith-operator.yaml")));
    for (definition, mut rendered) in definitions.iter_mut().zip(rendered.collect::<Vec<_>>()) {
        let metadata = rendered["metadata"].as_object_mut().unwrap();
        assert_eq!(metadata.remove("annotations").unwrap()["helm.sh/resource-policy"], "keep");
        assert_eq!(metadata.remove("labels").unwrap()["app.kubernetes.io/managed-by"], "Helm");
        assert!(rendered == *definition, "{}", definition["metadata"]["name"]);
    }
    assert_eq!(definitions.len(), 5);
}

#[test]
fn the_crds_can_be_left_out() {
    assert!(render("shop", &[]).iter().all(|one| one["kind"] != "CustomResourceDefinition"));
}

#[test]
fn the_table_of_values_is_that_of_the_values() {
    let table = script("charts/values-table", &[]);
    assert!(table == text(chart().join("README.md")), "the chart's README.md is another; mend it with: {MEND}");
    assert!(!table.contains("|  |"), "each value says what it is for");
}

/// The paths of all values that the schema allows at a place, as far as it names them.
fn allowed(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        allowed(schema, &path, found);
        found.insert(path);
    }
}

/// The schema says of each value what it may be, and of no other.
#[test]
fn the_schema_knows_the_values() {
    let schema: Value = serde_json::from_str(&text(chart().join("values.schema.json"))).unwrap();
    let values: Value = serde_saphyr::from_str(&text(chart().join("values.yaml"))).unwrap();
    let mut found = BTreeSet::new();
    allowed(&schema, "", &mut found);
    // What Kubernetes has the names of, and Helm.
    let is_others = |path: &str| path == "/global" || path.starts_with("/resources/");
    for path in found.iter().filter(|path| !is_others(path)) {
        assert!(values.pointer(path).is_some(), "values.yaml lacks {path}");
    }
    for (name, value) in values.as_object().unwrap() {
        assert!(found.contains(&format!("/{name}")), "the schema lacks {name}");
        let is_group = schema["properties"][name]["properties"].is_object();
        for inner in value.as_object().filter(|_| is_group).into_iter().flat_map(|group| group.keys()) {
            assert!(found.contains(&format!("/{name}/{inner}")), "the schema lacks {name}.{inner}");
        }
    }
}

#[test]
fn values_that_cannot_be_are_refused() {
    let refused = [
        ("replicas=two", "at '/replicas': got string, want integer"),
        ("log.format=xml", "at '/log/format': value must be one of 'json', 'text'"),
        ("log.levle=info", "at '/log': additional properties 'levle' not allowed"),
        ("watchNamespaces={Shop}", "at '/watchNamespaces/0': 'Shop' does not match pattern"),
        ("watchNamespaces={shop,shop}", "at '/watchNamespaces': items at 0 and 1 are equal"),
        ("requestTimeout=0s", "at '/requestTimeout': '0s' does not match pattern '^[1-9][0-9]*(ms|s|m|h)$'"),
        ("metrics.port=0", "at '/metrics/port': minimum: got 0, want 1"),
    ];
    for (value, said) in refused {
        let refusal = helm(&["template", "x", chart().to_str().unwrap(), "--set", value]).unwrap_err();
        assert!(refusal.contains(said), "{value}: {refusal}");
    }
}

/// An environment variable that no flag has would be ignored in silence.
#[test]
fn the_operator_knows_all_that_the_chart_tells_it() {
    let help = Command::new(env!("CARGO_BIN_EXE_flagsmith-operator")).args(["run", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let documents = render("shop", &["watchNamespaces={shop}".to_owned()]);
    let deployment = documents.iter().find(|one| one["kind"] == "Deployment").unwrap();
    let told = deployment.pointer("/spec/template/spec/containers/0/env").and_then(Value::as_array).unwrap();
    let names: Vec<_> = told.iter().map(|one| one["name"].as_str().unwrap()).collect();
    let unknown: Vec<_> = names.iter().filter(|name| !help.contains(&format!("[env: {name}="))).collect();
    assert!(unknown.is_empty(), "no flag is told by {unknown:?}");
}
