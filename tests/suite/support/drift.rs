//! What an object's status tells of ownership.

use serde_json::Value;

use super::object::Object;

impl Object {
    /// The differences that are left to stand, each as where, what is wanted, what there is, and why.
    pub fn drift(&self) -> Vec<[String; 4]> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let one = |drift: &Value| {
            let place = format!("{} {}", text(&drift["environment"]), text(&drift["field"])).trim().to_owned();
            [place, text(&drift["desired"]), text(&drift["live"]), text(&drift["reason"])]
        };
        self.at("/status/drift").as_array().into_iter().flatten().map(one).collect()
    }

    /// Ready, and in sync with all that its spec says.
    pub fn is_synced(&self) -> bool {
        self.is_ready() && self.holds("Synced") && self.drift().is_empty()
    }

    /// Ready, with differences that are left alone for that reason.
    pub fn tolerates(&self, reason: &str) -> bool {
        self.is_ready() && !self.holds("Synced") && self.reason("Synced") == reason
    }

    /// How it is owned: management and grace, and whether it was met.
    pub fn owned(&self) -> (&str, &str, bool) {
        let text = |pointer| self.at(pointer).as_str().unwrap_or_default();
        (text("/status/management"), text("/status/driftGracePeriod"), self.at("/status/met") == true)
    }
}
