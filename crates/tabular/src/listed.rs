//! Lists of names in messages: a table may have thousands of columns with names of any length, and a line should still be read at a glance. So a
//! list shows at most ten names and 200 characters, and says how many more there are; a name that could be misread is quoted, a long one cut.

/// Most names of a list.
const MOST: usize = 10;

/// Letters of a line with its list, where one name leaves room for more.
const WIDTH: usize = 200;

/// Letters of a name.
const LETTERS: usize = 40;

/// A name as messages show it: plain where that is clear, else in quotes with its odd characters escaped; the end of a long one is cut.
pub fn shown(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " _-.+/<>=$%#&@()[]^*':".contains(c);
    if !name.is_empty() && name.trim() == name && name.chars().take(LETTERS).all(is_plain) {
        return match name.char_indices().nth(LETTERS) {
            Some((end, _)) => format!("{}…", &name[..end]),
            None => name.to_owned(),
        };
    }
    let mut quoted = "\"".to_owned();
    for c in name.chars() {
        if quoted.chars().count() > LETTERS {
            quoted.push('…');
            break;
        }
        quoted.extend(c.escape_debug());
    }
    quoted + "\""
}

/// `before` and these items, the first of many: `ignored columns: a, b, c`, or `… and 37 more`.
pub fn listed(before: &str, items: impl ExactSizeIterator<Item = String>) -> String {
    let all = items.len();
    // Room for the words that say how many are not shown.
    let room = WIDTH - " and 18446744073709551615 more".len();
    let mut line = before.to_owned();
    let mut letters = before.chars().count();
    for (i, item) in items.enumerate() {
        letters += item.chars().count() + 2;
        if i == MOST || (i > 0 && letters > room) {
            return format!("{line} and {} more", all - i);
        }
        line += if i > 0 { ", " } else { "" };
        line += &item;
    }
    line
}

/// As [`listed`], of names.
pub fn listed_names<'a>(before: &str, names: impl ExactSizeIterator<Item = &'a str>) -> String {
    listed(before, names.map(shown))
}

/// A text as a shell takes it: in quotes where it would be read as something else.
pub fn in_shell(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-.,/:+@%=^".contains(c);
    match text {
        text if text.chars().any(char::is_control) => format!("$'{}'", text.escape_default()),
        text if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        text => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// A name in a list parted by commas: quoted, as in CSV, where it would be read as several or lose an end.
pub fn in_list(name: &str) -> String {
    let is_plain = name.trim() == name && !name.contains([',', '"']) && !name.is_empty();
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// `--drop age,city`, ready to be pasted into a shell; of many columns as many as fit into so many letters, ` and 12 more`. Of one that does not fit the
/// option alone.
pub fn drop_option(columns: &[String], letters: usize) -> String {
    let option = |n: usize| {
        let list: Vec<String> = columns[..n].iter().map(|name| in_list(name)).collect();
        let list = list.join(",");
        let parted = if list.starts_with('-') { '=' } else { ' ' };
        let more = columns.len() - n;
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("--drop{parted}{}{rest}", in_shell(&list))
    };
    // A name has a letter and a comma.
    let most = columns.len().min(letters / 2);
    let fitting = (1..=most).rev().map(option).find(|text| text.chars().count() <= letters);
    fitting.unwrap_or_else(|| "--drop".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_quoted_for_list_and_shell() {
        let drop = |names: &[&str], room| {
            drop_option(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>(), room)
        };
        assert_eq!(drop(&["age", "größe"], 99), "--drop age,größe");
        assert_eq!(drop(&["a b", "it's"], 99), r"--drop 'a b,it'\''s'");
        assert_eq!(drop(&["a,b", "c\"d"], 99), r#"--drop '"a,b","c""d"'"#);
        assert_eq!(drop(&["-x"], 99), "--drop=-x");
        assert_eq!(drop(&["a\nb"], 99), r"--drop $'a\nb'");
        let names = ["abc", "def", "the last one is long"];
        assert_eq!(drop(&names, 38), "--drop 'abc,def,the last one is long'");
        assert_eq!(drop(&names, 36), "--drop abc,def and 1 more");
        assert_eq!(drop(&names, 24), "--drop abc and 2 more");
        assert_eq!(drop(&["a long name"], 9), "--drop");
    }

    #[test]
    fn at_most_ten_names_are_shown_and_the_others_counted() {
        let names: Vec<String> = (0..47).map(|i| format!("c{i}")).collect();
        let line = |n: usize| listed_names("ignored: ", names[..n].iter().map(String::as_str));
        assert_eq!(line(0), "ignored: ");
        assert_eq!(line(10), "ignored: c0, c1, c2, c3, c4, c5, c6, c7, c8, c9");
        assert_eq!(line(47), format!("{} and 37 more", line(10)));
    }

    #[test]
    fn long_names_leave_no_room_for_others() {
        let names = vec!["ä".repeat(3000); 12];
        let line = listed_names("x: ", names.iter().map(String::as_str));
        let cut = format!("{}…", "ä".repeat(40));
        assert_eq!(line, format!("x: {cut}, {cut}, {cut} and 9 more"));
        // One is always shown.
        assert_eq!(listed_names(&"b".repeat(300), ["n", "m"].into_iter()), "b".repeat(300) + "n and 1 more");
    }

    #[test]
    fn names_that_could_be_misread_are_quoted() {
        for plain in ["age", "Total rooms", "größe_2", "x^2", "<=50K", "Unnamed: 0"] {
            assert_eq!(shown(plain), plain);
        }
        assert_eq!(shown("a, b"), "\"a, b\"");
        assert_eq!(shown(""), "\"\"");
        assert_eq!(shown(" a"), "\" a\"");
        assert_eq!(shown("a\n\u{1b}[31m"), r#""a\n\u{1b}[31m""#);
        assert_eq!(shown(&"\"".repeat(99)), format!("\"{}…\"", "\\\"".repeat(20)));
    }
}
