//! Everything the server remembers: plain tables, by id. Each noun's own file says how it is read and written.

use crate::document_lag::DocumentLag;
use crate::environment::Environment;
use crate::feature::Feature;
use crate::flag_cache::FlagCache;
use crate::grant::Grant;
use crate::group::Group;
use crate::identity::Identity;
use crate::membership::{Invitation, Membership};
use crate::organisation::Organisation;
use crate::organisation_key::OrganisationKey;
use crate::project::Project;
use crate::segment::Segment;
use crate::server_key::ServerKey;
use crate::state::FlagState;
use crate::tag::Tag;
use crate::task::Tasks;
use crate::user::User;
use crate::variant::Variant;
use crate::version::Version;
use jiff::Timestamp;
use rand::Rng;
use rand::distr::Alphanumeric;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Store {
    last_id: u64,
    /// Whether an organisation is on the free plan, which has one project.
    pub(crate) free_plan: bool,
    pub(crate) users: BTreeMap<u64, User>,
    pub(crate) memberships: Vec<Membership>,
    pub(crate) invitations: BTreeMap<u64, Invitation>,
    pub(crate) grants: BTreeMap<u64, Grant>,
    pub(crate) groups: BTreeMap<u64, Group>,
    pub(crate) organisations: BTreeMap<u64, Organisation>,
    pub(crate) organisation_keys: Vec<OrganisationKey>,
    pub(crate) projects: BTreeMap<u64, Project>,
    /// Those that were deleted: their environments go on answering until their organisation goes.
    pub(crate) deleted_projects: BTreeMap<u64, Project>,
    /// The deleted ones too: their keys stay taken for ever.
    pub(crate) environments: BTreeMap<u64, Environment>,
    pub(crate) server_keys: BTreeMap<u64, ServerKey>,
    pub(crate) tags: BTreeMap<u64, Tag>,
    pub(crate) features: BTreeMap<u64, Feature>,
    pub(crate) variants: BTreeMap<u64, Variant>,
    pub(crate) segments: BTreeMap<u64, Segment>,
    /// Those of superseded versions too.
    pub(crate) states: BTreeMap<u64, FlagState>,
    /// By number, in the order of publication.
    pub(crate) versions: BTreeMap<u64, Version>,
    pub(crate) identities: BTreeMap<u64, Identity>,
    pub(crate) documents: DocumentLag,
    pub(crate) tasks: Tasks,
    pub(crate) flag_cache: FlagCache,
    /// How far the clock that server-side keys and the `Date` header are told by is ahead.
    pub(crate) ahead: Duration,
}

impl Store {
    /// Ids are never shared by two kinds of thing, so that a client that mixes them up is found out.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The time, for what tells how old a server-side key is.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now().checked_add(self.ahead).unwrap_or(Timestamp::MAX)
    }

    /// The newest id so far.
    pub(crate) fn horizon(&self) -> u64 {
        self.last_id
    }
}

/// A time as the API writes it.
pub(crate) fn stamp(time: Timestamp) -> Value {
    Value::String(format!("{time:.6}"))
}

/// A time as the environment document writes it.
pub(crate) fn document_stamp(time: Timestamp) -> Value {
    Value::String(format!("{time:.6}").replace('Z', "+00:00"))
}

/// A random word of letters and digits.
pub(crate) fn random_word(length: usize) -> String {
    let letters = rand::rng().sample_iter(Alphanumeric).take(length);
    letters.map(char::from).collect()
}
