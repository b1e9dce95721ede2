//! The functions that a query may call, with their numbers of arguments. Everything else is refused.
//!
//! Absent on purpose: set-returning, volatile, text-amplifying (`repeat`, `lpad`, `format`), regular-expression,
//! catalogue and session functions (docs/sql.md, "The accepted SELECT").

macro_rules! functions {
    ($(#[$doc:meta])* $type:ident { $($variant:ident = $name:literal, $min:literal..=$max:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u16)]
        #[expect(missing_docs, reason = "each variant is the SQL function of that name")]
        pub enum $type {
            $($variant,)*
        }

        impl $type {
            /// Every function of this kind.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in PostgreSQL, lower case; it also names the function in a fingerprint.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The function with this lower-case name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// Fewest and most arguments.
            pub const fn arity(self) -> (usize, usize) {
                match self { $(Self::$variant => ($min, $max),)* }
            }
        }
    };
}

functions! {
    /// Functions of one row.
    Scalar {
        Abs = "abs", 1..=1;
        Ceil = "ceil", 1..=1;
        Ceiling = "ceiling", 1..=1;
        Floor = "floor", 1..=1;
        Round = "round", 1..=2;
        Trunc = "trunc", 1..=2;
        Sign = "sign", 1..=1;
        Mod = "mod", 2..=2;
        Sqrt = "sqrt", 1..=1;
        Ln = "ln", 1..=1;
        Log = "log", 1..=2;
        Lower = "lower", 1..=1;
        Upper = "upper", 1..=1;
        Initcap = "initcap", 1..=1;
        Length = "length", 1..=1;
        CharLength = "char_length", 1..=1;
        Left = "left", 2..=2;
        Right = "right", 2..=2;
        Substr = "substr", 2..=3;
        Btrim = "btrim", 1..=2;
        Ltrim = "ltrim", 1..=2;
        Rtrim = "rtrim", 1..=2;
        SplitPart = "split_part", 3..=3;
        Strpos = "strpos", 2..=2;
        StartsWith = "starts_with", 2..=2;
        Replace = "replace", 3..=3;
        Concat = "concat", 1..=16;
        ConcatWs = "concat_ws", 2..=16;
        Reverse = "reverse", 1..=1;
        Md5 = "md5", 1..=1;
        Age = "age", 1..=2;
        ToChar = "to_char", 2..=2;
        ToDate = "to_date", 2..=2;
        ToTimestamp = "to_timestamp", 1..=2;
        MakeDate = "make_date", 3..=3;
        JsonbArrayLength = "jsonb_array_length", 1..=1;
        JsonArrayLength = "json_array_length", 1..=1;
        JsonbTypeof = "jsonb_typeof", 1..=1;
        JsonTypeof = "json_typeof", 1..=1;
        JsonbExtractPathText = "jsonb_extract_path_text", 2..=8;
        JsonExtractPathText = "json_extract_path_text", 2..=8;
        // Written like functions, but part of the grammar: rendered without a schema.
        Coalesce = "coalesce", 1..=32;
        Nullif = "nullif", 2..=2;
        Greatest = "greatest", 1..=32;
        Least = "least", 1..=32;
        // The start of the transaction.
        Now = "now", 0..=0;
        CurrentDate = "current_date", 0..=0;
        CurrentTimestamp = "current_timestamp", 0..=0;
        Localtimestamp = "localtimestamp", 0..=0;
        // DuckDB alone: see `only`.
        DateDiff = "date_diff", 3..=3;
        Strftime = "strftime", 2..=2;
        Strptime = "strptime", 2..=2;
        Dayname = "dayname", 1..=1;
        Monthname = "monthname", 1..=1;
    }
}

functions! {
    /// Functions of a group of rows; also usable over a window.
    Aggregate {
        Count = "count", 0..=1;
        Sum = "sum", 1..=1;
        Avg = "avg", 1..=1;
        Min = "min", 1..=1;
        Max = "max", 1..=1;
        Stddev = "stddev", 1..=1;
        StddevSamp = "stddev_samp", 1..=1;
        StddevPop = "stddev_pop", 1..=1;
        Variance = "variance", 1..=1;
        VarSamp = "var_samp", 1..=1;
        VarPop = "var_pop", 1..=1;
        BoolAnd = "bool_and", 1..=1;
        BoolOr = "bool_or", 1..=1;
        Every = "every", 1..=1;
        StringAgg = "string_agg", 2..=2;
        ArrayAgg = "array_agg", 1..=1;
        Corr = "corr", 2..=2;
        // DuckDB alone: see `only`.
        ArgMax = "arg_max", 2..=2;
        ArgMin = "arg_min", 2..=2;
        AnyValue = "any_value", 1..=1;
        ApproxCountDistinct = "approx_count_distinct", 1..=1;
    }
}

functions! {
    /// Functions of a sorted group: `f(…) WITHIN GROUP (ORDER BY …)`.
    OrderedSet {
        PercentileCont = "percentile_cont", 1..=1;
        PercentileDisc = "percentile_disc", 1..=1;
        Mode = "mode", 0..=0;
    }
}

functions! {
    /// Functions that need a window.
    WindowOnly {
        RowNumber = "row_number", 0..=0;
        Rank = "rank", 0..=0;
        DenseRank = "dense_rank", 0..=0;
        PercentRank = "percent_rank", 0..=0;
        CumeDist = "cume_dist", 0..=0;
        Ntile = "ntile", 1..=1;
        Lag = "lag", 1..=3;
        Lead = "lead", 1..=3;
        FirstValue = "first_value", 1..=1;
        LastValue = "last_value", 1..=1;
        NthValue = "nth_value", 2..=2;
    }
}

impl Scalar {
    /// The one dialect that has this function, where the others lack it or mean something else by it.
    pub const fn only(self) -> Option<&'static str> {
        match self {
            Scalar::DateDiff | Scalar::Strftime | Scalar::Strptime | Scalar::Dayname | Scalar::Monthname => {
                Some("duckdb")
            }
            _ => None,
        }
    }

    /// How much larger than its arguments a result may be: the weight in [`crate::limits::MAX_EXPANDED_SIZE`].
    pub const fn amplification(self) -> u64 {
        match self {
            Scalar::Replace | Scalar::Concat | Scalar::ConcatWs => 4,
            _ => 1,
        }
    }
}

impl Aggregate {
    /// The one dialect that has this function, where the others lack it or mean something else by it.
    pub const fn only(self) -> Option<&'static str> {
        match self {
            Aggregate::ArgMax | Aggregate::ArgMin | Aggregate::AnyValue | Aggregate::ApproxCountDistinct => {
                Some("duckdb")
            }
            _ => None,
        }
    }

    /// How much larger than its arguments a result may be: the weight in [`crate::limits::MAX_EXPANDED_SIZE`].
    pub const fn amplification(self) -> u64 {
        match self {
            Aggregate::StringAgg | Aggregate::ArrayAgg => 16,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amplifiers_and_side_effects_are_absent() {
        for name in [
            "repeat",
            "lpad",
            "format",
            "pg_sleep",
            "set_config",
            "lo_create",
            "query_to_xml",
            "nextval",
            "random",
        ] {
            assert!(Scalar::from_name(name).is_none(), "{name}");
            assert!(Aggregate::from_name(name).is_none(), "{name}");
        }
        for f in Scalar::ALL {
            assert_eq!(Scalar::from_name(f.name()), Some(*f));
            assert!(f.arity().0 <= f.arity().1);
        }
    }
}
