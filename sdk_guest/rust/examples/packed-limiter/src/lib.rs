//! A stateful service: a client may come so many times within a second. What it knows is kept in the instance, so it starts
//! anew with each one, and a host with several instances lets more through.

#![forbid(unsafe_code)]

use std::collections::HashMap;

use plugbay_guest::packed::{self, time};
use plugbay_guest::{Instance, Json, Result, bail};
use serde::{Deserialize, Serialize};

packed::export!(admit, forget);

/// Nanoseconds.
const SECOND: i64 = 1_000_000_000;
/// Clients that are kept in mind; when there are more, all are forgotten.
const MOST_CLIENTS: usize = 10_000;

/// For each client, when its second began and how many times it came since.
static CLIENTS: Instance<HashMap<String, (i64, u32)>> = Instance::new(HashMap::new);

#[derive(Deserialize)]
struct Visit {
    client: String,
    limit: u32,
}

#[derive(Debug, PartialEq, Serialize)]
struct Verdict {
    admitted: bool,
    left: u32,
}

/// Whether the client may come in now.
fn admit(Json(visit): Json<Visit>) -> Result<Json<Verdict>> {
    if visit.client.is_empty() {
        bail!("the client has no name");
    }
    let now = time::now();
    let count = CLIENTS.with(|clients| {
        if clients.len() >= MOST_CLIENTS && !clients.contains_key(&visit.client) {
            packed::warn!("forgot {} clients", clients.len());
            clients.clear();
        }
        let (since, count) = clients.entry(visit.client).or_insert((now, 0));
        if now.saturating_sub(*since) >= SECOND {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count
    });
    Ok(Json(Verdict { admitted: count <= visit.limit, left: visit.limit.saturating_sub(count) }))
}

/// Forgets all clients.
fn forget() {
    CLIENTS.with(HashMap::clear);
}

#[cfg(test)]
mod tests {
    use plugbay_guest::testing;

    use super::*;

    fn visit(client: &str, limit: u32) -> Verdict {
        admit(Json(Visit { client: client.into(), limit })).unwrap().0
    }

    #[test]
    fn a_client_comes_as_often_as_it_may_and_again_a_second_later() {
        assert_eq!(visit("ada", 2), Verdict { admitted: true, left: 1 });
        assert_eq!(visit("bob", 2), Verdict { admitted: true, left: 1 });
        assert_eq!(visit("ada", 2), Verdict { admitted: true, left: 0 });
        assert_eq!(visit("ada", 2), Verdict { admitted: false, left: 0 });
        testing::host(|host| host.time += SECOND);
        assert_eq!(visit("ada", 2), Verdict { admitted: true, left: 1 });
    }

    #[test]
    fn forgotten_clients_start_anew() {
        assert!(visit("ada", 1).admitted && !visit("ada", 1).admitted);
        forget();
        assert!(visit("ada", 1).admitted);
    }

    #[test]
    fn there_are_never_more_clients_than_fit() {
        for number in 0..=MOST_CLIENTS {
            visit(&number.to_string(), 1);
        }
        assert_eq!(CLIENTS.with(|clients| clients.len()), 1);
        testing::host(|host| assert_eq!(host.lines(), ["warn: forgot 10000 clients"]));
    }
}
