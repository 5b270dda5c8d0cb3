//! Columns of a file that are read beside those of a schema, as texts, so that they can be carried through to an output.

use crate::error::IoError;
use planish_model::setting::split_names;
use planish_tabular::{ColumnSchema, Kind, Schema, did_you_mean, shown};
use std::collections::HashMap;

/// Which columns are read beside those of the schema.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum OtherColumns {
    /// None.
    #[default]
    None,
    /// Those of these names, which must be there; the schema may have them too.
    Named(Vec<String>),
    /// All of the file.
    All,
}

impl OtherColumns {
    /// `all`, or names with commas between them; one with a comma is quoted as in CSV.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<OtherColumns, String> {
        Ok(match text {
            "all" => OtherColumns::All,
            names => OtherColumns::Named(split_names(names)?),
        })
    }

    /// The schema with these columns of a file: those that it has already keep their kinds, others are texts.
    pub(crate) fn beside(&self, schema: Schema, file: &str, names: &[String]) -> Result<Schema, IoError> {
        let text = |name: &String| ColumnSchema { name: name.clone(), kind: Kind::Category };
        let known: HashMap<&str, &ColumnSchema> =
            schema.columns.iter().map(|c| (c.name.as_str(), c)).collect();
        let mut columns = schema.columns.clone();
        match self {
            OtherColumns::None => return Ok(schema),
            OtherColumns::All => {
                columns.extend(names.iter().filter(|n| !known.contains_key(n.as_str())).map(text));
                // As the file has them; those that it lacks stay at the end, to be missed.
                let places: HashMap<&str, usize> =
                    names.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
                columns.sort_by_key(|c| places.get(c.name.as_str()).copied().unwrap_or(usize::MAX));
            }
            OtherColumns::Named(wanted) => {
                for name in wanted {
                    if !names.contains(name) {
                        let near = did_you_mean(names.iter().map(String::as_str), name);
                        let what = format!("there is no column {} to keep{near}", shown(name));
                        return Err(IoError::file(file, what));
                    }
                    if !known.contains_key(name.as_str()) {
                        columns.push(text(name));
                    }
                }
            }
        }
        Ok(Schema { columns, ..schema.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(others: &OtherColumns) -> Result<String, String> {
        let schema = Schema::new([("x", Kind::Number), ("c", Kind::Category)]);
        let names = ["id", "c", "a, b", "x"].map(str::to_owned);
        let schema = others.beside(schema, "t.csv", &names).map_err(|e| e.to_string())?;
        Ok(schema.columns.iter().map(|c| format!("{} {}; ", c.name, c.kind.name())).collect())
    }

    #[test]
    fn named_columns_follow_and_all_are_in_the_files_order() {
        let parsed = |text| OtherColumns::parse(text).unwrap();
        assert_eq!(beside(&OtherColumns::None).unwrap(), "x number; c category; ");
        assert_eq!(
            beside(&parsed("\"a, b\",x,id")).unwrap(),
            "x number; c category; a, b category; id category; "
        );
        assert_eq!(beside(&parsed("all")).unwrap(), "id category; c category; a, b category; x number; ");
        assert_eq!(
            beside(&parsed("Id")).unwrap_err(),
            "t.csv: there is no column Id to keep; did you mean \"id\"?"
        );
        assert!(OtherColumns::parse("a,,b").is_err());
    }
}
