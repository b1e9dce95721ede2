//! The forms in which a result leaves: Arrow as it came, or text made of it.
//!
//! | media type | NULL | timestamps | numbers |
//! |---|---|---|---|
//! | `application/vnd.apache.arrow.stream` | the bytes of the connector, undecoded | | |
//! | `application/json`: one array of objects | `null` | ISO 8601 | 64-bit integers and decimals as numbers with all their digits, also beyond 2^53: parse them so; NaN and infinities as strings |
//! | `application/x-ndjson`: one object a line | `null` | ISO 8601 | the same |
//! | `text/csv` (RFC 4180, with a header line) | nothing; the empty text is `""` | ISO 8601 | as in JSON |
//!
//! Binary values are hexadecimal, lists and structs are JSON (in CSV too).
//!
//! A connector is not trusted here either: what a batch claims to decode to is compared with
//! [`MAX_DECODED_BATCH_BYTES`] before anything is allocated, text is made in pieces of [`PIECE_BYTES`], and a defect in
//! a decoder ends one result, not the process.

mod cell;
mod text;

use http::{HeaderMap, header};
use proto::error::{Code, Fault};

pub(super) use text::{TextEncoder, TextForm};

/// Largest decoded batch in bytes that text is made of. The connector aims at 768 KiB encoded, which dictionaries and
/// zstd make of some 12 MB; ten times that is still a moment's memory.
pub(super) const MAX_DECODED_BATCH_BYTES: u64 = 128 * 1024 * 1024;

/// Text is handed on in pieces of about this size: large enough that the hand-over costs nothing beside making it.
pub(super) const PIECE_BYTES: usize = 256 * 1024;

/// Longest text of one row. Dictionaries can name one large value in many columns of many rows, so the sizes above do
/// not bound it.
pub(super) const MAX_ROW_BYTES: usize = 16 * 1024 * 1024;

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `application/vnd.apache.arrow.stream`
    Arrow,
    /// One of the text forms.
    Text(TextForm),
}

/// In the order of preference where the caller has none. JSON first: whoever does not say reads on a terminal.
const OFFERED: &[(&str, &str, Format)] = &[
    ("application", "json", Format::Text(TextForm::Json)),
    ("application", "x-ndjson", Format::Text(TextForm::Ndjson)),
    ("text", "csv", Format::Text(TextForm::Csv)),
    ("application", "vnd.apache.arrow.stream", Format::Arrow),
];

/// Media ranges in one request's Accept headers: a browser sends ten.
const MAX_RANGES: usize = 32;

impl Format {
    /// The media type of the response.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Format::Arrow => "application/vnd.apache.arrow.stream",
            Format::Text(TextForm::Json) => "application/json",
            Format::Text(TextForm::Ndjson) => "application/x-ndjson",
            Format::Text(TextForm::Csv) => "text/csv; charset=utf-8; header=present",
        }
    }

    /// The form that the request's `Accept` prefers (RFC 9110, section 12.5.1): the highest quality, where a more
    /// specific range overrules a wider one.
    ///
    /// # Errors
    /// `not_acceptable`, listing what there is; `invalid_request` if the header cannot be read.
    pub(super) fn negotiate(headers: &HeaderMap) -> Result<Self, Fault> {
        let invalid = || Fault::new(Code::InvalidRequest, "the Accept header cannot be read");
        let mut ranges = Vec::new();
        for value in headers.get_all(header::ACCEPT) {
            let value = value.to_str().map_err(|_| invalid())?;
            for range in value.split(',').map(str::trim).filter(|r| !r.is_empty()) {
                ranges.push(Range::parse(range).ok_or_else(invalid)?);
                if ranges.len() > MAX_RANGES {
                    return Err(invalid());
                }
            }
        }
        if ranges.is_empty() {
            return Ok(Format::Text(TextForm::Json));
        }
        let mut best: Option<(u16, Format)> = None;
        for (kind, subtype, format) in OFFERED {
            let fits = ranges
                .iter()
                .filter_map(|r| Some((r.fit(kind, subtype)?, r.quality)));
            let quality = fits.max_by_key(|(fit, _)| *fit).map_or(0, |(_, quality)| quality);
            if quality > best.map_or(0, |(quality, _)| quality) {
                best = Some((quality, *format));
            }
        }
        best.map(|(_, format)| format).ok_or_else(|| {
            let offered: Vec<_> = OFFERED
                .iter()
                .map(|(kind, sub, _)| format!("{kind}/{sub}"))
                .collect();
            Fault::new(
                Code::NotAcceptable,
                format!("results come as {}", offered.join(", ")),
            )
        })
    }
}

struct Range {
    kind: String,
    subtype: String,
    /// In thousandths.
    quality: u16,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut quality = 1_000;
        for part in parts {
            if let Some(q) = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")) {
                let q: f32 = q.parse().ok()?;
                if !(0.0..=1.0).contains(&q) {
                    return None;
                }
                quality = (q * 1_000.0) as u16;
            }
        }
        Some(Self {
            kind: kind.to_ascii_lowercase(),
            subtype: subtype.to_ascii_lowercase(),
            quality,
        })
    }

    /// How specifically the range names the type: 0 for `*/*`, 1 for `text/*`, 2 for the type itself.
    fn fit(&self, kind: &str, subtype: &str) -> Option<u8> {
        match (self.kind.as_str(), self.subtype.as_str()) {
            ("*", "*") => Some(0),
            (k, "*") if k == kind => Some(1),
            (k, s) if k == kind && s == subtype => Some(2),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn negotiate(accept: &[&'static str]) -> Result<Format, Code> {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(header::ACCEPT, HeaderValue::from_static(value));
        }
        Format::negotiate(&headers).map_err(|f| f.code)
    }

    #[test]
    fn accept_chooses_the_form() {
        let json = Ok(Format::Text(TextForm::Json));
        let csv = Ok(Format::Text(TextForm::Csv));
        for (accept, chosen) in [
            (&[][..], json),
            (&["*/*"], json),
            (&["application/vnd.apache.arrow.stream"], Ok(Format::Arrow)),
            (&["APPLICATION/X-NDJSON"], Ok(Format::Text(TextForm::Ndjson))),
            (&["text/*"], csv),
            (&["application/json;q=0.5, text/csv"], csv),
            (
                &["application/json;q=0, */*;q=0.1"],
                Ok(Format::Text(TextForm::Ndjson)),
            ),
            (&["text/html", "text/csv;q=0.1"], csv),
        ] {
            assert_eq!(negotiate(accept), chosen, "{accept:?}");
        }
    }

    #[test]
    fn type_that_is_not_offered_is_not_acceptable() {
        for accept in ["text/html", "application/parquet", "application/json;q=0"] {
            assert_eq!(negotiate(&[accept]), Err(Code::NotAcceptable), "{accept}");
        }
        for accept in ["json", "text/csv;q=2", "text/csv;q=x"] {
            assert_eq!(negotiate(&[accept]), Err(Code::InvalidRequest), "{accept}");
        }
    }
}
