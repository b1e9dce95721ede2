//! Columns for people, and the way to standard output.

use std::{
    fmt,
    io::{self, Write as _},
};

/// Prints a line. A reader that has seen enough (`| head`) is no error, and nothing is left to be said to it.
pub(super) fn say(line: fmt::Arguments<'_>) {
    if let Err(error) = writeln!(io::stdout().lock(), "{line}")
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        eprintln!("error: cannot write to standard output: {error}");
    }
}

/// Prints rows under a heading, each column as wide as its widest cell.
pub(super) fn print(heading: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells
            .chain(heading.get(column).map(|h| h.len()))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        say(format_args!("{}", padded.join("  ").trim_end()));
    };
    line(&mut heading.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
}

/// A time in seconds since 1970 as `2026-01-31 12:00:00Z`.
pub(super) fn time(unix_seconds: u64) -> String {
    let moment = i64::try_from(unix_seconds)
        .ok()
        .and_then(|s| time::OffsetDateTime::from_unix_timestamp(s).ok());
    moment.map_or_else(
        || unix_seconds.to_string(),
        |m| {
            let (h, min, s) = m.time().as_hms();
            format!("{} {h:02}:{min:02}:{s:02}Z", m.date())
        },
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn time_is_shown_in_utc() {
        assert_eq!(super::time(1_700_000_000), "2023-11-14 22:13:20Z");
        assert_eq!(super::time(u64::MAX), u64::MAX.to_string());
    }
}
