//! Bound values and their places in the text.

use proto::query::types::{ParamType, SqlType, Value};

use super::{Bound, Rendered, Renderer, Text, dialect::Placeholder};

/// Encloses the number of a bound value until the order of the text is known. No name has a control character, and no text is
/// written into a statement that is prepared if it has this one.
const MARK: char = '\u{1}';

/// The statement with `?` for its values, and the values in the order of the text.
pub(super) fn by_order(marked: &str, params: &[Bound]) -> Rendered {
    let mut rendered = Rendered {
        sql: String::with_capacity(marked.len()),
        params: Vec::new(),
    };
    for (position, part) in marked.split(MARK).enumerate() {
        let bound = part
            .parse::<usize>()
            .ok()
            .and_then(|number| params.get(number.checked_sub(1)?));
        match bound {
            Some(bound) if position % 2 == 1 => {
                rendered.sql.push('?');
                rendered.params.push(bound.clone());
            }
            _ => rendered.sql += part,
        }
    }
    rendered
}

impl Renderer<'_> {
    /// Binds a text literal, or writes it.
    pub(super) fn text(&mut self, text: &str) -> String {
        let markable = self.places() != Placeholder::Question || !text.contains(MARK);
        if self.inline && (markable || self.plan.parameters().is_empty() && self.values.is_empty()) {
            return match self.ways {
                Some(ways) => (ways.text)(text),
                None => (self.table.text)(text),
            };
        }
        self.params.push(Bound::Literal(text.into()));
        self.place(self.params.len(), SqlType::Text)
    }

    /// The place of a bound value.
    pub(super) fn place(&self, number: usize, sql_type: SqlType) -> String {
        match self.places() {
            Placeholder::Dollar => format!("${number}"),
            Placeholder::Colon => format!(":{number}"),
            Placeholder::Named => format!(":p{number}"),
            Placeholder::At => format!("@p{number}"),
            Placeholder::Typed => {
                let type_name = self.ways.and_then(|ways| (ways.type_name)(sql_type));
                format!("{{p{number}:{}}}", type_name.unwrap_or_default())
            }
            Placeholder::Question => format!("{MARK}{number}{MARK}"),
        }
    }

    pub(super) fn places(&self) -> Placeholder {
        self.ways.map_or(Placeholder::Dollar, |ways| ways.placeholder)
    }

    /// Binds a parameter of the plan, once; every use casts it to its type.
    pub(super) fn parameter(&mut self, position: u16) -> Text {
        let index = usize::from(position);
        let declared = self
            .plan
            .parameters()
            .get(index)
            .map_or(ParamType::Text, |p| p.param_type);
        if self.inline && self.places() == Placeholder::Question {
            return self.lacks("a parameter within a key of GROUP BY or DISTINCT");
        }
        let number = match self.numbered.get(index).copied().flatten() {
            Some(number) => number,
            None => {
                let value = self.values.get(index).cloned().unwrap_or(Value::Null);
                self.params.push(Bound::Value(declared, value));
                if let Some(slot) = self.numbered.get_mut(index) {
                    *slot = Some(self.params.len());
                }
                self.params.len()
            }
        };
        let sql_type = match declared {
            ParamType::Boolean => SqlType::Boolean,
            ParamType::Integer => SqlType::BigInt,
            ParamType::Float => SqlType::Double,
            ParamType::Text => SqlType::Text,
            ParamType::Timestamp => SqlType::Timestamp,
            ParamType::Date => SqlType::Date,
        };
        let place = self.place(number, sql_type);
        Ok(format!("CAST({place} AS {})", self.type_name(sql_type)?))
    }
}
