//! The sentences of refusals. They are made here, where no type of the parser is known, out of names and numbers only.

use crate::limits::MAX_IDENTIFIER_BYTES;

/// A sentence about a name of the text, of up to three parts. It loses its control characters and what goes beyond three
/// longest names, since it may be anything that was quoted.
pub(super) fn named(before: &str, name: &str, after: &str) -> String {
    let mut shown = String::new();
    for c in name.chars().filter(|c| !c.is_control()) {
        if shown.len() + c.len_utf8() > 3 * MAX_IDENTIFIER_BYTES + 2 {
            break;
        }
        shown.push(c);
    }
    format!("{before}`{shown}`{after}")
}

/// A sentence about a bound.
pub(super) fn bound(limit: usize, what: &str) -> String {
    format!("more than {limit} {what}")
}

/// A sentence about the number of a function's arguments.
pub(super) fn arity(function: &str, (min, max): (usize, usize), given: usize) -> String {
    format!("`{function}` takes {min} to {max} arguments, not {given}")
}

/// A placeholder as the parser spells it.
pub(super) fn placeholder(name: &str) -> String {
    format!(":{name}")
}

/// A name made of a word and a number.
pub(super) fn numbered(word: &str, number: usize) -> String {
    format!("{word}{number}")
}
