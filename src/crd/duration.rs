//! Lengths of time as users write them, each with its bounds and with what is said to who oversteps them.

use schemars::{Schema, SchemaGenerator, json_schema};

/// How long what was changed in Flagsmith may be left alone.
pub(super) fn grace_period(_: &mut SchemaGenerator) -> Schema {
    between(("0s", "720h"), "driftGracePeriod is from 0s to 720h, as in 30m or 24h")
}

/// How often a project may be read.
pub(super) fn poll_interval(_: &mut SchemaGenerator) -> Schema {
    between(("1s", "24h"), "pollInterval is from 1s to 24h, as in 30s or 5m")
}

fn between((least, most): (&str, &str), message: &str) -> Schema {
    json_schema!({
        "type": "string",
        "nullable": true,
        "minLength": 2,
        "maxLength": 20,
        "pattern": r"^([0-9]+(ms|s|m|h))+$",
        "x-kubernetes-validations": [{
            "rule": format!("duration(self) >= duration('{least}') && duration(self) <= duration('{most}')"),
            "message": message
        }]
    })
}
