//! The parser, bounded: a thread with a stack of its own, a limit on recursion, a limit on time, a few at once.
//!
//! The parser's stack overflows before its own recursion limit on texts of a few kilobytes, which aborts a process; so it
//! runs where there is stack for every text within the bounds of [`super::prescan`], and its tree lives and dies there.

use std::{
    sync::{Condvar, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use sqlparser::{
    ast,
    dialect::PostgreSqlDialect,
    parser::Parser,
    tokenizer::{Location, Span, Token as Theirs, TokenWithSpan},
};

use super::{
    SqlError,
    prescan::{Kind, Token},
    refusal,
};
use crate::{error::Code, limits::PARSER_STACK_BYTES};

/// Levels of recursion inside the parser. The bracket bound is 24; a subquery takes two to three levels for each.
const RECURSION_LIMIT: usize = 40;

/// Time for a caller's text. One within the bounds takes a few milliseconds; after this the answer is a refusal and the
/// thread is left to end alone, which still counts against [`MAX_PARSERS`].
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Time for the files of a catalogue, which are the operator's own: 50 of them take 50 ms, so this is for a starved host.
const CATALOGUE_TIME_LIMIT: Duration = Duration::from_secs(60);

/// Threads for callers' texts at once: each may hold [`PARSER_STACK_BYTES`] and a core. A further caller waits
/// [`TIME_LIMIT`].
const MAX_PARSERS: usize = 4;

static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// One of [`MAX_PARSERS`] places; given back on drop, a panic included.
struct Place;

impl Place {
    fn take() -> Result<Self, SqlError> {
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut running, _) = ENDED
            .wait_timeout_while(running, TIME_LIMIT, |running| *running >= MAX_PARSERS)
            .unwrap_or_else(PoisonError::into_inner);
        if *running >= MAX_PARSERS {
            return Err(SqlError::whole(
                Code::Overloaded,
                "too many SQL texts are being parsed",
            ));
        }
        *running += 1;
        Ok(Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ENDED.notify_one();
    }
}

/// Runs `work`, on a text that a caller wrote, on a thread with a stack for the parser.
pub(super) fn on_own_stack<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SqlError> {
    let place = Place::take()?;
    within(TIME_LIMIT, move || {
        let _place = place;
        work()
    })
}

/// Runs `work`, on files of a catalogue, on a thread with a stack for the parser.
pub(super) fn on_own_stack_for_files<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SqlError> {
    within(CATALOGUE_TIME_LIMIT, work)
}

fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SqlError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let spawned = thread::Builder::new()
        .name("sql-parser".into())
        .stack_size(PARSER_STACK_BYTES)
        .spawn(move || {
            // The receiver is gone only after the time limit; nobody wants the answer then.
            let _ = sender.send(work());
        });
    let Ok(_detached) = spawned else {
        return Err(SqlError::whole(
            Code::Overloaded,
            "no thread could be started for the SQL parser",
        ));
    };
    receiver.recv_timeout(limit).map_err(|error| match error {
        mpsc::RecvTimeoutError::Timeout => {
            SqlError::whole(Code::LimitExceeded, "the text takes too long to parse")
        }
        mpsc::RecvTimeoutError::Disconnected => {
            SqlError::whole(Code::Internal, "the SQL parser failed on this text")
        }
    })
}

/// The parser's tree of one query. Its error text is not used: it quotes the query.
pub(super) fn parse(tokens: &[Token]) -> Result<ast::Query, SqlError> {
    if let Some(Token {
        kind: Kind::Word(word),
        line,
        column,
    }) = tokens.first()
        && !["select", "with"]
            .iter()
            .any(|first| word.eq_ignore_ascii_case(first))
    {
        let place = Location {
            line: u64::from(*line),
            column: u64::from(*column),
        };
        return Err(at(
            place,
            Code::InvalidSql,
            "only a query is accepted: it begins with SELECT or WITH",
        ));
    }
    let dialect = PostgreSqlDialect {};
    let mut parser = Parser::new(&dialect)
        .with_recursion_limit(RECURSION_LIMIT)
        .with_tokens_with_locations(tokens.iter().map(theirs).collect());
    let parsed = parser.parse_query();
    let next = parser.peek_token_ref();
    let at_end = matches!(next.token, Theirs::EOF);
    let place = next.span.start;
    match parsed {
        Ok(query) if at_end => Ok(*query),
        Ok(_) => Err(at(place, Code::InvalidSql, "what stands here is not accepted")),
        Err(sqlparser::parser::ParserError::RecursionLimitExceeded) => {
            Err(at(place, Code::LimitExceeded, "the text is nested too deeply"))
        }
        Err(_) if at_end => Err(SqlError::whole(
            Code::InvalidSql,
            "the text ends too early or is not a SELECT",
        )),
        Err(_) => Err(at(
            place,
            Code::InvalidSql,
            "the text is not a SELECT that the parser understands near here",
        )),
    }
}

/// A refusal at a place of the text.
pub(super) fn at(place: Location, code: Code, message: impl Into<String>) -> SqlError {
    let number = |n: u64| u32::try_from(n).unwrap_or(0);
    SqlError {
        code,
        message: message.into(),
        line: number(place.line),
        column: number(place.column),
    }
}

fn theirs(token: &Token) -> TokenWithSpan {
    let place = Location {
        line: u64::from(token.line),
        column: u64::from(token.column),
    };
    let theirs = match &token.kind {
        Kind::Word(word) => Theirs::make_word(word, None),
        Kind::Quoted(name) => Theirs::make_word(name, Some('"')),
        Kind::Number(digits) => Theirs::Number(digits.clone(), false),
        Kind::Text(text) => Theirs::SingleQuotedString(text.clone()),
        Kind::Parameter(name) => Theirs::Placeholder(refusal::placeholder(name)),
        Kind::Symbol(symbol) => match *symbol {
            "(" => Theirs::LParen,
            ")" => Theirs::RParen,
            "," => Theirs::Comma,
            "." => Theirs::Period,
            "::" => Theirs::DoubleColon,
            "+" => Theirs::Plus,
            "-" => Theirs::Minus,
            "*" => Theirs::Mul,
            "/" => Theirs::Div,
            "%" => Theirs::Mod,
            "||" => Theirs::StringConcat,
            "=" => Theirs::Eq,
            "<>" | "!=" => Theirs::Neq,
            "<" => Theirs::Lt,
            "<=" => Theirs::LtEq,
            ">" => Theirs::Gt,
            ">=" => Theirs::GtEq,
            "->" => Theirs::Arrow,
            "->>" => Theirs::LongArrow,
            // No other symbol is scanned; the parser refuses this one.
            _ => Theirs::Backslash,
        },
    };
    TokenWithSpan {
        token: theirs,
        span: Span {
            start: place,
            end: place,
        },
    }
}
