//! `LIKE` and `ILIKE` where an engine has other escapes than PostgreSQL, or none.
//!
//! A pattern that is a literal is written anew: a backslash before what needs one, and before nothing else.

use proto::query::{expr::Expr, functions::Scalar, types::Literal};

use super::{
    RenderError, Renderer, Text,
    dialect::{Like, Ways},
    expr::not,
    kind::Kind,
};

const ESCAPE: char = '\\';

impl<'a> Renderer<'a> {
    pub(super) fn like(
        &mut self,
        ways: &'static Ways,
        expr: &'a Expr,
        (pattern, escape): (&'a Expr, Option<char>),
        (case_insensitive, negated): (bool, bool),
    ) -> Text {
        let (mut pattern, escape) = self.pattern(ways, pattern, escape.unwrap_or(ESCAPE))?;
        let mut value = self.expr(expr)?;
        if !matches!(self.kind(expr), Kind::Text | Kind::Open) {
            return self.lacks("LIKE of a value that is not text; cast it");
        }
        let mut like = "LIKE";
        if case_insensitive && ways.ilike {
            like = "ILIKE";
        } else if case_insensitive {
            if escape.is_some_and(char::is_alphabetic) {
                return self.lacks("ILIKE with a letter as its escape");
            }
            value = self.spelled(Scalar::Lower, &[value])?;
            pattern = self.spelled(Scalar::Lower, &[pattern])?;
        }
        let escape = match escape {
            Some(escape) => format!(" ESCAPE {}", (ways.text)(escape.encode_utf8(&mut [0; 4]))),
            None => String::new(),
        };
        Ok(format!("({value} {}{like} {pattern}{escape})", not(negated)))
    }

    /// A pattern and its escape, where a clause has to say so.
    fn pattern(
        &mut self,
        ways: &'static Ways,
        pattern: &'a Expr,
        escape: char,
    ) -> Result<(String, Option<char>), RenderError> {
        if let Expr::Literal(Literal::Text(text)) = pattern {
            let Some(written) = with_backslashes(text, escape) else {
                return self.lacks("a pattern of LIKE that ends in its escape");
            };
            let clause = ways.like == Like::Clause && written.contains(ESCAPE);
            return Ok((self.text(&written), clause.then_some(ESCAPE)));
        }
        let text = self.expr(pattern)?;
        match ways.like {
            Like::Clause => Ok((text, Some(escape))),
            Like::Backslash | Like::BackslashOnly if escape == ESCAPE => Ok((text, None)),
            Like::Backslash => Ok((text, Some(escape))),
            Like::BackslashOnly => self.lacks("ESCAPE with a pattern that is not a literal"),
            Like::BackslashLiteral => self.lacks("LIKE with a pattern that is not a literal"),
        }
    }
}

/// A pattern with a backslash for its escape, where it needs one; none if it ends in its escape.
fn with_backslashes(pattern: &str, escape: char) -> Option<String> {
    let mut written = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let (c, escaped) = if c == escape {
            (chars.next()?, true)
        } else {
            (c, false)
        };
        if c == ESCAPE || (escaped && matches!(c, '%' | '_')) {
            written.push(ESCAPE);
        }
        written.push(c);
    }
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_a_backslash_before_what_needs_one_alone() {
        for (pattern, escape, written) in [
            ("a%_", '\\', Some("a%_")),
            (r"a\%\_\\\b", '\\', Some(r"a\%\_\\b")),
            (r"a!%!!\b!c", '!', Some(r"a\%!\\bc")),
            ("a!", '!', None),
            ("a\\", '\\', None),
            ("a\\", '!', Some(r"a\\")),
        ] {
            assert_eq!(with_backslashes(pattern, escape).as_deref(), written, "{pattern}");
        }
    }
}
