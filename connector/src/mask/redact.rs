//! Text with its literals taken out, in one pass and without looking back: SQL, JSON, and messages of databases.
//!
//! | Found | Left |
//! |---|---|
//! | `'…'`, `"…"`, `` `…` ``, `$tag$…$tag$` | the quotes around `?` |
//! | `-- …` to the end of the line, `/* … */` | the comment's marks |
//! | a word with a digit or an `@` in it: numbers, e-mail addresses, phone numbers, keys, hashes | `?` |
//! | a word with a stretch of letters too long or too mixed to be a name | `?` |
//!
//! Words of letters alone stay: keywords, names of tables and columns, prose. So a value that is a plain word and stands
//! in no quotes stays too; no rule tells it from a name.
//!
//! Quotes can be read in two ways once one is out of place (`can't`, `'O'Brien'`). Wherever a quote touches a letter
//! that it should not, or has no partner, all the rest of the text is left out: a mistake costs text, not a value.

use std::borrow::Cow;

/// Letters in a row from which a stretch is no name any more, where it mixes cases as base64 does.
const MIXED: usize = 16;

/// Letters in a row from which a stretch is no name at all.
const LONG: usize = 40;

/// Words directly before a quote that belong to it: prefixes of strings and of typed literals.
const PREFIXES: [&str; 13] = [
    "e",
    "n",
    "b",
    "x",
    "r",
    "u",
    "q",
    "br",
    "rb",
    "date",
    "time",
    "timestamp",
    "interval",
];

/// Takes the literals out of a text.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut scanner = Scanner {
        text,
        at: 0,
        out: String::with_capacity(text.len()),
    };
    scanner.run();
    if scanner.out == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(scanner.out)
    }
}

struct Scanner<'a> {
    text: &'a str,
    /// A boundary of characters.
    at: usize,
    out: String,
}

/// Whether the text can be read on.
enum Next {
    Goes,
    /// The rest is left out.
    Ends,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) {
        while let Some(first) = self.peek() {
            let next = match first {
                '\'' | '"' | '`' => self.quoted(first),
                '$' => self.dollar(),
                '-' if self.rest().starts_with("--") => self.line_comment(),
                '/' if self.rest().starts_with("/*") => self.block_comment(),
                c if is_word(c) => {
                    self.word();
                    Next::Goes
                }
                c => {
                    self.out.push(c);
                    self.at += c.len_utf8();
                    Next::Goes
                }
            };
            if let Next::Ends = next {
                self.out.push('?');
                return;
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn quoted(&mut self, quote: char) -> Next {
        let before = self.text.get(..self.at).unwrap_or_default();
        if before.chars().next_back().is_some_and(is_letter) && !ends_in_prefix(before) {
            return Next::Ends;
        }
        self.out.push(quote);
        self.at += 1;
        let mut chars = self.rest().char_indices().peekable();
        while let Some((_, c)) = chars.next() {
            if c == '\\' {
                match chars.next() {
                    // An escape in one dialect and the end of the string in another.
                    Some((_, '\'')) | None => return Next::Ends,
                    Some(_) => {}
                }
            } else if c == quote {
                match chars.peek().copied() {
                    Some((_, c)) if c == quote => {
                        chars.next();
                    }
                    Some((_, c)) if is_letter(c) => return Next::Ends,
                    after => {
                        self.at = after.map_or(self.text.len(), |(behind, _)| self.at + behind);
                        self.out.push('?');
                        self.out.push(quote);
                        return Next::Goes;
                    }
                }
            }
        }
        Next::Ends
    }

    fn dollar(&mut self) -> Next {
        let rest = self.rest();
        let inside = rest.get(1..).unwrap_or_default();
        let tag = inside
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|end| inside.get(*end..).is_some_and(|after| after.starts_with('$')));
        let Some(tag) = tag else {
            self.out.push('$');
            self.at += 1;
            return Next::Goes;
        };
        let (mark, body) = rest.split_at(tag + 2);
        match body.find(mark) {
            None => Next::Ends,
            Some(end) => {
                self.out.push_str("$$?$$");
                self.at += mark.len() + end + mark.len();
                Next::Goes
            }
        }
    }

    fn line_comment(&mut self) -> Next {
        self.out.push_str("--");
        self.at = self
            .rest()
            .find('\n')
            .map_or(self.text.len(), |end| self.at + end);
        Next::Goes
    }

    fn block_comment(&mut self) -> Next {
        // They nest in PostgreSQL and do not elsewhere: after a second opening there is no telling where it ends.
        let rest = self.rest();
        let inside = rest.get(2..).unwrap_or_default();
        match inside.find("*/") {
            Some(end) if !inside.get(..end).unwrap_or_default().contains("/*") => {
                self.out.push_str("/**/");
                self.at += 2 + end + 2;
                Next::Goes
            }
            _ => Next::Ends,
        }
    }

    fn word(&mut self) {
        let rest = self.rest();
        let mut end = rest.len();
        for (position, c) in rest.char_indices() {
            let here = rest.get(position..).unwrap_or_default();
            if !is_word(c) || here.starts_with("--") || here.starts_with("/*") {
                end = position;
                break;
            }
        }
        // A comment's mark is no word, so that there is at least one character here.
        let word = rest.get(..end.max(1)).unwrap_or(rest);
        self.out.push_str(if tells(word) { "?" } else { word });
        self.at += word.len();
    }
}

/// Whether a word may be more than a name.
fn tells(word: &str) -> bool {
    if word.chars().any(|c| c.is_numeric() || c == '@') {
        return true;
    }
    word.split(|c: char| !c.is_alphabetic()).any(|stretch| {
        let length = stretch.chars().count();
        let mixed = stretch.chars().any(char::is_uppercase) && stretch.chars().any(char::is_lowercase);
        length >= LONG || (length >= MIXED && mixed)
    })
}

/// What keeps a word together: an address, a path or a key is one word.
fn is_word(c: char) -> bool {
    is_letter(c) || matches!(c, '@' | '.' | '+' | '-' | '/' | ':' | '#' | '%' | '~' | '\\')
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn ends_in_prefix(before: &str) -> bool {
    let start = before
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_letter(*c))
        .last()
        .map_or(before.len(), |(start, _)| start);
    let word = before.get(start..).unwrap_or_default();
    PREFIXES.iter().any(|prefix| word.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_go_and_the_rest_stays() {
        for (text, left) in [
            (
                "Got 17 results, configured to warn if != 0",
                "Got ? results, configured to warn if != ?",
            ),
            (
                "Database Error in model x (models/marts/x.sql)\n  invalid input syntax for type bigint: \"+1-555-0112-ab\"",
                "Database Error in model x (models/marts/x.sql)\n  invalid input syntax for type bigint: \"?\"",
            ),
            (
                "select a from b.c where d <> 'tok' and e > 1.5e3",
                "select a from b.c where d <> '?' and e > ?",
            ),
            ("a -- me@corp.example\nfrom t", "a --\nfrom t"),
            ("a /* me@corp.example */ b", "a /**/ b"),
            ("{\"min\": 3, \"name\": \"x\"}", "{\"?\": ?, \"?\": \"?\"}"),
            ("call +1-555-0112 or zoe@mail.example now", "call ? or ? now"),
            ("key sk_live_abc1 hash deadbeef00", "key ? hash ?"),
            ("at /cart#x7ae64c", "at ?"),
            ("$1 and $$it's$$ and $t$it's$t$.", "$? and $$?$$ and $$?$$."),
            ("'it''s' || E'x' || date'2020-01-01'", "'?' || E'?' || date'?'"),
            ("dGhpcyBpcyBhIHRlc3Q and QWxsTGV0dGVyc0hlcmVab", "? and ?"),
            (
                "x::text, customer_orders, SELECT",
                "x::text, customer_orders, SELECT",
            ),
            ("", ""),
        ] {
            assert_eq!(redact(text), left);
        }
    }

    #[test]
    fn quotes_that_can_be_read_in_two_ways_leave_nothing_behind_them() {
        for text in [
            "can't find 'secret' word",
            "name 'O'secret' is bad",
            "open 'secret",
            "back 'a\\' secret",
            "tick `a`secret",
            "json \"a\"secret\" b",
            "dollar $x$ secret",
            "comment /* a /* b */ secret */",
            "comment /* secret",
            "tail 'x\\",
        ] {
            assert!(!redact(text).contains("secret"), "{text}");
        }
    }

    #[test]
    fn every_text_is_read_to_its_end_in_bounded_space() {
        for text in [
            "ß'é'ü", "\u{0}$", "$$", "--", "/*", "/**/", "''", "'", "é1", "٣", "𝟘", "-", "/", "a--b",
            "a/*b*/c",
        ] {
            let left = redact(text);
            assert!(left.len() <= 2 * text.len() + 2, "{text} {left}");
            assert!(!left.contains(char::is_numeric), "{text}");
        }
        // Every beginning of a text with all that there is in it.
        let all = "select 'a', \"b\", $x$c$x$ -- d\n /* e */ f1@g `h` i\\'j k";
        for (end, _) in all.char_indices() {
            let _ = redact(&all[..end]);
        }
    }
}
