//! The live table of a terminal.

use std::io::{self, Write};
use std::time::Duration;

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::daemon::{Board, table};

const DRAW_EVERY: Duration = Duration::from_millis(500);
/// Of a terminal that does not tell its size.
const SIZE: (usize, usize) = (80, 24);

/// Draws the board again and again, over what it drew before.
#[derive(Debug)]
pub(super) struct Screen {
    board: Board,
    clock: Clock,
    drawn: Mutex<usize>,
}

impl Screen {
    pub(super) fn new(board: Board, clock: Clock) -> Self {
        Self { board, clock, drawn: Mutex::new(0) }
    }

    /// Draws until it is dropped.
    pub(super) async fn show(&self) {
        let mut ticks = tokio::time::interval(DRAW_EVERY);
        loop {
            ticks.tick().await;
            if self.draw().is_err() {
                // The terminal is gone; the runner is not.
                return std::future::pending().await;
            }
        }
    }

    fn draw(&self) -> io::Result<()> {
        let (width, height) = size();
        let lines = table(&self.board.state(), width, height.saturating_sub(1), self.clock.now());
        let mut drawn = self.drawn.lock();
        let mut text = String::new();
        if *drawn > 0 {
            text = format!("\x1b[{}A\r", *drawn);
        }
        text.push_str("\x1b[J");
        for line in &lines {
            text.push_str(line);
            text.push('\n');
        }
        *drawn = lines.len();
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

fn size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        Ok(_) | Err(_) => SIZE,
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The last state stays on the terminal; one that is gone cannot be helped.
        drop(self.draw());
    }
}
