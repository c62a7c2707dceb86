//! Running a module into existing tensors allocates nothing. Alone in its file: the allocator counts for all threads.

#[path = "support/module.rs"]
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rebirth_runtime::{Session, Tensor};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes everything on to the system's allocator.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn run_into_allocates_nothing() {
    let mut session = Session::new(Arc::new(support::module())).unwrap();
    let a = Tensor::new([2, 2], vec![1.0; 4]).unwrap();
    let b = Tensor::new([4], vec![2.0; 4]).unwrap();
    let mut outputs = session.run(&[&a, &b]).unwrap();

    // The test harness has a thread of its own that may allocate meanwhile, but not in each of many attempts.
    let fewest = (0..50)
        .map(|_| {
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            session.run_into(&[&a, &b], &mut outputs).unwrap();
            ALLOCATIONS.load(Ordering::Relaxed) - before
        })
        .min();
    assert_eq!(fewest, Some(0));
    assert_eq!(outputs[1].data(), [51.0]);

    let before = ALLOCATIONS.load(Ordering::Relaxed);
    session.run(&[&a, &b]).unwrap();
    assert!(ALLOCATIONS.load(Ordering::Relaxed) > before, "the counter works");
}
