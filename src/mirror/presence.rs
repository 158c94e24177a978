//! Whether the project is still there at all.

use super::LiveMirror;
use crate::flagsmith::Error;

impl LiveMirror {
    /// Whether Flagsmith still lists the project. What answers for its parts does not tell: those of a project that is gone
    /// answer 400, 403 or 404, as those that are hidden do, and its environments go on answering 200.
    ///
    /// # Errors
    /// As the client.
    pub async fn has_project(&self) -> Result<bool, Error> {
        self.transport.is_there().await
    }
}
