//! Data that travels inside the page. Parsed from bytes, like the responses of server functions: parsing from text, which
//! is the default of resources, would add a second parser for each type to the WebAssembly.

use std::{fmt, str::FromStr};

use serde::{Serialize, de::DeserializeOwned};

/// A value that the server embeds in the page as JSON.
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
