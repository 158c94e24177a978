//! Who published what a flag serves somewhere: asked where a difference is left to stand, and no part of the world.

use std::time::{Duration, Instant};

use tokio::{sync::Mutex, time::timeout};

use super::{Clock, Mirror, Transport};
use crate::flagsmith::{EnvironmentId, Error, FeatureId, User, UserId};

/// How long a turn waits to be told. It is worth no more: nothing depends on it.
const PATIENCE: Duration = Duration::from_secs(5);
/// For how long users are known: who changes many flags at once is looked up once.
const FRESH: Duration = Duration::from_secs(60);

/// The users of the organisation as they were read last, for whoever asks soon after.
#[derive(Debug, Default)]
pub(super) struct Users(Mutex<Option<(Instant, Vec<User>)>>);

impl<T: Transport, C: Clock> Mirror<T, C> {
    /// Whether Flagsmith keeps who publishes what flags serve there: only where they have versions.
    pub fn keeps_publishers(&self, environment: EnvironmentId) -> bool {
        self.read(|world| world.environment_by_id(environment).is_some_and(|one| one.use_v2_feature_versioning))
    }

    /// The e-mail address of who published what the flag serves there. None where Flagsmith names nobody, where that is no
    /// member of the organisation any more, and where it refuses or does not answer soon: then nobody is told, and no more.
    pub async fn publisher(&self, (environment, feature): (EnvironmentId, FeatureId)) -> Option<String> {
        let found = timeout(PATIENCE, async {
            match self.transport.publisher(environment, feature).await? {
                Some(user) => self.address(user).await,
                None => Ok(None),
            }
        });
        match found.await {
            Ok(Ok(address)) => address,
            Ok(Err(error)) => {
                tracing::debug!(%error, "it is not told who published a flag");
                None
            }
            Err(_) => None,
        }
    }

    /// The address of a user. Who asks while the users are read waits for them, and reads them no second time.
    async fn address(&self, of: UserId) -> Result<Option<String>, Error> {
        let mut held = self.users.0.lock().await;
        if held.as_ref().is_none_or(|(read, _)| read.elapsed() >= FRESH) {
            *held = Some((Instant::now(), self.transport.users().await?));
        }
        let found = held.iter().flat_map(|(_, users)| users).find(|user| user.id == of);
        Ok(found.map(|user| user.email.clone()))
    }
}
