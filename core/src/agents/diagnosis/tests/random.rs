//! Random environments. Everything follows from the seed, so failures are reproducible.

use super::*;

/// Numbers that look random (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn line(&mut self) -> String {
        const NAMES: [&str; 16] = [
            "CLAUDE_CODE_ENABLE_TELEMETRY",
            "OTEL_LOGS_EXPORTER",
            "OTEL_METRICS_EXPORTER",
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            "OTEL_METRIC_EXPORT_INTERVAL",
            "OTEL_LOGS_EXPORT_INTERVAL",
            "OTEL_RESOURCE_ATTRIBUTES",
            "OTEL_EXPORTER_OTLP_HEADERS",
            "",
            "=",
            "Ü",
        ];
        let name = self.pick(&NAMES);
        if self.below(20) == 0 {
            return name.to_owned();
        }
        let mut value = String::new();
        for _ in 0..self.below(6) {
            value.push_str(self.pick(&[
                "0",
                "1",
                "none",
                "otlp",
                "grpc",
                "http/protobuf",
                "http://",
                "https://",
                "otel-collector",
                ":4318",
                ":",
                "/v1/logs",
                "/",
                "@",
                "?",
                "#",
                "[::1]",
                "[",
                "]",
                ":99999",
                ",",
                "=",
                "project=shop",
                "agent=dev",
                "é",
                "🦀",
                "`",
                "\"",
                "\n",
                " ",
                "%20",
                "18446744073709551616",
                "-1",
                "localhost",
            ]));
        }
        format!("{name}={value}")
    }

    fn lines(&mut self) -> Vec<String> {
        (0..self.below(8)).map(|_| self.line()).collect()
    }

    fn json(&mut self) -> String {
        let pairs: Vec<String> = (0..self.below(4))
            .filter_map(|_| self.line().split_once('=').map(|(name, value)| format!("{name:?}:{value:?}")))
            .collect();
        let whole = format!("{{\"env\":{{{}}}}}", pairs.join(","));
        let cut = whole.char_indices().map(|(place, _)| place).nth(self.below(60));
        cut.filter(|_| self.below(3) == 0).map_or(whole.clone(), |cut| whole[..cut].to_owned())
    }
}

#[test]
fn any_variables_give_a_well_formed_verdict() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 1..=4_000_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut scene = if dice.below(2) == 0 { silent() } else { healthy().heard("11:00:00") };
        scene.agent.environment.extend(dice.lines());
        for line in dice.lines() {
            if line.contains('=') {
                scene = scene.clawker_file(&line, "/home/ada/.clawker.yaml", "agent.env");
            }
        }
        match dice.below(3) {
            0 => scene.agent.image_environment = None,
            1 => scene.agent.image_environment.get_or_insert_default().extend(dice.lines()),
            _ => {}
        }
        if dice.below(3) == 0 {
            let layers = [SettingsLayer::Managed, SettingsLayer::User, SettingsLayer::Project];
            scene = scene.settings_file(layers[dice.below(3)], "/x/settings.json", &dice.json());
        }
        scene = scene.version(dice.pick(&["", "2.1.100", "2.1.200", "2.1.252", "2.1.300", "2.1.330", "?"]));
        scene.agent.managed = dice.below(4) > 0;
        scene.stack.collector.running = dice.below(4) > 0;
        scene.stack.collector.started_at = (dice.below(3) > 0).then(|| at("11:30:00"));
        let judgement = scene.judged();
        for cause in &judgement.causes {
            assert_eq!(cause.evidence.matches('`').count() % 2, 0, "seed {seed}: {}", cause.evidence);
            assert!(!cause.evidence.contains('\n'), "seed {seed}: {}", cause.evidence);
            seen.insert(cause.code);
        }
        let faulty = matches!(judgement.verdict, Verdict::Dark | Verdict::Off);
        assert!(!faulty || !judgement.causes.is_empty(), "seed {seed}: {}", scene.told());
        assert!(
            !judgement.causes.is_empty() || judgement.verdict == Verdict::Reporting,
            "seed {seed}: {}",
            scene.told()
        );
        assert_eq!(judgement, scene.judged(), "seed {seed}");
    }
    assert!(seen.len() > 12, "the generator is too tame: {seen:?}");
}
