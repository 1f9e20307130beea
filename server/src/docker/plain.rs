//! Requests without bollard: for what bollard 0.21 can't ask or can't read.

use super::{
    client::{Connection, QUESTION_TIMEOUT},
    ping::get,
};
use crate::body::beginning;

/// A longer answer is not read, in bytes. A container takes 1 to 2 kB in a list.
const LONGEST_ANSWER: usize = 64 << 20;

/// The Engine's answer to a `GET` of this path in the negotiated API version. `None` if there is none, or an error.
pub(super) async fn get_json(engine: &Connection, path: &str) -> Option<serde_json::Value> {
    let answer = async {
        let answer = get(&engine.endpoint, &format!("v{}{path}", engine.version)).await?.error_for_status().ok()?;
        serde_json::from_slice(&beginning(answer, LONGEST_ANSWER).await).ok()
    };
    tokio::time::timeout(QUESTION_TIMEOUT, answer).await.ok()?
}
