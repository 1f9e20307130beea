//! A disk that takes nothing more: senders are told to try again, what was acknowledged stays, and it is written
//! again once there is room.

use monitor_receiver::{otlp::responses::Status, store::Reader};
use prost::Message as _;

use super::{
    client::{PROTOBUF, Send},
    crashes::Process,
    telemetry::{encoded, event},
};

fn request(number: u64) -> Send<'static> {
    Send::post("/v1/logs", PROTOBUF, encoded("s", (number * 200..(number + 1) * 200).map(event).collect()))
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_writes_are_503_and_lose_nothing_acknowledged() {
    for blocks in [500, 1000, 1900, 3300] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("telemetry.db");
        // No file may grow beyond that many blocks of 512 bytes: writes fail as they do on a full disk.
        let process = Process::start(&file, &format!("trap '' XFSZ; ulimit -f {blocks};")).await;
        let (mut acknowledged, mut refused) = (0, Vec::new());
        for number in 0..200 {
            let answer = request(number).to(process.http).await.expect("an answer");
            match answer.status {
                200 => acknowledged += 1,
                503 => {
                    assert_eq!(answer.header("retry-after"), Some("5"));
                    let status = Status::decode(answer.body.as_slice()).expect("a status");
                    assert_eq!((status.code, status.message.as_str()), (14, "the receiver can't write to its disk"));
                    refused.push(number);
                }
                other => panic!("{other}: {}", answer.text()),
            }
            if refused.len() >= 10 {
                break;
            }
        }
        assert!(!refused.is_empty(), "{blocks} blocks: the limit was not reached");
        // What has no room is refused for as long as there is none, and the process lives.
        assert_eq!(Send::post("/v1/logs", PROTOBUF, "").to(process.http).await.expect("an answer").status, 200);
        process.kill();
        assert_eq!(Reader::open(&file).expect("a reader").count_events().expect("a number"), acknowledged * 200);
        let process = Process::start(&file, "").await;
        for number in &refused {
            assert_eq!(request(*number).to(process.http).await.expect("an answer").status, 200, "there is room again");
        }
        process.kill();
        let expected = (acknowledged + refused.len() as u64) * 200;
        assert_eq!(Reader::open(&file).expect("a reader").count_events().expect("a number"), expected);
    }
}
