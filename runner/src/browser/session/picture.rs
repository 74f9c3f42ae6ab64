//! Pictures of the page.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::launch::Session;
use crate::browser::error::BrowserError;
use crate::browser::still::{self, Area, Care, Freeze};

/// A picture of a page that failed is worth a short wait.
const PICTURE_PATIENCE: Duration = Duration::from_secs(1);

/// A script that takes a picture of the page it opened does so at once, and then another one is not worth its time.
const PICTURE_DELAY: Duration = Duration::from_millis(30);

/// How long a picture waits for the page's fonts.
const FONTS_PATIENCE: Duration = Duration::from_secs(1);
/// Pictures taken until two successive ones are equal.
const SHOTS_MAX: usize = 5;

/// A picture of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screenshot {
    /// PNG, 8 bits, RGB.
    pub png: Arc<[u8]>,
    /// Whether two successive pictures were equal, byte for byte.
    pub is_stable: bool,
}

/// Whether to go on only when the picture is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AwaitPicture {
    Yes,
    No,
}

impl Session {
    /// Takes a picture with animations and caret still and fonts loaded, as soon as two successive
    /// ones are equal; after five that all differ, the last one.
    ///
    /// # Errors
    /// As [`Session::title`].
    pub async fn screenshot(&self, area: Area, deadline: Instant) -> Result<Screenshot, BrowserError> {
        let freeze = |by: Instant| Freeze {
            care: Care::Moment,
            from_top: false,
            hide: &[],
            until: by.min(Instant::now() + FONTS_PATIENCE),
        };
        let taken = self
            .guard_call("screenshot", deadline, async |by| {
                self.connection.await_picture(by).await?;
                Box::pin(still::freeze(&self.connection, &freeze(by), by)).await?;
                let shots = Box::pin(still::shoot(&self.connection, area, Care::Moment, SHOTS_MAX, by)).await?;
                Box::pin(still::resume(&self.connection, by)).await?;
                Ok(shots)
            })
            .await;
        let shots = self.or_abandon(taken).await?;
        self.connection.with(|recording| recording.keep_picture(Arc::clone(&shots.png)));
        Ok(Screenshot { png: shots.png, is_stable: shots.is_stable })
    }

    /// Lets a page go on whose picture did not come.
    pub(super) async fn or_abandon<T>(&self, taken: Result<T, BrowserError>) -> Result<T, BrowserError> {
        if let Err(error) = &taken
            && error.session_survives()
        {
            Box::pin(still::abandon(&self.connection)).await;
        }
        taken
    }

    /// The most recent picture, PNG: taken on demand, or after the last page was opened.
    ///
    /// Is there also when the page hung or the browser died since.
    pub fn last_screenshot(&self) -> Option<Arc<[u8]>> {
        self.connection.with(|recording| recording.picture.clone())
    }

    /// Has a picture of the viewport taken for [`Session::last_screenshot`].
    pub(super) async fn keep_picture(&self, wait: AwaitPicture) {
        let (dialog, before) = self.connection.with(|recording| (recording.dialog.is_some(), recording.pictures));
        if dialog {
            // The page stands still and would not paint.
            return;
        }
        let delay = if wait == AwaitPicture::Yes { Duration::ZERO } else { PICTURE_DELAY };
        self.connection.take_picture_meanwhile(delay).await;
        if wait == AwaitPicture::Yes {
            let by = Instant::now() + PICTURE_PATIENCE;
            self.connection.wait_until(by, |recording| recording.pictures > before).await;
        }
    }
}
