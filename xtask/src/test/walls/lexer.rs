//! Rust's tokens, as far as walls tell them apart.

#[derive(Debug, PartialEq, Eq)]
pub enum Token {
    /// An identifier, a number, `::`, or one mark of punctuation.
    Code(String),
    /// What is between the quotes of a string, with its escapes, and the line on which it starts.
    Text { line: usize, text: String },
}

/// Leaves out comments, lifetimes and single letters in quotes.
pub fn tokens(source: &str) -> Vec<Token> {
    let letters: Vec<char> = source.chars().collect();
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while at < letters.len() {
        let (letter, next) = (letters[at], letters.get(at + 1).copied());
        let end = match (letter, next) {
            ('/', Some('/')) => find(&letters, at, |letter| letter == '\n'),
            ('/', Some('*')) => comment_end(&letters, at),
            ('r', Some('"' | '#')) if raw_text(&letters, at).is_some() => {
                let (start, close, end) = raw_text(&letters, at).unwrap_or((at, at, letters.len()));
                tokens.push(Token::Text { line, text: letters[start..close].iter().collect() });
                end
            }
            ('"', _) => {
                let end = text_end(&letters, at, '"');
                let close = end.saturating_sub(1).max(at + 1);
                tokens.push(Token::Text { line, text: letters[at + 1..close].iter().collect() });
                end
            }
            ('\'', Some('\\')) => text_end(&letters, at, '\''),
            // A lifetime has no closing quote.
            ('\'', _) if letters.get(at + 2) == Some(&'\'') => at + 3,
            (':', Some(':')) => {
                tokens.push(Token::Code("::".to_owned()));
                at + 2
            }
            _ if is_word(letter) => {
                let end = find(&letters, at, |letter| !is_word(letter));
                tokens.push(Token::Code(letters[at..end].iter().collect()));
                end
            }
            _ => {
                if !letter.is_whitespace() {
                    tokens.push(Token::Code(letter.to_string()));
                }
                at + 1
            }
        };
        let end = end.min(letters.len());
        line += letters[at..end].iter().filter(|letter| **letter == '\n').count();
        at = end;
    }
    tokens
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn find(letters: &[char], from: usize, is_end: impl Fn(char) -> bool) -> usize {
    letters[from..].iter().position(|letter| is_end(*letter)).map_or(letters.len(), |found| from + found)
}

fn comment_end(letters: &[char], start: usize) -> usize {
    let pairs = letters[start + 2..].windows(2);
    pairs.into_iter().position(|pair| pair == ['*', '/']).map_or(letters.len(), |found| start + 2 + found + 2)
}

/// After the closing quote.
fn text_end(letters: &[char], start: usize, quote: char) -> usize {
    let mut at = start + 1;
    while at < letters.len() && letters[at] != quote {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(letters.len())
}

/// Where the text of `r#"…"#` starts and ends, and where the whole ends.
fn raw_text(letters: &[char], start: usize) -> Option<(usize, usize, usize)> {
    let marks = letters[start + 1..].iter().take_while(|letter| **letter == '#').count();
    let open = start + 1 + marks;
    if letters.get(open) != Some(&'"') {
        return None;
    }
    let closes = |at: &usize| {
        let after = letters[at + 1..].iter().take(marks);
        letters[*at] == '"' && after.filter(|letter| **letter == '#').count() == marks
    };
    (open + 1..letters.len()).find(closes).map(|close| (open + 1, close, close + 1 + marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> Vec<String> {
        let words = tokens(source).into_iter().filter_map(|token| match token {
            Token::Code(word) => Some(word),
            Token::Text { .. } => None,
        });
        words.collect()
    }

    #[test]
    fn comments_lifetimes_and_letters_are_no_code() {
        assert_eq!(code("a /* b */ :: c // d\n e"), ["a", "::", "c", "e"]);
        assert_eq!(code("f('\"', '\\'', x)"), ["f", "(", ",", ",", "x", ")"]);
        assert_eq!(code("&'a str"), ["&", "'", "a", "str"]);
    }

    #[test]
    fn texts_are_found_with_their_lines() {
        let text = |line, text: &str| Token::Text { line, text: text.to_owned() };
        let found = tokens("\"one\"\n/* \n */ r#\"t\"wo\"# \"thr\\\"ee\"");
        assert_eq!(found, [text(1, "one"), text(3, "t\"wo"), text(3, "thr\\\"ee")]);
    }

    #[test]
    fn an_unfinished_text_ends_with_the_file() {
        assert_eq!(code("a \"b"), ["a"]);
        assert_eq!(code("a /* b"), ["a"]);
    }
}
