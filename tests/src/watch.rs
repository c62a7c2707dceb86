//! Runs cases that may hang. Work is counted everywhere, so none should; a test that waits forever would not say which one does.

use std::fmt::Display;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long one case may take. Hundreds of times what the slowest does.
const PATIENCE: Duration = Duration::from_secs(60);

/// The stack that a thread of a server or of the test harness has.
const STACK: usize = 2 << 20;

/// Examines cases one by one on a thread of their own; panics with the case that panics or hangs. Returns what `examine` holds at the end.
pub fn each<C, S>(
    cases: impl IntoIterator<Item = C> + Send + 'static,
    state: S,
    mut examine: impl FnMut(&mut S, &C) + Send + 'static,
) -> S
where
    C: Clone + Display + Send + 'static,
    S: Send + 'static,
{
    let current: Arc<Mutex<Option<C>>> = Arc::default();
    let shown = Arc::clone(&current);
    let (done, news) = channel();
    let work = move || {
        let mut state = state;
        for case in cases {
            *current.lock().unwrap_or_else(PoisonError::into_inner) = Some(case.clone());
            examine(&mut state, &case);
            // Nobody listens any more when an earlier case took too long.
            let _ = done.send(());
        }
        state
    };
    let worker = thread::Builder::new().stack_size(STACK).spawn(work).unwrap_or_else(|error| panic!("{error}"));
    let case = || {
        let case = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        case.map_or_else(String::new, |case| case.to_string())
    };
    loop {
        match news.recv_timeout(PATIENCE) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => panic!("takes longer than {PATIENCE:?}: {}", case()),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    worker.join().unwrap_or_else(|_| panic!("in this case: {}", case()))
}
