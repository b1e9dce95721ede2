//! Measures every call of a store, whatever engine is behind it.

use std::{fmt, time::Duration};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::time::Instant;

use super::{Entry, Expected, Key, LeaseId, Page, Revision, SharedStore, Store, StoreError, Swap, Watch};
use crate::metrics::StoreMetrics;

/// A store whose calls are measured.
pub struct Measured {
    store: SharedStore,
    metrics: StoreMetrics,
}

impl Measured {
    /// Measures the calls of `store`.
    pub fn new(store: SharedStore, metrics: StoreMetrics) -> Self {
        Self { store, metrics }
    }

    fn of<'a, T: Send + 'a>(
        &'a self,
        operation: &'static str,
        call: BoxFuture<'a, Result<T, StoreError>>,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        async move {
            let began = Instant::now();
            let result = call.await;
            self.metrics
                .seconds
                .with_label_values(&[operation])
                .observe(began.elapsed().as_secs_f64());
            let reachable = !matches!(result, Err(StoreError::Unavailable(_)));
            self.metrics.reachable.set(i64::from(reachable));
            if let Err(error) = &result {
                self.metrics
                    .failures
                    .with_label_values(&[operation, reason(error)])
                    .inc();
            }
            result
        }
        .boxed()
    }
}

fn reason(error: &StoreError) -> &'static str {
    match error {
        StoreError::Key | StoreError::ValueTooLarge { .. } | StoreError::OutOfBounds { .. } => "refused",
        StoreError::LeaseGone => "lease_gone",
        StoreError::Overloaded => "overloaded",
        StoreError::Unavailable(_) => "unavailable",
        StoreError::Engine(_) => "failed",
    }
}

impl fmt::Debug for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

impl Store for Measured {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, StoreError>> {
        self.of("get", self.store.get(key))
    }

    fn put(
        &self,
        key: Key,
        value: Bytes,
        lease: Option<LeaseId>,
    ) -> BoxFuture<'_, Result<Revision, StoreError>> {
        self.of("put", self.store.put(key, value, lease))
    }

    fn compare_and_swap(
        &self,
        key: Key,
        expected: Expected,
        value: Bytes,
        lease: Option<LeaseId>,
    ) -> BoxFuture<'_, Result<Swap, StoreError>> {
        self.of("swap", self.store.compare_and_swap(key, expected, value, lease))
    }

    fn delete(&self, key: Key, at: Option<Revision>) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.of("delete", self.store.delete(key, at))
    }

    fn range<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        self.of("range", self.store.range(prefix, after, limit))
    }

    fn watch(&self, prefix: &str) -> BoxFuture<'_, Result<Watch, StoreError>> {
        self.of("watch", self.store.watch(prefix))
    }

    fn grant(&self, ttl: Duration) -> BoxFuture<'_, Result<LeaseId, StoreError>> {
        self.of("grant", self.store.grant(ttl))
    }

    fn keep_alive(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.of("keep_alive", self.store.keep_alive(lease))
    }

    fn revoke(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.of("revoke", self.store.revoke(lease))
    }
}
