use super::*;
#[test]
fn later() {}
