//! Data that travels inside the page. Read from bytes, as server functions read their answers: were it read from text
//! as resources do by themselves, the WebAssembly would carry a second reader for each of its types.

use std::{fmt, str::FromStr};

use serde::{Serialize, de::DeserializeOwned};

/// JSON on its way from the server's rendering to the browser's.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried<T>(pub T);

impl<T: Serialize> fmt::Display for Carried<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

impl<T: DeserializeOwned> FromStr for Carried<T> {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_slice(text.as_bytes()).map(Carried)
    }
}
