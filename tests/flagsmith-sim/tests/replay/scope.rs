//! What the stand-in does not do, each with its reason.

/// An exchange that is not replayed.
pub struct OutOfScope {
    /// Its place in the recording, from 0.
    pub number: usize,
    pub label: &'static str,
    pub reason: &'static str,
}

const LOGIN: &str = "passwords: clients come with a token";
const EDGE: &str = "Flagsmith's cloud only";
const WEBHOOKS: &str = "webhooks are a later issue";
const AUDIT: &str = "the audit log is empty in the open-source edition";

const fn out(number: usize, label: &'static str, reason: &'static str) -> OutOfScope {
    OutOfScope { number, label, reason }
}

pub const OUT_OF_SCOPE: &[OutOfScope] = &[
    out(5, "login with wrong password", LOGIN),
    out(146, "edge identities are SaaS only", EDGE),
    out(153, "webhook to a loopback address refused", WEBHOOKS),
    out(154, "create webhook", WEBHOOKS),
    out(155, "list webhooks (secret readable)", WEBHOOKS),
    out(156, "delete webhook", WEBHOOKS),
    out(166, "audit log hidden on the free plan", AUDIT),
];
