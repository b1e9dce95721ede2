//! One column of one batch, ready to have its cells written as text.

use std::io::Write as _;

use arrow_array::{
    Array, BinaryArray, Float16Array, Float32Array, Float64Array, LargeBinaryArray, LargeListArray,
    LargeStringArray, ListArray, StringArray, StringViewArray, StructArray,
    cast::{AsArray as _, as_boolean_array},
};
use arrow_cast::display::{ArrayFormatter, DurationFormat, FormatOptions};
use arrow_schema::{ArrowError, DataType};

/// Timestamps with nothing left out, and an error in place of a marker where a value has no text.
const OPTIONS: FormatOptions<'static> = FormatOptions::new()
    .with_display_error(false)
    .with_duration_format(DurationFormat::ISO8601);

/// How the cells of a column are written.
pub(super) struct Cells<'a> {
    array: &'a dyn Array,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Null,
    Boolean,
    /// Integers and decimals: digits.
    Number(ArrayFormatter<'a>),
    Float(Float<'a>),
    Text(Text<'a>),
    /// Dates, times, intervals: no character that needs an escape.
    Plain(ArrayFormatter<'a>),
    Binary(Binary<'a>),
    Dictionary {
        keys: Vec<usize>,
        values: Box<Cells<'a>>,
    },
    List {
        offsets: Offsets<'a>,
        items: Box<Cells<'a>>,
    },
    Struct(Vec<(&'a str, Cells<'a>)>),
}

enum Float<'a> {
    F16(&'a Float16Array),
    F32(&'a Float32Array),
    F64(&'a Float64Array),
}

enum Text<'a> {
    Small(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
}

enum Binary<'a> {
    Small(&'a BinaryArray),
    Large(&'a LargeBinaryArray),
}

enum Offsets<'a> {
    Small(&'a ListArray),
    Large(&'a LargeListArray),
}

impl<'a> Cells<'a> {
    /// # Errors
    /// If the type has no text form.
    pub(super) fn new(array: &'a dyn Array) -> Result<Self, ArrowError> {
        Ok(Self {
            array,
            kind: Kind::new(array)?,
        })
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        match &self.kind {
            Kind::Null => true,
            Kind::Dictionary { keys, values } => {
                self.array.is_null(row) || keys.get(row).is_none_or(|key| values.is_null(*key))
            }
            _ => self.array.is_null(row),
        }
    }

    /// Writes a cell as a JSON value.
    pub(super) fn json(&self, row: usize, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        if self.is_null(row) {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        match &self.kind {
            Kind::Null => out.extend_from_slice(b"null"),
            Kind::Boolean => boolean(self.array, row, out),
            Kind::Number(formatter) => format(formatter, row, out)?,
            Kind::Float(float) => {
                let number = float.value(row);
                if number.is_finite() {
                    write!(out, "{number:?}")?;
                } else {
                    write!(out, "\"{}\"", not_finite(number))?;
                }
            }
            Kind::Text(text) => json_text(text.value(row), out),
            Kind::Plain(formatter) => {
                out.push(b'"');
                format(formatter, row, out)?;
                out.push(b'"');
            }
            Kind::Binary(binary) => write!(out, "\"{}\"", hex::encode(binary.value(row)))?,
            Kind::Dictionary { keys, values } => values.json(keys.get(row).copied().unwrap_or(0), out)?,
            Kind::List { offsets, items } => {
                out.push(b'[');
                for (at, item) in offsets.range(row).enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    items.json(item, out)?;
                    within_row(out)?;
                }
                out.push(b']');
            }
            Kind::Struct(fields) => {
                out.push(b'{');
                for (at, (name, cells)) in fields.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    json_text(name, out);
                    out.push(b':');
                    cells.json(row, out)?;
                }
                out.push(b'}');
            }
        }
        Ok(())
    }

    /// Writes a cell as a CSV field: nothing for NULL, `""` for the empty text.
    pub(super) fn csv(&self, row: usize, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        if self.is_null(row) {
            return Ok(());
        }
        match &self.kind {
            Kind::Null => {}
            Kind::Boolean => boolean(self.array, row, out),
            Kind::Number(formatter) | Kind::Plain(formatter) => format(formatter, row, out)?,
            Kind::Float(float) => {
                let number = float.value(row);
                if number.is_finite() {
                    write!(out, "{number:?}")?;
                } else {
                    out.extend_from_slice(not_finite(number).as_bytes());
                }
            }
            Kind::Text(text) => csv_text(text.value(row).as_bytes(), out),
            Kind::Binary(binary) => out.extend_from_slice(hex::encode(binary.value(row)).as_bytes()),
            Kind::Dictionary { keys, values } => values.csv(keys.get(row).copied().unwrap_or(0), out)?,
            Kind::List { .. } | Kind::Struct(_) => {
                let mut text = Vec::new();
                self.json(row, &mut text)?;
                csv_text(&text, out);
            }
        }
        Ok(())
    }
}

impl<'a> Kind<'a> {
    fn new(array: &'a dyn Array) -> Result<Self, ArrowError> {
        let formatter = || ArrayFormatter::try_new(array, &OPTIONS);
        Ok(match array.data_type() {
            DataType::Null => Kind::Null,
            DataType::Boolean => Kind::Boolean,
            kind if kind.is_integer() || kind.is_decimal() => Kind::Number(formatter()?),
            DataType::Float16 => Kind::Float(Float::F16(array.as_primitive())),
            DataType::Float32 => Kind::Float(Float::F32(array.as_primitive())),
            DataType::Float64 => Kind::Float(Float::F64(array.as_primitive())),
            DataType::Utf8 => Kind::Text(Text::Small(array.as_string())),
            DataType::LargeUtf8 => Kind::Text(Text::Large(array.as_string())),
            DataType::Utf8View => Kind::Text(Text::View(array.as_string_view())),
            DataType::Binary => Kind::Binary(Binary::Small(array.as_binary())),
            DataType::LargeBinary => Kind::Binary(Binary::Large(array.as_binary())),
            kind if kind.is_temporal() => Kind::Plain(formatter()?),
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary();
                // The keys of an empty dictionary are all NULL, and cannot be normalised.
                let keys = if dictionary.values().is_empty() {
                    Vec::new()
                } else {
                    dictionary.normalized_keys()
                };
                Kind::Dictionary {
                    keys,
                    values: Box::new(Cells::new(dictionary.values().as_ref())?),
                }
            }
            DataType::List(_) => {
                let list: &ListArray = array.as_list();
                Kind::List {
                    offsets: Offsets::Small(list),
                    items: Box::new(Cells::new(list.values().as_ref())?),
                }
            }
            DataType::LargeList(_) => {
                let list: &LargeListArray = array.as_list();
                Kind::List {
                    offsets: Offsets::Large(list),
                    items: Box::new(Cells::new(list.values().as_ref())?),
                }
            }
            DataType::Struct(_) => Kind::Struct(fields(array.as_struct())?),
            _ => return Err(ArrowError::NotYetImplemented("no text form".to_owned())),
        })
    }
}

fn fields(array: &StructArray) -> Result<Vec<(&str, Cells<'_>)>, ArrowError> {
    let names = array.fields().iter().map(|f| f.name().as_str());
    names
        .zip(array.columns())
        .map(|(name, column)| Ok((name, Cells::new(column.as_ref())?)))
        .collect()
}

impl Float<'_> {
    fn value(&self, row: usize) -> f64 {
        match self {
            Float::F16(a) => a.value(row).to_f64(),
            // By way of its own shortest digits, so that 0.1 does not become 0.10000000149011612.
            Float::F32(a) => a
                .value(row)
                .to_string()
                .parse()
                .unwrap_or(f64::from(a.value(row))),
            Float::F64(a) => a.value(row),
        }
    }
}

impl Text<'_> {
    fn value(&self, row: usize) -> &str {
        match self {
            Text::Small(a) => a.value(row),
            Text::Large(a) => a.value(row),
            Text::View(a) => a.value(row),
        }
    }
}

impl Binary<'_> {
    fn value(&self, row: usize) -> &[u8] {
        match self {
            Binary::Small(a) => a.value(row),
            Binary::Large(a) => a.value(row),
        }
    }
}

impl Offsets<'_> {
    fn range(&self, row: usize) -> std::ops::Range<usize> {
        match self {
            Offsets::Small(list) => {
                let at = |row: usize| list.value_offsets().get(row).map_or(0, |o| *o as usize);
                at(row)..at(row + 1)
            }
            Offsets::Large(list) => {
                let at = |row: usize| list.value_offsets().get(row).map_or(0, |o| *o as usize);
                at(row)..at(row + 1)
            }
        }
    }
}

fn boolean(array: &dyn Array, row: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(if as_boolean_array(array).value(row) {
        b"true"
    } else {
        b"false"
    });
}

fn format(formatter: &ArrayFormatter<'_>, row: usize, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    struct Utf8<'a>(&'a mut Vec<u8>);
    impl std::fmt::Write for Utf8<'_> {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
    formatter.value(row).write(&mut Utf8(out))
}

/// The spelling of PostgreSQL, and of JSON's common extensions.
fn not_finite(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

pub(super) fn json_text(text: &str, out: &mut Vec<u8>) {
    // Text always has a JSON form, and memory takes every write.
    let _ = serde_json::to_writer(out, text);
}

/// RFC 4180, section 2: quoted where it holds a quote, a comma or a line end; here also where it is empty, to tell it
/// from NULL, and where a reader might strip a space.
pub(super) fn csv_text(text: &[u8], out: &mut Vec<u8>) {
    let special = |b: &u8| matches!(b, b'"' | b',' | b'\r' | b'\n');
    let spaced = text.first().is_none_or(|b| *b == b' ') || text.last() == Some(&b' ');
    if !spaced && !text.iter().any(special) {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for byte in text {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// A list's items can all name one large value of a dictionary.
fn within_row(out: &[u8]) -> Result<(), ArrowError> {
    if out.len() > super::MAX_ROW_BYTES + super::PIECE_BYTES {
        return Err(ArrowError::MemoryError("row too long".to_owned()));
    }
    Ok(())
}
