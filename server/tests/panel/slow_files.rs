//! Agents whose files are slow to read, and those beside them.

use std::time::{Duration, Instant};

use clawker_monitor::{clock::now, engine::AgentFiles};
use monitor_core::agents::AgentContainer;
use monitor_testing::harness::{Harness, agent_container, panel};

/// What takes 10 s is given up. Without that, `dev` would wait for ever.
const SOON: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
async fn slow_agents_do_not_keep_the_others_waiting() {
    for (slow, limit) in [(2, Duration::from_secs(5)), (5, SOON)] {
        let panel = panel();
        let mut names: Vec<String> = (0..slow).map(|number| format!("slow{number}")).collect();
        for name in &names {
            panel.engine.hold(&format!("files id-{name}"));
        }
        // Its files are the last to be asked for.
        names.push("dev".into());
        for name in &names {
            let files = AgentFiles { claude_version: Some("2.1.100".into()), ..AgentFiles::default() };
            panel.engine.world().agent_files.insert(format!("id-{name}"), files);
            panel.engine.agent_is(agent_container(name), "start");
        }
        let version = |name: &str| {
            let mut container = agent_container(name);
            panel.panel.agent_files.fill_in(&mut container);
            container.claude_version
        };
        let began = Instant::now();
        while version("dev").is_none() {
            assert!(began.elapsed() < limit, "{slow} slow agents keep the others waiting");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(version("slow0"), None, "it is still slow, or was given up");
        assert_eq!(panel.get("/healthz").await.status, 200);
    }
}

/// How often the Engine was asked this about `dev`.
fn count(panel: &Harness, question: &str) -> usize {
    panel.engine.world().questions.iter().filter(|asked| *asked == question).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_not_read_twice_at_the_same_time() {
    const INSPECTED: &str = "agent id-dev";
    const READ: &str = "files id-dev";
    let panel = panel();
    panel.shown().await;
    panel.engine.hold(READ);
    let dev = agent_container("dev");
    panel.engine.agent_is(dev.clone(), "start");
    panel.until("being read", |_| count(&panel, READ) == 1).await;
    panel.engine.agent_is(AgentContainer { networks: Vec::new(), ..dev.clone() }, "pause");
    panel.until("inspected again", |_| count(&panel, INSPECTED) == 2).await;
    panel.engine.agent_is(agent_container("ada"), "start");
    panel.until("both", |snapshot| snapshot.agents.len() == 2).await;
    assert_eq!(count(&panel, READ), 1);
    // What is being read belongs to the run before this one.
    panel.engine.agent_is(AgentContainer { started_at: Some(now()), ..dev }, "start");
    panel.until("inspected in its new run", |_| count(&panel, INSPECTED) == 3).await;
    panel.engine.release(READ);
    panel.until("read for the new run", |_| count(&panel, READ) == 2).await;
}
