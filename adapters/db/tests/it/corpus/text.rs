//! Bytes that a person does not see.

use super::attack::{Why::*, acme};

attacks! {
    a_nul_byte_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources\0 WHERE id = 1").is_refused(&[Syntax, Expression]);
    a_nul_byte_at_the_end_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources\0").is_refused(&[Syntax, Relation]);
    /// SQLite reads a statement up to the first NUL.
    a_nul_byte_in_a_text_is_refused on [sqlite postgres mysql]
        acme("SELECT 'a\0b' FROM resources WHERE id = 1").is_refused(&[Syntax, Expression]);
    a_nul_byte_in_a_name_is_refused on [sqlite postgres]
        acme("SELECT 1 AS \"a\0b\" FROM resources WHERE id = 1").is_refused(&[Syntax, Expression, Clause]);
    a_nul_byte_in_a_tables_name_is_refused on [sqlite postgres]
        acme("SELECT * FROM \"secrets\0\"").is_refused(&[Syntax, Relation]);
    a_nul_byte_in_a_comment_is_refused_or_dropped on [sqlite postgres mysql]
        acme("SELECT id /* \0 */ FROM resources WHERE id = 1");
    a_nul_byte_by_escape_is_refused on [postgres]
        acme(r"SELECT E'a\000b' FROM resources WHERE id = 1").is_refused(&[Syntax, Expression]);
    a_byte_order_mark_is_refused on [sqlite postgres mysql]
        acme("\u{feff}SELECT id FROM resources WHERE id = 1").is_refused(&[Syntax, Statement]);
    a_byte_order_mark_within_is_a_letter on [sqlite postgres mysql]
        acme("SELECT id FROM\u{feff}resources");
    a_no_break_space_is_harmless on [sqlite postgres mysql]
        acme("SELECT id FROM resources\u{a0}WHERE id = 1");
    an_ideographic_space_is_harmless on [sqlite postgres mysql]
        acme("SELECT id FROM resources\u{3000}WHERE id = 1");
    a_line_separator_is_harmless on [sqlite postgres mysql]
        acme("SELECT id FROM resources -- \u{2028}WHERE id = 101");
    a_next_line_is_harmless on [sqlite postgres mysql]
        acme("SELECT id FROM resources\u{85}WHERE id = 1");
    a_unicode_space_within_a_name_is_another_name on [sqlite postgres mysql]
        acme("SELECT * FROM secrets\u{a0}resources").is_refused(&[Relation, Syntax]);
    a_unicode_space_before_an_alias_is_harmless on [sqlite postgres mysql]
        acme("SELECT id FROM resources\u{2003}r");
    right_to_left_marks_are_refused_or_harmless on [sqlite postgres mysql]
        acme("SELECT id FROM resources \u{202e} WHERE id = 1");
    a_typographic_quote_is_no_quote on [sqlite postgres mysql]
        acme("SELECT \u{2018}x\u{2019} FROM secrets").is_refused(&[Syntax, Relation, Expression]);
    a_typographic_semicolon_is_no_semicolon on [sqlite postgres mysql]
        acme("SELECT 1\u{37e} SELECT word FROM secrets").is_refused(&[Syntax, Relation, Expression, Statements]);
    a_full_width_parenthesis_is_no_parenthesis on [sqlite postgres mysql]
        acme("SELECT count\u{ff08}*\u{ff09} FROM secrets").is_refused(&[Syntax, Relation, Expression]);
    a_full_width_comma_is_no_comma on [sqlite postgres mysql]
        acme("SELECT id FROM resources\u{ff0c}secrets").is_refused(&[Syntax, Relation]);
    a_text_in_other_letters_is_a_text on [sqlite postgres mysql]
        acme("SELECT '\u{e4}\u{1f600}\u{202e}' FROM resources WHERE id = 1").sees(&["\u{e4}\u{1f600}\u{202e}"]);
    an_alias_in_other_letters_is_an_alias on [sqlite postgres mysql]
        acme("SELECT \u{e9}t\u{e9}.id FROM resources \u{e9}t\u{e9} WHERE id = 1");
    a_backslash_alone_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources \\ WHERE id = 1").is_refused(&[Syntax, Relation, Expression]);
    a_psql_command_is_refused on [postgres]
        acme("SELECT id FROM resources \\gexec").is_refused(&[Syntax, Relation, Expression]);
    a_sqlite_shell_command_is_refused on [sqlite]
        acme(".dump secrets").is_refused(&[Syntax, Statement]);
    a_control_character_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources \u{1} WHERE id = 1").is_refused(&[Syntax, Expression]);
    an_end_of_file_character_is_refused on [sqlite postgres mysql]
        acme("SELECT id FROM resources \u{1a} WHERE id = 1").is_refused(&[Syntax, Expression]);
}
