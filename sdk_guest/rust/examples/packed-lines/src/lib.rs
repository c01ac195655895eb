//! A filter: of a log of JSON lines, those stay that are at least as grave as `warn`. Lines that are no JSON, or have no level
//! that is known, stay as well: somebody should see them.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]

use plugbay_guest::prelude::*;
use plugbay_guest::{packed, serde_json};
use serde::Deserialize;

packed::export!(#![no_std] keep_grave);

#[derive(Deserialize)]
struct Line {
    level: Level,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Trace,
    Debug,
    Info,
    #[serde(other)]
    Grave,
}

fn keep_grave(log: &str) -> String {
    let kept: Vec<&str> = log.split_inclusive('\n').filter(|line| is_grave(line)).collect();
    packed::debug!("kept {} of {} lines", kept.len(), log.lines().count());
    kept.concat()
}

fn is_grave(line: &str) -> bool {
    let line: Result<Line, _> = serde_json::from_str(line);
    line.map_or(true, |line| matches!(line.level, Level::Grave))
}

#[cfg(test)]
mod tests {
    use plugbay_guest::testing;

    use super::*;

    #[test]
    fn lines_of_no_weight_go() {
        let log = "{\"level\":\"info\",\"n\":1}\n{\"level\":\"warn\",\"n\":2}\nno JSON\n{\"level\":\"fatal\"}\n{\"level\":\"debug\"}";
        assert_eq!(keep_grave(log), "{\"level\":\"warn\",\"n\":2}\nno JSON\n{\"level\":\"fatal\"}\n");
        testing::host(|host| assert_eq!(host.lines(), ["debug: kept 3 of 5 lines"]));
    }

    #[test]
    fn an_empty_log_stays_empty() {
        assert_eq!(keep_grave(""), "");
    }
}
