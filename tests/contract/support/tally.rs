//! What each test leaves for `tests/contract/figures`: lines of words parted by tabs, one file a test.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Once;

use strum::AsRefStr;

use super::calls::Sent;
use super::case::Test;
use super::routes;
use super::server::Server;

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsRefStr)]
#[strum(serialize_all = "lowercase")]
pub enum Outcome {
    Agrees,
    Differs,
    Failed,
    Uncompared,
}

pub struct Tally {
    pub test: Test,
    pub outcome: Outcome,
    /// How many exchanges there were.
    pub all: usize,
    /// How many of them were compared.
    pub compared: usize,
    /// How many of those are not as recorded.
    pub differing: usize,
    /// What the client sent.
    pub calls: Vec<Sent>,
}

impl Tally {
    pub fn write(&self, server: &Server) {
        let Self { test: Test { module, name }, outcome, all, compared, differing, calls } = self;
        let mut lines = format!("test\t{module}\t{name}\t{}\n", outcome.as_ref());
        writeln!(lines, "exchanges\t{all}\t{compared}\t{differing}").unwrap();
        let mut counted = BTreeMap::new();
        for sent in calls {
            *counted.entry(sent).or_insert(0) += 1;
        }
        for (Sent { method, route, status }, count) in counted {
            let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
            writeln!(lines, "sent\t{method}\t{route}\t{status}\t{count}").unwrap();
        }
        std::fs::write(folder(server).join(format!("{name}.tsv")), lines).unwrap();
    }
}

/// Where the figures of this run go. What an earlier run left there is none of it.
fn folder(server: &Server) -> PathBuf {
    static EMPTIED: Once = Once::new();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../contract").join(server.name());
    EMPTIED.call_once(|| {
        // It need not be there.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let lines = routes::all().into_iter().map(|(method, route)| format!("route\t{method}\t{route}\n"));
        std::fs::write(folder.join("routes.tsv"), lines.collect::<String>()).unwrap();
    });
    folder
}
