//! Distinct values of a text column, and the column as keys into them.
//!
//! A hash table of its own, because this is the one place where every text value of a result is looked at: it keeps
//! numbers of values instead of values, uses one multiplication for eight bytes, and is emptied, not freed, between
//! columns. The hash is seeded for each process, so that rows chosen to collide do not.

use std::hash::{BuildHasher, RandomState};

use arrow_array::{Array, DictionaryArray, StringArray, types::Int16Type};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::ArrowError;
use proto::limits::MAX_BATCH_ROWS;

/// Slots for each row: half of the table stays free at the worst, so that a search ends soon.
const SLOTS: usize = 2 * MAX_BATCH_ROWS;

/// A set of values; the values themselves stay in the column.
pub(super) struct Distinct {
    seed: u64,
    /// The row of a value's first occurrence and its number, or [`FREE`].
    slots: Vec<(u32, u32)>,
    /// Rows of first occurrence, by number.
    firsts: Vec<u32>,
}

const FREE: (u32, u32) = (u32::MAX, u32::MAX);

impl Default for Distinct {
    fn default() -> Self {
        Self {
            seed: RandomState::new().hash_one(0u8) | 1,
            slots: Vec::new(),
            firsts: Vec::new(),
        }
    }
}

impl Distinct {
    /// How many values the column has.
    pub(super) fn count(&mut self, column: &StringArray) -> usize {
        self.numbers(column, |_| {});
        self.firsts.len()
    }

    /// The column as a dictionary. At most 32,767 rows' worth of distinct values fit its keys; the caller's batches have
    /// at most [`MAX_BATCH_ROWS`] rows, and one more value than fits is an error that no honest column meets, since
    /// columns are chosen for repeating.
    pub(super) fn encode(&mut self, column: &StringArray) -> Result<DictionaryArray<Int16Type>, ArrowError> {
        let mut keys: Vec<i16> = Vec::with_capacity(column.len());
        let mut overflow = false;
        self.numbers(column, |number| {
            keys.push(i16::try_from(number).unwrap_or_else(|_| {
                overflow = true;
                0
            }));
        });
        if overflow {
            return Err(ArrowError::DictionaryKeyOverflowError);
        }
        let mut bytes = Vec::new();
        let mut ends: Vec<i32> = Vec::with_capacity(self.firsts.len() + 1);
        ends.push(0);
        for row in &self.firsts {
            bytes.extend_from_slice(column.value(*row as usize).as_bytes());
            ends.push(i32::try_from(bytes.len()).map_err(|_| ArrowError::OffsetOverflowError(bytes.len()))?);
        }
        let values = StringArray::try_new(OffsetBuffer::new(ends.into()), Buffer::from_vec(bytes), None)?;
        let keys = arrow_array::Int16Array::new(ScalarBuffer::from(keys), column.nulls().cloned());
        DictionaryArray::try_new(keys, std::sync::Arc::new(values))
    }

    /// Calls with the number of each row's value, zero for NULL.
    fn numbers(&mut self, column: &StringArray, mut number: impl FnMut(u32)) {
        self.firsts.clear();
        self.slots.clear();
        // A table as large as the column needs, so that a small batch does not pay for a large one.
        let size = (2 * column.len())
            .next_power_of_two()
            .clamp(16, SLOTS.next_power_of_two());
        self.slots.resize(size, FREE);
        let mask = size - 1;
        let mut last: Option<(&[u8], u32)> = None;
        for row in 0..column.len() {
            if column.is_null(row) {
                number(0);
                continue;
            }
            let value = column.value(row).as_bytes();
            // Rows are stored in the order in which they were written, and many columns then come in runs.
            if let Some((same, known)) = last
                && same == value
            {
                number(known);
                continue;
            }
            let hash = hash(value, self.seed);
            let tag = (hash >> 32) as u32;
            let mut slot = hash as usize & mask;
            let found = loop {
                match self.slots.get_mut(slot) {
                    Some(free) if *free == FREE => {
                        let new = self.firsts.len() as u32;
                        *free = (tag, new);
                        self.firsts.push(row as u32);
                        break new;
                    }
                    Some((known, candidate)) if *known == tag => {
                        let first = self
                            .firsts
                            .get(*candidate as usize)
                            .map(|row| column.value(*row as usize));
                        if first.is_some_and(|first| first.as_bytes() == value) {
                            break *candidate;
                        }
                    }
                    _ => {}
                }
                slot = (slot + 1) & mask;
            };
            last = Some((value, found));
            number(found);
        }
    }
}

/// Folded multiplication over words of eight bytes, as in wyhash.
fn hash(bytes: &[u8], seed: u64) -> u64 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |a: u64, b: u64| {
        let wide = u128::from(a) * u128::from(b);
        (wide as u64) ^ ((wide >> 64) as u64)
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let mut state = seed ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    for word in words {
        state = fold(state ^ u64::from_le_bytes(*word), MULTIPLIER);
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    fold(fold(state ^ u64::from_le_bytes(last), MULTIPLIER), seed | 1)
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int16Type;

    use super::*;

    #[test]
    fn a_dictionary_says_what_the_column_said() {
        let words: Vec<Option<String>> = (0..5_000u32)
            .map(|row| (row % 7 != 0).then(|| format!("{}{}", "x".repeat(row as usize % 13), row % 101)))
            .collect();
        let column = StringArray::from(words.clone());
        let encoded = Distinct::default().encode(&column).unwrap();
        let typed = encoded.downcast_dict::<StringArray>().unwrap();
        let back: Vec<Option<String>> = typed.into_iter().map(|v| v.map(str::to_owned)).collect();
        assert_eq!(back, words);
        let _: &DictionaryArray<Int16Type> = &encoded;
    }

    #[test]
    fn slices_and_empty_columns_are_fine() {
        let column = StringArray::from(vec!["a", "b", "a", "", "b"]).slice(2, 3);
        let mut distinct = Distinct::default();
        assert_eq!(distinct.count(&column), 3);
        assert_eq!(distinct.count(&column.slice(0, 0)), 0);
        assert_eq!(distinct.encode(&column).unwrap().len(), 3);
    }
}
