//! Statements as JSON, one a line, and verdicts as JSON, one a line, in their order.
//!
//! Whatever a line holds, it gets an answer and the next one is read: a line that is no such object is an `error`, and one
//! that is longer than any statement may be is skipped without being held.

use std::{
    cell::RefCell,
    fmt,
    io::{self, BufRead, BufReader, Read, Write},
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use serde::{
    Serialize,
    de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

use super::{Judge, Verdict};

/// Longest line in bytes. A statement at its own bound, every byte escaped, is under 200 kB; a longer statement is refused
/// with its own reason, up to this.
const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// Lines that are judged together when they are there already: enough to keep every core busy, few enough to hold.
const BATCH: usize = 64;

/// Threads that judge: the parser itself runs at most this many at once.
const MAX_THREADS: usize = 4;

/// Walking a plan takes stack: that of the parser is enough for anything that it lets through.
const STACK_BYTES: usize = proto::limits::PARSER_STACK_BYTES;

/// A line as it was read.
enum Line {
    Statement { id: Value, sql: String },
    Unreadable { id: Value, reason: String },
}

/// An answer. Every member is always there, null where it does not apply.
#[derive(Serialize)]
struct Answer<'a> {
    id: &'a Value,
    verdict: &'static str,
    code: Option<&'static str>,
    reason: Option<&'a str>,
    fingerprint: Option<String>,
    rendered: Option<&'a str>,
    tables: Option<&'a [String]>,
    columns: Option<&'a [String]>,
}

/// Judges every line until the input ends. What is there to be read is answered before more is waited for. Fails when the
/// input or output does.
pub fn run(judge: &Judge, input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut input = BufReader::with_capacity(256 * 1024, input);
    loop {
        let mut lines = Vec::new();
        while lines.len() < BATCH && (lines.is_empty() || input.buffer().contains(&b'\n')) {
            match line(&mut input)? {
                Some(line) => lines.push(line),
                None => break,
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
        for answer in answers(judge, &lines)? {
            output.write_all(&answer)?;
        }
        output.flush()?;
    }
}

/// Answers lines on some threads, in their order.
fn answers(judge: &Judge, lines: &[Line]) -> io::Result<Vec<Vec<u8>>> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            match lines.get(index) {
                Some(line) => done.push((index, answer(judge, line))),
                None => return done,
            }
        }
    };
    let mut answered = thread::scope(|scope| {
        let threads = (0..cores.min(MAX_THREADS).min(lines.len()))
            .map(|_| {
                thread::Builder::new()
                    .stack_size(STACK_BYTES)
                    .spawn_scoped(scope, work)
            })
            .collect::<io::Result<Vec<_>>>()?;
        let mut answered = Vec::with_capacity(lines.len());
        for thread in threads {
            let done = thread
                .join()
                .map_err(|_| io::Error::other("a thread of the verdicts failed"))?;
            answered.extend(done);
        }
        Ok::<_, io::Error>(answered)
    })?;
    answered.sort_by_key(|(index, _)| *index);
    answered.into_iter().map(|(_, answer)| answer).collect()
}

fn answer(judge: &Judge, line: &Line) -> io::Result<Vec<u8>> {
    let empty = |id, verdict| Answer {
        id,
        verdict,
        code: None,
        reason: None,
        fingerprint: None,
        rendered: None,
        tables: None,
        columns: None,
    };
    let mut text = match line {
        Line::Unreadable { id, reason } => serde_json::to_vec(&Answer {
            reason: Some(reason),
            ..empty(id, "error")
        })?,
        Line::Statement { id, sql } => match judge.judge(sql) {
            Verdict::Admit(admission) => serde_json::to_vec(&Answer {
                fingerprint: Some(admission.fingerprint.to_string()),
                rendered: Some(&admission.rendered),
                tables: Some(&admission.tables),
                columns: Some(&admission.columns),
                ..empty(id, "admit")
            })?,
            Verdict::Refuse(refusal) => serde_json::to_vec(&Answer {
                code: Some(refusal.code),
                reason: Some(&refusal.reason),
                ..empty(id, "refuse")
            })?,
        },
    };
    text.push(b'\n');
    Ok(text)
}

/// The next line; none at the end.
fn line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    let bound = MAX_LINE_BYTES as u64 + 1;
    input.by_ref().take(bound).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() > MAX_LINE_BYTES && bytes.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
        return Ok(Some(Line::Unreadable {
            id: Value::Null,
            reason: format!("the line has more than {MAX_LINE_BYTES} bytes"),
        }));
    }
    Ok(Some(parse(&bytes)))
}

fn parse(bytes: &[u8]) -> Line {
    let id = RefCell::new(Value::Null);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = Statement { id: &id }.deserialize(&mut json).and_then(|sql| {
        json.end()?;
        Ok(sql)
    });
    let id = id.into_inner();
    match parsed {
        Ok(sql) => Line::Statement { id, sql },
        Err(error) => Line::Unreadable {
            id,
            reason: format!("the line is not an object with `id` and `sql`: {error}"),
        },
    }
}

/// Reads `{"id": …, "sql": "…"}`, each once, other members skipped. The id is kept beside, so that it is known even if
/// what follows it cannot be read.
struct Statement<'a> {
    id: &'a RefCell<Value>,
}

impl<'de> DeserializeSeed<'de> for Statement<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Statement<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let (mut identified, mut sql) = (false, None);
        while let Some(member) = map.next_key::<String>()? {
            match member.as_str() {
                "id" if identified => return Err(A::Error::custom("`id` stands twice")),
                "id" => match map.next_value::<Value>()? {
                    id @ (Value::String(_) | Value::Number(_)) => {
                        identified = true;
                        *self.id.borrow_mut() = id;
                    }
                    _ => return Err(A::Error::custom("`id` is a string or a number")),
                },
                "sql" if sql.is_some() => return Err(A::Error::custom("`sql` stands twice")),
                "sql" => sql = Some(map.next_value::<String>()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match sql {
            Some(_) if !identified => Err(A::Error::custom("`id` is missing")),
            Some(sql) => Ok(sql),
            None => Err(A::Error::custom("`sql` is missing")),
        }
    }
}
