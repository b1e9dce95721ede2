//! Whether a change was made whose answer did not come, told from the key's history.
//!
//! A change on top of a revision, if it was made, is the first one after that revision: whoever came over it came later. So
//! that one is looked for, by halves, and the mark under it says whose it was.

use tonic::Code;

use super::{
    EtcdStore, Standing,
    client::{Failure, path},
    doubtful, failed, proto,
    values::{Mark, revision},
};
use crate::store::{Expected, Key, Revision, StoreError};

impl EtcdStore {
    /// Where the change with this mark was made, if it was. Another attempt has met what stands there.
    pub(super) async fn made(
        &self,
        key: &Key,
        expected: Expected,
        standing: &Standing,
        mark: Mark,
    ) -> Result<Option<Revision>, StoreError> {
        let first = match (expected, &standing.kv) {
            (Expected::At(Revision(at)), kv) => {
                let at = i64::try_from(at).unwrap_or(i64::MAX);
                let seen = kv.as_ref().map_or(standing.now, |kv| kv.mod_revision);
                self.successor(key, at, seen).await?
            }
            (Expected::Absent, Some(kv)) => kv.create_revision,
            // It was there and is gone, or it was never there.
            (Expected::Absent, None) => return Err(doubtful()),
        };
        match self.then(key, first).await? {
            Some(kv) => {
                let (entry, by) = self.prefix.entry(&kv)?;
                if by == mark {
                    return Ok(Some(entry.revision));
                }
                // Another one made the key. Ours may have been there before it, and have been deleted.
                if expected == Expected::Absent {
                    return Err(doubtful());
                }
                Ok(None)
            }
            // It was deleted.
            None => Ok(None),
        }
    }

    /// The revision of the first change after `at`, of which `seen` is one, or later than one.
    async fn successor(&self, key: &Key, at: i64, seen: i64) -> Result<i64, StoreError> {
        let (mut before, mut after) = (at, seen);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            match self.then(key, middle).await? {
                Some(kv) if revision(kv.mod_revision) == revision(at) => before = middle,
                _ => after = middle,
            }
        }
        Ok(after)
    }

    /// What stood under the key at a revision.
    async fn then(&self, key: &Key, at: i64) -> Result<Option<proto::KeyValue>, StoreError> {
        let question = proto::RangeRequest {
            key: self.prefix.place(key.as_str()),
            revision: at,
            ..Default::default()
        };
        let asked = self.client.call::<_, proto::RangeResponse>(path::RANGE, question);
        match asked.await {
            Ok(answered) => Ok(answered.answer.kvs.into_iter().next()),
            // The history does not go back that far.
            Err(Failure::Refused(status)) if status.code() == Code::OutOfRange => Err(doubtful()),
            Err(failure) => Err(failed(failure)),
        }
    }
}
