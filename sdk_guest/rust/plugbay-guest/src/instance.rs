#[cfg(target_arch = "wasm32")]
use core::cell::RefCell;
#[cfg(not(target_arch = "wasm32"))]
use std::{sync::Mutex, thread::ThreadId, vec::Vec};

/// What one instance of the plugin keeps between messages, as a `static`.
///
/// It is gone when the host replaces the instance, which it does after a trap, and every instance has its own. What must
/// last belongs into the host's state. In native tests each thread, and so each test, is an instance.
///
/// ```
/// use plugbay_guest::Instance;
///
/// static SEEN: Instance<u64> = Instance::new(|| 0);
///
/// fn next() -> u64 {
///     SEEN.with(|seen| {
///         *seen += 1;
///         *seen
///     })
/// }
/// assert_eq!((next(), next()), (1, 2));
/// ```
pub struct Instance<T> {
    first: fn() -> T,
    #[cfg(target_arch = "wasm32")]
    value: RefCell<Option<T>>,
    #[cfg(not(target_arch = "wasm32"))]
    values: Mutex<Vec<(ThreadId, Option<T>)>>,
}

// SAFETY: without atomics a module of wasm32 has one thread alone, so nothing is shared with another.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
unsafe impl<T> Sync for Instance<T> {}

impl<T> Instance<T> {
    /// A value that is made by `first` when it is used for the first time.
    pub const fn new(first: fn() -> T) -> Self {
        Self {
            first,
            #[cfg(target_arch = "wasm32")]
            value: RefCell::new(None),
            #[cfg(not(target_arch = "wasm32"))]
            values: Mutex::new(Vec::new()),
        }
    }

    /// Lends the value to a function.
    ///
    /// # Panics
    ///
    /// If that function asks for the same value again.
    #[cfg(target_arch = "wasm32")]
    pub fn with<R>(&self, function: impl FnOnce(&mut T) -> R) -> R {
        function(self.value.borrow_mut().get_or_insert_with(self.first))
    }

    /// Lends the value to a function.
    ///
    /// # Panics
    ///
    /// If that function asks for the same value again.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn with<R>(&self, function: impl FnOnce(&mut T) -> R) -> R {
        let mut value = self.take().unwrap_or_else(self.first);
        let result = function(&mut value);
        self.give_back(value);
        result
    }

    /// This thread's value, which is marked as lent; `None` when there is none yet.
    #[cfg(not(target_arch = "wasm32"))]
    fn take(&self) -> Option<T> {
        let own = std::thread::current().id();
        let mut values = self.values.lock().expect("nothing panics while it is locked");
        match values.iter_mut().find(|(thread, _)| *thread == own) {
            Some((_, lent)) => Some(lent.take().expect("the value is lent already")),
            None => {
                values.push((own, None));
                None
            }
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn give_back(&self, value: T) {
        let own = std::thread::current().id();
        let mut values = self.values.lock().expect("nothing panics while it is locked");
        if let Some((_, lent)) = values.iter_mut().find(|(thread, _)| *thread == own) {
            *lent = Some(value);
        }
    }
}
