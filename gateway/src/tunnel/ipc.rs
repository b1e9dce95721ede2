//! Whether bytes of a connector are the Arrow IPC messages that they should be, by their framing alone.
//!
//! The gateway passes results on without decoding them. A caller's Arrow reader has to find whole messages of the right
//! kinds, and rows have to be counted here and not taken from the connector's word, so the header of each message (a
//! flatbuffer, verified before it is read) is looked at, and no byte of a body. See "Encapsulated message format" in
//! the Arrow columnar specification. Called by `exchange`.

use arrow_ipc::{Message, MessageHeader, RecordBatch, root_as_message};
use proto::limits::MAX_BATCH_ROWS;
use thiserror::Error;

/// Ends an Arrow IPC stream: a continuation mark and a length of zero.
pub const END_OF_STREAM: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

const CONTINUATION: [u8; 4] = [0xff; 4];
/// Metadata and bodies are padded to this.
const ALIGNMENT: usize = 8;

/// Why the bytes are not what they should be. Always the connector's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IpcError {
    /// A length leads out of the bytes, or is not a multiple of eight.
    #[error("the lengths in an Arrow message do not fit its bytes")]
    Lengths,
    /// The header is not a flatbuffer of Arrow.
    #[error("the header of an Arrow message cannot be read")]
    Header,
    /// A message that has no place here.
    #[error("an Arrow message is of a kind that has no place here")]
    Kind,
    /// A record batch of a negative number of rows, or of more than [`MAX_BATCH_ROWS`].
    #[error("an Arrow record batch has more rows than a batch may have")]
    Rows,
}

/// What the headers of a batch say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchFacts {
    /// Rows of the record batch.
    pub rows: u64,
    /// What its buffers, dictionaries included, claim to be once decompressed. A decoder that allocates by that claim
    /// can compare it with its bound first.
    pub decoded_bytes: u64,
}

/// Checks that `bytes` are one schema message and nothing else.
///
/// # Errors
/// [`IpcError`].
pub fn check_schema(bytes: &[u8]) -> Result<(), IpcError> {
    let (message, body, rest) = next_message(bytes)?;
    if message.header_type() != MessageHeader::Schema || !body.is_empty() {
        return Err(IpcError::Kind);
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err(IpcError::Lengths)
    }
}

/// Checks that `bytes` are dictionary batches, if any, and then one record batch. A dictionary replaces the one before it;
/// one that is added to it (a delta) has no place here, since a reader's memory would grow with every batch.
///
/// # Errors
/// [`IpcError`].
pub fn check_batch(bytes: &[u8]) -> Result<BatchFacts, IpcError> {
    let mut decoded_bytes = 0_u64;
    let mut rest = bytes;
    loop {
        let (message, body, after) = next_message(rest)?;
        rest = after;
        let (batch, last) = match message.header_type() {
            MessageHeader::DictionaryBatch => {
                let dictionary = message.header_as_dictionary_batch().ok_or(IpcError::Header)?;
                if dictionary.isDelta() {
                    return Err(IpcError::Kind);
                }
                (dictionary.data(), false)
            }
            MessageHeader::RecordBatch => (message.header_as_record_batch(), true),
            _ => return Err(IpcError::Kind),
        };
        let batch = batch.ok_or(IpcError::Header)?;
        decoded_bytes = decoded_bytes.saturating_add(decoded(&batch, body)?);
        if last {
            let rows = u64::try_from(batch.length()).map_err(|_| IpcError::Rows)?;
            if rows > MAX_BATCH_ROWS as u64 {
                return Err(IpcError::Rows);
            }
            return if rest.is_empty() {
                Ok(BatchFacts { rows, decoded_bytes })
            } else {
                Err(IpcError::Kind)
            };
        }
    }
}

/// The dictionaries in a batch that was checked: their numbers, and what each claims to be once decompressed. They outlive
/// the batch in whoever decodes it.
///
/// # Errors
/// [`IpcError`].
pub fn dictionaries(bytes: &[u8]) -> Result<Vec<(i64, u64)>, IpcError> {
    let (mut found, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (message, body, after) = next_message(rest)?;
        rest = after;
        if let Some(dictionary) = message.header_as_dictionary_batch() {
            let data = dictionary.data().ok_or(IpcError::Header)?;
            found.push((dictionary.id(), decoded(&data, body)?));
        }
    }
    Ok(found)
}

/// The message at the beginning of `bytes`, its body, and what follows.
fn next_message(bytes: &[u8]) -> Result<(Message<'_>, &[u8], &[u8]), IpcError> {
    let (mark, rest) = bytes.split_first_chunk::<4>().ok_or(IpcError::Lengths)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(IpcError::Lengths)?;
    let length = usize::try_from(i32::from_le_bytes(*length)).map_err(|_| IpcError::Lengths)?;
    if *mark != CONTINUATION || length == 0 || length % ALIGNMENT != 0 {
        return Err(IpcError::Lengths);
    }
    let (header, rest) = rest.split_at_checked(length).ok_or(IpcError::Lengths)?;
    let message = root_as_message(header).map_err(|_| IpcError::Header)?;
    let length = usize::try_from(message.bodyLength()).map_err(|_| IpcError::Lengths)?;
    if length % ALIGNMENT != 0 {
        return Err(IpcError::Lengths);
    }
    let (body, rest) = rest.split_at_checked(length).ok_or(IpcError::Lengths)?;
    Ok((message, body, rest))
}

/// What the buffers of a batch claim to be once decompressed; every buffer lies within the body.
fn decoded(batch: &RecordBatch<'_>, body: &[u8]) -> Result<u64, IpcError> {
    let mut sum = 0_u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let offset = usize::try_from(buffer.offset()).map_err(|_| IpcError::Lengths)?;
        let length = usize::try_from(buffer.length()).map_err(|_| IpcError::Lengths)?;
        let end = offset.checked_add(length).ok_or(IpcError::Lengths)?;
        let bytes = body.get(offset..end).ok_or(IpcError::Lengths)?;
        // A compressed buffer begins with its length once decompressed; -1 says that it is not compressed after all.
        let claim = match (batch.compression(), bytes.first_chunk::<8>()) {
            (Some(_), Some(prefix)) => u64::try_from(i64::from_le_bytes(*prefix)).unwrap_or(length as u64),
            (Some(_), None) | (None, _) => length as u64,
        };
        sum = sum.saturating_add(claim);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, DictionaryArray, Int64Array, types::Int32Type};
    use arrow_ipc::{
        CompressionType,
        writer::{DictionaryHandling, IpcWriteOptions, StreamWriter},
    };

    use super::*;

    /// The messages of a stream of one batch with a dictionary: schema, dictionary and batch, end.
    fn stream(compressed: bool) -> (Vec<u8>, Vec<u8>) {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1_000));
        let words: DictionaryArray<Int32Type> = (0..1_000)
            .map(|i| if i % 2 == 0 { "even" } else { "odd" })
            .collect();
        let batch =
            arrow_array::RecordBatch::try_from_iter([("n", numbers), ("w", Arc::new(words) as ArrayRef)])
                .unwrap();
        let compression = compressed.then_some(CompressionType::ZSTD);
        let options = IpcWriteOptions::default()
            .try_with_compression(compression)
            .unwrap();
        let mut writer = StreamWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
        let schema = writer.get_ref().clone();
        writer.write(&batch).unwrap();
        let batches = writer.get_ref()[schema.len()..].to_vec();
        (schema, batches)
    }

    #[test]
    fn honest_messages_pass_and_their_rows_are_counted() {
        for compressed in [false, true] {
            let (schema, batch) = stream(compressed);
            check_schema(&schema).unwrap();
            let facts = check_batch(&batch).unwrap();
            assert_eq!(facts.rows, 1_000);
            assert!(
                (12_000..20_000).contains(&facts.decoded_bytes),
                "{}",
                facts.decoded_bytes
            );
        }
    }

    #[test]
    fn dictionary_that_grows_from_batch_to_batch_is_refused() {
        let batch = |words: &[&str]| {
            let words: DictionaryArray<Int32Type> = words.iter().copied().collect();
            arrow_array::RecordBatch::try_from_iter([("w", Arc::new(words) as ArrayRef)]).unwrap()
        };
        let options = IpcWriteOptions::default().with_dictionary_handling(DictionaryHandling::Delta);
        let (first, second) = (batch(&["a", "b"]), batch(&["a", "b", "c"]));
        let mut writer = StreamWriter::try_new_with_options(Vec::new(), &first.schema(), options).unwrap();
        let start = writer.get_ref().len();
        writer.write(&first).unwrap();
        let middle = writer.get_ref().len();
        writer.write(&second).unwrap();
        assert!(check_batch(&writer.get_ref()[start..middle]).is_ok());
        assert_eq!(dictionaries(&writer.get_ref()[start..middle]).unwrap().len(), 1);
        assert_eq!(check_batch(&writer.get_ref()[middle..]), Err(IpcError::Kind));
    }

    #[test]
    fn message_out_of_place_is_refused() {
        let (schema, batch) = stream(true);
        assert_eq!(check_schema(&batch), Err(IpcError::Kind));
        assert_eq!(check_batch(&schema), Err(IpcError::Kind));
        let twice = [batch.clone(), batch.clone()].concat();
        assert_eq!(check_batch(&twice), Err(IpcError::Kind));
        let ended = [&batch[..], &END_OF_STREAM].concat();
        assert_eq!(check_batch(&ended), Err(IpcError::Kind));
        assert_eq!(
            check_schema(&[&schema[..], &[0; 8]].concat()),
            Err(IpcError::Lengths)
        );
        assert_eq!(check_batch(&[]), Err(IpcError::Lengths));
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_survived() {
        let (schema, batch) = stream(true);
        for bytes in [&schema, &batch] {
            for cut in 0..bytes.len() {
                assert!(check_batch(&bytes[..cut]).is_err());
                assert!(check_schema(&bytes[..cut]).is_err());
            }
            for at in 0..bytes.len().min(2_000) {
                let mut bad = bytes.clone();
                bad[at] ^= 0xff;
                let _ = (check_batch(&bad), check_schema(&bad));
            }
        }
    }
}
