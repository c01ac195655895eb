//! An actor as Reflow calls it: JSON in, JSON out.

use plugbay_guest::reflow::{Actor, Context, Json, Message, Metadata, Object, PortType, Reply, run, send, state};
use plugbay_guest::serde_json::{self, json};
use plugbay_guest::{Result, bail, testing};

/// Sends what comes in on `x` out on `x`, and keeps the state that the config asks for.
struct Echo;

impl Actor for Echo {
    type Config = Object;

    fn metadata() -> Metadata {
        Metadata::new("Echo", "Echoes", "1.2.3")
            .required_inport("x", PortType::Any, "in")
            .outport("x", PortType::Any, "out")
            .config_schema(json!({"type": "object"}))
    }

    fn check(config: &Object) -> Result<()> {
        if config.contains_key("bad") {
            bail!("bad config");
        }
        Ok(())
    }

    fn process(mut context: Context, config: Object) -> Result<Reply> {
        let mut reply = Reply::new();
        if let Some(message) = context.take::<Message>("x")? {
            reply = reply.send("x", message);
        }
        match config.get("state") {
            Some(state) => reply.with_state(state),
            None => Ok(reply),
        }
    }
}

fn process(message: &str, rest: &str) -> Result<String> {
    let context = format!(r#"{{"payload": {{"x": {message}}}{rest}}}"#);
    Ok(serde_json::to_string(&run::process::<Echo>(context.as_bytes())?.0)?)
}

#[test]
fn messages_of_every_type_come_through_unchanged_with_keys_in_either_order() {
    for (kind, data) in [
        ("Event", r#"{"kind":"tick"}"#),
        ("Boolean", "true"),
        ("Integer", "-9223372036854775808"),
        ("Float", "5e-324"),
        ("Float", "0.1"),
        ("String", r#""Grüße \u0000🚀""#),
        ("Object", r#"{"a":{"b":18446744073709551615}}"#),
        ("Array", "[1,\"two\",null]"),
        ("Stream", "[0,127,128,255]"),
        ("Optional", "7"),
        ("Optional", "null"),
        ("Any", "[true]"),
        ("Error", r#""broken""#),
    ] {
        let expected = format!(r#"{{"outputs":{{"x":{{"type":"{kind}","data":{data}}}}}}}"#);
        assert_eq!(process(&format!(r#"{{"type": "{kind}", "data": {data}}}"#), ""), Ok(expected.clone()));
        assert_eq!(process(&format!(r#"{{"data": {data}, "type": "{kind}"}}"#), ""), Ok(expected));
    }
    for flow in [r#"{"type": "Flow"}"#, r#"{"type": "Flow", "data": null}"#] {
        assert_eq!(process(flow, ""), Ok(r#"{"outputs":{"x":{"type":"Flow"}}}"#.into()));
    }
}

#[test]
fn numbers_that_go_sends_are_taken_and_others_are_not() {
    let whole = process(r#"{"type": "Integer", "data": 4.0}"#, "");
    assert_eq!(whole, Ok(r#"{"outputs":{"x":{"type":"Integer","data":4}}}"#.into()));
    let float = process(r#"{"type": "Float", "data": 4}"#, "");
    assert_eq!(float, Ok(r#"{"outputs":{"x":{"type":"Float","data":4.0}}}"#.into()));
    for number in ["4.5", "1e30", "9223372036854775808", "1e300", "-1e19"] {
        assert!(process(&format!(r#"{{"type": "Integer", "data": {number}}}"#), "").is_err(), "{number}");
    }
}

#[test]
fn bad_messages_fail_with_the_port_that_they_came_by() {
    for (message, reason) in [
        (r#"{"type": "Boolean", "data": 1}"#, "port x: invalid type: integer `1`, expected a boolean"),
        (r#"{"type": "Stream", "data": [256]}"#, "port x: invalid value: integer `256`, expected u8"),
        (r#"{"type": "Nope", "data": 1}"#, "context: unknown variant `Nope`"),
        (r#"{"data": 1}"#, "context: missing field `type`"),
        ("1", "context: invalid type: integer `1`"),
    ] {
        let error = process(message, "").unwrap_err();
        assert!(error.reason().starts_with(reason), "{error}");
    }
    for context in ["", "{}", "[]", "\u{0}", "{\"payload\": 1}"] {
        assert!(run::process::<Echo>(context.as_bytes()).is_err());
    }
}

#[test]
fn a_float_that_is_no_number_cannot_leave() {
    let reply = Reply::new().send("x", Message::Float(f64::NAN));
    assert_eq!(serde_json::to_string(&reply).unwrap_err().to_string(), "a Float must be finite, found NaN");
}

#[test]
fn state_leaves_when_it_was_set_and_must_be_an_object() {
    let flow = r#"{"type": "Flow"}"#;
    let with = |state: &str| process(flow, &format!(r#", "config": {{"config": {{"state": {state}}}}}"#));
    assert_eq!(with(r#"{"a":1}"#), Ok(r#"{"outputs":{"x":{"type":"Flow"}},"state":{"a":1}}"#.into()));
    assert_eq!(with("{}"), Ok(r#"{"outputs":{"x":{"type":"Flow"}},"state":{}}"#.into()));
    assert_eq!(with("1").unwrap_err().reason(), "an actor's state must be a JSON object");
}

#[test]
fn the_context_may_be_sparse() {
    let flow = r#"{"type": "Flow"}"#;
    for rest in ["", r#", "config": null, "state": null"#, r#", "config": {"config": null, "node_id": null}"#] {
        assert!(process(flow, rest).is_ok(), "{rest}");
    }
}

#[test]
fn config_is_judged_when_it_is_validated_and_when_it_is_used() {
    let valid = |config: &str| run::validate_config::<Echo>(config.as_bytes()).0;
    assert!(valid("{}") && valid("null") && valid(r#"{"other": 1}"#));
    assert!(!valid(r#"{"bad": 1}"#) && !valid("[]") && !valid("") && !valid("1"));
    let error = process(r#"{"type": "Flow"}"#, r#", "config": {"config": {"bad": 1}}"#).unwrap_err();
    assert_eq!(error.reason(), "bad config");
}

#[test]
fn metadata_tells_ports_and_version() {
    let metadata = serde_json::to_value(run::get_metadata::<Echo>().0).unwrap();
    let port = |description: &str, required: bool| {
        json!([
            {"name": "x", "description": description, "port_type": "Any", "required": required}
        ])
    };
    assert_eq!(
        metadata,
        json!({
            "component": "Echo", "description": "Echoes", "inports": port("in", true), "outports": port("out", false),
            "config_schema": {"type": "object"},
        })
    );
    assert_eq!(run::get_version::<Echo>().0, "1.2.3");
}

#[test]
fn a_port_is_taken_as_its_own_type_alone() {
    let mut context = Context::default();
    context.inputs.insert("n".into(), Message::Integer(1));
    context.inputs.insert("any".into(), Message::Event(json!(1)));
    assert_eq!(context.clone().take::<i64>("n"), Ok(Some(1)));
    assert_eq!(context.take::<f64>("n").unwrap_err().reason(), "port n: expected Float, found Integer");
    assert_eq!(context.take::<Json>("any"), Ok(Some(json!(1))));
    assert_eq!(context.take::<()>("any"), Ok(None));
}

#[test]
fn state_and_messages_go_through_the_host_at_once() {
    assert_eq!(state::get::<i64>("k"), Ok(None));
    state::set("k", &7).unwrap();
    assert_eq!(state::get("k"), Ok(Some(7)));
    assert!(state::get::<String>("k").unwrap_err().reason().starts_with("k: invalid type"));
    send("out", &json!([1])).unwrap();
    testing::host(|host| assert_eq!(host.sent, [("out".to_owned(), json!([1]))]));
}
