//! Reads the bodies of responses up to a limit: what answers may be anything, and may never end.

/// The beginning of a body, at most `limit` bytes. The rest is not read. What arrived before an error counts.
pub async fn beginning(mut response: reqwest::Response, limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < limit {
        let Ok(Some(chunk)) = response.chunk().await else { break };
        let room = limit - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, time::Duration};

    use axum::{Router, body::Body, routing::get};
    use bytes::Bytes;
    use futures::stream;
    use tokio::{net::TcpListener, time::timeout};

    use super::*;

    #[tokio::test]
    async fn a_body_without_an_end_is_read_up_to_the_limit() {
        let endless =
            || async { Body::from_stream(stream::repeat(Ok::<_, Infallible>(Bytes::from_static(b"0123456789")))) };
        let router = Router::new().route("/endless", get(endless)).route("/short", get(|| async { "short" }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn(async move { axum::serve(listener, router).await });
        for (path, length) in [("endless", 4096), ("short", 5)] {
            let response = reqwest::get(format!("http://{address}/{path}")).await.expect("an answer");
            let bytes = timeout(Duration::from_secs(10), beginning(response, 4096)).await.expect("it stops");
            assert_eq!(bytes.len(), length, "{path}");
        }
    }
}
