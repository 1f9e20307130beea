//! Reads bodies, with limits on their size before and after decompression, on pauses, and on how many large ones are in
//! memory at once.

use std::io::{self, Read as _};

use bytes::{Buf as _, BytesMut};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap, StatusCode,
    body::{Body, Bytes},
    header,
};
use tokio::{sync::SemaphorePermit, time::timeout};

use super::{Limits, Receiver, answer::Refusal};

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
}

impl Compression {
    /// What a header names.
    ///
    /// # Errors
    /// 415 for another one than gzip.
    pub fn of(headers: &HeaderMap, name: impl header::AsHeaderName) -> Result<Compression, Refusal> {
        let Some(value) = headers.get(name) else { return Ok(Compression::None) };
        match value.to_str().unwrap_or("?").trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Compression::None),
            "gzip" => Ok(Compression::Gzip),
            _ => Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the only compression is `gzip`")),
        }
    }
}

/// A body, decompressed, and its place among the large ones.
pub struct ReadBody<'r> {
    pub bytes: Bytes,
    _large: Option<SemaphorePermit<'r>>,
}

/// Reads a whole body.
///
/// # Errors
/// 413 if it is too large, 408 if it pauses too long, 400 if it ends early or can't be decompressed, 429 if too many large
/// ones are read.
pub async fn read<'r, B>(body: B, compression: Compression, receiver: &'r Receiver) -> Result<ReadBody<'r>, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let limits = &receiver.limits;
    if body.size_hint().lower() > limits.body as u64 {
        discard(body, limits).await;
        return Err(Refusal::too_large(limits.body));
    }
    let (raw, large) = timeout(limits.whole, collect(body, receiver)).await.unwrap_or_else(|_| Err(late()))?;
    decompress(raw, compression, large, receiver).await
}

/// Reads what is left of a body and forgets it, so that the sender gets to read the answer: a connection that is closed
/// while data arrives is reset. Gives up on bodies that go on for ever.
pub async fn discard<B>(mut body: B, limits: &Limits)
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut left = 2 * limits.body;
    while let Ok(Some(Ok(frame))) = timeout(limits.pause, body.frame()).await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// Reads the bytes as they were sent.
async fn collect<'r, B>(mut body: B, receiver: &'r Receiver) -> Result<(Bytes, Option<SemaphorePermit<'r>>), Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let limits = &receiver.limits;
    let mut large = None;
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    loop {
        let frame = match timeout(limits.pause, body.frame()).await {
            Err(_) => return Err(late()),
            Ok(None) => break,
            Ok(Some(Err(error))) => {
                return Err(Refusal::new(StatusCode::BAD_REQUEST, format!("the body can't be read: {error}")));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else { continue };
        let length = first.len() + rest.len() + data.len();
        if length > limits.body {
            drop((first, rest));
            discard(body, limits).await;
            return Err(Refusal::too_large(limits.body));
        }
        if length > limits.large_body && large.is_none() {
            large = Some(receiver.turn(&receiver.large_turns).await?);
        }
        // Most bodies are one piece, which need not be copied.
        if first.is_empty() && rest.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok((if rest.is_empty() { first } else { rest.freeze() }, large))
}

fn late() -> Refusal {
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")
}

async fn decompress<'r>(
    raw: Bytes,
    compression: Compression,
    mut large: Option<SemaphorePermit<'r>>,
    receiver: &'r Receiver,
) -> Result<ReadBody<'r>, Refusal> {
    if compression == Compression::None {
        return Ok(ReadBody { bytes: raw, _large: large });
    }
    let limits = &receiver.limits;
    let malformed = |error: io::Error| Refusal::new(StatusCode::BAD_REQUEST, format!("the body is not gzip: {error}"));
    let mut decoder = MultiGzDecoder::new(raw.reader());
    let mut bytes = Vec::new();
    let small = limits.large_body.min(limits.body);
    decoder.by_ref().take(small as u64 + 1).read_to_end(&mut bytes).map_err(malformed)?;
    if bytes.len() > small {
        if large.is_none() {
            large = Some(receiver.turn(&receiver.large_turns).await?);
        }
        let rest = (limits.body + 1).saturating_sub(bytes.len());
        decoder.take(rest as u64).read_to_end(&mut bytes).map_err(malformed)?;
        if bytes.len() > limits.body {
            return Err(Refusal::too_large(limits.body));
        }
    }
    Ok(ReadBody { bytes: bytes.into(), _large: large })
}
