//! Listening sockets in recorded kernel tables, and of this process.

use super::*;

#[test]
fn addresses_overlap_if_one_means_all_interfaces() {
    for (one, other, expected) in [
        ("127.0.0.1", "127.0.0.1", true),
        ("127.0.0.1", "127.0.0.2", false),
        ("0.0.0.0", "127.0.0.1", true),
        ("127.0.0.1", "::", true),
        ("::ffff:127.0.0.1", "127.0.0.1", true),
        ("::1", "127.0.0.1", false),
    ] {
        assert_eq!(addresses_overlap(one, other), expected, "{one} {other}");
    }
}

/// Recorded on Linux 6.18: 127.0.0.1:3000 and 0.0.0.0:22 listen, 127.0.0.1:3000 has a connection.
#[cfg(target_endian = "little")]
const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 21881 1 00000000a7a7a7a7 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 18002 1 00000000b7b7b7b7 100 0 0 10 0
   2: 0100007F:0BB8 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 21999 1 00000000c7c7c7c7 20 4 30 10 -1
";

/// `[::]:9090` and `[::1]:3000` listen.
#[cfg(target_endian = "little")]
const TCP6: &str = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:2382 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 30001 1 00000000d7d7d7d7 100 0 0 10 0
   1: 00000000000000000000000001000000:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 30002 1 00000000e7e7e7e7 100 0 0 10 0
";

#[cfg(target_endian = "little")]
#[test]
fn listening_sockets_are_found_by_port_and_address() {
    for (table, bind, port, expected) in [
        (TCP, "127.0.0.1", 3000, vec![21881]),
        (TCP, "0.0.0.0", 3000, vec![21881]),
        (TCP, "192.168.1.4", 3000, vec![]),
        (TCP, "192.168.1.4", 22, vec![18002]),
        (TCP, "127.0.0.1", 3001, vec![]),
        (TCP6, "127.0.0.1", 9090, vec![30001]),
        (TCP6, "127.0.0.1", 3000, vec![]),
        (TCP6, "::1", 3000, vec![30002]),
        ("", "127.0.0.1", 3000, vec![]),
        ("header\nrubbish\n", "127.0.0.1", 3000, vec![]),
    ] {
        assert_eq!(listening_inodes(table, bind, port), expected, "{bind}:{port}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn this_process_is_found_by_its_port() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    let Listener::Process(Some(process)) = find_listener("127.0.0.1", port) else { panic!("a process listens") };
    assert_eq!(process.number, std::process::id());
    assert!(process.to_string().ends_with(&format!("(pid {})", std::process::id())), "{process}");
    assert!(accepts_connections("127.0.0.1", port));
    drop(listener);
    assert_eq!(find_listener("127.0.0.1", port), Listener::None);
    assert!(!accepts_connections("127.0.0.1", port));
}
