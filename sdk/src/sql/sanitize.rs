//! Queries without their literals.

/// Longest sanitized query, in bytes; what is longer ends in `...`.
pub const QUERY_BYTES_MAX: usize = 8 * 1024;

/// How a database reads quotes and comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Standard SQL and `PostgreSQL`, `SQLite` and most others: `"name"`, `$tag$text$tag$`, and
    /// backslashes that escape in `E'...'` alone.
    #[default]
    Standard,
    /// `MySQL` and `MariaDB`: `"text"`, `` `name` ``, `# comment`, and backslashes that escape.
    MySql,
}

/// Puts `?` where a query has literals: texts, numbers, bit strings, in every form the dialect knows.
/// Comments go, runs of white space become one space, and placeholders stay as they are.
///
/// ```
/// use siskin_sdk::sql::{Dialect, sanitize};
///
/// let sql = "SELECT * FROM users -- Anna's\nWHERE name = 'Anna''s' AND age > 41.5 AND id = $1";
/// assert_eq!(sanitize(sql, Dialect::Standard), "SELECT * FROM users WHERE name = ? AND age > ? AND id = $1");
/// ```
///
/// Where a text does not end, nothing after its beginning is told.
pub fn sanitize(sql: &str, dialect: Dialect) -> String {
    let mut reader = Reader { rest: sql, dialect, written: String::with_capacity(sql.len().min(QUERY_BYTES_MAX)) };
    while !reader.rest.is_empty() {
        if reader.written.len() > QUERY_BYTES_MAX {
            let end = reader.written.floor_char_boundary(QUERY_BYTES_MAX);
            reader.written.truncate(end);
            reader.written.push_str("...");
            break;
        }
        reader.step();
    }
    let kept = reader.written.trim_end().len();
    reader.written.truncate(kept);
    reader.written
}

struct Reader<'a> {
    rest: &'a str,
    dialect: Dialect,
    written: String,
}

impl Reader<'_> {
    /// Reads one token: a literal, a comment, a name, or a sign.
    fn step(&mut self) {
        let rest = self.rest;
        let Some(first) = rest.chars().next() else { return };
        let is_mysql = self.dialect == Dialect::MySql;
        match first {
            '\'' => self.literal(text_bytes(rest, '\'', is_mysql).unwrap_or(rest.len())),
            '"' if is_mysql => self.literal(text_bytes(rest, '"', true).unwrap_or(rest.len())),
            '"' | '`' => match text_bytes(rest, first, false) {
                Some(bytes) => self.keep(bytes),
                None => self.literal(rest.len()),
            },
            '$' if !is_mysql && !self.follows_name() => match dollar_quoted_bytes(rest) {
                Some(bytes) => self.literal(bytes),
                None => self.placeholder(),
            },
            ':' | '@' | '?' | '$' => self.placeholder(),
            '#' if is_mysql => self.skip(line_bytes(rest)),
            '-' if starts_comment(rest, is_mysql) => self.skip(line_bytes(rest)),
            '/' if rest.starts_with("/*") => self.skip(block_comment_bytes(rest)),
            '0'..='9' => self.literal(number_bytes(rest)),
            '.' if !self.follows_name() && followed_by_digit(rest) => self.literal(number_bytes(rest)),
            _ if first.is_whitespace() => self.skip(first.len_utf8()),
            _ if is_name(first) => self.name(),
            _ => self.keep(first.len_utf8()),
        }
    }

    /// Keeps a name; one that directly precedes a text is part of the literal: `X'1F'`, `_utf8'a'`.
    fn name(&mut self) {
        let bytes = self.rest.find(|sign| !is_name(sign)).unwrap_or(self.rest.len());
        let (name, after) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        if !after.starts_with('\'') {
            return self.keep(bytes);
        }
        let escapes = self.dialect == Dialect::MySql || name.eq_ignore_ascii_case("e");
        self.literal(bytes + text_bytes(after, '\'', escapes).unwrap_or(after.len()));
    }

    /// Keeps `$1`, `:name`, `@name`, `?1` whole, and `::type` as well.
    fn placeholder(&mut self) {
        let marks = self.rest.find(|sign| !matches!(sign, ':' | '@' | '?' | '$')).unwrap_or(self.rest.len());
        let after = self.rest.get(marks..).unwrap_or_default();
        // After a value a colon is a slice's, and what follows it a number.
        let is_slice = self.rest.starts_with(':') && self.written.ends_with(|sign| is_name(sign) || sign == '?');
        let name = if is_slice { 0 } else { after.find(|sign| !is_name(sign)).unwrap_or(after.len()) };
        self.keep(marks + name);
    }

    /// Whether the sign before is part of a name: `a.5` is no number.
    fn follows_name(&self) -> bool {
        self.written.ends_with(|sign| is_name(sign) || matches!(sign, '"' | '`' | ')' | ']'))
    }

    fn keep(&mut self, bytes: usize) {
        let (kept, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.written.push_str(kept);
        self.rest = rest;
    }

    fn literal(&mut self, bytes: usize) {
        self.written.push('?');
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Passes over white space and comments.
    fn skip(&mut self, bytes: usize) {
        if !self.written.is_empty() && !self.written.ends_with(' ') {
            self.written.push(' ');
        }
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }
}

fn is_name(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn followed_by_digit(text: &str) -> bool {
    text.chars().nth(1).is_some_and(|sign| sign.is_ascii_digit())
}

/// `MySQL` wants white space after the two dashes, since `5--3` is a sum there:
/// <https://dev.mysql.com/doc/refman/8.4/en/comments.html>.
fn starts_comment(text: &str, is_mysql: bool) -> bool {
    text.strip_prefix("--").is_some_and(|rest| !is_mysql || rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn line_bytes(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// A comment between `/*` and `*/`; they nest in `PostgreSQL`, and where they do not, too much is left
/// out and not too little.
fn block_comment_bytes(text: &str) -> usize {
    let mut depth = 0_u32;
    let mut signs = text.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        match (sign, signs.peek()) {
            ('/', Some((_, '*'))) => depth += 1,
            ('*', Some((_, '/'))) if depth == 1 => return at + 2,
            ('*', Some((_, '/'))) => depth -= 1,
            _ => continue,
        }
        signs.next();
    }
    text.len()
}

/// A quoted text from its first quote to its last; a doubled quote is part of it. `None` if it does
/// not end.
fn text_bytes(text: &str, quote: char, escapes: bool) -> Option<usize> {
    let mut signs = text.char_indices().skip(1).peekable();
    while let Some((at, sign)) = signs.next() {
        if escapes && sign == '\\' {
            signs.next();
        } else if sign == quote {
            match signs.peek() {
                Some((_, next)) if *next == quote => {
                    signs.next();
                }
                _ => return Some(at + 1),
            }
        }
    }
    None
}

/// `$$text$$` or `$tag$text$tag$`; `None` for a placeholder.
fn dollar_quoted_bytes(text: &str) -> Option<usize> {
    let after = text.strip_prefix('$')?;
    let end = after.find(|sign| !is_name(sign))?;
    if !after.get(end..)?.starts_with('$') || after.starts_with(|sign: char| sign.is_ascii_digit()) {
        return None;
    }
    let (mark, body) = text.split_at_checked(end + 2)?;
    Some(body.find(mark).map_or(text.len(), |at| at + 2 * mark.len()))
}

/// Digits with all that may be among them: `1_000`, `0x1F`, `1.5e-7`.
fn number_bytes(text: &str) -> usize {
    let is_hex = text.starts_with("0x") || text.starts_with("0X");
    let mut before = '0';
    let end = text.find(|sign: char| {
        let is_exponent = !is_hex && matches!(before, 'e' | 'E') && matches!(sign, '+' | '-');
        before = sign;
        !(is_name(sign) || sign == '.' || is_exponent)
    });
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn literals_go_and_the_rest_stays() {
        for (sql, standard, mysql) in [
            ("select a1, t.b2 from t3", "select a1, t.b2 from t3", "select a1, t.b2 from t3"),
            ("a = 'x''y' and b = -1.5e-3", "a = ? and b = -?", "a = ? and b = -?"),
            (r"a = 'c:\' and b = 'secret'", "a = ? and b = ?", r"a = ??"),
            (r"a = 'x\' secret' and b = 1", r"a = ? ?", "a = ? and b = ?"),
            (r"a = E'x\' secret' and b = 1", "a = ? and b = ?", "a = ? and b = ?"),
            ("X'1F' N'a' _utf8'b' 0x1F b'01'", "? ? ? ? ?", "? ? ? ? ?"),
            ("\"col 1\" = \"x\"", "\"col 1\" = \"x\"", "? = ?"),
            ("`col 1` = .5 + a.5", "`col 1` = ? + a.?", "`col 1` = ? + a.?"),
            ("$$a'b$$ $t$ $$ $t$ $1", "? ? $1", "$$a?"),
            (
                "a::int = :name or b = @p1 or c = ?1",
                "a::int = :name or b = @p1 or c = ?1",
                "a::int = :name or b = @p1 or c = ?1",
            ),
            ("a[1:2] = array[3]", "a[?:?] = array[?]", "a[?:?] = array[?]"),
            ("a /* 'x' /* y */ z */ -- 'w\n, b", "a , b", "a , b"),
            ("a # 'x'\n, 5--3", "a # ? , ?", "a , ?--?"),
            ("in (1,2 ,\n3)", "in (?,? , ?)", "in (?,? , ?)"),
            ("a = 'open", "a = ?", "a = ?"),
            ("a = \"open 'x'", "a = ?", "a = ?"),
            ("  ", "", ""),
        ] {
            assert_eq!(sanitize(sql, Dialect::Standard), standard, "{sql}");
            assert_eq!(sanitize(sql, Dialect::MySql), mysql, "{sql}");
        }
    }

    #[test]
    fn a_long_query_is_cut() {
        let sql = "é,".repeat(QUERY_BYTES_MAX);
        let sanitized = sanitize(&sql, Dialect::Standard);
        assert!(sanitized.len() <= QUERY_BYTES_MAX + 3 && sanitized.ends_with("..."));
    }

    /// One token: what is written, and what of it may be told.
    fn token() -> impl Strategy<Value = (String, String)> {
        let same = |text: &'static str| Just((text.to_owned(), text.to_owned()));
        let secret = |text: String| (text, "?".to_owned());
        prop_oneof![
            prop_oneof![same("SELECT"), same("$1"), same("?"), same(":id"), same("="), same("("), same("\"a 1\"")],
            "[0-9]{1,9}(\\.[0-9]{1,3})?".prop_map(secret),
            "[SECRET0-9 $é/*\\-\\\\]{0,9}".prop_map(move |text| secret(format!("'{text}'"))),
            "[SECRET']{0,5}".prop_map(move |text| secret(format!("'{}'", text.replace('\'', "''")))),
            "[SECRET' ]{0,9}".prop_map(move |text| secret(format!("$q${text}$q$"))),
            "[SECRET' ]{0,9}".prop_map(|text| (format!("/*{text}*/"), String::new())),
            "[SECRET' ]{0,9}".prop_map(|text| (format!("--{text}\n"), String::new())),
        ]
    }

    proptest! {
        #[test]
        fn of_any_query_only_names_and_signs_are_told(tokens in proptest::collection::vec(token(), 0..20)) {
            let sql: Vec<_> = tokens.iter().map(|(written, _)| written.as_str()).collect();
            let told: Vec<_> = tokens.iter().map(|(_, told)| told.as_str()).filter(|told| !told.is_empty()).collect();
            prop_assert_eq!(sanitize(&sql.join(" "), Dialect::Standard), told.join(" "));
        }

        #[test]
        fn any_text_is_sanitized_without_end(sql in "\\PC{0,40}|['\"$/*\\\\ a1.-]{0,40}") {
            for dialect in [Dialect::Standard, Dialect::MySql] {
                let once = sanitize(&sql, dialect);
                prop_assert!(once.len() <= 2 * sql.len().max(1));
            }
        }
    }
}
