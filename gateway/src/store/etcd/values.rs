//! What etcd holds of an entry: the name behind the installation's prefix, and the value behind a mark of its writer.
//!
//! The mark is 16 random bytes, made anew for each change. A member that dies in the middle of a call leaves the caller in
//! doubt whether the change was made; the mark under the key says so for certain, so that the call can be made again.

use bytes::{BufMut as _, Bytes, BytesMut};

use super::proto;
use crate::store::{Entry, Key, LeaseId, Revision, StoreError};

/// Length of a mark. That two changes of one key have the same is as likely as guessing a key of AES.
const MARK_BYTES: usize = 16;
/// In front of the mark. Another layout would have another number.
const LAYOUT: u8 = 1;

/// Who made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark([u8; MARK_BYTES]);

impl Mark {
    pub(super) fn new() -> Self {
        Self(rand::random())
    }

    /// The value as etcd holds it.
    pub(super) fn put_before(self, value: &Bytes) -> Bytes {
        let mut marked = BytesMut::with_capacity(1 + MARK_BYTES + value.len());
        marked.put_u8(LAYOUT);
        marked.put_slice(&self.0);
        marked.put_slice(value);
        marked.freeze()
    }
}

/// Parts a mark from its value.
fn part(marked: &Bytes) -> Option<(Mark, Bytes)> {
    let (layout, rest) = marked.split_first()?;
    let (mark, value) = rest.split_first_chunk::<MARK_BYTES>()?;
    (*layout == LAYOUT).then(|| (Mark(*mark), marked.slice_ref(value)))
}

/// What all keys of this installation begin with.
#[derive(Debug, Clone)]
pub(super) struct Prefix(Box<str>);

impl Prefix {
    pub(super) fn new(prefix: &str) -> Self {
        Self(prefix.into())
    }

    /// Where etcd has the key, or keys that begin so.
    pub(super) fn place(&self, name: &str) -> Bytes {
        format!("{}{name}", self.0).into()
    }

    /// The end of the range of keys that begin with `name`: with the last byte counted up. Keys are ASCII and the prefix
    /// is not empty, so there is one that can be.
    pub(super) fn end(&self, name: &str) -> Bytes {
        let mut end = BytesMut::from(self.place(name).as_ref());
        if let Some(last) = end.last_mut() {
            *last = last.saturating_add(1);
        }
        end.freeze()
    }

    /// The key at a place.
    pub(super) fn key(&self, place: &[u8]) -> Result<Key, StoreError> {
        std::str::from_utf8(place)
            .ok()
            .and_then(|text| text.strip_prefix(&*self.0))
            .and_then(|name| name.parse().ok())
            .ok_or_else(|| StoreError::Engine("etcd holds a key that is none of a gateway".into()))
    }

    /// The entry, and the mark of its last change.
    pub(super) fn entry(&self, kv: &proto::KeyValue) -> Result<(Entry, Mark), StoreError> {
        let key = self.key(&kv.key)?;
        let Some((mark, value)) = part(&kv.value) else {
            return Err(StoreError::Engine(
                format!("etcd holds a value under {key} that no gateway has written").into(),
            ));
        };
        let entry = Entry {
            key,
            value,
            revision: revision(kv.mod_revision),
            lease: u64::try_from(kv.lease).ok().filter(|id| *id != 0).map(LeaseId),
        };
        Ok((entry, mark))
    }
}

/// etcd's revisions are positive.
pub(super) fn revision(number: i64) -> Revision {
    Revision(u64::try_from(number).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_values_come_back_and_others_are_refused() {
        let prefix = Prefix::new("/gateway/");
        let mark = Mark::new();
        let kv = |value: Bytes| proto::KeyValue {
            key: prefix.place("tenant/a"),
            create_revision: 7,
            mod_revision: 7,
            value,
            lease: 0,
        };
        for value in ["", "x"] {
            let (entry, by) = prefix
                .entry(&kv(mark.put_before(&value.into())))
                .expect("an entry");
            assert_eq!((entry.key.as_str(), entry.revision), ("tenant/a", Revision(7)));
            assert_eq!((entry.value.as_ref(), by), (value.as_bytes(), mark));
        }
        for strange in [&b""[..], b"{}", b"\x02aaaaaaaaaaaaaaaa"] {
            assert!(prefix.entry(&kv(Bytes::from_static(strange))).is_err());
        }
        assert!(prefix.key(b"/other/tenant/a").is_err());
        assert!(prefix.key(b"/gateway/").is_err());
    }

    #[test]
    fn a_range_ends_behind_its_last_key() {
        let prefix = Prefix::new("/gateway/");
        assert_eq!(prefix.end("tenant/").as_ref(), b"/gateway/tenant0");
        assert_eq!(prefix.end("").as_ref(), b"/gateway0");
    }
}
