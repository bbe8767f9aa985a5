//! The allocator of the WebAssembly modules: that of the standard library, but for how the memory
//! grows.
//!
//! The standard library grows the memory by what it lacks, 64 KiB at a time. A host counts each
//! growth against its garbage collector: Node 20 collects all of JavaScript's heap at each one
//! beyond some 50 MB, so that a catalog of 100,000 routes was compiled in twice the time. Here the
//! memory grows by an eighth.

#![cfg(target_arch = "wasm32")]
#![allow(unsafe_code)] // An allocator is unsafe by its trait.

use std::alloc::{GlobalAlloc, Layout};
use std::arch::wasm32::{memory_grow, memory_size};
use std::cell::UnsafeCell;
use std::ptr;

use dlmalloc::{Allocator, Dlmalloc};

/// The page of WebAssembly, in bytes.
const PAGE: usize = 65_536;

/// The memory grows by at least this part of itself.
const PART: usize = 8;

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(Dlmalloc::new_with_allocator(Growing)));

struct Heap(UnsafeCell<Dlmalloc<Growing>>);

// SAFETY: the modules have one thread. They are compiled without the feature `atomics`.
unsafe impl Sync for Heap {}

// SAFETY: each call is passed on as it is. None calls the allocator again, so no two references to
// it exist at a time.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { (*self.0.get()).free(block, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe { (*self.0.get()).realloc(block, layout.size(), layout.align(), size) }
    }
}

/// The memory of the module.
struct Growing;

// SAFETY: a region that the memory has grown by is new and zeroed, and nothing else points into it.
unsafe impl Allocator for Growing {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let least = size.div_ceil(PAGE);
        let ample = least.max(memory_size::<0>() / PART);
        grow(ample)
            .or_else(|| grow(least))
            .unwrap_or((ptr::null_mut(), 0, 0))
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}

/// The new region. `None`: the host refuses, or the last byte would be that of the address space,
/// behind which no pointer may be.
fn grow(pages: usize) -> Option<(*mut u8, usize, u32)> {
    let first = memory_grow::<0>(pages);
    let start = first.checked_mul(PAGE)?;
    let size = pages.checked_mul(PAGE)?;
    start.checked_add(size)?;
    Some((ptr::with_exposed_provenance_mut(start), size, 0))
}
