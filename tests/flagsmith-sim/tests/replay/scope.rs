//! What the stand-in does not do yet, each with its reason, and what the replay does in its place.

/// A request as it would have been recorded: method, path, body.
type Step = (&'static str, &'static str, &'static str);

/// An exchange that is not replayed.
pub struct OutOfScope {
    /// Its place in the recording, from 0.
    pub number: usize,
    pub label: &'static str,
    pub reason: &'static str,
    /// What brings about the state that it left behind.
    pub instead: &'static [Step],
}

/// A member of an answer that may differ, because something else stood in for an earlier exchange.
pub struct Tolerated {
    pub number: usize,
    pub name: &'static str,
}

pub const TOLERATED: &[Tolerated] = &[
    // The first of the listed versions was made through `__future__` here, which records no creator.
    Tolerated { number: 82, name: "created_by" },
];

const LOGIN: &str = "passwords: clients come with a token";
const LEGACY: &str = "legacy writes of feature states are a later issue";
const VERSIONS: &str = "writing versions is a later issue";
const POISON: &str = "needs weights above 100, which only a written version can set";
const EXPERIMENTS: &str = "/api/experiments/ is a later issue";
const LEGACY_OVERRIDES: &str = "legacy segment overrides are a later issue";
const EDGE: &str = "Flagsmith's cloud only";
const CHANGE_REQUESTS: &str = "change requests were forced on in that server's database";
const WEBHOOKS: &str = "webhooks are a later issue";
const AUDIT: &str = "the audit log is empty in the open-source edition";

const DEV_4: &str = "/api/__future__/environments/fix1795530585-dev/features/4/";
const PROD_4: &str = "/api/__future__/environments/fix1795530585-prod/features/4/";
const TO_LEGACY: Step =
    ("PATCH", DEV_4, r#"{"environment_default": {"enabled": true, "value": {"type": "string", "value": "legacy"}}}"#);
const TO_FIRST_VERSION: Step = (
    "PUT",
    PROD_4,
    r#"{"environment_default": {"enabled": true, "value": {"type": "string", "value": "v"}},
        "segment_overrides": [{"segment": {"id": 4}, "priority": 0, "enabled": true, "value": {"type": "integer", "value": "7"}}]}"#,
);
const TO_FIVE: &str = r#"{"environment_default": {"enabled": true, "value": {"type": "integer", "value": "5"}}}"#;
const TO_B_AND_G: &str = r#"{"environment_default": {"enabled": true, "value": {"type": "string", "value": "b"}},
        "segment_overrides": [{"segment": {"id": 4}, "priority": 0, "enabled": true, "value": {"type": "string", "value": "g"}}]}"#;
const WITHOUT_DEV_OVERRIDE: Step =
    ("DELETE", "/api/__future__/environments/fix1795530585-dev/features/4/segment-overrides/4/", "null");
const WITHOUT_PROD_OVERRIDE: Step =
    ("DELETE", "/api/__future__/environments/fix1795530585-prod/features/4/segment-overrides/4/", "null");
const TO_ENABLED: Step = (
    "PATCH",
    "/api/__future__/environments/fix1795530585-prod/features/6/",
    r#"{"environment_default": {"enabled": true}}"#,
);
const TO_OV: Step = (
    "PATCH",
    "/api/__future__/environments/fix1795530585-dev/features/5/",
    r#"{"segment_overrides": [{"segment": {"id": 4}, "priority": 0, "enabled": true, "value": {"type": "string", "value": "ov"}}]}"#,
);

const fn out(number: usize, label: &'static str, reason: &'static str, instead: &'static [Step]) -> OutOfScope {
    OutOfScope { number, label, reason, instead }
}

pub const OUT_OF_SCOPE: &[OutOfScope] = &[
    out(5, "login with wrong password", LOGIN, &[]),
    out(69, "legacy PUT feature state", LEGACY, &[TO_LEGACY]),
    out(70, "legacy PUT feature state, object value", LEGACY, &[]),
    out(71, "legacy PUT feature state, integer too big", LEGACY, &[]),
    out(72, "generic PATCH feature state: server error", LEGACY, &[]),
    out(78, "legacy PUT in a versioned environment", LEGACY, &[]),
    out(79, "create and publish a version", VERSIONS, &[TO_FIRST_VERSION]),
    out(80, "create a version, value not an object", VERSIONS, &[]),
    out(81, "versions endpoint in an unversioned environment", VERSIONS, &[]),
    out(98, "update-flag-v1 (unversioned)", EXPERIMENTS, &[("PATCH", DEV_4, TO_FIVE)]),
    out(99, "update-flag-v1, unknown feature (unversioned)", EXPERIMENTS, &[]),
    out(100, "update-flag-v2 (unversioned)", EXPERIMENTS, &[("PATCH", DEV_4, TO_B_AND_G)]),
    out(101, "delete-segment-override (unversioned)", EXPERIMENTS, &[WITHOUT_DEV_OVERRIDE]),
    out(117, "update-flag-v1 (versioned)", EXPERIMENTS, &[("PATCH", PROD_4, TO_FIVE)]),
    out(118, "update-flag-v1, unknown feature (versioned)", EXPERIMENTS, &[]),
    out(119, "update-flag-v2 (versioned)", EXPERIMENTS, &[("PATCH", PROD_4, TO_B_AND_G)]),
    out(120, "delete-segment-override (versioned)", EXPERIMENTS, &[WITHOUT_PROD_OVERRIDE]),
    out(125, "versions endpoint accepts more than 100 per cent (no validation)", VERSIONS, &[TO_ENABLED]),
    out(126, "environment document of the environment so poisoned: server error", POISON, &[]),
    out(128, "add a variant with default 0 after that: a superseded version still counts", POISON, &[]),
    out(133, "update-flag-v1 without permission", EXPERIMENTS, &[]),
    out(134, "legacy segment override (unversioned)", LEGACY_OVERRIDES, &[TO_OV]),
    out(135, "legacy segment override (versioned)", LEGACY_OVERRIDES, &[]),
    out(136, "list feature segments", LEGACY_OVERRIDES, &[]),
    out(146, "edge identities are SaaS only", EDGE, &[]),
    out(150, "change requests on: __future__ write", CHANGE_REQUESTS, &[]),
    out(151, "change requests on: update-flag-v1", CHANGE_REQUESTS, &[]),
    out(153, "webhook to a loopback address refused", WEBHOOKS, &[]),
    out(154, "create webhook", WEBHOOKS, &[]),
    out(155, "list webhooks (secret readable)", WEBHOOKS, &[]),
    out(156, "delete webhook", WEBHOOKS, &[]),
    out(166, "audit log hidden on the free plan", AUDIT, &[]),
];
