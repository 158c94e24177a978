//! The writes that make an environment otherwise than by its own fields.

use super::Answer;
use crate::{
    flagsmith::{Client, EnvironmentKey, Error},
    world::EnvironmentStep,
};

/// Carries out one of them.
///
/// # Errors
/// As the client.
pub async fn write(client: &Client, key: &EnvironmentKey, step: &EnvironmentStep) -> Result<Answer, Error> {
    match step {
        EnvironmentStep::Clone { new, .. } => {
            let key = client.clone_environment(key, new).await?;
            // What it was answered with is a part; where the rest cannot be had, it is read with the lists.
            Ok(client.environment(&key).await.map_or(Answer::Unseen, Answer::Environment))
        }
        EnvironmentStep::Discard { .. } => client.delete_environment(key).await.map(|()| Answer::Gone),
        EnvironmentStep::Version { .. } => match client.enable_versioning(key).await {
            // Somebody else had it switched: the lists tell.
            Ok(()) | Err(Error::Refused { .. }) => Ok(Answer::Unseen),
            Err(error) => Err(error),
        },
    }
}
