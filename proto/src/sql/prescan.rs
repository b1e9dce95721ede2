//! Bounds before parsing, and the only lexer: the parser is given these tokens and never sees the text.
//!
//! It follows PostgreSQL's rules where they and the parser's own lexer part: comments nest and are dropped, an operator is
//! the longest run of operator characters, a backslash in a string is a backslash. What one of the two would read
//! differently is refused: strings with a prefix, dollar quotes, strings side by side, numbers that run into a word,
//! spaces other than the four ASCII ones.

use super::{
    SqlError,
    syntax::{Quoted, Syntax},
};
use crate::{
    error::Code,
    limits::{MAX_DEPTH, MAX_IDENTIFIER_BYTES, MAX_SQL_BYTES, MAX_SQL_JOINS, MAX_SQL_TOKENS},
};

/// A token and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// From one.
    pub(super) line: u32,
    /// In characters, from one.
    pub(super) column: u32,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// An unquoted name or keyword, as written.
    Word(String),
    /// A quoted name, without its quotes.
    Quoted(String),
    /// Digits with at most one point and an exponent.
    Number(String),
    /// A string, without its quotes.
    Text(String),
    /// `:name`, without the colon.
    Parameter(String),
    /// Punctuation or an operator.
    Symbol(&'static str),
}

/// Operators and punctuation of more than one character stand before their beginnings.
const SYMBOLS: &[&str] = &[
    "->>", "->", "<=", ">=", "<>", "!=", "||", "+", "-", "*", "/", "%", "<", ">", "=",
];
const OPERATOR_CHARS: &str = "+-*/<>=~!@#%^&|`?";
/// With one of these in it, PostgreSQL lets an operator end in `+` or `-`.
const LONG_OPERATOR_CHARS: &str = "~!@#%^&|`?";

/// The tokens of one statement, its closing `;` left out; refuses a text beyond the bounds of [`crate::limits`].
pub(super) fn prescan(text: &str, syntax: Syntax) -> Result<Vec<Token>, SqlError> {
    if text.len() > MAX_SQL_BYTES {
        return Err(SqlError::whole(
            Code::LimitExceeded,
            format!("the text has more than {MAX_SQL_BYTES} bytes"),
        ));
    }
    let mut scanner = Scanner {
        syntax,
        rest: text,
        line: 1,
        column: 1,
    };
    let mut tokens: Vec<Token> = Vec::new();
    let (mut depth, mut joins) = (0_usize, 0_usize);
    let mut ended = false;
    loop {
        scanner.skip_space_and_comments()?;
        let (line, column) = (scanner.line, scanner.column);
        let at = |code, message: String| SqlError {
            code,
            message,
            line,
            column,
        };
        let Some(kind) = scanner.token()? else { break };
        if ended {
            return Err(at(
                Code::InvalidSql,
                "one statement only: something follows the `;`".into(),
            ));
        }
        match &kind {
            Kind::Symbol(";") => {
                ended = true;
                continue;
            }
            Kind::Symbol("(") => depth += 1,
            Kind::Symbol(")") => depth = depth.saturating_sub(1),
            Kind::Word(word) if word.eq_ignore_ascii_case("join") => joins += 1,
            Kind::Text(_)
                if matches!(
                    tokens.last(),
                    Some(Token {
                        kind: Kind::Text(_),
                        ..
                    })
                ) =>
            {
                return Err(at(
                    Code::InvalidSql,
                    "two strings side by side are not accepted; use `||`".into(),
                ));
            }
            _ => {}
        }
        let bounds = [
            (depth, MAX_DEPTH, "levels of brackets"),
            (joins, MAX_SQL_JOINS, "joins"),
        ];
        for (count, limit, what) in bounds {
            if count > limit {
                return Err(at(Code::LimitExceeded, format!("more than {limit} {what}")));
            }
        }
        if tokens.len() == MAX_SQL_TOKENS {
            return Err(at(
                Code::LimitExceeded,
                format!("more than {MAX_SQL_TOKENS} tokens"),
            ));
        }
        tokens.push(Token { kind, line, column });
    }
    if tokens.is_empty() {
        return Err(SqlError::whole(Code::InvalidSql, "the text holds no statement"));
    }
    Ok(tokens)
}

struct Scanner<'a> {
    syntax: Syntax,
    rest: &'a str,
    line: u32,
    column: u32,
}

impl<'a> Scanner<'a> {
    fn refuse<T>(&self, message: &str) -> Result<T, SqlError> {
        Err(SqlError {
            code: Code::InvalidSql,
            message: message.to_owned(),
            line: self.line,
            column: self.column,
        })
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next()?;
        self.rest = chars.as_str();
        if next == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(next)
    }

    /// Takes this many bytes, which the caller has seen to be ASCII without a line break.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        self.column += taken.len() as u32;
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let length = self.rest.bytes().take_while(|b| wanted(*b)).count();
        self.take(length)
    }

    fn skip_space_and_comments(&mut self) -> Result<(), SqlError> {
        loop {
            if self.rest.starts_with("--") {
                self.line_comment()?;
            } else if self.rest.starts_with("/*") {
                self.block_comment()?;
            } else if self.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) {
                self.bump();
            } else {
                return Ok(());
            }
        }
    }

    /// Engines differ in what ends it: a lone carriage return, or not the line break after a backslash.
    fn line_comment(&mut self) -> Result<(), SqlError> {
        let mut last = None;
        while let Some(c) = self.peek().filter(|c| !matches!(c, '\n' | '\r')) {
            self.plain()?;
            last = Some(c);
        }
        let lone = self.rest.starts_with('\r') && !self.rest.starts_with("\r\n");
        if !self.syntax.is_postgres() && (lone || last == Some('\\')) {
            return self.refuse("a comment ends at a line break, with no backslash before it");
        }
        Ok(())
    }

    fn block_comment(&mut self) -> Result<(), SqlError> {
        let mut open = 0_usize;
        loop {
            if self.rest.starts_with("/*") {
                if open > 0 && !self.syntax.nested_comments() {
                    return self.refuse("a comment within a comment is not accepted");
                }
                self.take(2);
                open += 1;
            } else if self.rest.starts_with("*/") {
                self.take(2);
                open -= 1;
                if open == 0 {
                    return Ok(());
                }
            } else if self.plain()?.is_none() {
                return self.refuse("a comment is not closed");
            }
        }
    }

    /// The next character of a string, quoted name or comment.
    fn plain(&mut self) -> Result<Option<char>, SqlError> {
        match self.peek() {
            Some(c) if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => {
                self.refuse("control characters are not accepted")
            }
            _ => Ok(self.bump()),
        }
    }

    fn token(&mut self) -> Result<Option<Kind>, SqlError> {
        let Some(first) = self.peek() else { return Ok(None) };
        let second = self.rest.as_bytes().get(1).copied();
        let kind = match first {
            'a'..='z' | 'A'..='Z' | '_' => self.word()?,
            '0'..='9' => self.number()?,
            '.' if second.is_some_and(|b| b.is_ascii_digit()) => self.number()?,
            '\'' => Kind::Text(self.text('\'')?),
            '"' | '`' => {
                let means = match first {
                    '"' => self.syntax.double_quote(),
                    _ => self.syntax.backtick(),
                };
                match means {
                    Quoted::Name => self.quoted_name(first)?,
                    Quoted::Text => Kind::Text(self.text(first)?),
                    Quoted::Refused => {
                        return self.refuse("this quote is not accepted: this engine quotes names otherwise");
                    }
                }
            }
            ':' if second == Some(b':') => {
                self.take(2);
                Kind::Symbol("::")
            }
            ':' if second.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') => {
                self.take(1);
                Kind::Parameter(self.take_while(is_word).to_owned())
            }
            '(' | ')' | ',' | '.' | ';' => {
                self.bump();
                Kind::Symbol(match first {
                    '(' => "(",
                    ')' => ")",
                    ',' => ",",
                    '.' => ".",
                    _ => ";",
                })
            }
            c if OPERATOR_CHARS.contains(c) => self.operator()?,
            '$' => self.numbered()?,
            '\\' => return self.refuse("a backslash outside a string is not accepted"),
            c if c.is_control() => return self.refuse("control characters are not accepted"),
            c if c.is_whitespace() => {
                return self.refuse("a space other than the ASCII ones is not accepted");
            }
            c if !c.is_ascii() => return self.refuse("a name with letters outside ASCII must be quoted"),
            _ => return self.refuse("this character is not accepted"),
        };
        Ok(Some(kind))
    }

    /// `$1` and so on: the parameter of that name. One or two digits, the first of them not zero, and nothing that would make
    /// it a dollar quote or part of a name.
    fn numbered(&mut self) -> Result<Kind, SqlError> {
        let digits = self.rest.bytes().skip(1).take_while(u8::is_ascii_digit).count();
        let (name, rest) = self.rest.split_at_checked(1 + digits).unwrap_or((self.rest, ""));
        let after = rest.chars().next();
        let ends =
            after.is_none_or(|c| c.is_ascii() && !is_word(c as u8) && !matches!(c, '$' | '\'' | '"' | '.'));
        if !(1..=2).contains(&digits) || name.starts_with("$0") || !ends {
            return self
                .refuse("`$` is not accepted but in `$1`, `$2` and so on: there are no dollar quotes");
        }
        let kind = Kind::Parameter(name.to_owned());
        self.take(1 + digits);
        Ok(kind)
    }

    fn word(&mut self) -> Result<Kind, SqlError> {
        let length = self.rest.bytes().take_while(|b| is_word(*b)).count();
        let (word, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        if rest.starts_with('\'') {
            return self.refuse(
                "a string with a prefix is not accepted; put a space before the quote of a typed one",
            );
        }
        if rest.starts_with('&') || rest.starts_with('$') || rest.starts_with(|c: char| !c.is_ascii()) {
            return self.refuse("a name of letters, digits and `_` is expected; quote any other");
        }
        if rest.starts_with(['"', '`']) {
            return self.refuse("a quote directly after a word is not accepted");
        }
        if word.len() > MAX_IDENTIFIER_BYTES {
            return self.refuse("a name has at most 63 bytes");
        }
        if word.eq_ignore_ascii_case("isnull") || word.eq_ignore_ascii_case("notnull") {
            return self.refuse("write IS NULL or IS NOT NULL");
        }
        Ok(Kind::Word(self.take(length).to_owned()))
    }

    fn number(&mut self) -> Result<Kind, SqlError> {
        let bytes = self.rest.as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        let mut length = digits(0);
        if bytes.get(length) == Some(&b'.') {
            length += 1 + digits(length + 1);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            match digits(length + 1 + sign) {
                0 => return self.refuse("a number's exponent has no digits"),
                exponent => length += 1 + sign + exponent,
            }
        }
        let after = bytes.get(length).copied();
        if after
            .is_some_and(|b| is_word(b) || matches!(b, b'.' | b'$' | b'\'' | b'"' | b'`') || !b.is_ascii())
        {
            return self.refuse("a number must end before what follows it");
        }
        Ok(Kind::Number(self.take(length).to_owned()))
    }

    /// A string, as the engine reads it for certain.
    fn text(&mut self, quote: char) -> Result<String, SqlError> {
        let doubled = self.syntax.doubled_quotes();
        if !doubled && self.rest.chars().take_while(|c| *c == quote).count() > 2 {
            return self.refuse("a string of three quotes is not accepted");
        }
        let text = self.quoted(quote, doubled)?;
        if text.contains('\\') && !self.syntax.plain_backslash() {
            return self
                .refuse("a string with a backslash is not accepted: this engine may read it as an escape");
        }
        if text.contains(['\n', '\r']) && !doubled {
            return self.refuse("a string with a line break is not accepted");
        }
        Ok(text)
    }

    fn quoted(&mut self, quote: char, doubled: bool) -> Result<String, SqlError> {
        let (line, column) = (self.line, self.column);
        self.bump();
        let mut text = String::new();
        loop {
            match self.plain()? {
                None => {
                    let message = "a quote is not closed".to_owned();
                    return Err(SqlError {
                        code: Code::InvalidSql,
                        message,
                        line,
                        column,
                    });
                }
                Some(c) if c == quote => {
                    if self.peek() != Some(quote) {
                        return Ok(text);
                    }
                    // An empty string or name ends before whatever follows; the caller has seen to three in a row.
                    if !doubled {
                        return self
                            .refuse("a doubled quote is not accepted: this engine may not read it as one");
                    }
                    self.bump();
                    text.push(quote);
                }
                Some(c) => text.push(c),
            }
        }
    }

    fn quoted_name(&mut self, quote: char) -> Result<Kind, SqlError> {
        let syntax = self.syntax;
        let name = self.quoted(quote, syntax.doubled_name_quotes())?;
        if name.contains('\\') && !syntax.plain_backslash() {
            return self.refuse("a quoted name with a backslash is not accepted");
        }
        if name.bytes().any(|b| b.is_ascii_uppercase()) && !syntax.quoted_upper_case() {
            return self
                .refuse("a quoted name with capitals is not accepted: whether they count is a setting");
        }
        let longest = match syntax.quoted_paths() {
            true => name.split('.').map(str::len).max().unwrap_or(0),
            false => name.len(),
        };
        let legal = (1..=MAX_IDENTIFIER_BYTES).contains(&longest) && !name.chars().any(char::is_control);
        if !legal {
            return self.refuse("a quoted name has 1 to 63 bytes and no line break");
        }
        Ok(Kind::Quoted(name))
    }

    /// PostgreSQL's rule: the longest run of operator characters that holds no comment; without one of
    /// [`LONG_OPERATOR_CHARS`] it does not end in a sign.
    fn operator(&mut self) -> Result<Kind, SqlError> {
        let run_length = self
            .rest
            .chars()
            .take_while(|c| OPERATOR_CHARS.contains(*c))
            .count();
        let mut run = self.rest.get(..run_length).unwrap_or_default();
        for comment in ["--", "/*"] {
            run = run.split_once(comment).map_or(run, |(before, _)| before);
        }
        if !run.contains(|c| LONG_OPERATOR_CHARS.contains(c)) {
            while run.len() > 1 && run.ends_with(['+', '-']) {
                run = run.get(..run.len() - 1).unwrap_or_default();
            }
        }
        match SYMBOLS.iter().find(|symbol| **symbol == run) {
            Some(symbol) => {
                self.take(run.len());
                Ok(Kind::Symbol(symbol))
            }
            None => self.refuse("this operator is not accepted; put spaces between an operator and a sign"),
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests;
