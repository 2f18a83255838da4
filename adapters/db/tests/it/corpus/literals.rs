//! Texts, numbers and names that a database may read otherwise than the parser does, or than the printer means.

use super::attack::{Why::*, acme};

attacks! {
    a_text_with_a_quote_stays_a_text on [sqlite postgres mysql]
        acme("SELECT 'it''s' FROM resources WHERE id = 1").sees(&["it's"]);
    a_text_of_two_quotes_stays_two on [sqlite postgres mysql]
        acme("SELECT 'a''''b' FROM resources WHERE id = 1").sees(&["a''b"]);
    a_text_of_three_quotes_stays_three on [sqlite postgres mysql]
        acme("SELECT 'a''''''b' FROM resources WHERE id = 1").sees(&["a'''b"]);
    a_text_of_nothing_but_quotes_stays_so on [sqlite postgres mysql]
        acme("SELECT '''''' FROM resources WHERE id = 1").sees(&["''"]);
    a_backslash_before_a_quote_ends_no_text on [sqlite]
        acme(r"SELECT '\'' OR 1 = 1 UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1")
            .sees(&[r"\' OR 1 = 1 UNION SELECT word FROM secrets -- "]);
    a_backslash_before_a_quote_is_harmless_on_postgres on [postgres]
        acme(r"SELECT '\'' UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1");
    a_backslash_before_a_quote_is_refused_on_mysql on [mysql]
        acme(r"SELECT '\' UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1").is_refused(&[Expression, Syntax, Relation]);
    a_backslash_before_two_quotes_is_refused_on_mysql on [mysql]
        acme(r"SELECT '\'' UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1").is_refused(&[Expression, Syntax, Relation]);
    a_backslash_at_the_end_of_a_text_is_its_last_letter on [sqlite]
        acme(r"SELECT '\', name FROM resources WHERE id = 1").sees(&[r"\|pen"]);
    a_backslash_at_the_end_of_a_text_is_harmless_on_postgres on [postgres]
        acme(r"SELECT 'x\', name FROM resources WHERE id = 1");
    two_backslashes_are_refused_on_mysql on [mysql]
        acme(r"SELECT '\\', name FROM resources WHERE id = 1").is_refused(&[Expression, Syntax]);
    a_backslash_in_a_name_is_refused on [sqlite postgres]
        acme(r#"SELECT name AS "\"" FROM secrets -- " FROM resources WHERE id = 1"#).is_refused(&[Expression]);
    a_backslash_in_a_name_in_backticks_is_refused on [sqlite mysql]
        acme(r"SELECT name AS `\`` FROM secrets -- ` FROM resources WHERE id = 1").is_refused(&[Expression]);
    a_text_in_double_quotes_is_refused_on_mysql on [mysql]
        acme(r#"SELECT "x' FROM resources WHERE id = 1"#).is_refused(&[Expression, Syntax]);
    a_name_in_double_quotes_is_refused_on_mysql on [mysql]
        acme(r#"SELECT "name" FROM resources"#).is_refused(&[Expression, Syntax]);
    a_table_in_double_quotes_is_refused_on_mysql on [mysql]
        acme(r#"SELECT * FROM "secrets""#).is_refused(&[Relation, Syntax, Expression]);
    a_literal_alias_in_double_quotes_is_refused_on_mysql on [mysql]
        acme(r#"SELECT name AS "x\" FROM resources -- ""#).is_refused(&[Expression, Syntax, Clause]);
    a_text_over_two_lines_is_harmless on [postgres mysql]
        acme("SELECT 'a'\n'b' FROM resources WHERE id = 1");
    a_text_against_a_text_is_harmless on [mysql]
        acme("SELECT 'a' 'b' FROM resources WHERE id = 1");
    an_escaped_text_stays_a_text on [postgres]
        acme(r"SELECT E'it\'s \\ \x41' FROM resources WHERE id = 1").sees(&[r"it's \ A"]);
    an_escaped_text_with_a_quote_at_its_end_stays_a_text on [postgres]
        acme(r"SELECT E'\\\'' FROM resources WHERE id = 1").sees(&[r"\'"]);
    an_escaped_text_does_not_end_early on [postgres]
        acme(r"SELECT E'\' UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1").sees(&["' UNION SELECT word FROM secrets -- "]);
    an_escaped_text_with_an_even_run_of_backslashes_ends on [postgres]
        acme(r"SELECT E'\\' UNION SELECT word FROM secrets -- '").is_refused(&[Relation]);
    an_escaped_text_with_octals_and_unicode_stays_so on [postgres]
        acme(r"SELECT E'\101\u0042\U00000043' FROM resources WHERE id = 1").sees(&["ABC"]);
    an_escaped_text_with_an_escaped_quote_by_number_stays_a_text on [postgres]
        acme(r"SELECT E'\047 UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1")
            .sees(&["' UNION SELECT word FROM secrets -- "]);
    an_escaped_text_with_an_unknown_escape_is_harmless on [postgres]
        acme(r"SELECT E'\q\8\xg' FROM resources WHERE id = 1");
    a_unicode_text_is_harmless on [postgres]
        acme(r"SELECT U&'\0041\+000042' FROM resources WHERE id = 1");
    a_unicode_text_with_a_quote_is_harmless on [postgres]
        acme(r"SELECT U&'\0027 UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1");
    a_unicode_text_with_its_own_escape_is_harmless on [postgres]
        acme(r"SELECT U&'!0041' UESCAPE '!' FROM resources WHERE id = 1");
    a_dollar_quoted_text_stays_a_text on [postgres]
        acme("SELECT $$ UNION SELECT 'x' FROM secrets -- $$ FROM resources WHERE id = 1").sees(&[" UNION SELECT 'x' FROM secrets -- "]);
    a_tagged_text_with_dollars_is_refused on [postgres]
        acme("SELECT $a$ $$ $b$ ' $a$ FROM resources WHERE id = 1").is_refused(&[Expression]);
    a_tagged_text_that_holds_half_of_its_tag_is_refused on [postgres]
        acme("SELECT $a$ $a $ a$ $a$ FROM resources WHERE id = 1").is_refused(&[Expression]);
    a_dollar_quoted_text_with_dollars_is_refused on [postgres]
        acme("SELECT $$a$b$ c$$ FROM resources WHERE id = 1").is_refused(&[Expression]);
    /// PostgreSQL takes `$1` for a placeholder there, and the rest for SQL.
    a_tag_of_digits_is_harmless on [postgres]
        acme("SELECT $1$ , (SELECT max(word) FROM secrets) , $1$ FROM resources");
    a_tag_that_begins_with_a_digit_is_harmless on [postgres]
        acme("SELECT $1a$ FROM secrets -- $1a$ FROM resources");
    a_tag_in_another_case_does_not_end_a_text on [postgres]
        acme("SELECT $A$ $a$ FROM secrets -- $A$ FROM resources WHERE id = 1").is_refused(&[Expression]);
    an_unterminated_tag_is_refused on [postgres]
        acme("SELECT $a$ FROM resources").is_refused(&[Syntax]);
    a_dollar_within_a_name_opens_no_text on [postgres]
        acme("SELECT id AS a$$, (SELECT max(word) FROM secrets) AS b$$ FROM resources").is_refused(&[Relation, Syntax, Placeholder]);
    a_hexadecimal_text_stays_one on [sqlite mysql]
        acme("SELECT length(X'4142') FROM resources WHERE id = 1").sees(&["2"]);
    a_quote_in_a_hexadecimal_text_is_harmless on [sqlite postgres mysql]
        acme("SELECT X'41'' UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1");
    a_bit_text_is_harmless on [postgres mysql]
        acme("SELECT B'01'' UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1");
    a_national_text_is_harmless on [postgres mysql]
        acme("SELECT N'a'' UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1");
    a_national_text_with_a_backslash_is_harmless on [postgres mysql]
        acme(r"SELECT N'\'' UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1");
    a_raw_text_is_harmless on [sqlite postgres mysql]
        acme(r"SELECT R'\'' UNION SELECT word FROM secrets -- ' FROM resources WHERE id = 1");
    a_quote_delimited_text_is_harmless on [sqlite postgres mysql]
        acme("SELECT q'[ ' ]' FROM resources WHERE id = 1");
    a_text_in_three_quotes_is_no_text_of_three_quotes on [sqlite postgres]
        acme("SELECT '''x''' FROM resources WHERE id = 1").sees(&["'x'"]);
    a_text_with_a_charset_is_harmless on [mysql]
        acme("SELECT _gbk'\u{bf}' FROM resources WHERE id = 1");
    a_long_number_keeps_no_letter on [sqlite postgres mysql]
        acme("SELECT 1L FROM resources WHERE id = 1");
    a_hexadecimal_number_is_harmless on [sqlite postgres mysql]
        acme("SELECT 0x1F FROM resources WHERE id = 1");
    a_number_against_a_word_is_harmless on [sqlite postgres mysql]
        acme("SELECT 1FROM resources");
    a_number_with_underscores_is_harmless on [sqlite postgres mysql]
        acme("SELECT 1_000 FROM resources WHERE id = 1");
    a_number_with_half_an_exponent_is_harmless on [sqlite postgres mysql]
        acme("SELECT 1e FROM resources WHERE id = 1");
    a_number_with_two_points_is_harmless on [sqlite postgres mysql]
        acme("SELECT 1..2 FROM resources WHERE id = 1");
    a_point_before_a_number_is_a_number on [sqlite postgres mysql]
        acme("SELECT .5 + 1. FROM resources WHERE id = 1");
    booleans_are_booleans on [sqlite postgres mysql]
        acme("SELECT id FROM resources WHERE TRUE AND NOT FALSE AND id IS NOT NULL").sees(&["1", "2", "3"]);
    a_text_as_an_alias_is_harmless on [sqlite mysql]
        acme("SELECT name AS 'x'' FROM secrets -- ' FROM resources WHERE id = 1");
    a_text_as_an_alias_with_a_backslash_is_harmless on [sqlite mysql]
        acme(r"SELECT name AS '\'' FROM secrets -- ' FROM resources WHERE id = 1");
    a_typed_text_with_a_backslash_is_harmless on [postgres mysql]
        acme(r"SELECT DATE '\'' FROM secrets -- ' FROM resources WHERE id = 1");
    an_interval_with_a_backslash_is_harmless on [postgres mysql]
        acme(r"SELECT INTERVAL '\'' FROM secrets -- ' DAY FROM resources WHERE id = 1");
    like_escaped_by_a_quote_is_harmless on [sqlite postgres]
        acme("SELECT id FROM resources WHERE name LIKE 'p''%' ESCAPE ''''").sees(&[]);
    like_escaped_by_a_backslash_keeps_it on [sqlite postgres]
        acme(r"SELECT id FROM resources WHERE name LIKE 'p\_n' ESCAPE '\'").sees(&[]);
    like_with_a_backslash_is_harmless_on_mysql on [mysql]
        acme(r"SELECT id FROM resources WHERE name LIKE 'p\_n'");
    a_trimmed_quote_is_harmless on [postgres mysql]
        acme(r"SELECT trim(BOTH '\'' FROM secrets -- ' FROM name) FROM resources WHERE id = 1");
    an_option_of_a_comparison_is_no_text on [postgres]
        acme(r"SELECT id FROM resources WHERE name SIMILAR TO 'p%' ESCAPE '\'");
    a_time_zone_with_a_quote_is_harmless on [postgres]
        acme(r"SELECT now() AT TIME ZONE '\'' FROM secrets -- ' FROM resources WHERE id = 1");
    a_separator_with_a_backslash_is_harmless on [mysql]
        acme(r"SELECT GROUP_CONCAT(name SEPARATOR '\'') FROM secrets -- ') FROM resources");
    a_json_path_with_a_quote_is_harmless on [sqlite postgres]
        acme(r"SELECT '{}' -> '\'' FROM secrets -- ' FROM resources WHERE id = 1");
}
