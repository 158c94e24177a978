//! What a real Flagsmith was seen to answer, one file a test.

use std::fmt::Write;
use std::path::PathBuf;

use super::case::Test;
use super::exchange::Exchange;
use super::server::Server;

pub struct Recording(PathBuf);

impl Recording {
    pub fn of(test: &str) -> Self {
        Self(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/contract/recorded").join(format!("{test}.jsonl")))
    }

    pub fn write(&self, exchanges: &[Exchange]) {
        std::fs::create_dir_all(self.0.parent().unwrap()).unwrap();
        std::fs::write(&self.0, exchanges.iter().map(Exchange::line).collect::<String>()).unwrap();
    }

    fn read(&self) -> Vec<Exchange> {
        let lines = std::fs::read_to_string(&self.0).unwrap_or_default();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn compare(&self, now: &[Exchange]) -> Comparison {
        let recorded = self.read();
        let pairs = recorded.len().max(now.len());
        let differences = (0..pairs).filter_map(|number| match (recorded.get(number), now.get(number)) {
            (Some(recorded), Some(now)) if recorded == now => None,
            (Some(recorded), Some(now)) => Some((number, Difference::Other(recorded.clone(), now.clone()))),
            (Some(recorded), None) => Some((number, Difference::Missing(recorded.clone()))),
            (None, now) => now.map(|now| (number, Difference::Unrecorded(now.clone()))),
        });
        Comparison { differences: differences.collect(), recorded: recorded.len() }
    }
}

enum Difference {
    Other(Exchange, Exchange),
    Missing(Exchange),
    Unrecorded(Exchange),
}

pub struct Comparison {
    differences: Vec<(usize, Difference)>,
    recorded: usize,
}

impl Comparison {
    pub fn is_alike(&self) -> bool {
        self.differences.is_empty()
    }

    pub fn differing(&self) -> usize {
        self.differences.len()
    }

    /// The differences, and how to record anew.
    pub fn told(&self, test: Test, server: &Server) -> String {
        let Test { module, name } = test;
        let (count, recorded, server) = (self.differences.len(), self.recorded, server.name());
        let mut told = format!("{name}: {count} exchanges differ, of {recorded} recorded; now: {server}\n");
        for (number, difference) in &self.differences {
            let (what, exchange, details) = match difference {
                Difference::Other(recorded, now) => ("", now, recorded.differences(now)),
                Difference::Missing(recorded) => ("recorded only: ", recorded, String::new()),
                Difference::Unrecorded(now) => ("not recorded: ", now, format!("    {}", now.line())),
            };
            writeln!(told, "  {what}#{number} {}", exchange.question()).unwrap();
            told.push_str(&details);
        }
        let command = "FLAGSMITH_API_URL=… FLAGSMITH_TOKEN=… FLAGSMITH_RECORD=1 cargo test --test contract --";
        told + &format!("to record anew what a real Flagsmith answers:\n{command} --exact {module}::{name}")
    }
}
