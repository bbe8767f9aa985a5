//! Writes an object member by member. The verify module answers only a few objects, for which the
//! code of a serializer would be larger.

use super::{write_text, write_whole};

/// An object in progress. A member without a value is left out.
#[derive(Debug)]
pub struct ObjectText(Vec<u8>);

impl Default for ObjectText {
    fn default() -> ObjectText {
        ObjectText(vec![b'{'])
    }
}

impl ObjectText {
    /// Adds a string.
    #[must_use]
    pub fn text(mut self, name: &str, value: Option<&str>) -> ObjectText {
        if let Some(value) = value {
            self.name(name);
            write_text(value, &mut self.0);
        }
        self
    }

    /// Adds a whole number.
    #[must_use]
    pub fn whole(mut self, name: &str, value: Option<u64>) -> ObjectText {
        if let Some(value) = value {
            self.name(name);
            write_whole(value, &mut self.0);
        }
        self
    }

    /// Adds a value that is JSON text.
    #[must_use]
    pub fn raw(mut self, name: &str, value: Option<&str>) -> ObjectText {
        if let Some(value) = value {
            self.name(name);
            self.0.extend_from_slice(value.as_bytes());
        }
        self
    }

    /// Adds a list of strings, unless it is empty.
    #[must_use]
    pub fn texts<'t>(self, name: &str, values: impl IntoIterator<Item = &'t str>) -> ObjectText {
        let list = texts(values);
        self.raw(name, (list != "[]").then_some(&list))
    }

    /// The text.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.0.push(b'}');
        String::from_utf8(self.0).unwrap_or_default()
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        write_text(name, &mut self.0);
        self.0.push(b':');
    }
}

/// The text of a list of strings.
#[must_use]
pub fn texts<'t>(values: impl IntoIterator<Item = &'t str>) -> String {
    let mut list = vec![b'['];
    for value in values {
        if list.len() > 1 {
            list.push(b',');
        }
        write_text(value, &mut list);
    }
    list.push(b']');
    String::from_utf8(list).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn it_writes_what_serde_json_writes(
            text: Option<String>, whole in proptest::option::of(0..u64::MAX), list: Vec<String>, name: String,
        ) {
            let written = ObjectText::default()
                .text("text", text.as_deref())
                .whole("whole", whole)
                .texts("list", list.iter().map(String::as_str))
                .raw(&name, Some("{}"))
                .finish();
            let mut expected = serde_json::Map::new();
            expected.extend(text.map(|text| ("text".to_owned(), json!(text))));
            expected.extend(whole.map(|whole| ("whole".to_owned(), json!(whole))));
            if !list.is_empty() {
                expected.insert("list".to_owned(), json!(list));
            }
            prop_assume!(!expected.contains_key(&name));
            expected.insert(name, json!({}));
            prop_assert_eq!(written, serde_json::to_string(&expected).unwrap());
        }
    }
}
