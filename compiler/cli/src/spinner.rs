//! A sign of life for what takes longer than a second.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::ProgressBar;

const DELAY: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// Appears on standard error after a second, until dropped.
pub(crate) struct Spinner {
    /// Dropped to stop the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Spinner {
    pub(crate) fn start(doing: &'static str) -> Spinner {
        let (stop, stopped) = channel();
        let spin = move || {
            if stopped.recv_timeout(DELAY) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::new_spinner().with_message(doing);
            bar.enable_steady_tick(TICK);
            // Returns once the sender is dropped.
            let _ = stopped.recv();
            bar.finish_and_clear();
        };
        // Without a thread there is no spinner, which harms nobody.
        let thread = thread::Builder::new().spawn(spin).ok();
        Spinner { stop: Some(stop), thread }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
